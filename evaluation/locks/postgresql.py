"""Measures on a live PostgreSQL what statements lock, scan, rewrite and build, from a second connection.

Locks are those in pg_locks at the end of each statement. A rewrite is a new file of a relation that is not empty, an
index build an index with a new file, a scan the rows or blocks that the transaction's own counters say were read. What
cannot run in a transaction is watched while it runs instead.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlparse

from evaluation.locks.cases import Case
from evaluation.locks.outcome import BLOCKS_READS, BLOCKS_WRITES, Outcome, strongest
from evaluation.servers import PostgreSQL

Connection = psycopg.Connection[Any]

SNAPSHOT = """
SELECT c.oid, c.relname, c.relkind, coalesce(i.indrelid, 0), coalesce(pg_relation_filenode(c.oid), 0),
       CASE WHEN c.relkind IN ('r', 'm', 't') THEN pg_relation_size(c.oid) ELSE 0 END,
       pg_stat_get_xact_tuples_returned(c.oid), pg_stat_get_xact_blocks_fetched(c.oid),
       pg_stat_get_tuples_returned(c.oid), pg_stat_get_blocks_fetched(c.oid), c.reltuples, c.relpages,
       pg_stat_get_xact_tuples_inserted(c.oid),
       pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid),
       pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'i', 'I', 'f')
      AND c.relnamespace::regnamespace::text NOT LIKE 'pg\\_%'
"""

HELD = """
SELECT relation, mode FROM pg_locks WHERE pid = %s AND locktype = 'relation' AND granted AND relation >= 16384
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

# Runs inside the server until the watched session gives up its advisory lock: fast enough to see brief locks. It
# commits all the time, for an old snapshot would make the CONCURRENTLY commands wait for it.
WATCH = """
CREATE PROCEDURE lab_watch(watched int, INOUT seen text[]) LANGUAGE plpgsql AS $$
DECLARE entry text; found boolean;
BEGIN
  seen := '{}';
  PERFORM pg_advisory_lock(2);
  LOOP
    found := false;
    FOR entry IN SELECT CASE l.locktype WHEN 'advisory' THEN '' ELSE l.relation || ' ' || l.mode END FROM pg_locks l
                 WHERE l.pid = watched AND l.granted AND (l.locktype = 'advisory' OR l.locktype = 'relation') LOOP
      IF entry = '' THEN found := true; ELSIF entry <> ALL (seen) THEN seen := seen || entry; END IF;
    END LOOP;
    COMMIT;
    EXIT WHEN NOT found;
    PERFORM pg_sleep(0.0001);
  END LOOP;
  PERFORM pg_advisory_unlock(2);
END $$
"""
SETTINGS = (
    "client_min_messages = error",
    "statement_timeout = '60s'",
    "max_parallel_maintenance_workers = 0",
    "max_parallel_workers_per_gather = 0",
)
TABLES = "SELECT oid::regclass FROM pg_class WHERE oid >= 16384 AND relkind = 'r'"
WATCHING = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 2"


@dataclass(frozen=True, slots=True)
class Relation:
    """A row of the snapshot."""

    oid: int
    name: str
    kind: str
    table: int
    file: int
    size: int
    tuples_in_transaction: int
    blocks_in_transaction: int
    tuples: int
    blocks: int
    rows: float
    pages: int
    inserted_in_transaction: int
    changed_in_transaction: int
    inserted: int
    changed: int

    @property
    def is_index(self) -> bool:
        return self.kind in "iI"


BLOCKS_PER_ROW = 16
"""At most so many pages of a table are fetched to write a row: to find it, to look for room, for each unique index."""

Snapshot = Mapping[int, Relation]


class Lab:
    """A database on a server in which one schema at a time is measured."""

    def __init__(self, server: PostgreSQL) -> None:
        self.server = server
        self.major = server.version[0]
        with server.connect() as connection:
            connection.execute("DROP DATABASE IF EXISTS lab")
            connection.execute("CREATE DATABASE lab")
        self._actor = server.connect("lab")
        self._observer = server.connect("lab")
        self._observer.execute(WATCH)

    def close(self) -> None:
        self._actor.close()
        self._observer.close()

    def provide(self) -> None:
        """What cases take for granted beside their schemas: roles, and from 15 on a second tablespace."""
        with self.server.connect() as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = 'app'").fetchall():
                return
            for role in ("app", "app_owner"):
                connection.execute(f"CREATE ROLE {role}")
            if self.major >= 15:
                connection.execute("SET allow_in_place_tablespaces = on")
                connection.execute("CREATE TABLESPACE ts2 LOCATION ''")

    def prepare(self, setup: Sequence[str], session: Sequence[str] = ()) -> None:
        """Replace whatever is there by this schema and its rows."""
        self.reconnect()
        run = self._actor.execute
        for (schema,) in run(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'"
        ).fetchall():
            run(f'DROP SCHEMA "{schema}" CASCADE')
        run("CREATE SCHEMA public")
        for (publication,) in run("SELECT pubname FROM pg_publication").fetchall():
            run(f'DROP PUBLICATION "{publication}"')
        self._observer.execute(WATCH.replace("CREATE PROCEDURE", "CREATE OR REPLACE PROCEDURE"))
        for statement in setup:
            run(statement.encode())
        run("ANALYZE")
        for statement in session:
            run(statement.encode())

    def reconnect(self) -> None:
        """A new session, which knows nothing of the tables yet: what it looks up once is seen to be locked."""
        self._actor.close()
        self._actor = self.server.connect("lab")
        for setting in SETTINGS:
            self._actor.execute(f"SET {setting}")

    def measure(self, case: Case) -> Outcome:
        """Prepare the case's schema and measure its statements."""
        self.prepare(case.setup, case.session)
        return self.observe(split(case.statement), in_transaction=case.in_transaction)

    def observe(self, statements: Sequence[str], *, in_transaction: bool = True) -> Outcome:
        """Measure statements on the schema that is there. In a transaction they are rolled back."""
        try:
            steps = self._in_transaction(statements) if in_transaction else self._watched(statements)
        except psycopg.Error as error:
            return Outcome(error=error.sqlstate or type(error).__name__)
        return _total(steps)

    def _in_transaction(self, statements: Sequence[str]) -> list[Step]:
        steps: list[Step] = []
        pid = self._actor.info.backend_pid
        with _rolled_back(self._actor):
            start = before = self._snapshot()
            for statement in statements:
                self._actor.execute(statement.encode())
                held = self._observer.execute(HELD, (pid,)).fetchall()
                after = self._snapshot()
                steps.append(_step(start, before, after, held, in_transaction=True))
                before = after
        return steps

    def _watched(self, statements: Sequence[str]) -> list[Step]:
        steps: list[Step] = []
        for statement in statements:
            self._flush_statistics()
            start = self._snapshot()
            held = self._watch(statement)
            self._flush_statistics()
            steps.append(_step(start, start, self._snapshot(), held, in_transaction=False))
        return steps

    def _watch(self, statement: str) -> list[tuple[int, str]]:
        seen: list[str] = []
        pid = self._actor.info.backend_pid
        self._actor.execute("SELECT pg_advisory_lock(1)")
        call = f"CALL lab_watch({pid}, NULL)"
        watcher = threading.Thread(target=lambda: seen.extend(self._observer.execute(call).fetchall()[0][0]))
        watcher.start()
        while not self._actor.execute(WATCHING).fetchall():
            time.sleep(0.001)
        try:
            with self._readers():
                self._actor.execute(statement.encode())
        finally:
            self._actor.execute("SELECT pg_advisory_unlock(1)")
            watcher.join()
        pairs = (entry.split(" ") for entry in seen)
        return [(int(oid), mode) for oid, mode in pairs]

    @contextlib.contextmanager
    def _readers(self) -> Iterator[None]:
        """A reader of every table, gone after a moment: who waits for readers is seen with the locks it holds."""
        with self.server.connect("lab") as reader:
            tables = reader.execute(
                "SELECT oid::regclass FROM pg_class WHERE oid >= 16384 AND relkind = 'r'"
            ).fetchall()
            reader.execute("BEGIN")
            for (table,) in tables:
                reader.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
            leave = threading.Timer(0.2, lambda: reader.execute("COMMIT"))
            leave.start()
            yield
            leave.join()

    def _flush_statistics(self) -> None:
        flush = "pg_stat_force_next_flush()" if self.major >= 15 else "pg_sleep(1)"
        self._actor.execute(f"SELECT {flush}")
        self._actor.execute("SELECT pg_stat_clear_snapshot()")

    def _snapshot(self) -> Snapshot:
        relations = (Relation(*row) for row in self._actor.execute(SNAPSHOT).fetchall())
        return {relation.oid: relation for relation in relations}


@dataclass(frozen=True, slots=True)
class Step:
    """What one statement did, and what its transaction held once it had."""

    locks: Mapping[str, str]
    index_locks: Mapping[str, str]
    rewrites: frozenset[str]
    scans: frozenset[str]
    index_builds: frozenset[str]
    dangerous: bool


def split(text: str) -> list[str]:
    """The statements in a text."""
    return [statement for statement in sqlparse.split(text) if statement.strip(" \n;")]


def _step(
    start: Snapshot, before: Snapshot, after: Snapshot, held: Sequence[tuple[int, str]], *, in_transaction: bool
) -> Step:
    strongest_by_oid: dict[int, str] = {}
    for oid, mode in held:
        if oid in start:
            strongest_by_oid[oid] = strongest([mode, strongest_by_oid.get(oid, mode)])
    truncated = {oid for oid in start if oid in after and _emptied(start[oid], after[oid])}
    existing = {oid: after.get(oid, start[oid]) for oid in start if oid not in truncated}
    rewrites = {
        oid
        for oid in existing
        if oid in before and _rewritten(before[oid], existing[oid]) and existing[oid].file != start[oid].file
    }
    scans = {
        oid
        for oid in existing
        if oid in before and oid in after and _scanned(before[oid], after[oid], in_transaction=in_transaction)
    }
    files = {each.file for each in (*start.values(), *before.values())}  # ROLLBACK TO gives back what was there
    filled = {oid for oid, relation in existing.items() if relation.size or start[oid].size}
    builds = {each.table for each in after.values() if each.kind == "i" and each.file not in files} & filled
    blocking = any(_blocks(start[oid], mode, in_transaction=in_transaction) for oid, mode in strongest_by_oid.items())
    return Step(
        locks={start[oid].name: mode for oid, mode in strongest_by_oid.items() if not start[oid].is_index},
        index_locks={start[oid].name: mode for oid, mode in strongest_by_oid.items() if start[oid].is_index},
        rewrites=frozenset(start[oid].name for oid in rewrites),
        scans=frozenset(start[oid].name for oid in scans),
        index_builds=frozenset(start[oid].name for oid in builds),
        dangerous=blocking and bool(rewrites | scans | builds),
    )


def _blocks(relation: Relation, mode: str, *, in_transaction: bool) -> bool:
    """Whether the lock makes writers or readers wait. CONCURRENTLY locks an old index to drop it, after the work."""
    if relation.is_index:
        return mode == "AccessExclusiveLock" and in_transaction
    if relation.kind in "mv":
        return mode in BLOCKS_READS
    return mode in BLOCKS_WRITES  # of a sequence too: who draws a number waits


def _emptied(start: Relation, now: Relation) -> bool:
    return start.kind in "rm" and now.file != start.file and now.size == 0 and start.size > 0


def _rewritten(before: Relation, after: Relation) -> bool:
    return before.kind in "rm" and after.file != before.file and after.size > 0


def _scanned(before: Relation, after: Relation, *, in_transaction: bool) -> bool:
    """Whether about all of a table was read, or all its rows were written. A few pages read are look-ups, and writing
    rows reads pages too."""
    if before.kind not in "rm" or before.size == 0:
        return False
    if in_transaction:
        tuples = after.tuples_in_transaction - before.tuples_in_transaction
        blocks = after.blocks_in_transaction - before.blocks_in_transaction
        inserted = after.inserted_in_transaction - before.inserted_in_transaction
        changed = after.changed_in_transaction - before.changed_in_transaction
    else:
        tuples, blocks = after.tuples - before.tuples, after.blocks - before.blocks
        inserted, changed = after.inserted - before.inserted, after.changed - before.changed
    whole = max(before.rows * 0.9, 1)
    if tuples >= whole or changed >= whole:
        return True
    others = blocks - BLOCKS_PER_ROW * (inserted + changed)
    return before.pages >= 8 and others >= before.pages and after.size <= before.size


def _total(steps: Sequence[Step]) -> Outcome:
    """Locks accumulate; relations touched by any step count."""
    locks: dict[str, str] = {}
    index_locks: dict[str, str] = {}
    for step in steps:
        locks |= {name: strongest([mode, locks.get(name, mode)]) for name, mode in step.locks.items()}
        index_locks |= {name: strongest([mode, index_locks.get(name, mode)]) for name, mode in step.index_locks.items()}
    return Outcome(
        locks=locks,
        index_locks=index_locks,
        rewrites=frozenset[str]().union(*(step.rewrites for step in steps)),
        scans=frozenset[str]().union(*(step.scans for step in steps)),
        index_builds=frozenset[str]().union(*(step.index_builds for step in steps)),
        dangerous=any(step.dangerous for step in steps),
    )


@contextlib.contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
