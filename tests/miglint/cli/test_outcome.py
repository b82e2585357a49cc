"""What a check came to, kept: when it is used again, and that everything it rests on is asked for."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from miglint.cache import FILE
from miglint.changeset import ChangedPath, ChangeSet, MemoryTree, PathChange, Revision
from miglint.cli import _outcome, main
from miglint.cli._outcome import key_of
from miglint.cli._preparing import Prepared
from miglint.cli._ruling import Ruling
from miglint.config import Config, Ignore
from miglint.config_origin import TreeFiles
from miglint.history import Target
from miglint.registry import Selection
from miglint.reporters import formats
from rules.pages import SHOP, SHOP_PATH
from rules.running import commit

FILL_PATH = "shop/migrations/0002_fill.py"
FILL = """\
from django.db import migrations, models


def fill(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddIndex("order", models.Index(fields=["status"], name="order_status_idx")),
        migrations.RunPython(fill),
    ]
"""
PLUGIN = '''\
"""Migrations are looked at."""
from miglint.finding import Location, Problem, Severity
from miglint.rule import migration_rule


@migration_rule(severity=Severity.ERROR)
def check(migration, scope):
    yield Problem(Location(migration.path, migration.span), "one", "none", ("one",))
'''
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def worked() -> list[Prepared]:
    """The checks that were worked out."""
    return []


@pytest.fixture
def check(
    tmp_path: Path, worked: list[Prepared], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    (tmp_path / "shop").mkdir()
    commit(tmp_path / "shop", {SHOP_PATH: SHOP}, {SHOP_PATH: SHOP, FILL_PATH: FILL})
    monkeypatch.chdir(tmp_path / "shop")
    for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    work_out = _outcome._checked

    def counted(prepared: Prepared, *arguments: Any, **options: Any) -> Any:
        worked.append(prepared)
        return work_out(prepared, *arguments, **options)

    monkeypatch.setattr(_outcome, "_checked", counted)
    cache = str(tmp_path / "cache")

    def run(*arguments: str) -> tuple[int, str]:
        status = main(["check", "--base", "main", "--head", "change", "--cache-dir", cache, *arguments])
        written = capsys.readouterr()
        assert written.err == ""
        return status, written.out

    return run


@pytest.mark.parametrize("name", formats())
def test_the_second_run_says_the_same_and_works_nothing_out(check: Run, worked: list[Prepared], name: str) -> None:
    status, report = check("--format", name)
    assert (status, len(worked)) == (1, 1)
    status, again = check("--format", name)
    assert (status, len(worked)) == (1, 1)
    assert _without_token(again) == _without_token(report)


def _without_token(report: str) -> str:
    """The report without the random word that begins and ends GitHub's `::stop-commands::`."""
    return re.sub(r"[0-9a-f]{32,}", "token", report)


def test_formats_that_show_statements_are_not_served_by_those_that_do_not(check: Run, worked: list[Prepared]) -> None:
    check("--format", "text", "--select", "irreversible-run-python")
    _, shown = check("--format", "json", "--select", "irreversible-run-python")
    assert len(worked) == 2
    assert json.loads(shown)["migrations"][0]["statements"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--select", "irreversible-run-python"),
        ("--ignore", "irreversible-run-python"),
        ("--database", "mysql"),
        ("--database-version", "11"),
        ("shop/migrations/0001_initial.py",),
    ],
    ids=" ".join,
)
def test_other_options_are_another_check(check: Run, worked: list[Prepared], arguments: tuple[str, ...]) -> None:
    check()
    check(*arguments)
    assert len(worked) == 2


def test_a_configuration_that_changes_is_another_check(check: Run, worked: list[Prepared]) -> None:
    check()
    Path(".miglint.yml").write_text("rules: {irreversible-run-python: off}\n")
    _, report = check()
    assert len(worked) == 2
    assert "irreversible-run-python" not in report


def test_a_plugin_may_look_at_anything_so_nothing_is_kept(check: Run, worked: list[Prepared]) -> None:
    Path("tools").mkdir()
    Path("tools/one_rule.py").write_text(PLUGIN)
    Path(".miglint.yml").write_text("plugins: [tools]\n")
    assert "error[one-rule]: one" in check()[1]
    Path("tools/one_rule.py").write_text(PLUGIN.replace('"one", "none"', '"other", "none"'))
    assert "error[one-rule]: other" in check()[1]
    assert len(worked) == 2


@pytest.mark.parametrize("data", ["null", "[]", '"x"', "{}", '[["main",null],null]', "not JSON", "[[[[[[[[["])
def test_an_entry_that_something_else_wrote_is_ignored(check: Run, worked: list[Prepared], data: str) -> None:
    first, path = check(), Path("../cache", FILE)
    entries = [line.partition(b"\t") for line in path.read_bytes().splitlines()]
    spoiled = [name + tab + (data.encode() if b'"outcome"' in name else kept) for name, tab, kept in entries]
    path.write_bytes(b"\n".join([*spoiled, b""]))
    assert check() == first
    assert len(worked) == 2


def test_without_a_cache_nothing_is_kept(
    check: Run, worked: list[Prepared], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        main(["check", "--base", "main", "--head", "change", "--no-cache"])
        capsys.readouterr()
    assert len(worked) == 2


def test_what_a_partial_clone_lacks_may_be_there_the_next_time(
    check: Run, worked: list[Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, partial = Path("../origin").resolve(), Path("../partial").resolve()
    for arguments in (
        ["clone", "-q", "--bare", ".", str(origin)],
        ["-C", str(origin), "config", "uploadpack.allowfilter", "true"],
        ["clone", "-q", "--no-checkout", "--filter=blob:limit=800", origin.as_uri(), str(partial)],
        ["-C", str(partial), "fetch", "-q", "origin", "+main:main", "+change:change", "--update-head-ok"],
    ):
        subprocess.run(["git", *arguments], check=True, capture_output=True)
    monkeypatch.chdir("../partial")
    check()
    check()
    assert len(worked) == 2


def prepared(**others: Any) -> Prepared:
    tree, base = MemoryTree({"a.py": b"1", "b.txt": b""}), MemoryTree({"a.py": b"0"})
    changed = {"a.py": ChangedPath("a.py", PathChange.MODIFIED)}
    changes = ChangeSet(Revision("change", "b" * 40), tree, Revision("main", "a" * 40), base, "a" * 40, changed)
    given: dict[str, Any] = {
        "changes": changes,
        "config": Config(),
        "ruling": Ruling(Config(), ()),
        "selection": Selection(),
        "paths": (),
        "baseline": frozenset(),
        "released": None,
        "today": dt.date(2026, 11, 22),
    }
    return Prepared(**(given | others))


CHANGES = prepared().changes
OTHERS = {
    "a file of the tree": prepared(changes=replace(CHANGES, tree=MemoryTree({"a.py": b"1", "b.txt": b"2"}))),
    "a file's name": prepared(changes=replace(CHANGES, tree=MemoryTree({"a.py": b"1", "c.txt": b""}))),
    "a file of the base": prepared(changes=replace(CHANGES, base_tree=MemoryTree({"a.py": b"2"}))),
    "no base": prepared(changes=replace(CHANGES, base_tree=None)),
    "the base's tip": prepared(changes=replace(CHANGES, base=Revision("main", "c" * 40))),
    "the base's name": prepared(changes=replace(CHANGES, base=Revision("origin/main", "a" * 40))),
    "the head": prepared(changes=replace(CHANGES, head=Revision("HEAD", None))),
    "the merge base": prepared(changes=replace(CHANGES, merge_base="d" * 40)),
    "what happened to a path": prepared(
        changes=replace(CHANGES, changes={"a.py": ChangedPath("a.py", PathChange.ADDED)})
    ),
    "a conflict": prepared(changes=replace(CHANGES, conflicted=frozenset({"a.py"}))),
    "a note on the range": prepared(changes=replace(CHANGES, notes=("no base",))),
    "the configured database": prepared(config=Config(target=Target("mysql"))),
    "the base's configuration": prepared(config=Config(files=TreeFiles(MemoryTree({}), Path("/repo")))),
    "the configured severity": prepared(config=Config(rules={"a-rule": "off"})),
    "an ignore's last day": prepared(config=Config(ignore=(Ignore("a-rule", until=dt.date(2027, 1, 31)),))),
    "a note on the configuration": prepared(ruling=Ruling(Config(), (), ("the base rules",))),
    "what is selected": prepared(selection=Selection(select=frozenset({"a-rule"}))),
    "what is ignored": prepared(selection=Selection(ignore=frozenset({"a-rule"}))),
    "the paths asked for": prepared(paths=("shop",)),
    "the baseline": prepared(baseline=frozenset({"1"})),
    "the released ref": prepared(released=MemoryTree({})),
    "a file of the released ref": prepared(released=MemoryTree({"a.py": b"1"})),
    "the day": prepared(today=dt.date(2026, 11, 23)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_input_is_asked_for(name: str) -> None:
    keys = {key_of(one, statements=True) for one in (prepared(), *OTHERS.values())}
    assert key_of(OTHERS[name], statements=True) != key_of(prepared(), statements=True)
    assert len(keys) == len(OTHERS) + 1
    assert key_of(prepared(), statements=True) == key_of(prepared(), statements=True)


def test_the_environment_counts_where_it_matters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of(prepared(), statements=True)
    monkeypatch.setenv("UNRELATED", "1")
    assert key_of(prepared(), statements=True) == before
    module = tmp_path / "5.2" / "django" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text("VERSION = (5, 2, 0, 'final', 0)\n")
    monkeypatch.setenv("MIGLINT_DJANGO", str(tmp_path))
    second = key_of(prepared(), statements=True)
    module.write_text("VERSION = (5, 2, 1, 'final', 0)\n")
    third = key_of(prepared(), statements=True)
    monkeypatch.setenv("MIGLINT_DEBUG", "1")
    assert len({before, second, third, key_of(prepared(), statements=True)}) == 4


def test_the_tools_own_source_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "edited_package" / "inner"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_outcome, "_PACKAGES", ("edited_package",))
    keys = [key_of(prepared(), statements=True)]
    for content in ("1", "2"):
        (folder / "module.py").write_text(content)
        keys.append(key_of(prepared(), statements=True))
    assert len(set(keys)) == 3


def test_a_hit_imports_neither_rules_nor_framework(check: Run, tmp_path: Path) -> None:
    check()
    script = (
        "import sys; from miglint.cli import main\n"
        f"main(['check', '--base', 'main', '--head', 'change', '--cache-dir', {str(tmp_path / 'cache')!r}])\n"
        "heavy = ('miglint.engine', 'miglint_rules', 'django', 'postgast', 'sqlparse', 'miglint.dialects')\n"
        "sys.stderr.write(', '.join(name for name in heavy if name in sys.modules))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (ran.stderr, "irreversible-run-python" in ran.stdout) == ("", True)
