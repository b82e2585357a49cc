"""Django's own database wrappers, offline: their schema editors write SQL and nothing is ever connected to."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Self

from msgspec import Struct

from miglint.errors import MiglintError
from miglint.history import Target
from miglint.sources.django.backends import literals
from miglint.sources.django.backends.drivers import stand_ins
from miglint.sources.django.backends.names import UNNAMED, Constraint, Names, Table
from miglint.sources.django.backends.recording import RecordingMixin
from miglint.sources.django.backends.spared import spared
from miglint.sources.django.defaults import of_the_clock
from miglint.sources.django.doubts import Ledger

_ENGINES = {
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite3",
    "oracle": "oracle",
}
_NEWEST: Mapping[str, tuple[int, ...]] = {
    "postgresql": (18,),
    "mysql": (8, 4),
    "mariadb": (11, 8),
    "oracle": (23, 6),
}
"""What is assumed where no version is given."""


class Answers(Struct, frozen=True):
    """What is answered where an editor asks the server: by the migration that is being rendered."""

    catalog: Callable[[str], Names]
    """The names as they are, asked for the sake of one table."""
    extensions: Callable[[], set[str]]
    is_deterministic: Callable[[str], bool | None]
    """Of a collation; None if there is none of this name."""


class OfflineCursor:
    """A cursor that finds nothing; what an editor asks of the server is answered before it comes to this."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._row: tuple[int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def execute(self, sql: str, params: object = None) -> OfflineCursor:
        """Do nothing; but whether an extension is there is known from the migrations."""
        if "pg_extension" in sql and isinstance(params, list | tuple):
            self._row = (1,) if params[0] in self.connection.answers.extensions() else None
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def fetchone(self) -> tuple[int] | None:
        """The row for an extension that is there, or none."""
        return self._row

    def fetchall(self) -> list[Any]:
        """No rows."""
        return []


def connect(target: Target) -> Any:
    """A database wrapper for the target. Its `answers` and `ledger` must be set before an editor is used."""
    engine = _ENGINES.get(target.database)
    if engine is None:
        raise MiglintError(f"Django's SQL cannot be written for {target.database}: choose one of {', '.join(_ENGINES)}")
    with spared(), stand_ins():
        module = importlib.import_module(f"django.db.backends.{engine}.base")
        importlib.import_module(f"django.db.backends.{engine}.schema")
    connection = _offline(module.DatabaseWrapper)(_settings(engine), alias="default")
    version = target.version or _NEWEST.get(target.database, ())
    connection.__dict__.update(_server(target.database, version))
    kinds = getattr(connection.ops, "jsonfield_datatype_values", ())
    if kinds:  # a set, which goes into SQL in another order in each process
        connection.ops.jsonfield_datatype_values = sorted(kinds)
    connection.connection = SimpleNamespace(
        escape=lambda value, encoders: literals.mysql(value),
        literal=literals.postgresql,
        quoted=literals.postgresql,
        encoders=None,
        autocommit=True,
    )
    importlib.import_module("django.db").connections["default"] = connection
    return connection


def _settings(engine: str) -> dict[str, Any]:
    empty = dict.fromkeys(("NAME", "USER", "PASSWORD", "HOST", "PORT"), "")
    flags = {"AUTOCOMMIT": True, "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    return {**empty, **flags, "ENGINE": f"django.db.backends.{engine}", "OPTIONS": {}, "TIME_ZONE": None, "TEST": {}}


def _server(database: str, version: tuple[int, ...]) -> dict[str, Any]:
    """What Django would ask the server once and remember, by the name it remembers it under."""
    major, minor, *_ = (*version, 0, 0)
    if database == "postgresql":
        return {"pg_version": major * 10000 + minor}
    if database == "oracle":
        return {"oracle_version": (major, minor)}
    if database in {"mysql", "mariadb"}:
        text = ".".join(map(str, (*version, *(0,) * (3 - len(version)))))
        data = {
            "version": text + ("-MariaDB" if database == "mariadb" else ""),
            "sql_mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES",
            "default_storage_engine": "InnoDB",
            "sql_auto_is_null": False,
            "lower_case_table_names": 0,
            "has_zoneinfo_database": True,
        }
        return {"mysql_server_data": data}
    return {}


def _offline(wrapper: Any) -> Any:
    """The backend's wrapper with everything that would touch a server answered from the catalog."""

    class Introspection(wrapper.introspection_class):
        def get_constraints(self, cursor: object, table_name: str) -> dict[str, dict[str, Any]]:
            table = self.connection.answers.catalog(table_name).find(table_name)
            return {name: _described(constraint) for name, constraint in _as_told(table)}

        def get_sequences(self, cursor: object, table_name: str, table_fields: object = ()) -> list[dict[str, str]]:
            table = self.connection.answers.catalog(table_name).find(table_name)
            return [{"name": name, "table": table_name, "column": column} for column, name in table.sequences.items()]

        def get_storage_engine(self, cursor: object, table_name: str) -> str:
            return "InnoDB"

        def get_relations(self, cursor: object, table_name: str) -> dict[str, tuple[str, str]]:
            return {}

        def get_table_list(self, cursor: object) -> list[Any]:
            return []

    class Offline(wrapper):
        introspection_class = Introspection
        SchemaEditorClass = _editor(wrapper)
        answers: Answers | None = None
        ledger: Ledger

        def cursor(self) -> OfflineCursor:
            return OfflineCursor(self)

        def ensure_connection(self) -> None:
            pass

        def close(self) -> None:
            pass

    return Offline


def _editor(wrapper: Any) -> Any:
    """The backend's schema editor, writing down what it would execute."""

    class Editor(RecordingMixin, wrapper.SchemaEditorClass):
        def _effective_default(self, field: Any) -> Any:
            value = super()._effective_default(field)
            by_clock = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
            if by_clock and not field.has_default() and isinstance(value, dt.date | dt.time):
                return of_the_clock(value, field.name, self.connection.ledger)
            return value

        def _is_collation_deterministic(self, collation_name: str) -> bool | None:
            answers: Answers = self.connection.answers
            return answers.is_deterministic(collation_name)

    return Editor


def _as_told(table: Table) -> Iterator[tuple[str, Constraint]]:
    """The constraints by the names that Django's introspection gives: it counts the checks that have none."""
    unnamed = 0
    for name, constraint in table.constraints.items():
        if name.startswith(UNNAMED):
            unnamed += 1
            yield f"__unnamed_constraint_{unnamed}__", constraint
        else:
            yield name, constraint


def _described(constraint: Constraint) -> dict[str, Any]:
    return {
        "columns": list(constraint.columns),
        "primary_key": constraint.primary_key,
        "unique": constraint.unique,
        "foreign_key": constraint.foreign_key,
        "check": constraint.check,
        "index": constraint.index,
        "orders": [],
        "type": "idx" if constraint.method == "btree" else constraint.method,
        "definition": None,
        "options": None,
    }
