"""Receipts: what the pages of the effect rules claim, shown on a live PostgreSQL.

The example's migrations go through real Django and their statements to the server, on tables with rows. What the page
calls bad must be seen: work under a lock that makes others wait, a lock on a busy table, a statement that fails, or old
code that fails afterwards. What it calls good must not.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import miglint_rules
from evaluation import servers
from evaluation.locks.outcome import BLOCKS_WRITES, Outcome
from evaluation.locks.postgresql import Lab, split
from miglint.rule import rules_in
from rules.packages import write_package
from rules.pages import Example, examples

BUSY = ("shop_customer", "shop_product", "shop_order")
ROWS = (
    """INSERT INTO shop_customer (id, email, name, country) OVERRIDING SYSTEM VALUE
       SELECT i, 'c' || i || '@example.com', 'customer ' || i, 'de' FROM generate_series(1, 5000) i""",
    """INSERT INTO shop_product (id, name, sku, price, stock, description) OVERRIDING SYSTEM VALUE
       SELECT i, 'product ' || i, 'sku' || i, 1, i, repeat('d', 100) FROM generate_series(1, 5000) i""",
    """INSERT INTO shop_order (id, customer_id, number, status, note, total, placed_at) OVERRIDING SYSTEM VALUE
       SELECT i, i, i, 'new', repeat('n', 100), 1, now() FROM generate_series(1, 5000) i""",
    """DO $$ BEGIN
         IF EXISTS (SELECT FROM information_schema.columns
                    WHERE table_name = 'shop_order' AND column_name = 'product_id') THEN
           UPDATE shop_order SET product_id = id;
         END IF;
       END $$""",
)

WORK = {
    "blocking-index-build",
    "blocking-maintenance",
    "blocking-scan",
    "blocking-unique-constraint",
    "column-type-rewrite",
    "constrained-domain-column",
    "generated-column-rewrite",
    "set-not-null-scan",
    "validate-in-same-transaction",
    "validated-check-constraint",
    "validated-foreign-key",
    "volatile-default-rewrite",
}
LOCK = {"blocking-index-drop", "foreign-key-locks-referenced-table"}
WINDOW = {"wide-lock-window"}
FAILURE = {"not-null-without-default"}
OLD_CODE = {"dropped-column", "dropped-table", "not-null-without-database-default", "renamed-column", "renamed-table"}

RULES = {rule.name: rule for rule in rules_in(miglint_rules)}
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule} {example.name}")
    for rule in sorted(WORK | LOCK | WINDOW | FAILURE | OLD_CODE)
    for example in examples(RULES[rule].page)
]


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of the change, or statements that run outside of one."""

    statements: list[str]
    atomic: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is on the base, what comes, and the columns by table that the base's code knows."""

    base: list[str]
    steps: list[Step]
    columns: Mapping[str, list[str]]


@pytest.fixture(scope="module")
def lab(postgresql: servers.PostgreSQL) -> Iterator[Lab]:
    lab = Lab(postgresql)
    yield lab
    lab.close()


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_page_is_right(rule: str, example: Example, lab: Lab, tmp_path: Path) -> None:
    deployment = _deployment(example, lab, tmp_path)
    lab.prepare([*deployment.base, *ROWS])
    columns = deployment.columns or _columns(lab.server)
    outcomes = []
    for step in deployment.steps:
        outcomes.append(lab.observe(step.statements, in_transaction=step.atomic))
        if step.atomic and not outcomes[-1].error:
            _apply(lab.server, step.statements)
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if rule in FAILURE:
        assert bool(errors) is example.bad
        return
    assert errors == []
    if rule in WORK:
        assert any(_works_on_busy_table(outcome) for outcome in outcomes) is example.bad
    elif rule in WINDOW:
        assert any(_works_on_busy_table(outcome) or len(_closed(outcome)) > 1 for outcome in outcomes) is example.bad
    elif rule in LOCK:
        assert any(_closed(outcome) for outcome in outcomes) is example.bad
    else:
        assert _old_code_fails(lab.server, columns) is example.bad


@pytest.mark.parametrize(
    "example", examples(RULES["schema-and-data-together"].page), ids=lambda example: example.name.replace(" ", "-")
)
def test_rows_with_pending_checks_stop_alter_table(example: Example, lab: Lab, tmp_path: Path) -> None:
    done = _migrated(example, lab.server, tmp_path)
    if example.name == "bad 2":
        assert "pending trigger events" in done.stderr
    else:
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "example",
    [each for each in examples(RULES["schema-and-data-together"].page) if each.name != "bad 2"],
    ids=lambda example: example.name.replace(" ", "-"),
)
def test_code_reads_and_writes_rows_while_the_table_is_locked(example: Example, lab: Lab, tmp_path: Path) -> None:
    """The locks of the DDL that real Django sent before the rows' first statement, in the same transaction."""
    told = json.loads(_migrated(example, lab.server, tmp_path).stdout)["migrations"]
    base = [Path(path).stem for path in example.base_files()]
    lab.prepare([*(sql for one in told if one["name"] in base for sql in one["statements"]), *ROWS])
    held: list[str] = []
    for one in told:
        if one["name"] in base:
            continue
        rows = (number for number, sql in enumerate(one["sent"]) if sql.startswith(DATA) and '"shop_' in sql)
        before = one["sent"][: next(rows, 0)]
        if one["atomic"]:  # else each statement gives its locks back
            held += _closed(lab.observe([sql for sql in before if sql.startswith(DDL)]))
        _apply(lab.server, one["statements"])
    assert bool(held) is example.bad


IN_CONTAINERS_AND_BESIDE = [
    pytest.param(example, id=f"{rule} {example.name}")
    for rule in ("cascade-drop", "dropped-database")
    for example in examples(RULES[rule].page)
    if not any(block.path == ".miglint.yml" for block in example.blocks)
]


@pytest.mark.parametrize("example", IN_CONTAINERS_AND_BESIDE)
def test_what_no_statement_names_is_gone(example: Example, lab: Lab, tmp_path: Path) -> None:
    """Tables and views, and of those that stay the columns and foreign keys."""
    deployment = _deployment(example, lab, tmp_path)
    lab.prepare([*deployment.base, *ROWS])
    before = _things(lab.server)
    statements = [sql for step in deployment.steps for sql in step.statements]
    _apply(lab.server, statements)
    after = _things(lab.server)
    gone = {relation for relation in before if relation not in after}
    gone |= {part for relation, parts in before.items() for part in parts - after.get(relation, parts)}
    text = " ".join(statements)
    assert any(not re.search(rf"\b{name}\b", text) for name in gone) is example.bad


def _things(server: servers.PostgreSQL) -> dict[str, set[str]]:
    """The relations, each with its columns and foreign keys."""
    query = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
               WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
               UNION ALL
               SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'"""
    found: dict[str, set[str]] = {}
    with server.connect("lab") as connection:
        for relation, part in connection.execute(query).fetchall():
            found.setdefault(relation, set()).add(part)
    return found


DATA = ("SELECT", "INSERT", "UPDATE", "DELETE")
DDL = ("ALTER", "CREATE", "DROP")


def _works_on_busy_table(outcome: Outcome) -> bool:
    worked = outcome.rewrites | outcome.scans | outcome.index_builds
    return outcome.dangerous and not worked.isdisjoint(BUSY)


def _closed(outcome: Outcome) -> list[str]:
    """The busy tables whose writers, at least, wait while the transaction stands open."""
    return [table for table, mode in outcome.locks.items() if table in BUSY and mode in BLOCKS_WRITES]


@pytest.mark.parametrize(
    "example", examples(RULES["missing-lock-timeout"].page), ids=lambda example: example.name.replace(" ", "-")
)
def test_everybody_queues_behind_a_lock_that_is_waited_for(example: Example, lab: Lab, tmp_path: Path) -> None:
    """A report reads all tables. Without a timeout the migration waits for its end, and newcomers for the migration."""
    deployment = _deployment(example, lab, tmp_path)
    lab.prepare([*deployment.base, *ROWS])
    (step,) = deployment.steps
    with lab.server.connect("lab", autocommit=False) as report, lab.server.connect("lab") as newcomer:
        report.execute("SELECT " + ", ".join(f"(SELECT max(id) FROM {table})" for table in BUSY))
        by_connection = any(block.path in {".miglint.yml", "config/settings.py"} for block in example.blocks)
        migration = Migration(lab.server, [*(["SET lock_timeout = '5s'"] if by_connection else []), *step.statements])
        waits = migration.waits()
        if waits:
            newcomer.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                newcomer.execute("SELECT count(*) FROM shop_order")
            migration.join(PATIENCE)
        assert migration.is_alive() is example.bad
        report.commit()
        migration.join()
    assert (type(migration.error) is psycopg.errors.LockNotAvailable) is (waits and not example.bad)


PATIENCE = 7.0
"""Seconds; the timeout that the page advises is 5."""


class Migration(threading.Thread):
    """Statements in a transaction of their own, at once."""

    def __init__(self, server: servers.PostgreSQL, statements: list[str]) -> None:
        super().__init__()
        self.error: psycopg.Error | None = None
        self._server = server
        self._statements = statements
        self.start()

    def run(self) -> None:
        try:
            _apply(self._server, self._statements)
        except psycopg.Error as error:
            self.error = error

    def waits(self) -> bool:
        """Whether it comes to wait for a lock, rather than to an end."""
        query = "SELECT FROM pg_stat_activity WHERE datname = 'lab' AND wait_event_type = 'Lock'"
        with self._server.connect() as observer:
            while self.is_alive():
                if observer.execute(query).fetchall():
                    return True
                self.join(0.02)
        return False


def _deployment(example: Example, lab: Lab, folder: Path) -> Deployment:
    in_django = any(block.path.endswith(".py") for block in example.blocks)
    return _django(example, lab.server, folder) if in_django else _plain(example, lab)


def _django(example: Example, server: servers.PostgreSQL, folder: Path) -> Deployment:
    done = _migrated(example, server, folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    base = [Path(path).stem for path in example.base_files() if path.endswith(".py")]
    there = [one for one in told["migrations"] if one["name"] in base]
    change = [Step(one["statements"], one["atomic"]) for one in told["migrations"] if one["name"] not in base]
    return Deployment([sql for one in there for sql in one["statements"]], change, told["columns"])


def _migrated(example: Example, server: servers.PostgreSQL, folder: Path) -> subprocess.CompletedProcess[str]:
    """Real Django runs the example's migrations on a new database, and prints what `real_django` says."""
    write_package(example, folder)
    with server.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS receipt")
        connection.execute("CREATE DATABASE receipt")
    base = [Path(path).stem for path in example.base_files() if path.endswith(".py")]
    script = Path(__file__).with_name("real_django.py")
    arguments = ["postgresql", folder, server.host, str(server.port), server.user, "receipt", *base]
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)


def _plain(example: Example, lab: Lab) -> Deployment:
    base = example.base_files()
    sql = {path: text for path, text in example.head_files().items() if path.endswith(".sql")}
    steps = [step for path, text in sorted(sql.items()) if path not in base for step in _transactions(split(text))]
    there = [statement for path, text in sorted(base.items()) if path.endswith(".sql") for statement in split(text)]
    return Deployment(there, steps, {})


def _transactions(statements: list[str]) -> Iterator[Step]:
    """The statements of a file, parted where it commits itself."""
    current: list[str] = []
    for statement in statements:
        word = statement.split("--")[0].strip(" ;\n").upper()
        if word in {"BEGIN", "COMMIT"}:
            if current:
                yield Step(current, atomic=True)
            current = []
        else:
            current.append(statement)
    if current:
        yield Step(current, atomic=True)


def _columns(server: servers.PostgreSQL) -> dict[str, list[str]]:
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY (%s)"
    found: dict[str, list[str]] = {}
    with server.connect("lab") as connection:
        for table, column in connection.execute(query, (list(BUSY),)).fetchall():
            found.setdefault(table, []).append(column)
    return found


def _apply(server: servers.PostgreSQL, statements: list[str]) -> None:
    with server.connect("lab", autocommit=False) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        connection.commit()


def _old_code_fails(server: servers.PostgreSQL, columns: Mapping[str, list[str]]) -> bool:
    """Whether code that knows these columns can no longer read and write the tables, as Django does it."""
    with server.connect("lab") as connection:
        for table in BUSY:
            names = ", ".join(f'"{name}"' for name in columns.get(table, []))
            values = ", ".join(f'"{name}"' if name != "id" else "id + 100000" for name in columns.get(table, []))
            insert = f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {values} FROM {table} LIMIT 1"
            try:
                connection.execute(insert.encode())
            except psycopg.Error:
                return True
    return False
