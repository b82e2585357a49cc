"""The composite variant, its steps run as the runner runs them: bash, INPUT_* with hyphens, GITHUB_* files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.github.fake import TOKEN
from tests.github.workflow import ROOT, Outcome, environment, outcome_of, pull_request_payload
from tests.github.world import World, conflicting

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "composite" / "action.yml").read_text())
EXPRESSION = re.compile(r"\$\{\{ ([\w.-]+) \}\}")
SHELL = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")
"""https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, under `shell`."""


def evaluated(text: str, context: Mapping[str, str]) -> str:
    """The text with expressions replaced by what the runner would put there."""
    return EXPRESSION.sub(lambda found: context[found[1]], text)


def run_step(step: Mapping[str, Any], context: Mapping[str, str], workspace: Path, variables: Mapping[str, str]) -> Any:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "what an expression gives would be code"
    script = Path(context["runner.temp"]) / "step.sh"
    script.write_text(step["run"])
    own = {name: evaluated(value, context) for name, value in step["env"].items()}
    return subprocess.run(
        [*SHELL, script], cwd=workspace, env={**variables, **own}, capture_output=True, text=True, timeout=300
    )


def context_of(temporary: Path, **inputs: str) -> dict[str, str]:
    given = {name: str(declared["default"]) for name, declared in ACTION["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    context = {"github.token": TOKEN, "github.action_path": str(ROOT / "composite"), "runner.temp": str(temporary)}
    return context | {f"inputs.{name}": evaluated(value, context) for name, value in given.items()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's temporary folder after the first step."""
    temporary = tmp_path_factory.mktemp("runner")
    (temporary / "bin").mkdir()
    (temporary / "bin" / "python3").symlink_to(Path(sys.executable).resolve())
    install, _ = ACTION["runs"]["steps"]
    path = f"{temporary / 'bin'}:{os.environ['PATH']}"
    done = run_step(install, context_of(temporary), temporary, {**os.environ, "PATH": path})
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"miglint cannot be installed here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return temporary


def test_it_does_what_the_container_does(world: World, installed: Path) -> None:
    head = world.open(7, conflicting())
    container = world.pull_request(7, fail_on="warning", output="sarif=out.sarif", open_pull_requests="false")
    posted = [comment["body"] for comment in world.github.comments[7]]
    world.github.comments.clear()

    merge, base = world.origin.merge(7), world.origin.git("rev-parse", "main")
    workspace = world.origin.checkout(world.folder / "composite", merge)
    body = pull_request_payload(7, head, base)
    ref = "refs/pull/7/merge"
    variables = environment(world.folder / "files", "pull_request", body, sha=merge, ref=ref, api=world.github.url)
    runner = {name: value for name, value in variables.items() if not name.startswith("INPUT_")}
    runner |= {"PATH": os.environ["PATH"], "HOME": str(world.folder)}
    context = context_of(installed, fail_on="warning", output="sarif=out.sarif", open_pull_requests="false")
    done = run_step(ACTION["runs"]["steps"][1], context, workspace, runner)
    composite = outcome_of(done, variables)

    assert composite.status == container.status == 1
    assert composite.outputs == container.outputs
    assert composite.annotations == container.annotations != []
    assert without_ids(composite) == without_ids(container)
    assert [comment["body"] for comment in world.github.comments[7]] == posted
    assert (workspace / "out.sarif").exists()
    outputs = {name: declared["value"] for name, declared in ACTION["outputs"].items()}
    assert outputs == {name: f"${{{{ steps.check.outputs.{name} }}}}" for name in composite.outputs}


def without_ids(outcome: Outcome) -> str:
    """The summary less the commits: the merge is made anew for each run."""
    return re.sub(r"\b[0-9a-f]{12,40}\b", "", outcome.summary)
