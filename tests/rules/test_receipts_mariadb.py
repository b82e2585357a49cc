"""Receipts of the rules about MySQL and MariaDB: what their pages claim, shown on a live MariaDB."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
import sqlparse

import miglint_rules
from evaluation import servers
from evaluation.locks.mariadb import Answer, Lab
from evaluation.locks.postgresql import split
from miglint.rule import rules_in
from rules.packages import write_package
from rules.pages import Example, examples

TABLES = ("shop_customer", "shop_product", "shop_order")
RULES = {rule.name: rule for rule in rules_in(miglint_rules)}


def of(rule: str) -> list[object]:
    return [pytest.param(example, id=example.name.replace(" ", "-")) for example in examples(RULES[rule].page)]


@dataclass(frozen=True, slots=True)
class Deployment:
    """The statements that make the base's tables with rows, and those of the change."""

    base: list[str]
    change: list[str]


@pytest.fixture(scope="module")
def lab(mariadb: servers.MariaDB) -> Iterator[Lab]:
    lab = Lab(mariadb)
    yield lab
    lab.close()


@pytest.mark.parametrize("example", of("copying-alter-table"))
def test_the_server_copies_and_refuses_to_let_others_write(
    example: Example, lab: Lab, mariadb: servers.MariaDB, tmp_path: Path
) -> None:
    answers = _answers(_deployment(example, mariadb, tmp_path), lab)
    copies = any(answer.effective == "COPY" and answer.lock not in (None, "NONE") for answer in answers)
    assert copies is example.bad


@pytest.mark.parametrize("example", of("table-rebuild"))
def test_the_server_builds_the_table_anew_and_lets_others_write(
    example: Example, lab: Lab, mariadb: servers.MariaDB, tmp_path: Path
) -> None:
    answers = _answers(_deployment(example, mariadb, tmp_path), lab)
    assert (("INPLACE", "NONE") in [(answer.effective, answer.lock) for answer in answers]) is example.bad


@pytest.mark.parametrize("example", of("blocking-fulltext-index"))
def test_nobody_writes_while_a_full_text_index_is_built(
    example: Example, lab: Lab, mariadb: servers.MariaDB, tmp_path: Path
) -> None:
    answers = _answers(_deployment(example, mariadb, tmp_path), lab)
    blocks = any(answer.effective != "COPY" and answer.lock == "SHARED" for answer in answers)
    assert blocks is example.bad


def _answers(deployment: Deployment, lab: Lab) -> list[Answer]:
    """What the server says of each statement on a table that was there before."""
    answers: list[Answer] = []
    for number, statement in enumerate(deployment.change):
        if any(table in statement for table in TABLES):
            answers.append(lab.ask([*deployment.base, *deployment.change[:number]], statement))
    assert [answer.error for answer in answers if answer.error] == []
    return answers


@pytest.mark.parametrize("example", of("non-transactional-ddl"))
def test_steps_before_one_that_fails_stay(example: Example, mariadb: servers.MariaDB, tmp_path: Path) -> None:
    deployment = _deployment(example, mariadb, tmp_path)
    with mariadb.connect() as connection, connection.cursor() as cursor:
        for statement in ("DROP DATABASE IF EXISTS receipt", "CREATE DATABASE receipt", "USE receipt"):
            cursor.execute(statement)
        for statement in deployment.base:
            cursor.execute(statement)
        before = _contents(cursor)
        cursor.execute("BEGIN")
        for statement in deployment.change[:-1]:
            cursor.execute(statement)
        with pytest.raises(pymysql.OperationalError):
            cursor.execute("ALTER TABLE shop_order DROP COLUMN nowhere")  # in the place of the last one
        cursor.execute("ROLLBACK")
        assert (_contents(cursor) != before) is example.bad


def _contents(cursor: pymysql.cursors.Cursor) -> list[object]:
    """The columns of all tables, and what their rows come to."""
    cursor.execute(
        "SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns "
        "WHERE table_schema = 'receipt' ORDER BY 1, 2"
    )
    columns: list[object] = [*cursor.fetchall()]
    cursor.execute(f"CHECKSUM TABLE {', '.join(TABLES)}")
    return [columns, cursor.fetchall()]


def _deployment(example: Example, server: servers.MariaDB, folder: Path) -> Deployment:
    in_django = any(block.path.endswith(".py") for block in example.blocks)
    base, change = _django(example, server, folder) if in_django else _plain(example)
    return Deployment([*base, *_rows(in_django)], change)


def _rows(in_django: bool) -> Iterator[str]:
    """Rows with nothing but an id; what else may not be null gets the type's empty value, but for dates."""
    yield "SET SESSION sql_mode = '', foreign_key_checks = 0"
    for table in TABLES:
        yield f"INSERT INTO {table} (id) SELECT seq FROM seq_1_to_200"
    if in_django:
        yield "UPDATE shop_order SET placed_at = now()"
        yield "UPDATE shop_customer SET country = 'ee'"
    yield "SET SESSION sql_mode = DEFAULT, foreign_key_checks = 1"


def _plain(example: Example) -> tuple[list[str], list[str]]:
    base = {path for path in example.base_files() if path.endswith(".sql")}
    parts: tuple[list[str], list[str]] = ([], [])
    for path, text in sorted(example.head_files().items()):
        if path.endswith(".sql"):
            parts[path not in base].extend(split(sqlparse.format(text, strip_comments=True)))
    return parts


def _django(example: Example, server: servers.MariaDB, folder: Path) -> tuple[list[str], list[str]]:
    """What Django's own MySQL backend sends for the base's migrations and for those of the change."""
    write_package(example, folder)
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS receipt")
        cursor.execute("CREATE DATABASE receipt")
    base = [Path(path).stem for path in example.base_files() if path.endswith(".py")]
    script = Path(__file__).with_name("real_django.py")
    arguments = ["mysql", folder, server.socket, "", server.user, "receipt", *base]
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    parts: tuple[list[str], list[str]] = ([], [])
    for migration in json.loads(done.stdout)["migrations"]:
        parts[migration["name"] not in base].extend(migration["statements"])
    return parts
