"""`miglint init`: with --yes, with answers typed at a terminal, and where nobody can be asked."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from fix_projects import Project, created, migration, models
from miglint.adoption.hook import new_file
from miglint.adoption.workflow import workflow
from miglint.cli import cli, main
from miglint.config_file import load_config

FILL = "migrations.RunPython(print)"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "project", "shop")
    monkeypatch.chdir(project.path)
    for name in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    project.commit(
        {
            "shop/models.py": models(Order=""),
            "shop/migrations/0001_initial.py": migration(operations=f"{created('Order')}\n{FILL}"),
        }
    )
    return project


def status(project: Project) -> set[str]:
    return {line.split(maxsplit=1)[1] for line in project.repo.git("status", "--porcelain", "-uall").splitlines()}


def test_yes_writes_what_is_missing_and_a_second_time_nothing(shop: Project) -> None:
    ran = CliRunner().invoke(cli, ["init", "--yes"], standalone_mode=False)
    assert ran.exception is None
    assert "found 1 migration of shop\nthe settings name the database: sqlite\n" in ran.output
    assert status(shop) == {
        ".github/workflows/miglint.yml",
        ".miglint-baseline.json",
        ".miglint.yml",
        ".pre-commit-config.yaml",
    }
    config = load_config(shop.path, shop.path)
    assert (config.target.database, config.baseline) == ("sqlite", ".miglint-baseline.json")
    assert "# How miglint checks this repository. The migrations of: shop." in (shop.path / ".miglint.yml").read_text()
    assert (shop.path / ".github/workflows/miglint.yml").read_text() == workflow("main")
    assert (shop.path / ".pre-commit-config.yaml").read_text() == new_file()
    assert main(["check", "--all", "--no-cache", "--fail-on", "notice"]) == 0
    ran = CliRunner().invoke(cli, ["init", "--yes"], standalone_mode=False)
    assert ran.output.splitlines()[-1] == "nothing is left to write"


def test_without_a_terminal_it_prints_a_patch_and_writes_nothing(
    shop: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 2
    printed = capfd.readouterr()
    assert printed.err.splitlines()[-1] == "miglint: nothing was written, as there is no terminal to ask at: say --yes"
    assert status(shop) == set()
    subprocess.run(["git", "apply"], input=printed.out, text=True, cwd=shop.path, check=True)
    applied = {path: (shop.path / path).read_bytes() for path in status(shop)}
    shop.repo.git("clean", "-qfd")
    assert main(["init", "--yes"]) == 0
    assert {path: (shop.path / path).read_bytes() for path in status(shop)} == applied


def test_what_differs_from_the_defaults_is_all_that_is_written(shop: Project) -> None:
    settings = (shop.path / "settings.py").read_text().replace("sqlite3", "postgresql")
    clean = migration(operations=created("Order"))
    shop.commit({"settings.py": settings, "shop/migrations/0001_initial.py": clean})
    assert main(["init", "--yes"]) == 0
    lines = (shop.path / ".miglint.yml").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == []
    assert load_config(shop.path, shop.path).target.database == "postgresql"
    assert not (shop.path / ".miglint-baseline.json").exists()


def test_what_is_there_is_added_to_or_left(shop: Project, capfd: pytest.CaptureFixture[str]) -> None:
    hooks = "# ours\nrepos:\n- repo: local\n  hooks: []  # none yet\n"
    files: dict[str, str | bytes | None] = {
        ".miglint.yml": "database: mysql\n",
        ".pre-commit-config.yaml": hooks,
        ".github/workflows/miglint.yml": "name: mine\n",
    }
    shop.commit(files)
    assert main(["init", "--yes"]) == 0
    out = capfd.readouterr().out
    assert ".miglint.yml configures miglint already" in out
    assert "left as it is: .github/workflows/miglint.yml" in out
    assert status(shop) == {".pre-commit-config.yaml"}
    assert (shop.path / ".pre-commit-config.yaml").read_text().startswith(hooks)


def test_a_workflow_by_another_name_is_enough(shop: Project, capfd: pytest.CaptureFixture[str]) -> None:
    shop.commit({".github/workflows/all.yml": "jobs: {a: {steps: [{uses: miglint/miglint@v0}]}}\n"})
    assert main(["init", "--yes"]) == 0
    assert ".github/workflows/all.yml runs miglint already" in capfd.readouterr().out
    assert not (shop.path / ".github/workflows/miglint.yml").exists()


def test_gitlabs_pipeline_gets_a_job_and_github_nothing(shop: Project) -> None:
    shop.commit({".gitlab-ci.yml": "lint:\n  script: [x]\n"})
    assert main(["init", "--yes"]) == 0
    assert "\nmiglint:\n" in (shop.path / ".gitlab-ci.yml").read_text()
    assert not (shop.path / ".github").exists()


def test_nothing_is_written_through_a_link(shop: Project, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (shop.path / ".github").symlink_to(outside)
    assert main(["init", "--yes"]) == 2
    assert "a folder on its way is a link" in capfd.readouterr().err
    assert list(outside.iterdir()) == []
    (shop.path / ".github").unlink()
    (shop.path / ".pre-commit-config.yaml").symlink_to(outside / "x")
    assert main(["init", "--yes"]) == 2
    assert ".pre-commit-config.yaml is a link" in capfd.readouterr().err


def test_the_default_branch_is_the_remotes(shop: Project) -> None:
    shop.repo.git("update-ref", "refs/remotes/origin/live", "HEAD")
    shop.repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/live")
    assert main(["init", "--yes"]) == 0
    assert (shop.path / ".github/workflows/miglint.yml").read_text() == workflow("live")


def typed(folder: Path, *answers: str) -> tuple[int, str]:
    """Run at a pseudo-terminal; each answer is typed when a question stands there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": os.pathsep.join(sys.path), "NO_COLOR": "1", "TERM": "dumb"}
        for name in ("CI", "GITHUB_ACTIONS"):
            os.environ.pop(name, None)
        os.execv(sys.executable, [sys.executable, "-m", "miglint", "init"])
    shown, left, end = "", list(answers), time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other side is closed
            break
        if left and shown.endswith(("]: ", "] ")):
            os.write(terminal, f"{left.pop(0)}\n".encode())
            shown += "\n"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def test_answers_at_a_terminal_decide(shop: Project) -> None:
    shop.commit({"settings.py": (shop.path / "settings.py").read_text().replace("sqlite3", "mysql")})
    code, shown = typed(shop.path, "maria", "mariadb", "n", "y", "n", "")
    assert code == 0
    assert "which database do the migrations run on?" in shown
    assert "'maria' is not one of" in shown
    assert "accept today's as a baseline in .miglint-baseline.json? [Y/n]" in shown
    assert "write .miglint.yml, the configuration? [Y/n]" in shown
    assert "+database: mariadb" in shown
    assert "left as it is: .github/workflows/miglint.yml" in shown
    assert status(shop) == {".miglint.yml", ".pre-commit-config.yaml"}
    assert load_config(shop.path, shop.path).baseline is None


def test_replacing_is_asked_for_and_no_is_the_answer_by_itself(shop: Project) -> None:
    shop.commit(
        {".miglint.yml": "", ".pre-commit-config.yaml": new_file(), ".github/workflows/miglint.yml": "name: x\n"}
    )
    code, shown = typed(shop.path, "")
    assert code == 0
    assert "-name: x" in shown
    assert "replace .github/workflows/miglint.yml, a workflow for pull requests? [y/N]" in shown
    assert status(shop) == set()
    code, _ = typed(shop.path, "y")
    assert code == 0
    assert (shop.path / ".github/workflows/miglint.yml").read_text() == workflow("main")


def test_an_interrupt_writes_nothing_more(shop: Project) -> None:
    code, _ = typed(shop.path, "\x03")
    assert code == 130
    assert status(shop) == set()
