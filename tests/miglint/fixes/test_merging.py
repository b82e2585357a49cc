"""`--merge`: what `makemigrations --merge` writes, under the same name, and Django is content with it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from fix_projects import Fixer, Project, added, created, migration, models
from graphs import keys
from miglint.fixes.merging import merge_name

INITIAL = migration(operations=created("Order"), head="    initial = True\n")
NOW = dt.datetime(2026, 11, 22, 20, 5, tzinfo=dt.UTC)


@pytest.fixture
def fix(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Fixer:
    return Fixer(monkeypatch, capfdbinary)


def shop(path: Path, base: dict[str, str], change: dict[str, str]) -> Project:
    project = Project(path, "shop")
    project.commit({"shop/models.py": models(Order="note total more"), "shop/migrations/0001_initial.py": INITIAL})
    project.part(*({f"shop/migrations/{name}.py": text for name, text in side.items()} for side in (base, change)))
    return project


def adding(field: str, parent: str = "0001_initial") -> str:
    return migration(f"shop.{parent}", operations=added("order", field))


def test_it_is_what_django_itself_would_write(tmp_path: Path, fix: Fixer) -> None:
    chain = {"0002_total": adding("total"), "0003_more": adding("more", "0002_total")}
    project = shop(tmp_path / "ours", {"0002_note": adding("note")}, chain)
    status, out, _ = fix(project, "--merge")
    assert status == 0
    assert "multiple-leaf-nodes: join 0002_note and 0003_more in 0004_merge_0002_note_0003_more" in out
    assert "shop/migrations/0002_note.py is not in the work tree yet" in out
    project.merge_main()
    assert project.django() == {
        "conflicts": {},
        "leaves": ["shop.0004_merge_0002_note_0003_more"],
        "up_to_date": True,
    }
    theirs = shop(tmp_path / "theirs", {"0002_note": adding("note")}, chain)
    theirs.merge_main()
    command = [sys.executable, "manage.py", "makemigrations", "--merge", "--noinput", "--no-header"]
    subprocess.run(command, cwd=theirs.path, check=True, capture_output=True)
    assert project.files() == theirs.files()
    assert fix(project, "--merge")[1].splitlines()[-1].startswith("0 fixed, ")


def test_several_leaf_nodes_are_joined_by_one_migration(tmp_path: Path, fix: Fixer) -> None:
    base = {"0002_a": adding("note"), "0002_b": migration("shop.0001_initial")}
    project = shop(tmp_path / "project", base, {"0002_c": adding("total"), "0002_d": adding("more")})
    assert fix(project, "--merge")[0] == 0
    project.merge_main()
    assert project.django() == {
        "conflicts": {},
        "leaves": ["shop.0003_merge_0002_a_0002_b_0002_c_0002_d"],
        "up_to_date": True,
    }


def test_the_diff_makes_the_file(tmp_path: Path, fix: Fixer) -> None:
    project = shop(tmp_path / "project", {"0002_note": adding("note")}, {"0002_total": adding("total")})
    status, out, _ = fix(project, "--merge", "--diff")
    assert status == 1
    before = project.files()
    subprocess.run(["git", "apply"], input=out.encode(), cwd=project.path, check=True)
    applied = project.files()
    assert set(applied) - set(before) == {"shop/migrations/0003_merge_0002_note_0002_total.py"}
    (project.path / "shop/migrations/0003_merge_0002_note_0002_total.py").unlink()
    fix(project, "--merge")
    assert project.files() == applied


@pytest.mark.parametrize(
    ("mine", "reason"),
    [
        (adding("note"), "both sides touch order.note: AddField in 0002_mine and AddField in 0002_note"),
        (migration("shop.0001_initial", operations="custom.Operation()"), "0002_mine.py:11 is not understood"),
    ],
)
def test_what_may_not_get_along_is_joined_only_on_demand(tmp_path: Path, fix: Fixer, mine: str, reason: str) -> None:
    project = shop(tmp_path / "project", {"0002_note": adding("note")}, {"0002_mine": mine})
    before = project.files()
    status, out, _ = fix(project, "--merge")
    assert (status, project.files()) == (1, before)
    assert reason in out
    assert "--unsafe does it" in out
    fix(project, "--merge", "--unsafe")
    assert "shop/migrations/0003_merge_0002_mine_0002_note.py" in project.files()


def test_without_anything_in_common_nothing_is_joined(tmp_path: Path, fix: Fixer) -> None:
    project = Project(tmp_path / "project", "shop")
    project.commit({"shop/models.py": models(Order="")})
    project.part({"shop/migrations/0001_a.py": INITIAL}, {"shop/migrations/0001_b.py": INITIAL})
    status, out, _ = fix(project, "--merge")
    assert status == 1
    assert "the branches have no migration in common" in out


@pytest.mark.parametrize(
    ("leaves", "django", "name"),
    [
        (("shop.0002_a", "shop.0002_b"), None, "0003_merge_0002_a_0002_b"),
        (("shop.0002_b", "shop.0001_squashed_0009_a"), "5.2", "0010_merge_0001_squashed_0009_a_0002_b"),
        (("shop.0002_a", "shop.0002_b"), "3.1.14", "0003_merge_20261122_2005"),
        (("shop.0002_a", "shop.0002_b"), "3.2", "0003_merge_0002_a_0002_b"),
        (("shop." + "a" * 23, "shop." + "b" * 23), "4.2", "0002_merge_" + "a" * 23 + "_" + "b" * 23),
        (("shop." + "a" * 23, "shop." + "b" * 24), "4.2", "0002_merge_20261122_2005"),
    ],
)
def test_names_are_those_of_the_projects_series(leaves: tuple[str, ...], django: str | None, name: str) -> None:
    assert merge_name(keys(*leaves), django, NOW) == name
