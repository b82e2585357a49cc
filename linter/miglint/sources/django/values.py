"""What a Python expression in a migration evaluates to: plain data that can be compared and stored as JSON.

Constants (None, bool, int, float, complex, str, bytes) stand for themselves, as do list, tuple, set and dict of values.
Everything else is one of the classes below. Nothing in here can run code of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from miglint.finding import Span

Value = Any
"""None | bool | int | float | complex | str | bytes | list | tuple | set | frozenset | dict | the classes below."""


class Placed(Struct, frozen=True, eq=False):
    """What stands somewhere in a file: where does not make it another."""

    def compared(self) -> tuple[object, ...]:
        """All fields that count."""
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name != "span")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Placed) and self.compared() == other.compared()

    def __ne__(self, other: object) -> bool:
        """Said as well, for a struct has an answer of its own."""
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self), self.compared()))


class Reference(Placed, frozen=True, eq=False):
    """A name that is not called: `django.db.models.CASCADE`, `shop.models.default_sku`, a class, a module."""

    name: str
    span: Span | None = None


class Setting(Placed, frozen=True, eq=False):
    """`settings.AUTH_USER_MODEL`: the setting's name, and its value as far as settings modules tell, else Unknown."""

    name: str
    value: Value = None
    span: Span | None = None


class Function(Placed, frozen=True, eq=False):
    """A function or lambda defined in the migration's own file. Never run; `span` covers its definition.

    `gives` is what its source says that it returns, where that was asked: of a default.
    """

    name: str
    parameters: tuple[str, ...]
    required: int
    span: Span | None = None
    gives: tuple[Value, ...] = ()
    module: str = ""
    """The dotted name of the file: two migrations may each have a function of the name."""


class Call(Placed, frozen=True, eq=False):
    """A call that was read but not made: `django.db.models.CharField(max_length=20)`.

    With a `receiver` it is a method call and `target` the method's name: `F("placed_at").desc()`. An operator on
    something that is not plain data is a call of its function: `Q(a=1) | Q(b=2)` calls `operator.or_`. So is a
    subscript (`operator.getitem`) and a slice (`slice`).
    """

    target: str
    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    span: Span | None = None
    receiver: Value = None


class Attribute(Placed, frozen=True, eq=False):
    """An attribute of something that is not plain data: `Func("a").output_field`."""

    of: Value
    name: str
    span: Span | None = None


class LocalClass(Placed, frozen=True, eq=False):
    """A class defined in the migration's own file, that is not an operation: a field, a manager, a model's mixin.

    `bases` are values; `attributes` are those of the class body that are values, methods as Functions.
    """

    name: str
    bases: tuple[Value, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    span: Span | None = None


class Unknown(Placed, frozen=True, eq=False):
    """A value that could not be worked out, and why."""

    reason: str
    span: Span | None = None
