"""Structs as JSON, and back by their annotations: plain data, whoever wrote it, never code.

A struct and a named tuple become the list of their fields' values, a set a sorted list, a mapping a list of pairs.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import enum
import os
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import PurePath
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")
Json = Any
MALFORMED = (LookupError, TypeError, ValueError, RecursionError)
"""What reading data raises that something else wrote."""


def to_plain(value: object) -> Json:
    """A value as JSON. Raises TypeError for what has no such form."""
    match value:
        case enum.Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case dt.date():
            return value.isoformat()
        case PurePath():
            return os.fspath(value)
        case Mapping():
            return [[to_plain(key), to_plain(item)] for key, item in value.items()]
        case frozenset():
            return sorted(map(to_plain, value))
        case Sequence() if not isinstance(value, bytes):
            return [to_plain(item) for item in value]
    if isinstance(value, Struct):
        return [to_plain(getattr(value, name)) for name in value.__struct_fields__]
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(cls: type[T], data: Json) -> T:
    """The struct that `to_plain` made the data of. Raises one of MALFORMED for anything else."""
    made = _reader(typing.cast("Any", cls))(data)
    assert isinstance(made, cls)
    return made


@cache
def _reader(hint: Any) -> Callable[[Json], Any]:
    """What reads values of an annotation."""
    kind, arguments = typing.get_origin(hint), typing.get_args(hint)
    if kind in (types.UnionType, typing.Union):
        return _optional(*(argument for argument in arguments if argument is not types.NoneType))
    if kind is tuple or kind is collections.abc.Sequence:
        return lambda data: tuple(map(_reader(arguments[0]), _list(data)))
    if kind is frozenset:
        return lambda data: frozenset(map(_reader(arguments[0]), _list(data)))
    if kind is collections.abc.Mapping:
        key, item = arguments
        return lambda data: {_reader(key)(one): _reader(item)(other) for one, other in _list(data)}
    if isinstance(hint, type) and issubclass(hint, Struct | tuple):
        return lambda data: hint(*_values(hint, _list(data)))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint
    return _exactly(hint)


def _optional(hint: Any) -> Callable[[Json], Any]:
    return lambda data: None if data is None else _reader(hint)(data)


def _exactly(hint: Any) -> Callable[[Json], Any]:
    """Reads text, whole numbers and truth values, which are themselves."""

    def read(data: Json) -> Any:
        if hint not in (str, int, bool) or type(data) is not hint:
            raise TypeError(f"{data!r} is not of type {hint}")
        return data

    return read


def _values(cls: type, data: list[Json]) -> list[Any]:
    return [_reader(hint)(one) for hint, one in zip(_hints(cls), data, strict=True)]


@cache
def _hints(cls: type) -> list[Any]:
    """The annotations of a class's fields."""
    hints = typing.get_type_hints(cls)
    names = cls.__struct_fields__ if issubclass(cls, Struct) else tuple(hints)
    return [hints[name] for name in names]


def _list(data: Json) -> list[Json]:
    if not isinstance(data, list):
        raise TypeError(f"{data!r} is not a list")
    return data
