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
class Function:
    """A function or lambda defined in the migration's own file. Never run; `span` covers its definition."""

    name: str
    parameters: tuple[str, ...]
    required: int
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was read but not made: `django.db.models.CharField(max_length=20)`."""

    target: str
    args: tuple[Value, ...] = ()
    kwargs: Mapping[str, Value] = field(default_factory=dict)
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that could not be worked out, and why."""

    reason: str
    span: Span | None = field(default=None, compare=False)
