"""Real Django objects from what was read of a migration; only classes that `allowed` lets through are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from miglint.history import Confidence, Operation
from miglint.sources.django import allowed, defaults
from miglint.sources.django.calls import Calls
from miglint.sources.django.doubts import Converter, Doubt, Ledger, OwnArguments
from miglint.sources.django.fields import FieldType, FieldTypes, NotBuilt
from miglint.sources.django.values import Attribute, Call, Function, LocalClass, Reference, Setting, Unknown

IRRELEVANT = frozenset(
    {
        "choices",
        "editable",
        "error_messages",
        "help_text",
        "limit_choices_to",
        "storage",
        "validators",
        "verbose_name",
        "violation_error_message",
        "violation_error_code",
    }
)
"""Arguments of fields and constraints that never show in SQL."""

_COMPARED = frozenset({"decoder", "encoder", "storage"})
"""Arguments of Django's own fields that never show in SQL, but make it remake a table in SQLite where they differ."""

_FLAGS = frozenset(
    {"auto_now", "auto_now_add", "blank", "db_constraint", "db_index", "db_persist", "null", "primary_key", "unique"}
)
"""Arguments of fields that Django only asks whether they are true."""

_MODEL_OPTIONS = frozenset(
    {
        "constraints",
        "db_table",
        "db_table_comment",
        "db_tablespace",
        "index_together",
        "indexes",
        "managed",
        "order_with_respect_to",
        "proxy",
        "required_db_features",
        "required_db_vendor",
        "select_on_save",
        "swappable",
        "triggers",
        "unique_together",
    }
)


class Constructor:
    """Builds the operations of one history. Doubts are noted in the ledger, at once or when a value is used."""

    def __init__(self, types: FieldTypes, ledger: Ledger, calls: Calls) -> None:
        self._types = types
        self._ledger = ledger
        self._calls = calls
        self._assumed: tuple[Doubt, ...] = ()
        """What was assumed of the operation that is being built: its fields carry it on to whatever alters them."""

    def operation(self, operation: Operation) -> Any:
        """The real operation (not RunPython, RunSQL or SeparateDatabaseAndState). Raises NotBuilt."""
        self._assumed = tuple(Doubt(Confidence.ASSUMED, reason) for reason in operation.assumptions)
        found = self._operation_class(operation) or self._of_package(operation.target)
        given = {name: value for name, value in operation.arguments.items() if name != "managers"}
        arguments = {name: self._argument(name, value) for name, value in given.items()}
        if operation.name == "AlterModelManagers":
            arguments["managers"] = []
        try:
            return found(**arguments)
        except NotBuilt:
            raise
        except Exception as error:  # Django's own checks of arguments raise whatever they like
            raise NotBuilt(f"{operation.name} refuses its arguments: {error}") from error

    @staticmethod
    def _operation_class(operation: Operation) -> Any:
        for name in (operation.target, f"django.db.migrations.{operation.name}"):
            found = allowed.django_class(name)
            if found is not None and found.__name__ == operation.name:
                return found
        return allowed.django_class(f"django.contrib.postgres.operations.{operation.name}")

    def _of_package(self, target: str) -> Any:
        found = _of_a_package(target)
        if found is None:
            raise NotBuilt(f"{target} is no operation of Django's")
        reason = f"{target} is taken to do what it does in its package's latest version"
        self._ledger.note(Doubt(Confidence.ASSUMED, reason))
        return found

    def _argument(self, name: str, value: Any) -> Any:
        if name == "fields" and isinstance(value, list | tuple):
            return [(pair[0], self.field(pair[1])) for pair in value]
        if name == "field":
            return self.field(value)
        if name == "options":
            return self._options(value)
        if name == "bases":
            return self._bases(value)
        return self.value(value)

    def _options(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._ledger.note(Doubt(Confidence.ASSUMED, f"options could not be evaluated: {_why(value)}"))
            return {}
        kept = {name: item for name, item in value.items() if name in _MODEL_OPTIONS}
        options = {}
        for name, item in kept.items():
            try:
                options[name] = self.value(item)
            except NotBuilt as error:
                self._ledger.note(Doubt(Confidence.ASSUMED, f"the option {name} is left out: {error}"))
        return options

    def _bases(self, value: Any) -> tuple[Any, ...]:
        """Only models are kept, named as `app.model`; a mixin adds nothing to a table."""
        from django.db.models import Model

        items = value if isinstance(value, list | tuple) else ()
        models = tuple(item for item in items if isinstance(item, str))
        return models or (Model,)

    def field(self, value: Any) -> Any:
        """The real field, or one that stands for it."""
        if not isinstance(value, Call):
            return self._unknown(f"a field could not be evaluated: {_why(value)}")
        try:
            return self._field(value, self._types.resolve(value))
        except NotBuilt as error:
            return self._unknown(str(error), value)

    def _unknown(self, reason: str, call: Call | None = None) -> Any:
        """A field whose column type is not known; what every field can be given is kept, and the rest compared."""
        from django.db.models import TextField

        call = call or Call("")
        kept: dict[str, Any] = {}
        for name in ("null", "unique", "primary_key", "db_index", "db_column"):
            value = call.kwargs.get(name)
            if isinstance(value, bool | str):
                kept[name] = value
        own = _by_place(call)
        unseen = IRRELEVANT | kept.keys() | {"default"}
        own |= {name: value for name, value in call.kwargs.items() if name not in unseen}
        cls = doubtful(with_own_arguments(TextField))
        doubts = (Doubt(Confidence.UNKNOWN, reason),)
        return cls(**kept, own=OwnArguments(call.target, own, self._ledger), doubts=doubts, ledger=self._ledger)

    def _field(self, call: Call, found: FieldType) -> Any:
        doubts = [*self._assumed, *([found.doubt] if found.doubt else ())]
        kwargs: dict[str, Any] = {}
        own: dict[str, Any] = {}
        if found.name and not found.takes("to"):
            own |= _by_place(call)
        for name, value in {**found.fixed, **call.kwargs, **found.forced}.items():
            if name in _COMPARED or (name not in IRRELEVANT and name != "default" and not found.takes(name)):
                own[name] = value
            if name in IRRELEVANT or name == "default" or not found.takes(name):
                continue
            if name in {"encoder", "decoder"}:
                kwargs[name] = _plain_json(name)
                continue
            try:
                kwargs[name] = self.field(value) if name in {"base_field", "output_field"} else self.value(value)
                if name in _FLAGS and isinstance(kwargs[name], Named):
                    reason = f"what {kwargs[name].name} is cannot be told: {name} is taken as true"
                    doubts.append(Doubt(Confidence.ASSUMED, reason))
            except NotBuilt as error:
                doubts.append(Doubt(Confidence.ASSUMED, f"{name} of a field is left out: {error}"))
        args = [self._positional(item, found) for item in call.args]
        if own or found.name:
            own = {name: value for name, value in own.items() if name not in found.ignored}
            kwargs["own"] = OwnArguments(call.target, own, self._ledger)
        return self._instance(call, found, args, kwargs, doubts)

    def _positional(self, value: Any, found: FieldType) -> Any:
        """A relation's first argument is what it points to; any other field's is only its verbose name."""
        try:
            return self.value(value)
        except NotBuilt:
            if found.takes("to"):
                raise
            return None

    def _instance(
        self, call: Call, found: FieldType, args: list[Any], kwargs: dict[str, Any], doubts: list[Doubt]
    ) -> Any:
        cls = with_own_arguments(found.cls) if "own" in kwargs else found.cls
        if found.converters:
            cls = converting(cls)
            read = partial(self._calls.written, found.writers) if found.writers else None
            kwargs |= {"converter": Converter(found.name, found.converters, self._ledger, found.package, read)}
        if doubts:
            cls = doubtful(cls)
            kwargs |= {"doubts": tuple(doubts), "ledger": self._ledger}
        try:
            field = cls(*args, **kwargs)
        except Exception as error:  # a field's own checks raise whatever they like
            raise NotBuilt(f"{call.target} refuses its arguments: {error}") from error
        for doubt in doubts if field.many_to_many else ():  # it has no column of its own that is asked for
            self._ledger.note(doubt)
        given = {**found.fixed, **call.kwargs, **found.forced}
        if "default" in given:
            field.default = self._default(given["default"], field)
        return field

    def _default(self, value: Any, field: Any) -> Any:
        if isinstance(value, Call) and value.target in {"os.environ.get", "os.getenv"} and len(value.args) == 2:
            doubt = Doubt(Confidence.ASSUMED, f"the environment variable {value.args[0]} is taken to be unset")
            return defaults.doubted(self.value(value.args[1]), doubt, self._ledger)
        if isinstance(value, Function) and value.gives:
            return defaults.worked_out(value.name, value.module, self.value(value.gives[0]), self._ledger)
        name = _name(value)
        known = defaults.known(name, self._ledger) if name else None
        if known is not None:
            return known
        if isinstance(value, Reference):
            return defaults.interpreted(name, field.get_internal_type(), self._calls, self._ledger)
        reason = f"the default {name}() is not run"
        if not name:
            try:
                return _evaluated(self.value(value))
            except NotBuilt as error:
                name, reason = str(error), f"the default could not be evaluated: {error}"
        doubt = Doubt(Confidence.ASSUMED, reason)
        module = value.module if isinstance(value, Function) else ""
        return defaults.sample(name, field.get_internal_type(), doubt, self._ledger, module)

    def value(self, value: Any) -> Any:
        """The real value. Raises NotBuilt."""
        match value:
            case list() | tuple() | set() | frozenset():
                return type(value)(self.value(item) for item in value)
            case dict():
                return {self.value(key): self.value(item) for key, item in value.items()}
            case Call():
                return self._call(value)
            case Reference():
                return self._reference(value)
            case Setting():
                return self.value(value.value)
            case Function():
                return Named(value.name)
            case Attribute() | LocalClass() | Unknown():
                raise NotBuilt(_why(value))
        return value

    def _reference(self, value: Reference) -> Any:
        rule = allowed.deletion_rule(value.name)
        if rule is not None:
            return rule
        found = allowed.django_class(value.name)
        if found is not None:
            return found
        if value.name in {"datetime.timezone.utc", "datetime.UTC", "django.utils.timezone.utc", "pytz.utc"}:
            return dt.UTC
        head, _, member = value.name.rpartition(".")
        holder = allowed.django_class(head) if head else None
        if holder is not None and not member.startswith("_") and hasattr(holder, member):
            return getattr(holder, member)
        constant = allowed.constant(value.name)
        return Named(value.name) if constant is None else constant

    def _call(self, call: Call) -> Any:
        if call.receiver is not None:
            return self._method(call)
        if call.target in {"django.db.models.SET", "django.db.models.deletion.SET"}:
            return Named("SET")
        made: Callable[..., Any] | None = allowed.django_class(call.target) or allowed.function(call.target)
        made = made or _of_a_package(call.target)
        if made is None:
            made = self._types.plain_base(call.target)
            if made is not None:
                reason = f"{call.target} is taken for {made.__name__}"
                self._ledger.note(Doubt(Confidence.ASSUMED, reason))
        if made is None:
            raise NotBuilt(f"{call.target}() is not run")
        if isinstance(made, type) and issubclass(made, _field_class()):
            return self.field(call)
        args = [self.value(item) for item in call.args]
        kwargs = {name: self.value(item) for name, item in call.kwargs.items() if name not in IRRELEVANT}
        try:
            return made(*args, **kwargs)
        except NotBuilt:
            raise
        except Exception as error:  # as above
            raise NotBuilt(f"{call.target} refuses its arguments: {error}") from error

    def _method(self, call: Call) -> Any:
        if call.target not in allowed.METHODS:
            raise NotBuilt(f".{call.target}() is not run")
        receiver = self.value(call.receiver)
        method = getattr(receiver, call.target, None)
        if isinstance(receiver, Named) or method is None:
            raise NotBuilt(f".{call.target}() is not run")
        return method(*map(self.value, call.args), **{name: self.value(item) for name, item in call.kwargs.items()})


def _by_place(call: Call) -> dict[str, Any]:
    """What a field is given by place, but for text, which is its verbose name."""
    return {f"argument {place}": item for place, item in enumerate(call.args, 1) if not isinstance(item, str)}


class Named:
    """A function, class or other object of the project: known by its name alone, never called."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __call__(self, *args: object, **kwargs: object) -> None:
        raise NotBuilt(f"{self.name}() is not run")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __deepcopy__(self, memo: object) -> Named:
        return self

    def __str__(self) -> str:
        """What would stand in SQL, and is not known."""
        raise NotBuilt(f"what {self.name} is cannot be told")


def _of_a_package(target: str) -> Callable[..., Any] | None:
    from miglint.sources.django import package_operations

    return package_operations.made(target)


@cache
def with_own_arguments(cls: type) -> type:
    """The field class, taking arguments that only the class which it stands for knows."""
    from miglint.sources.django.stand_in_fields import WithOwnArguments

    return type(cls.__name__, (WithOwnArguments, cls), {"__module__": cls.__module__, "__qualname__": cls.__qualname__})


@cache
def converting(cls: type) -> type:
    """The field class, noting when a value is written that the class itself would write differently."""
    from miglint.sources.django.stand_in_fields import Converting

    return type(cls.__name__, (Converting, cls), {"__module__": cls.__module__, "__qualname__": cls.__qualname__})


def _plain_json(name: str) -> Any:
    """Django's own encoder in the place of a project's: for the plain data of a default they write the same."""
    from django.core.serializers.json import DjangoJSONEncoder

    return DjangoJSONEncoder if name == "encoder" else None


@cache
def _field_class() -> Any:
    from django.db.models import Field

    return Field


@cache
def doubtful(cls: type) -> type:
    """The field class, noting its doubts whenever its column type is asked for."""
    from miglint.sources.django.stand_in_fields import Doubtful

    return type(cls.__name__, (Doubtful, cls), {"__module__": cls.__module__, "__qualname__": cls.__qualname__})


def _evaluated(value: Any) -> Any:
    """A default that holds nothing of the project's own. Raises NotBuilt."""
    match value:
        case Named():
            raise NotBuilt(f"{value.name} is not evaluated")
        case list() | tuple() | set() | frozenset():
            for item in value:
                _evaluated(item)
        case dict():
            for pair in value.items():
                _evaluated(pair)
    return value


def _name(value: Any) -> str:
    return value.name if isinstance(value, Reference | Function) else ""


def _why(value: Any) -> str:
    match value:
        case Unknown():
            return value.reason
        case Reference() | Function() | LocalClass():
            return f"{value.name} is not run"
        case Call():
            return f"{value.target}() is not run"
        case Attribute():
            return f".{value.name} is not read"
    return f"{type(value).__name__} was not expected"
