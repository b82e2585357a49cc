"""What a Python expression in a migration evaluates to: plain data that can be compared and stored as JSON.

Constants (None, bool, int, float, complex, str, bytes) stand for themselves, as do list, tuple, set and dict of values.
Everything else is one of the classes below. Nothing in here can run code of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from miglint.finding import Span

Value = Any
"""None | bool | int | float | complex | str | bytes | list | tuple | set | frozenset | dict | the classes below."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that is not called: `django.db.models.CASCADE`, `shop.models.default_sku`, a class, a module."""

    name: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Setting:
    """`settings.AUTH_USER_MODEL`: the setting's name, and its value as far as settings modules tell, else Unknown."""

    name: str
    value: Value = None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or lambda defined in the migration's own file. Never run; `span` covers its definition."""

    name: str
    parameters: tuple[str, ...]
    required: int
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was read but not made: `django.db.models.CharField(max_length=20)`.

    With a `receiver` it is a method call and `target` the method's name: `F("placed_at").desc()`. An operator on
    something that is not plain data is a call of its function: `Q(a=1) | Q(b=2)` calls `operator.or_`. So is a
    subscript (`operator.getitem`) and a slice (`slice`).
    """

    target: str
    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    span: Span | None = field(default=None, compare=False)
    receiver: Value = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of something that is not plain data: `Func("a").output_field`."""

    of: Value
    name: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LocalClass:
    """A class defined in the migration's own file, that is not an operation: a field, a manager, a model's mixin.

    `bases` are values; `attributes` are those of the class body that are values, methods as Functions.
    """

    name: str
    bases: tuple[Value, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be worked out, and why."""

    reason: str
    span: Span | None = field(default=None, compare=False)
