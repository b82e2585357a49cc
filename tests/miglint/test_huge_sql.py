"""Endless and broken SQL through the command: an answer each, in time and memory that grow with the text and no faster.

Seconds depend on the machine: what is compared is four times the statements with the statements once.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from rules.running import commit
from tests.git_repos import Repo

CPU_SECONDS = 90
MEGABYTES = 400
FEW, MANY = 500, 2_000
STEEPEST = 8
"""Times the work for four times the statements: linear is 4, quadratic 16."""
NOISE = 0.5
"""Seconds by which two starts of the command differ on a busy machine; less work says nothing of growth."""
LENGTH = 1_000_000
"""Characters of a long statement; benchmarks/README.md has what five times as many took."""

TABLE = {
    "postgresql": "CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);\nCREATE TABLE u (id bigint PRIMARY KEY);\n",
    "mariadb": "CREATE TABLE t (id bigint PRIMARY KEY, a int, b text);\nCREATE TABLE u (id bigint PRIMARY KEY);\n",
    "sqlite": "CREATE TABLE t (id integer PRIMARY KEY, a int, b text);\nCREATE TABLE u (id bigint PRIMARY KEY);\n",
}


MEASURED = """
import sys
from miglint.__main__ import main
try:
    status = main()
finally:
    sys.stdout.flush()
    print("\\n" + next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
sys.exit(status)
"""
"""Prints its own peak: what the parent is told of a child counts the parent's memory as it was at the fork."""


class Run(NamedTuple):
    """What a run of the command said and took."""

    output: str
    seconds: float
    megabytes: float


def check(folder: Path, database: str, *texts: str) -> Run:
    repo = Repo.init(folder)
    files = {f"db/migrations/V{number}__huge.sql": text for number, text in enumerate(texts, 2)}
    repo.commit({"db/migrations/V1__tables.sql": TABLE[database], **files})
    return miglint(folder, "check", "--all", "--no-cache", "--database", database)


def miglint(folder: Path, *arguments: str) -> Run:
    command = [sys.executable, "-c", MEASURED, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (folder / "out").open("w+b") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out, preexec_fn=_limited)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output, _, peak = out.read().decode().rpartition("\nVmHWM:")
    assert process.returncode in (0, 1), output[-2000:]
    assert "Traceback" not in output
    return Run(output, used.ru_utime + used.ru_stime, int(peak.split()[0]) / 1024)


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def each(text: str) -> Callable[[int], str]:
    """`text` again and again, `{k}` in it numbered."""
    return lambda count: "".join(text.replace("{k}", str(number)) for number in range(count))


def inside(start: str, text: str, end: str) -> Callable[[int], str]:
    """One statement of many parts."""
    return lambda count: start + each(text)(count) + end


ANYWHERE = ("postgresql", "mariadb", "sqlite")
SERVERS = ("postgresql", "mariadb")
GROWING: dict[str, tuple[tuple[str, ...], Callable[[int], str]]] = {
    "indexes": (ANYWHERE, each("CREATE INDEX i{k} ON t (a);\n")),
    "indexes on one line": (("postgresql",), each("CREATE INDEX i{k} ON t (a);")),
    "columns": (ANYWHERE, each("ALTER TABLE t ADD COLUMN c{k} int;\n")),
    "columns of one table": (ANYWHERE, inside("CREATE TABLE w (id int", ", c{k} int", ");\n")),
    "columns in one statement": (SERVERS, inside("ALTER TABLE t ADD COLUMN z int", ", ADD COLUMN c{k} int", ";\n")),
    "checks": (SERVERS, each("ALTER TABLE t ADD CONSTRAINT k{k} CHECK (a > {k});\n")),
    "checks of one table": (ANYWHERE, inside("CREATE TABLE w (a int", ", CHECK (a > {k})", ");\n")),
    "checks in one statement": (SERVERS, inside("ALTER TABLE t ADD z int", ", ADD CHECK (a > {k})", ";\n")),
    "foreign keys": (SERVERS, each("ALTER TABLE t ADD CONSTRAINT f{k} FOREIGN KEY (a) REFERENCES u (id);\n")),
    "tables": (ANYWHERE, each("CREATE TABLE t{k} (id int PRIMARY KEY, u_id int REFERENCES u (id));\n")),
    "partitions": (("postgresql",), lambda count: PARTED + each(PARTITION)(count)),
    "renames": (ANYWHERE, lambda count: "".join(_rename(number) for number in range(count))),
    "rows": (ANYWHERE, each("INSERT INTO t VALUES ({k}, {k}, 'a row and a text that is {k} long');\n")),
    "columns that go again": (
        ("postgresql",),
        lambda count: each("ALTER TABLE t ADD c{k} int;\n")(count) + each("ALTER TABLE t DROP c{k};\n")(count),
    ),
    "updates": (ANYWHERE, each("UPDATE t SET a = {k} WHERE b = 'x{k}';\n")),
    "settings": (SERVERS, each("SET my.s{k} = '1';\n")),
    "savepoints": (("postgresql",), each("SAVEPOINT s{k};\nALTER TABLE t ADD COLUMN c{k} int;\n")),
    "views": (ANYWHERE, each("CREATE VIEW v{k} AS SELECT a FROM t;\n")),
    "suppressions": (ANYWHERE, each("CREATE INDEX i{k} ON t (a); -- miglint: ignore[blocking-index-build] -- fine\n")),
    "suppressions in a row": (ANYWHERE, each("-- miglint: ignore[dropped-table] -- fine\n")),
    "no SQL": (ANYWHERE, each("ALTER TABEL t ADD COLUMN c{k} int;\n")),
    "another database's": (ANYWHERE, each("CREATE TABLE [dbo].[t{k}] ([id] INT IDENTITY(1,1) NOT NULL)\nGO\n")),
    "NULs": (ANYWHERE, each("INSERT INTO t (b) VALUES ('\0{k}');\n")),
}
PARTED = "CREATE TABLE p (id int, d int) PARTITION BY LIST (d);\n"
PARTITION = "CREATE TABLE p{k} PARTITION OF p FOR VALUES IN ({k});\n"


def _rename(number: int) -> str:
    return f"ALTER TABLE t RENAME COLUMN {f'a{number - 1}' if number else 'a'} TO a{number};\n"


@cache
def _nothing_to_do(folder: Path, database: str) -> float:
    """The seconds that the command takes with next to nothing in the file."""
    return min(check(folder / f"nothing-{database}-{run}", database, "SELECT 1;\n").seconds for run in range(2))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], float]:
    folder = tmp_path_factory.mktemp("nothing")
    return lambda database: _nothing_to_do(folder, database)


@pytest.mark.parametrize(
    ("database", "kind"), [(database, kind) for kind, (databases, _) in GROWING.items() for database in databases]
)
def test_work_grows_with_the_statements(
    tmp_path: Path, started: Callable[[str], float], database: str, kind: str
) -> None:
    _, sql = GROWING[kind]
    few, many = (check(tmp_path / str(count), database, sql(count)) for count in (FEW, MANY))
    start = started(database)
    assert many.seconds - start < STEEPEST * max(few.seconds - start, NOISE), (start, few.seconds, many.seconds)
    assert many.megabytes < MEGABYTES
    assert many.megabytes - few.megabytes < MEGABYTES / 4


LONG: dict[str, tuple[tuple[str, ...], Callable[[], str], str]] = {
    "rows": (SERVERS, lambda: f"INSERT INTO t VALUES (0, 0, ''){_rows()};\n", "nothing found"),
    "comments": (ANYWHERE, lambda: _filled("-- nothing to see here, move along\n"), "nothing found"),
    "nested comments": (("postgresql",), lambda: "/*" * (LENGTH // 4) + "*/" * (LENGTH // 4), "nothing found"),
    "code": (("postgresql",), lambda: f"DO $$ BEGIN {_filled('UPDATE t SET a = 1; ')} END $$;\n", "code"),
    "nested dollar quotes": (("postgresql",), lambda: _dollars(LENGTH // 10), "not known to be safe"),
    "an open dollar quote": (
        ("postgresql",),
        lambda: "DO $a$ BEGIN " + _filled("SELECT $b$; "),
        "not known to be safe",
    ),
    "brackets": (SERVERS, lambda: f"SELECT {'(' * (LENGTH // 2)}1{')' * (LENGTH // 2)};\n", "nested"),
    "open brackets": (SERVERS, lambda: f"SELECT {'(' * LENGTH}", "not known to be safe"),
    "an open string": (SERVERS, lambda: "INSERT INTO t (b) VALUES ('" + _filled("and so on "), "not known to be safe"),
    "quotes": (SERVERS, lambda: "'" * (LENGTH + 1), "not known to be safe"),
    "NULs": (SERVERS, lambda: "\0" * LENGTH, "not known to be safe"),
    "words": (SERVERS, lambda: _filled("word "), "not known to be safe"),
    "semicolons": (ANYWHERE, lambda: ";" * LENGTH, "nothing found"),
}


def _filled(text: str) -> str:
    return text * (LENGTH // len(text))


def _rows() -> str:
    return "".join(
        f",\n({number}, {number}, 'a row with a text that is {number} long')" for number in range(LENGTH // 55)
    )


def _dollars(depth: int) -> str:
    return "".join(f"DO $a{number}$ " for number in range(depth))


@pytest.mark.parametrize(
    ("database", "kind"), [(database, kind) for kind, (databases, _, _) in LONG.items() for database in databases]
)
def test_a_long_text_has_an_answer(tmp_path: Path, database: str, kind: str) -> None:
    _, sql, said = LONG[kind]
    run = check(tmp_path, database, sql())
    assert said in run.output
    assert run.megabytes < MEGABYTES / 2


OPENED = ("[", "ARRAY[", "(", "`", '"', "'", "E'", "'\\", "\"'", "$$", "$a{k}$ ", "/*", "/*!", "--", "#", "\\ ")
"""What opens something: left open, each would be looked for to the end of the text again and again."""
DELIMITED = "DELIMITER ;\nSELECT /* {k}\n"


@pytest.mark.parametrize("database", ANYWHERE)
def test_what_is_opened_and_never_closed_is_looked_for_once(
    tmp_path: Path, started: Callable[[str], float], database: str
) -> None:
    few, many = (_opened(tmp_path / str(count), database, count) for count in (20 * FEW, 20 * MANY))
    start = started(database)
    assert many.seconds - start < STEEPEST * max(few.seconds - start, NOISE), (start, few.seconds, many.seconds)
    assert many.megabytes < MEGABYTES
    assert "not known to be safe" in many.output


def _opened(folder: Path, database: str, count: int) -> Run:
    repeated = [f"SELECT {each(text)(count)}" for text in OPENED] + [each(DELIMITED)(count)]
    return check(folder, database, *repeated)


@pytest.mark.parametrize("database", ANYWHERE)
def test_every_statement_is_looked_at(tmp_path: Path, database: str) -> None:
    """None is left out for being one too many."""
    run = check(tmp_path, database, each("ALTER TABLE t DROP COLUMN c{k};\n")(MANY))
    assert f"\n{MANY} errors" in run.output
    assert run.megabytes < MEGABYTES


def test_a_change_of_every_file_replays_what_came_before_once(tmp_path: Path) -> None:
    """As one that formats them all anew."""

    def seconds(count: int) -> float:
        before = {f"db/migrations/V{k}__s.sql": f"ALTER TABLE t ADD COLUMN c{k} int;\n" for k in range(2, count)}
        before["db/migrations/V1__tables.sql"] = TABLE["postgresql"]
        folder = tmp_path / str(count)
        folder.mkdir()
        commit(folder, before, {path: f"{text}-- by a formatter\n" for path, text in before.items()})
        ran = miglint(folder, "check", "--base", "main", "--head", "change", "--no-cache")
        assert f"nothing found in {count - 1} migrations" in ran.output
        return ran.seconds

    assert seconds(600) <= STEEPEST * max(seconds(150), NOISE)
