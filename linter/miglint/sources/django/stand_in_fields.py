"""Fields of our own, laid over Django's. Imported only where Django is."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from django.conf import global_settings
from django.db import models
from django.utils.module_loading import import_string

from miglint.history import Confidence
from miglint.sources.django.doubts import Converter, Doubt, Ledger, OwnArguments


class Doubtful:
    """Laid over a field class: notes its doubts whenever its column type is asked for."""

    non_db_attrs = (*models.Field.non_db_attrs, "doubts", "ledger", "converter")

    def __init__(self, *args: Any, doubts: tuple[Doubt, ...], ledger: Ledger, **kwargs: Any) -> None:
        self.doubts = doubts
        self.ledger = ledger
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """As Django's, with the doubts."""
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # the field class is next
        return name, path, args, {**kwargs, "doubts": self.doubts, "ledger": self.ledger}

    def db_type(self, connection: Any) -> Any:
        """As Django's, the doubts noted."""
        for doubt in self.doubts:
            self.ledger.note(doubt)
        return super().db_type(connection)  # type: ignore[misc]  # as above

    def rel_db_type(self, connection: Any) -> Any:
        """As Django's, the doubts noted."""
        for doubt in self.doubts:
            self.ledger.note(doubt)
        return super().rel_db_type(connection)  # type: ignore[misc]  # as above


_OWN_KEY: Any = import_string(global_settings.DEFAULT_AUTO_FIELD)
_UNTOLD = Doubt(Confidence.ASSUMED, "an automatic key depends on DEFAULT_AUTO_FIELD, which no settings tell")


class AssumedKey(Doubtful, _OWN_KEY):
    """Django's own automatic key, for a project whose settings do not tell theirs."""

    noting: ClassVar[Ledger]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"doubts": (_UNTOLD,), "ledger": self.noting, **kwargs})


class Converting:
    """Laid over a field class whose original converts values: says so when one is written."""

    non_db_attrs = (*models.Field.non_db_attrs, "converter")

    def __init__(self, *args: Any, converter: Converter, **kwargs: Any) -> None:
        self.converter = converter
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """As Django's, with the converter."""
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # the field class is next
        return name, path, args, {**kwargs, "converter": self.converter}

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """As Django's, the doubt noted."""
        value = self.converter.wrote(value)
        return super().get_db_prep_save(value, connection)  # type: ignore[misc]  # as above


class WithOwnArguments:
    """Laid over a field class whose original takes more arguments: what differs in them is another field."""

    def __init__(self, *args: Any, own: OwnArguments, **kwargs: Any) -> None:
        self.own = own
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """As Django's, with the arguments of its own."""
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # the field class is next
        return name, path, args, {**kwargs, "own": self.own}


class WithoutColumn(models.Field):
    """A field that adds nothing to its table, as a manager of tags does; nor can it hold anything but null."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "null": True})

    def db_type(self, connection: Any) -> None:
        """No column."""

    def get_attname_column(self) -> tuple[str, None]:
        """No column."""
        return self.get_attname(), None


@cache
def typed(base: type, module: str, name: str, db_type: str | None, internal_type: str | None) -> type:
    """A subclass of a field with the dotted name of the class it stands for, and a constant column type if given.

    A class that inherits from ForeignKey is, as in Django, of a type of its own: MySQL's editor indexes it apart.
    """
    body: dict[str, Any] = {"__module__": module, "__qualname__": name}
    if internal_type is not None:
        body["get_internal_type"] = lambda self: internal_type
    if db_type is not None:
        body["db_type"] = lambda self, connection: db_type
    return type(name, (base,), body)


def measured(base: Any, module: str, name: str, pattern: str, argument: str) -> type:
    """A field whose column type holds one of its arguments: `vector(3)`, `geometry(POINT,4326)`."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        setattr(self, argument, kwargs.pop(argument, None))
        base.__init__(self, *args, **kwargs)

    def deconstruct(self: Any) -> tuple[str, str, list[Any], dict[str, Any]]:
        found, path, args, kwargs = base.deconstruct(self)
        return found, path, args, {**kwargs, argument: getattr(self, argument)}

    def db_type(self: Any, connection: Any) -> str:
        value = getattr(self, argument)
        return pattern.partition("(")[0] if value is None else pattern.format(value)

    body = {"__init__": __init__, "deconstruct": deconstruct, "db_type": db_type, "measure": argument}
    return type(name, (base,), {**body, "__module__": module, "__qualname__": name})


class SortedManyToManyField(models.ManyToManyField):
    """django-sortedm2m's: the table in between has a column that keeps the order."""

    takes = ("sorted", "sort_value_field_name")
    sort_value_field_name = "sort_value"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sorted = bool(kwargs.pop("sorted", True))
        self.sort_value_field_name = kwargs.pop("sort_value_field_name", self.sort_value_field_name)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """As Django's, with what it has of its own."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "sorted": self.sorted, "sort_value_field_name": self.sort_value_field_name}

    def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
        """As Django's, with the column in the table in between, unless that is a model of its own."""
        is_own = self.remote_field.through is None
        order = models.IntegerField(default=0)  # made before the keys, and so its column stands before theirs
        super().contribute_to_class(cls, name, **kwargs)
        through = self.remote_field.through
        if self.sorted and is_own and through is not None:
            through.add_to_class(self.sort_value_field_name, order)


class OpaqueKeyField(models.CharField):
    """edx-opaque-keys': its latest version asks for a collation where a database has one that knows no case."""

    takes = ("case_sensitive",)
    converter: Converter

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.case_sensitive = bool(kwargs.pop("case_sensitive", False))
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """As Django's, with what it has of its own."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, **({"case_sensitive": True} if self.case_sensitive else {})}

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """As Django's of any field, with that collation."""
        parameters = dict(models.Field.db_parameters(self, connection))
        collations = {"mysql": ("utf8mb4_unicode_ci", "utf8mb4_bin"), "sqlite": ("NOCASE", "BINARY")}
        if connection.vendor in collations:
            parameters["collation"] = collations[connection.vendor][self.case_sensitive]
            reason = f"{self.converter.field} is taken to have the collation of its package's latest version"
            self.converter.ledger.note(Doubt(Confidence.ASSUMED, reason))
        return parameters
