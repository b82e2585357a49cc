"""Watches a live MariaDB while a statement runs that takes no ALGORITHM: who waits, for whom it waits, what it does.

    python -m evaluation.locks.mariadb_watch evaluation/locks/cases/mariadb_watched.jsonl   # measures and writes down

Sessions read and write a row of each table all the time. Who comes to a stop for most of the statement's time waits for
its work; where nobody does, it is tried with a reader's, then a writer's transaction open: it waits for them or
not. The work is told by the rows that the statement's session reads and writes, and by the table's id in InnoDB's
dictionary.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql

from evaluation import servers
from evaluation.locks.cases import read_cases
from evaluation.servers import MariaDB

LOCK_WAIT_TIMEOUT = 1205
LONG = 0.06
"""Seconds from which on a statement has work to do during which others can be seen to wait."""
MOST = 0.4
"""The part of a statement's time from which on somebody waits for its work, and not for a moment of it."""


@dataclass(slots=True)
class Seen:
    """By table: who waits (`select`, `write`), for whom the statement waits, and whether it goes through the rows."""

    waits: dict[str, list[str]] = field(default_factory=dict)
    waits_for: dict[str, str] = field(default_factory=dict)
    work: list[str] = field(default_factory=list)
    error: str = ""


class Watch:
    """A database on a server in which one statement at a time is watched."""

    def __init__(self, server: MariaDB) -> None:
        self._server = server
        self._session = server.connect()

    def close(self) -> None:
        self._session.close()

    def see(self, setup: Sequence[str], statement: str) -> Seen:
        """Run the statement on the schema made anew, as often as it takes to see everything."""
        seen = Seen()
        try:
            seen.work = self._work(setup, statement)
            tables = self._prepare(setup)
            seen.waits = self._stalls(tables, statement)
            brief = [table for table in tables if not seen.waits[table]]
            seen.waits_for = {table: self._waits_for(setup, table, statement) for table in brief}
        except pymysql.MySQLError as error:
            seen.error = str(error.args[0])
        return seen

    def _prepare(self, setup: Sequence[str]) -> list[str]:
        self._run("UNLOCK TABLES")
        self._run("ROLLBACK")
        for statement in ("DROP DATABASE IF EXISTS lab", "CREATE DATABASE lab", "USE lab", *setup):
            self._run(statement)
        return [name for (name,) in self._run("SHOW TABLES")]

    def _work(self, setup: Sequence[str], statement: str) -> list[str]:
        """The tables of which about all pages are fetched by their session, or which get another file."""
        tables = self._prepare(setup)
        self._run("SET GLOBAL innodb_stats_persistent = 1")
        sizes = dict(
            self._run("SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = 'lab'")
        )
        before, ids = self._counters(), self._ids()
        self._run(statement)
        after = self._counters()
        rows = {name: int(sizes[name] or 0) for name in tables}
        touched = sum(after[name] - before[name] for name in after)
        remade = {name for name, table_id in self._ids().items() if name in ids and ids[name] != table_id}
        if len(tables) == 1:
            return tables if remade or touched >= 0.8 * max(rows[tables[0]], 1) else []
        return sorted(remade)

    def _counters(self) -> dict[str, int]:
        names = "'Handler_read_rnd_next', 'Handler_read_next', 'Handler_write', 'Handler_read_first'"
        own = self._run(f"SHOW SESSION STATUS WHERE Variable_name IN ({names})")
        return {name: int(value) for name, value in own}

    def _ids(self) -> dict[str, int]:
        query = "SELECT name, table_id FROM information_schema.innodb_sys_tables WHERE name LIKE 'lab/%'"
        return {name.removeprefix("lab/").partition("#P#")[0]: table_id for name, table_id in self._run(query)}

    def _stalls(self, tables: list[str], statement: str) -> dict[str, list[str]]:
        """Who stands still for most of the time that the statement takes; nobody is asked if it takes none."""
        others = [_Other(self._server, table, kind) for table in tables for kind in ("select", "write")]
        for other in others:
            other.start()
        time.sleep(0.1)
        start = time.monotonic()
        self._run(statement)
        end = time.monotonic()
        if end - start < LONG and statement.upper().startswith("LOCK"):
            end = start + 0.3
            time.sleep(0.3)
        time.sleep(0.02)
        self._run("UNLOCK TABLES")
        for other in others:
            other.stop()
        stalls: dict[str, list[str]] = {table: [] for table in tables}
        for other in others:
            if end - start >= LONG and other.longest(start, end) >= MOST * (end - start):
                stalls[other.table].append(other.kind)
        return stalls

    def _waits_for(self, setup: Sequence[str], table: str, statement: str) -> str:
        """`readers`, `writers` or `nobody`."""
        for who, sql in (("readers", f"SELECT * FROM {table} LIMIT 1"), ("writers", f"DELETE FROM {table} LIMIT 1")):
            self._prepare(setup)
            with self._server.connect("lab", autocommit=False) as other, other.cursor() as cursor:
                cursor.execute(sql)
                waits = self._has_to_wait(statement)
                other.rollback()
            if waits:
                return who
        return "nobody"

    def _has_to_wait(self, statement: str) -> bool:
        self._run("SET lock_wait_timeout = 1, innodb_lock_wait_timeout = 1")
        try:
            rows = self._run(statement)
        except pymysql.MySQLError as error:
            if error.args[0] != LOCK_WAIT_TIMEOUT:
                raise
            return True
        finally:
            self._run("SET lock_wait_timeout = DEFAULT, innodb_lock_wait_timeout = DEFAULT")
        return any("Lock wait timeout" in str(cell) for row in rows for cell in row)

    def _run(self, statement: str) -> tuple[tuple[Any, ...], ...]:
        with self._session.cursor() as cursor:
            cursor.execute(statement)
            return tuple(cursor.fetchall())


class _Other(threading.Thread):
    """A session that reads, or writes, a row of a table all the time."""

    def __init__(self, server: MariaDB, table: str, kind: str) -> None:
        super().__init__()
        self.table, self.kind = table, kind
        self._connection = server.connect("lab")
        self._ended = threading.Event()
        self._times: list[tuple[float, float]] = []

    def run(self) -> None:
        sql = (
            f"SELECT * FROM {self.table} LIMIT 1" if self.kind == "select" else f"INSERT INTO {self.table} () VALUES ()"
        )
        with self._connection.cursor() as cursor:
            while not self._ended.is_set():
                start = time.monotonic()
                try:
                    cursor.execute(sql)
                except pymysql.MySQLError:
                    time.sleep(0.001)  # the table is gone, or its name
                self._times.append((start, time.monotonic()))

    def stop(self) -> None:
        self._ended.set()
        self.join()
        self._connection.close()

    def longest(self, start: float, end: float) -> float:
        """The longest time within these two that it waited for an answer."""
        return max((min(done, end) - max(asked, start) for asked, done in self._times), default=0.0)


def _measured(watch: Watch, path: Path) -> Iterator[str]:
    for text, case in zip(path.read_text(encoding="utf-8").splitlines(), read_cases(path), strict=True):
        line = json.loads(text)
        seen = watch.see(case.setup, case.statement)
        if seen.error:
            print(f"{case.id}: {seen.error}: {case.statement}")
        line["expect"] = {"waits": seen.waits, "waits_for": seen.waits_for, "work": seen.work}
        yield json.dumps(line, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    path = parser.parse_args().cases
    with servers.mariadb() as server:
        watch = Watch(server)
        lines = [*_measured(watch, path)]
        watch.close()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
