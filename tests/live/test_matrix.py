"""A sample of the matrix of operations, field types and options, against Django's own editor on a live PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from django import VERSION

from evaluation import servers
from miglint.sources.django.installed import VARIABLE
from miglint.sources.django.series import available

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "evaluation" / "sqlmigrate"


def run(script: str, *arguments: object, folder: Path = ROOT, django: str | None = None, others: bool = True) -> str:
    paths = [*filter(None, [django]), str(ROOT / "linter"), str(ROOT / "rules")]
    environment = {"PYTHONPATH": os.pathsep.join(paths), "DJANGO_SETTINGS_MODULE": "settings"}
    if not others:
        environment[VARIABLE] = ""
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compared(server: servers.PostgreSQL, project: Path, django: str | None = None) -> tuple[str, dict[str, int]]:
    """Which Django wrote our side, and the counts; the truth is written by the one in the folder `django`."""
    place = ("--host", server.host, "--user", server.user, "--name", "miglint_matrix")
    return compared_on("postgresql", place, server.version, project, django)


def compared_on(
    database: str, place: Sequence[object], version: Sequence[int], project: Path, django: str | None = None
) -> tuple[str, dict[str, int]]:
    truth = project.parent / "truth.jsonl"
    run("truth.py", database, truth, *place, "--go-on", folder=project, django=django)
    target = ("--database", database, "--version", ".".join(map(str, version)))
    printed = run("compare.py", project, truth, *target, others=django is not None)
    used, _, counts = printed.splitlines()[-1].partition(": ")
    numbers = (item.rsplit(" ", 1) for item in counts.split(", "))
    return used.rpartition(" ")[2], {name: int(number) for name, number in numbers}


def test_every_sampled_case_is_as_django_writes_it(postgresql: servers.PostgreSQL, tmp_path: Path) -> None:
    run("matrix.py", tmp_path / "project", "--sample", 40, "--seed", 1)
    _, counts = compared(postgresql, tmp_path / "project")
    assert counts["migrations"] > 150
    assert counts["equal"] == counts["migrations exact"] == counts["migrations"]


def test_every_sampled_operation_is_as_django_writes_it(postgresql: servers.PostgreSQL, tmp_path: Path) -> None:
    run("matrix.py", tmp_path / "project", "--kind", "operations", "--sample", 60, "--seed", 1)
    _, counts = compared(postgresql, tmp_path / "project")
    assert counts["migrations"] > 150
    assert counts["equal"] == counts["migrations exact"] == counts["migrations"]


@pytest.mark.parametrize("together", [(), ("--together",)], ids=["apart", "together"])
def test_what_came_later_is_as_django_writes_it(
    postgresql: servers.PostgreSQL, tmp_path: Path, together: tuple[str, ...]
) -> None:
    """Keys, expressions and what Django 5 and 6 brought; a case as several migrations or as one."""
    series = ".".join(map(str, VERSION[:2]))
    run(
        "matrix.py", tmp_path / "project", "--kind", "newer", "--series", series, "--sample", 50, "--seed", 1, *together
    )
    _, counts = compared(postgresql, tmp_path / "project")
    assert counts["migrations"] > 50
    assert not counts["exact statements that are wrong"]
    assert not counts["exact migrations that lack statements"]
    assert counts["equal"] == counts["migrations"]


@pytest.mark.parametrize("kind", [(), ("--kind", "operations")], ids=["fields", "operations"])
def test_mariadb_and_sqlite_get_what_django_writes(
    mariadb: servers.MariaDB, tmp_path: Path, kind: tuple[str, ...]
) -> None:
    run("matrix.py", tmp_path / "project", *kind, "--portable", "--without", "db_default", "--sample", 20, "--seed", 1)
    place = ("--host", mariadb.socket, "--user", mariadb.user, "--name", "miglint_matrix")
    for database, where, version in (("mariadb", place, mariadb.version), ("sqlite", ("--file", tmp_path / "db"), ())):
        _, counts = compared_on(database, where, version, tmp_path / "project")
        assert counts["migrations"] > 50
        assert counts["equal"] == counts["migrations"], database
        assert not counts["exact statements that are wrong"], database


@pytest.mark.parametrize("kind", ["fields", "operations", "newer"])
def test_the_series_that_is_pinned_writes_the_sql(postgresql: servers.PostgreSQL, tmp_path: Path, kind: str) -> None:
    folders = {series: folder for series, folder in available(os.environ).items() if folder is not None}
    if not folders:
        reason = f"only one series of Django is here: {VARIABLE} names no folder with another"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    for series, folder in {min(folders): folders[min(folders)], max(folders): folders[max(folders)]}.items():
        wanted = ".".join(map(str, series))
        project = tmp_path / wanted / "project"
        run("matrix.py", project, "--kind", kind, "--series", wanted, "--sample", 12, "--seed", 2)
        (project / "requirements.txt").write_text(f"Django~={wanted}.0\npsycopg\n")
        used, counts = compared(postgresql, project, folder)
        assert used == wanted
        assert counts["equal"] == counts["migrations exact"] == counts["migrations"]
