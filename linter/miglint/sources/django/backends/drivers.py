"""Stand-ins for database drivers while Django's backend modules are imported.

The backends import psycopg, MySQLdb and oracledb at the top and refuse to load without them. Nothing of a driver is
needed to write SQL but its types, which the backends subclass and register, and its quoting (`literals`). The stand-ins
are in `sys.modules` only during that import, so a real driver can still be imported by whoever wants one.
"""

from __future__ import annotations

import contextlib
import enum
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from miglint.sources.django.backends import literals
from miglint.sources.django.backends.modules import Anything, StandIn


class _IsolationLevel(enum.IntEnum):
    READ_UNCOMMITTED = 1
    READ_COMMITTED = 2
    REPEATABLE_READ = 3
    SERIALIZABLE = 4


class _Cursor(Anything):
    def __init__(self, connection: Any) -> None:
        self._literal = connection.connection.literal

    def mogrify(self, sql: str, params: tuple[object, ...]) -> str:
        return literals.compose(sql, params, self._literal)


class _Types:
    """psycopg's registry of PostgreSQL's types; only asked for oids, which are compared with each other."""

    def __getitem__(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(oid=name)


class _Adapters:
    types = _Types()

    def get_loader(self, oid: object, format: object) -> type[Anything]:  # noqa: A002 psycopg's name
        return Anything


def _package(name: str, **attributes: object) -> StandIn:
    module = StandIn(name)
    module.__path__ = []
    for attribute, value in attributes.items():
        setattr(module, attribute, value)
    return module


def _quote(value: object, connection: Any) -> str:
    written: str = connection.quoted(value)
    return written


def _psycopg() -> Iterator[StandIn]:
    sql = _package("psycopg.sql", quote=_quote)
    adapt, errors = (_package(f"psycopg.{name}") for name in ("adapt", "errors"))
    pq = _package("psycopg.pq", Format=SimpleNamespace(TEXT=0, BINARY=1))
    client_cursor = _package("psycopg.client_cursor")
    yield _package(
        "psycopg",
        __version__="3.2.0",
        ClientCursor=_Cursor,
        IsolationLevel=_IsolationLevel,
        adapters=_Adapters(),
        adapt=adapt,
        errors=errors,
        pq=pq,
        sql=sql,
        client_cursor=client_cursor,
        **_dbapi(),
    )
    yield from (sql, adapt, errors, pq, client_cursor)
    yield _package("psycopg.postgres", types=_Types())
    numeric = _package("psycopg.types.numeric", Int2=literals.Int2, Int4=literals.Int4, Int8=literals.Int8)
    yield _package("psycopg.types", numeric=numeric)
    yield numeric
    yield _package("psycopg.types.json", Jsonb=literals.Json)
    yield _package("psycopg.types.range", Range=literals.Range)
    yield from (_package(f"psycopg.types.{name}") for name in ("datetime", "string", "hstore", "multirange"))


def _mysqldb() -> Iterator[StandIn]:
    field_type = _package("MySQLdb.constants.FIELD_TYPE", **dict.fromkeys(("TIME", "BLOB", "LONG_BLOB"), 0))
    client = _package("MySQLdb.constants.CLIENT", FOUND_ROWS=2)
    yield _package("MySQLdb", version_info=(2, 2, 4, "final", 0), __version__="2.2.4", **_dbapi())
    yield _package("MySQLdb.constants", FIELD_TYPE=field_type, CLIENT=client)
    yield from (field_type, client)
    yield _package("MySQLdb.converters", conversions={})


def _oracledb() -> Iterator[StandIn]:
    yield _package("oracledb", __version__="2.3.0", version="2.3.0", is_thin_mode=lambda: True, **_dbapi())
    yield _package("cx_Oracle", __version__="8.3.0", version="8.3.0", **_dbapi())


def _dbapi() -> Mapping[str, type]:
    """The exceptions of PEP 249, which Django catches by class, and its wrapper of binary values."""
    error = type("Error", (Exception,), {})
    database = type("DatabaseError", (error,), {})
    names = ("DataError", "OperationalError", "IntegrityError", "InternalError", "ProgrammingError")
    return {
        "Binary": bytes,
        "Error": error,
        "InterfaceError": type("InterfaceError", (error,), {}),
        "DatabaseError": database,
        **{name: type(name, (database,), {}) for name in (*names, "NotSupportedError")},
    }


@cache
def _made() -> Mapping[str, StandIn]:
    """All stand-ins by name; what Django imported of them before is what it finds again."""
    return {module.__name__: module for make in (_psycopg, _mysqldb, _oracledb) for module in make()}


@contextlib.contextmanager
def stand_ins() -> Iterator[None]:
    """Have the stand-ins in place of every driver, installed or not."""
    modules = _made()
    roots = {name.partition(".")[0] for name in modules}
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in roots}
    for name in before:
        del sys.modules[name]
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in roots]:
            del sys.modules[name]
        sys.modules.update(before)
