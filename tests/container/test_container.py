"""The action's image, built from the unmodified Dockerfile and run the way GitHub's runner runs it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.container import image
from tests.container.image import Container, Ran
from tests.github.workflow import Origin, adding, environment, payload, pull_request_payload, shop

RUNNER = 1001
"""The user id that GitHub's runner checks out as; the container runs as root."""
CONFLICT = shop(_0002_total=adding("total"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    try:
        image.check_tools()
    except image.Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    image.build(tmp_path_factory.mktemp("image"))
    with Container() as container:
        yield container


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    origin = Origin(tmp_path / "origin.git")
    first = origin.commit("refs/heads/main", shop())
    origin.commit("refs/heads/main", shop(_0002_note=adding("note")), first)
    return origin


def run(
    container: Container, origin: Origin, event: str, body: dict[str, Any], *, sha: str, ref: str, network: bool = True
) -> tuple[Ran, str, str]:
    """A run of the container as the runner starts it; its outputs and summary."""
    folder = origin.path.parent
    workspace = origin.checkout(folder / "workspace", sha)
    for path in (workspace, *workspace.rglob("*")):
        os.lchown(path, RUNNER, RUNNER)
    variables = environment(folder / "files", event, body, sha=sha, ref=ref, api="http://127.0.0.1:9", github_token="")
    inside = {name: value.replace(str(folder / "files"), "/github/files") for name, value in variables.items()}
    ran = container.run(
        image.entrypoint(),
        variables={"HOME": "/github/home", "GITHUB_WORKSPACE": "/github/workspace", **inside},
        volumes={workspace: "/github/workspace", folder / "files": "/github/files", origin.path: str(origin.path)},
        folder="/github/workspace",
        network=network,
    )
    shown = [Path(variables[name]).read_text() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")]
    return ran, shown[0], shown[1]


def pull_request(container: Container, origin: Origin, *, network: bool = True) -> tuple[Ran, str, str]:
    head, merge, base = origin.pull(7, CONFLICT), origin.merge(7), origin.git("rev-parse", "main")
    body = pull_request_payload(7, head, base)
    return run(container, origin, "pull_request", body, sha=merge, ref="refs/pull/7/merge", network=network)


def test_the_entrypoint_is_what_github_asks_for(built: Container) -> None:
    assert image.entrypoint()[0].startswith("/")


def test_a_pull_request_checked_out_by_another_user(built: Container, origin: Origin) -> None:
    ran, outputs, summary = pull_request(built, origin)
    assert ran.status == 1, ran.stderr
    assert "::error file=shop/migrations/0002_total.py,line=6" in ran.stdout
    assert "conflict=true" in outputs
    assert "multiple-leaf-nodes" in summary
    assert 'ADD COLUMN "total" text NULL' in summary, "Django wrote no SQL"


def test_a_merge_group(built: Container, origin: Origin) -> None:
    base = origin.git("rev-parse", "main")
    files = shop(_0002_note=adding("note"), _0002_total=adding("total"))
    ref = "refs/heads/gh-readonly-queue/main/pr-7"
    group = origin.commit(ref, files, base)
    body = payload("merge_group.checks_requested")
    body["merge_group"] |= {"head_sha": group, "base_sha": base, "head_ref": ref, "base_ref": "refs/heads/main"}
    ran, outputs, _ = run(built, origin, "merge_group", body, sha=group, ref=ref)
    assert ran.status == 1, ran.stderr
    assert "conflict=true" in outputs


def test_a_push(built: Container, origin: Origin) -> None:
    before = origin.git("rev-parse", "main")
    files = shop(_0002_note=adding("note"), _0003_tax=adding("tax", "0002_note"))
    after = origin.commit("refs/heads/main", files, before)
    body = payload("push", before=before, after=after, ref="refs/heads/main", forced=False)
    ran, outputs, _ = run(built, origin, "push", body, sha=after, ref="refs/heads/main")
    assert ran.status == 0, ran.stderr
    assert "conflict=false" in outputs


def test_without_network_and_with_what_is_needed_at_hand(built: Container, origin: Origin) -> None:
    """The origin is a folder here, so the base can still be fetched: nothing else may need a network."""
    ran, outputs, _ = pull_request(built, origin, network=False)
    assert ran.status == 1, ran.stderr
    assert "conflict=true" in outputs


def test_without_the_base_the_run_fails_and_says_what_to_set(built: Container, origin: Origin) -> None:
    head, merge, base = origin.pull(7, CONFLICT), origin.merge(7), origin.git("rev-parse", "main")
    body = pull_request_payload(7, head, base)
    moved = origin.path.with_name("moved.git")
    folder = origin.path.parent
    origin.checkout(folder / "workspace", merge)
    shutil.move(origin.path, moved)
    variables = environment(
        folder / "files",
        "pull_request",
        body,
        sha=merge,
        ref="refs/pull/7/merge",
        api="http://127.0.0.1:9",
        github_token="",
    )
    ran = built.run(
        image.entrypoint(),
        variables={name: value.replace(str(folder / "files"), "/github/files") for name, value in variables.items()},
        volumes={folder / "workspace": "/github/workspace", folder / "files": "/github/files"},
        folder="/github/workspace",
        network=False,
    )
    assert ran.status == 2
    assert "fetch-depth: 0" in ran.stdout


@pytest.mark.parametrize("series", ["4.2", "5.0", "5.1", "5.2", "6.0", "6.1"])
def test_each_series_of_django_is_there_by_itself(series: str, built: Container) -> None:
    code = f"import sys; sys.path.insert(0, '/opt/miglint/django/{series}'); import django; print(django.__version__)"
    ran = built.run(["python3", "-c", code], variables={}, volumes={})
    assert ran.stdout.startswith(f"{series}.") or ran.stdout.strip() == series, ran.stderr
