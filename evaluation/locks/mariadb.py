"""Asks a live MariaDB for the cheapest algorithm and the least lock that it accepts for a statement, and what it does.

Each try runs on the schema made anew, unless the one before was refused. The clauses alone do not tell the truth:
PARTITION BY and ENGINE accept INSTANT and copy. A copy reports its rows as affected, and a rebuild gives the table
another id in InnoDB's dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from evaluation.servers import MariaDB

ALGORITHMS = ("INSTANT", "NOCOPY", "INPLACE", "COPY")
LOCKS = ("NONE", "SHARED", "EXCLUSIVE")
SYNTAX_ERROR = 1064
REFUSALS = frozenset({1221, 1845, 1846, 4105})
"""Incorrect usage, algorithm or lock not supported (with and without a reason)."""

FRESH = (
    "SET SESSION foreign_key_checks=1",
    "SET SESSION sql_mode=DEFAULT",
    "DROP DATABASE IF EXISTS lab",
    "CREATE DATABASE lab",
    "USE lab",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """`cheapest` and `lock` are as accepted in clauses, `effective` what happens without; None: no such clause."""

    cheapest: str | None = None
    lock: str | None = None
    effective: str | None = None
    error: str = ""


class Lab:
    """A database on a server in which one statement at a time is tried."""

    def __init__(self, server: MariaDB) -> None:
        self._connection = server.connect()
        self._altered = True

    def close(self) -> None:
        self._connection.close()

    def ask(self, setup: Sequence[str], statement: str, session: Sequence[str] = ()) -> Answer:
        """Try the statement with every algorithm, cheapest first, then with every lock, least first."""
        statement = statement.rstrip("; \n")
        try:
            affected, rebuilt = self._plain(setup, statement, session)
        except pymysql.MySQLError as error:
            return Answer(error=str(error.args[0]))
        cheapest = self._first(ALGORITHMS, "ALGORITHM={}", setup, statement, session)
        if cheapest is None:
            return Answer()
        lock = self._first(LOCKS, "LOCK={}", setup, statement, session)
        effective = "COPY" if affected else "INPLACE" if rebuilt and cheapest in ALGORITHMS[:2] else cheapest
        return Answer(cheapest, lock, effective)

    def _plain(self, setup: Sequence[str], statement: str, session: Sequence[str]) -> tuple[int, bool]:
        self._prepare(setup, session)
        before = self._table_ids()
        self._altered = True
        affected = self._run(statement)
        after = self._table_ids()
        rebuilt = any(after[name] != before[name] for name in before.keys() & after.keys())
        return affected, rebuilt

    def _first(
        self, choices: Sequence[str], clause: str, setup: Sequence[str], statement: str, session: Sequence[str]
    ) -> str | None:
        return next((each for each in choices if self._accepts(clause.format(each), setup, statement, session)), None)

    def _accepts(self, clause: str, setup: Sequence[str], statement: str, session: Sequence[str]) -> bool:
        for text in _with_clause(statement, clause):
            if self._altered:
                self._prepare(setup, session)
            try:
                self._run(text)
            except pymysql.MySQLError as error:
                if error.args[0] == SYNTAX_ERROR:
                    continue
                if error.args[0] in REFUSALS:
                    return False
                raise
            self._altered = True
            return True
        return False

    def _prepare(self, setup: Sequence[str], session: Sequence[str]) -> None:
        for statement in (
            "SET SESSION foreign_key_checks=1",
            "SET SESSION sql_mode=DEFAULT",
            "DROP DATABASE IF EXISTS lab",
        ):
            self._run(statement)
        for statement in ("CREATE DATABASE lab", "USE lab", *setup, *session):
            self._run(statement)
        self._altered = False

    def _table_ids(self) -> dict[str, int]:
        query = "SELECT name, table_id FROM information_schema.innodb_sys_tables WHERE name LIKE 'lab/%'"
        return {_base(name): table_id for name, table_id in self._rows(query)}

    def _rows(self, query: str) -> tuple[tuple[Any, ...], ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _run(self, statement: str) -> int:
        with self._connection.cursor() as cursor:
            return cursor.execute(statement)


def _base(name: str) -> str:
    """The table of a partition: `lab/t#P#p0`."""
    return name.partition("#P#")[0]


def _with_clause(statement: str, clause: str) -> list[str]:
    """The ways to write the clause into an ALTER TABLE (or CREATE and DROP INDEX): the syntax differs."""
    words = statement.split(None, 3)
    if [word.upper() for word in words[:2]] == ["ALTER", "TABLE"]:
        head = " ".join(words[:3])
        return [f"{head} {clause}, {words[3]}", f"{head} {clause} {words[3]}"]
    return [f"{statement} {clause}"]
