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
    return _writer(typing.cast("Any", type(value)))(value)


@cache
def _writer(cls: type) -> Callable[[Any], Json]:
    """What writes values of a class: which form they have is looked for once, not for each of thousands."""
    if issubclass(cls, enum.Enum):
        return lambda value: value.value
    if issubclass(cls, types.NoneType | bool | int | str):
        return lambda value: value
    if issubclass(cls, dt.date):
        return lambda value: value.isoformat()
    if issubclass(cls, PurePath):
        return os.fspath
    if issubclass(cls, Mapping):
        return lambda value: [[to_plain(key), to_plain(item)] for key, item in value.items()]
    if issubclass(cls, frozenset):
        return lambda value: sorted(map(to_plain, value))
    if issubclass(cls, Sequence) and not issubclass(cls, bytes):
        return lambda value: [to_plain(item) for item in value]
    if issubclass(cls, Struct):
        names = cls.__struct_fields__
        return lambda value: [to_plain(getattr(value, name)) for name in names]
    raise TypeError(f"{cls.__name__} has no plain form")


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
