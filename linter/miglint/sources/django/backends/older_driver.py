"""Python values as psycopg2 writes them, which many projects still use; psycopg 3 is in `literals`.

https://www.psycopg.org/docs/usage.html#adaptation-of-python-values-to-sql-types
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable

from miglint.history import Confidence
from miglint.sources.django.backends import literals
from miglint.sources.django.doubts import Doubt, Ledger


def psycopg2(value: object) -> str:
    """The literal of a value. Raises TypeError for what is not known."""
    match value:
        case str():
            return "'" + value.replace("'", "''") + "'"
        case float() if not math.isfinite(value):
            return literals.postgresql(value).replace("::float8", "::float")
        case dt.datetime():
            return f"'{value.isoformat()}'::{'timestamp' if value.tzinfo is None else 'timestamptz'}"
        case dt.timedelta():
            return f"'{value.days} days {value.seconds}.{value.microseconds:06} seconds'::interval"
        case uuid.UUID():
            return f"'{value}'::uuid"
    return _composite(value)


def _composite(value: object) -> str:
    match value:
        case literals.Json():
            return psycopg2(value.dumps(value.obj)) + _cast_of_json()
        case list() | tuple():
            return _array(list(value))
        case dict():
            return _hstore(value)
        case literals.Range():
            return _range(value)
    return literals.postgresql(value)


def _cast_of_json() -> str:
    """What Django's own `Jsonb` adds to psycopg2's literal, from 5.1 on."""
    from django import VERSION

    return "::jsonb" if VERSION >= (5, 1) else ""


def _array(items: list[object]) -> str:
    if not items:
        return "'{}'"
    if all(item is None for item in items):
        return "'{" + ",".join(["NULL"] * len(items)) + "}'"
    return "ARRAY[" + ",".join(psycopg2(item) for item in items) + "]"


def _hstore(pairs: dict[object, object]) -> str:
    if not pairs:
        return "''::hstore"
    keys, values = (", ".join(psycopg2(item) for item in items) for items in (pairs, pairs.values()))
    return f"hstore(ARRAY[{keys}], ARRAY[{values}])"


_RANGES: dict[type, str] = {dt.date: "daterange", dt.datetime: "tstzrange"}


def _range(value: literals.Range) -> str:
    bound = next((item for item in (value.lower, value.upper) if item is not None), None)
    name = _RANGES.get(type(bound))
    ends = (value.lower, value.upper)
    if name is None:
        lower, upper = ("" if item is None else str(item) for item in ends)
        return f"'{value.bounds[0]}{lower},{upper}{value.bounds[1]}'"
    lower, upper = map(psycopg2, ends)
    return f"{name}({lower}, {upper}, '{value.bounds}')"


def without_connection(value: object) -> str:
    """The literal of a value that is quoted for itself: the same, but bytes are escaped and not written in hex.

    Before a process has connected to a server psycopg2 would also double backslashes; Django has, when it writes SQL.
    """
    if isinstance(value, bytes | memoryview):
        return f"'{''.join(map(_escaped, bytes(value)))}'::bytea"
    return psycopg2(value)


def _escaped(byte: int) -> str:
    """A byte in the format that PostgreSQL calls escape, within a literal."""
    if byte in b"'\\":
        return chr(byte) * 2
    return chr(byte) if 0x20 <= byte <= 0x7E else f"\\{byte:03o}"


def written_for(driver: str, ledger: Ledger) -> tuple[Callable[[object], str], Callable[[object], str]]:
    """The ways to write values in queries and to quote them, of a driver; of psycopg 3 where it is not known which,
    doubted where psycopg2's differ.
    """
    if driver == "psycopg":
        return literals.postgresql, literals.postgresql
    if driver == "psycopg2":
        return psycopg2, without_connection
    return _Either(ledger, psycopg2), _Either(ledger, without_connection)


class _Either:
    def __init__(self, ledger: Ledger, older: Callable[[object], str]) -> None:
        self._ledger = ledger
        self._older = older

    def __call__(self, value: object) -> str:
        written = literals.postgresql(value)
        if written != self._older(value):
            reason = "no requirements name the driver: a value is written as psycopg 3 does, not psycopg2"
            self._ledger.note(Doubt(Confidence.ASSUMED, reason))
        return written
