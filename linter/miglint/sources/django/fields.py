"""Which field class a name in a migration stands for: Django's own, a known package's, or the repository's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct, field

from miglint.history import Confidence
from miglint.sources.django import allowed
from miglint.sources.django.custom_fields import CustomField, CustomFields
from miglint.sources.django.doubts import Doubt
from miglint.sources.django.third_party import (
    CONVERTING,
    FIELDS,
    KEY,
    SORTED,
    UNVERIFIED,
    KnownField,
    is_encrypting,
    short,
)
from miglint.sources.django.values import Call, Value

_PLAIN = "django.db.models"
_MOST_BASES = 10


class NotBuilt(Exception):
    """A value could not be built; says why."""


class FieldType(Struct, frozen=True):
    """A class to call, arguments it has by itself (`fixed`; `forced` win over those written), and what is not sure."""

    cls: Any
    fixed: Mapping[str, Value] = field(default_factory=dict)
    forced: Mapping[str, Value] = field(default_factory=dict)
    doubt: Doubt | None = None
    selective: bool = False
    """Whether arguments that Django's class does not know are left out."""
    dropped: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    """Arguments of its own that do not make it another field."""
    name: str = ""
    """The class's own dotted name where it is not Django's."""
    converters: frozenset[str] = frozenset()
    """Methods of its own that may write values in another way than Django's class."""
    writers: tuple[str, ...] = ()
    """The classes of the repository that have such methods, by dotted name; the base's first."""
    package: str = ""
    """The class of a package that it is, or is derived from."""

    def takes(self, argument: str) -> bool:
        """Whether the class is to be given this argument."""
        if argument in self.dropped:
            return False
        return not self.selective or argument in _parameters(self.cls)


class FieldTypes:
    """Finds field classes by dotted name."""

    def __init__(self, custom: CustomFields) -> None:
        self._custom = custom
        self._found: dict[str, FieldType] = {}
        self._expressions: dict[str, type] = {}

    def resolve(self, call: Call) -> FieldType:
        """The field type that a call makes. Raises NotBuilt."""
        return self.named(call.target)

    def named(self, name: str, depth: int = 0) -> FieldType:
        """The field type of a dotted name. Raises NotBuilt."""
        if name not in self._found:
            self._found[name] = self._find(name, depth)
        return self._found[name]

    def _find(self, name: str, depth: int) -> FieldType:
        own = allowed.django_class(name)
        if own is not None:
            return FieldType(own)
        known = FIELDS.get(name) or FIELDS.get(short(name))
        if known is not None:
            return _known(name, known)
        custom = self._custom.follow(name) if depth < 10 else None
        if custom is None:
            raise NotBuilt(f"the field class {name} is not known")
        return self._derived(name, custom, depth)

    def plain_base(self, name: str) -> Any | None:
        """The class of Django's that an index, a constraint or an expression of the repository's own comes down to."""
        written: dict[str, str] = {}
        base = name
        for _ in range(_MOST_BASES):
            custom = self._custom.follow(base)
            if custom is None:
                return None
            base, written = custom.base, {**custom.written, **written}
            found = allowed.django_class(base)
            if found is not None:
                return self._written(name, found, written)
        return None

    def _written(self, name: str, base: Any, written: dict[str, str]) -> Any:
        """Django's class, with the function or template of the repository's own; always the same one."""
        from django.db.models import Func

        if not written or not issubclass(base, Func):
            return base
        if name not in self._expressions:
            self._expressions[name] = type(base.__name__, (base,), {**written, "__module__": base.__module__})
        return self._expressions[name]

    def _derived(self, name: str, custom: CustomField, depth: int) -> FieldType:
        base = self.named(custom.base, depth + 1)
        module, _, last = name.rpartition(".")
        doubt = base.doubt
        if custom.doubt:
            doubt = Doubt(Confidence.ASSUMED if not custom.unsure_type else Confidence.UNKNOWN, custom.doubt)
        return FieldType(
            _stand_in(base.cls, module, last, custom.db_type, custom.internal_type),
            fixed={**base.fixed, **custom.fixed},
            forced={**base.forced, **custom.forced},
            doubt=doubt,
            selective=True,
            dropped=base.dropped | custom.dropped,
            name=name,
            converters=base.converters | custom.converters,
            writers=(*base.writers, *custom.writers),
            package=base.package,
            ignored=base.ignored,
        )


def _known(name: str, known: KnownField) -> FieldType:
    from miglint.sources.django import stand_in_fields

    module, _, last = name.rpartition(".")
    if known.base == "":
        return FieldType(stand_in_fields.WithoutColumn, selective=True)
    if known.base == SORTED:
        return FieldType(_stand_in(stand_in_fields.SortedManyToManyField, module, last, None, None), selective=True)
    base = allowed.django_class(f"{_PLAIN}.{known.base}") or allowed.django_class(known.base)
    base = stand_in_fields.OpaqueKeyField if known.base == KEY else base
    if known.measure:
        cls = stand_in_fields.measured(base, module, last, str(known.db_type), known.measure)
        return FieldType(cls, fixed=known.fixed, selective=True)
    cls = _stand_in(base, module, last, known.db_type, None)
    return FieldType(
        cls,
        fixed=known.fixed,
        doubt=Doubt(Confidence.ASSUMED, f"{name} is taken to be a {known.base}") if short(name) in UNVERIFIED else None,
        selective=True,
        name=name,
        converters=_converters(short(name)),
        package=name,
        ignored=known.ignored,
    )


def _converters(called: str) -> frozenset[str]:
    if is_encrypting(called):
        return frozenset({"get_db_prep_save"})
    return frozenset({"get_prep_value"} if called in CONVERTING else ())


def _stand_in(base: Any, module: str, name: str, db_type: str | None, internal_type: str | None) -> Any:
    from miglint.sources.django.stand_in_fields import typed

    return typed(base, module, name, db_type, internal_type)


@cache
def _parameters(cls: type) -> frozenset[str]:
    """Every named argument that the class or one of its bases takes."""
    import inspect

    names: set[str] = set()
    for parent in cls.__mro__:
        init = vars(parent).get("__init__")
        if init is not None and parent is not object:
            names |= set(inspect.signature(init).parameters)
    measured = vars(cls).get("measure")
    own = {*getattr(cls, "takes", ()), *([measured] if measured else ())}
    return frozenset(names - {"self", "args", "kwargs"} | own)
