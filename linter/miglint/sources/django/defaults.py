"""Defaults that are functions: never the project's own code, always a value that is the same at every run."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from miglint.history import Confidence
from miglint.sources.django.calls import Calls
from miglint.sources.django.doubts import Doubt, Ledger

_MOMENT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Stands for the time at which a migration runs, which nobody knows before."""


def _moment(call: int) -> dt.datetime:
    """Written with microseconds, as the clock's are nearly always."""
    return _MOMENT + dt.timedelta(microseconds=call)


def _identifier(call: int) -> uuid.UUID:
    return uuid.UUID(int=0x00000000_0000_4000_8000_000000000000 + call)


_CONSTANT: Mapping[str, Callable[[], Any]] = {
    "dict": dict,
    "list": list,
    "set": list,
    "tuple": list,
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "bytes": bytes,
    "collections.OrderedDict": dict,
    "decimal.Decimal": decimal.Decimal,
}
_CHANGING: Mapping[str, Callable[[int], Any]] = {
    "datetime.date.today": lambda call: _MOMENT.date(),
    "django.utils.timezone.localdate": lambda call: _MOMENT.date(),
    "datetime.datetime.now": _moment,
    "datetime.datetime.today": _moment,
    "datetime.datetime.utcnow": _moment,
    "django.utils.timezone.now": _moment,
    "time.time": lambda call: _moment(call).timestamp(),
    "uuid.uuid1": _identifier,
    "uuid.uuid4": _identifier,
    "uuid.uuid7": _identifier,
}
"""Functions whose value differs at every run, and where Django can tell, at every call: its number makes the value."""

_SAMPLES: Mapping[str, Any] = {
    "AutoField": 0,
    "BigAutoField": 0,
    "BigIntegerField": 0,
    "BinaryField": b"",
    "BooleanField": False,
    "DateField": _MOMENT.date(),
    "DateTimeField": _MOMENT,
    "DecimalField": decimal.Decimal(0),
    "DurationField": dt.timedelta(),
    "FloatField": 0.0,
    "ForeignKey": 1,
    "GenericIPAddressField": "0.0.0.0",  # noqa: S104 a literal, nothing is bound to it
    "IntegerField": 0,
    "JSONField": {},
    "ArrayField": [],
    "OneToOneField": 1,
    "PositiveBigIntegerField": 0,
    "PositiveIntegerField": 0,
    "PositiveSmallIntegerField": 0,
    "SmallIntegerField": 0,
    "TimeField": dt.time(),
    "UUIDField": _identifier(0),
}

_BY_CALL: Mapping[str, Callable[[int], Any]] = {
    "CharField": lambda call: _identifier(call).hex,
    "DateTimeField": _moment,
    "TextField": lambda call: _identifier(call).hex,
    "UUIDField": _identifier,
}
"""For functions of the project that seem to give another value at every call."""


class FunctionDefault:
    """A default that is a function, known by its name. Calling it notes the doubt that it carries, if any."""

    def __init__(
        self,
        name: str,
        value: Callable[[], Any],
        doubt: Doubt | None,
        ledger: Ledger,
        *,
        module: str = "",
        is_known: bool = False,
    ) -> None:
        self.name = f"{module}.{name}" if module else name
        self._value = value
        self._doubt = doubt
        self._ledger = ledger
        self._is_known = is_known
        """Whether the function is, if not its value: then it is no other one under another name."""

    def __call__(self) -> Any:
        """The value, or one that could be it."""
        if self._doubt is not None:
            self._ledger.note(self._doubt)
        return self._value()

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, FunctionDefault) and other.name == self.name
        if not same and self._doubt is not None and not self._is_known:
            self._ledger.note(self._doubt)
        return same

    def __hash__(self) -> int:
        return hash(self.name)

    def __deepcopy__(self, memo: object) -> FunctionDefault:
        return self


def known(name: str, ledger: Ledger) -> FunctionDefault | None:
    """The default for a function whose value is known."""
    name = name.removeprefix("builtins.")
    if name in _CONSTANT:
        return FunctionDefault(name, _CONSTANT[name], None, ledger)
    if name not in _CHANGING:
        return None

    def value() -> Any:
        ledger.calls += 1
        return _CHANGING[name](ledger.calls)

    return FunctionDefault(name, value, Doubt(Confidence.ASSUMED, _at_every_run(name)), ledger, is_known=True)


def _at_every_run(name: str) -> str:
    return f"{name}() gives another value at every run: one stands for it here"


def of_the_clock(value: dt.date | dt.time, field: str, ledger: Ledger) -> dt.date | dt.time:
    """A value in the place of the time that `auto_now` took; of the same type, and as different at every call."""
    ledger.note(Doubt(Confidence.ASSUMED, f"{field} takes the time of the run: another one stands for it here"))
    ledger.calls += 1
    moment = _moment(ledger.calls)
    match value:
        case dt.datetime():
            return moment if value.tzinfo else moment.replace(tzinfo=None)
        case dt.date():
            return moment.date()
    return moment.time()


def sample(name: str, internal_type: str, doubt: Doubt, ledger: Ledger, module: str = "") -> FunctionDefault:
    """A default for a value that is not known: one that fits the column."""
    return FunctionDefault(name, lambda: _SAMPLES.get(internal_type, ""), doubt, ledger, module=module)


def interpreted(name: str, internal_type: str, calls: Calls, ledger: Ledger) -> FunctionDefault:
    """A default for a function of the project: what its source says that it gives, or something that fits."""

    def value() -> Any:
        found = calls.value_of(name)
        if found is None:
            ledger.note(Doubt(Confidence.ASSUMED, f"the default {name}() is not run"))
            if internal_type in _BY_CALL and calls.differs_at_every_call(name):
                ledger.calls += 1
                return _BY_CALL[internal_type](ledger.calls)
            return _SAMPLES.get(internal_type, "")
        ledger.note(Doubt(Confidence.ASSUMED, f"the default {name}() was worked out from its source, not run"))
        return deepcopy(found[0])

    return _OfTheProject(name, value, calls, ledger)


class _OfTheProject(FunctionDefault):
    """A default by a name of the project's. Where it may be a constant, it may be equal to one that is written out."""

    def __init__(self, name: str, value: Callable[[], Any], calls: Calls, ledger: Ledger) -> None:
        super().__init__(name, value, None, ledger)
        self._calls = calls

    def __eq__(self, other: object) -> bool:
        same = super().__eq__(other)
        if not same and not self._calls.is_function(self.name):
            self._ledger.note(Doubt(Confidence.ASSUMED, f"what the default {self.name} is cannot be told"))
        return same

    __hash__ = FunctionDefault.__hash__


def worked_out(name: str, module: str, value: Any, ledger: Ledger) -> FunctionDefault:
    """A default for a function of a module, of which is known what it gives."""
    doubt = Doubt(Confidence.ASSUMED, f"the default {name}() was worked out from its source, not run")
    return FunctionDefault(name, lambda: deepcopy(value), doubt, ledger, module=module, is_known=True)


def doubted(value: Any, doubt: Doubt, ledger: Ledger) -> FunctionDefault:
    """A default that may be another."""
    return FunctionDefault(repr(value), lambda: value, doubt, ledger)
