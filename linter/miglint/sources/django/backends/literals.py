"""Python values as SQL literals, exactly as the database drivers write them when they compose a query.

Django leaves this to psycopg, mysqlclient and sqlite3. Here no driver is installed and no connection is open, so the
drivers' rules stand here; tests compare them with the drivers themselves.
"""

from __future__ import annotations

import datetime as dt
import decimal
import ipaddress
import json
import math
import uuid
from collections.abc import Callable, Iterable
from functools import singledispatch
from typing import Any


class Json:
    """A value that the driver sends as jsonb, with the encoder that Django chose."""

    def __init__(self, obj: object, dumps: Callable[[object], str] | None = None) -> None:
        self.obj = obj
        self.dumps = dumps or json.dumps


class Range:
    """What psycopg calls a range: two bounds and which of them belong to it."""

    def __init__(self, lower: object = None, upper: object = None, bounds: str = "[)", empty: bool = False) -> None:
        self.lower, self.upper, self.bounds, self.isempty = lower, upper, bounds, empty


class Int2(int):
    """psycopg's mark for a smallint, which Django puts around adapted values."""


class Int4(int):
    """psycopg's mark for an integer."""


class Int8(int):
    """psycopg's mark for a bigint."""


@singledispatch
def postgresql(value: object) -> str:
    """The literal of a value as psycopg 3 composes it. Raises TypeError for what is not known, as psycopg does."""
    raise TypeError(f"a {type(value).__name__} cannot be written as a literal")


def postgresql_text(text: str) -> str:
    """A quoted string as PQescapeLiteral writes it."""
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return " E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"


@postgresql.register
def _(value: str) -> str:
    return postgresql_text(str(value))


@postgresql.register
def _(value: None) -> str:
    return "NULL"


@postgresql.register
def _(value: bool) -> str:
    return "true" if value else "false"


@postgresql.register
def _(value: int) -> str:
    return str(int(value)) if value >= 0 else f" {int(value)}"


@postgresql.register
def _(value: float) -> str:
    if math.isfinite(value):
        return repr(value) if value >= 0 else f" {value!r}"
    return f"'{value!r}'::float8".replace("inf", "Infinity").replace("nan", "NaN")


@postgresql.register
def _(value: decimal.Decimal) -> str:
    if value.is_finite():
        return str(value) if value >= 0 else f" {value}"
    return "'NaN'::numeric" if value.is_nan() else f"'{value}'::numeric"


@postgresql.register
def _(value: bytes) -> str:
    return f"'\\x{value.hex()}'::bytea"


@postgresql.register
def _(value: memoryview) -> str:
    return postgresql(bytes(value))


@postgresql.register
def _(value: uuid.UUID) -> str:
    return f"'{value.hex}'::uuid"


@postgresql.register
def _(value: dt.datetime) -> str:
    return f"'{value}'::{'timestamp' if value.tzinfo is None else 'timestamptz'}"


@postgresql.register
def _(value: dt.date) -> str:
    return f"'{value}'::date"


@postgresql.register
def _(value: dt.time) -> str:
    return f"'{value}'::{'time' if value.tzinfo is None else 'timetz'}"


@postgresql.register
def _(value: dt.timedelta) -> str:
    return f"'{value}'::interval".replace(",", "")


@postgresql.register(ipaddress.IPv4Address)
@postgresql.register(ipaddress.IPv6Address)
def _(value: object) -> str:
    return f"'{value}'::inet"


@postgresql.register
def _(value: Json) -> str:
    return postgresql_text(value.dumps(value.obj)) + "::jsonb"


@postgresql.register
def _(value: dict) -> str:  # type: ignore[type-arg]  # dispatch is by the class alone
    """Only hstore is sent as a dict; JSON comes wrapped."""
    pairs = (f"{_hstore(key)}=>{'NULL' if item is None else _hstore(item)}" for key, item in value.items())
    return postgresql_text(",".join(pairs)) + "::hstore"


def _hstore(item: object) -> str:
    return '"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"'


@postgresql.register(list)
@postgresql.register(tuple)
def _(value: Iterable[object]) -> str:
    items = list(value)
    if not items:
        return "'{}'"
    element = next((item for item in _leaves(items) if item is not None), None)
    cast = _integers(items) if type(element) is int else _ARRAY_CASTS.get(type(element), "")
    return postgresql_text(_array(items)) + cast


def _integers(items: Iterable[Any]) -> str:
    """The smallest type that holds all of them."""
    bits = max((int(item) if item >= 0 else ~int(item)).bit_length() for item in _leaves(items) if item is not None)
    return next((f"::int{size // 8}[]" for size in (16, 32, 64) if bits < size), "::numeric[]")


_RANGE_CASTS: dict[type, str] = {
    decimal.Decimal: "numrange",
    dt.date: "daterange",
    dt.datetime: "tstzrange",
}


@postgresql.register
def _(value: Range) -> str:
    if value.isempty:
        return "'empty'"
    bound = next((item for item in (value.lower, value.upper) if item is not None), None)
    lower, upper = ("" if item is None else str(item) for item in (value.lower, value.upper))
    opening = "(" if value.lower is None else value.bounds[0]  # what is infinite is in no range
    closing = ")" if value.upper is None else value.bounds[1]
    text = f"{opening}{_range_bound(lower)},{_range_bound(upper)}{closing}"
    cast = _RANGE_CASTS.get(type(bound))
    return postgresql_text(text) + (f"::{cast}" if cast else "")


def _range_bound(text: str) -> str:
    return f'"{text}"' if any(character in text for character in ' ,()[]"\\') else text


_ARRAY_CASTS: dict[type, str] = {
    bool: "::bool[]",
    Int2: "::int2[]",
    Int4: "::int4[]",
    Int8: "::int8[]",
    float: "::float8[]",
    decimal.Decimal: "::numeric[]",
    uuid.UUID: "::uuid[]",
    dt.date: "::date[]",
    dt.datetime: "::timestamptz[]",
    dt.time: "::time[]",
    dt.timedelta: "::interval[]",
    bytes: "::bytea[]",
}


def _leaves(items: Iterable[Any]) -> Iterable[Any]:
    for item in items:
        if isinstance(item, list | tuple):
            yield from _leaves(item)
        else:
            yield item


def _array(items: Iterable[object]) -> str:
    return "{" + ",".join(_element(item) for item in items) + "}"


def _element(item: object) -> str:
    match item:
        case None:
            return "NULL"
        case list() | tuple():
            return _array(item)
        case bool():
            return "t" if item else "f"
        case uuid.UUID():
            return item.hex
        case bytes():
            return f'"\\\\x{item.hex()}"'
    text = str(item)
    if text and text.upper() != "NULL" and not any(character in text for character in '{},"\\ \t\n\r\v\f'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def compose(sql: str, parameters: Iterable[Any], literal: Callable[[object], str] = postgresql) -> str:
    """A query with its parameters put in, as psycopg's client cursor does."""
    return sql % tuple(literal(parameter) for parameter in parameters)


_MYSQL_ESCAPES = str.maketrans(
    {"\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z", '"': '\\"', "'": "\\'", "\\": "\\\\"}
)


def mysql(value: object) -> str:
    """The literal of a value as mysqlclient escapes it, bytes as PyMySQL does: mysqlclient's are no text.

    Raises TypeError for what Django never gives it.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case int() | decimal.Decimal():
            return str(value)
        case float():
            text = repr(value)
            return text if "e" in text else f"{text}e0"
        case bytes() | memoryview():
            return f"X'{bytes(value).hex()}'"
        case dt.datetime():
            return f"'{value.replace(tzinfo=None).isoformat(' ')}'"
        case str() | dt.date() | dt.time() | uuid.UUID():
            return "'" + str(value).translate(_MYSQL_ESCAPES) + "'"
    raise TypeError(f"a {type(value).__name__} cannot be written as a literal")
