import json
from pathlib import Path
from typing import Any

import pytest

from miglint.errors import MiglintError
from miglint.github.event import find_pull_request, read_event
from miglint.rest import Client
from tests.github.fake import FakeGitHub
from tests.github.shapes import fixture

EXAMPLE = "Codertocat/Hello-World"


def environment(tmp_path: Path, name: str, payload: Any, repository: str = EXAMPLE) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload))
    return {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), "GITHUB_REPOSITORY": repository}


@pytest.mark.parametrize("name", ["pull_request.opened", "pull_request.synchronize"])
def test_a_pull_request(name: str, tmp_path: Path) -> None:
    payload = fixture(name)
    event = read_event(environment(tmp_path, "pull_request", payload))
    assert event.pull_request is not None
    assert event.pull_request.number == payload["number"]
    assert event.sha == payload["pull_request"]["head"]["sha"]
    assert not event.pull_request.fork


def test_a_fork(tmp_path: Path) -> None:
    payload = fixture("pull_request.opened")
    payload["pull_request"]["head"]["repo"]["full_name"] = "someone/Hello-World"
    pull = read_event(environment(tmp_path, "pull_request", payload)).pull_request
    assert pull is not None
    assert pull.fork


def test_a_fork_that_is_gone(tmp_path: Path) -> None:
    payload = fixture("pull_request.opened")
    payload["pull_request"]["head"]["repo"] = None
    pull = read_event(environment(tmp_path, "pull_request", payload)).pull_request
    assert pull is not None
    assert pull.fork


def test_a_merge_group(tmp_path: Path) -> None:
    payload = fixture("merge_group.checks_requested")
    event = read_event(environment(tmp_path, "merge_group", payload))
    assert event.pull_request is None
    assert event.sha == payload["merge_group"]["head_sha"]


def test_a_push(tmp_path: Path) -> None:
    payload = fixture("push") | {"ref": "refs/heads/main", "before": "a" * 40}
    event = read_event(environment(tmp_path, "push", payload) | {"GITHUB_SHA": "b" * 40})
    assert (event.branch, event.before, event.sha) == ("main", "a" * 40, "b" * 40)


def test_a_push_that_creates_the_branch_has_no_before(tmp_path: Path) -> None:
    payload = fixture("push") | {"before": "0" * 40}
    assert read_event(environment(tmp_path, "push", payload)).before == ""


@pytest.mark.parametrize("fork", [False, True])
def test_the_pull_request_of_a_workflow_run_is_looked_up(
    fork: bool, github: FakeGitHub, client: Client, tmp_path: Path
) -> None:
    github.open_pull_request(9, sha="e" * 40, fork=fork)
    payload = fixture("workflow_run.completed")
    payload["workflow_run"] |= {"head_sha": "e" * 40, "pull_requests": [{"number": 1}]}
    event = read_event(environment(tmp_path, "workflow_run", payload, "acme/shop"))
    found = find_pull_request(client, event)
    assert found is not None
    assert (found.number, found.fork) == (9, fork)


def test_no_pull_request_has_this_head(github: FakeGitHub, client: Client, tmp_path: Path) -> None:
    payload = fixture("workflow_run.completed")
    assert find_pull_request(client, read_event(environment(tmp_path, "workflow_run", payload, "acme/shop"))) is None


@pytest.mark.parametrize("content", ["[]", '{"pull_request": 3}', '{"pull_request": {"number": "7"}}'])
def test_a_strange_payload_is_no_pull_request(content: str, tmp_path: Path) -> None:
    given = environment(tmp_path, "pull_request", json.loads(content))
    assert read_event(given).pull_request is None


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000])
def test_a_payload_that_cannot_be_read_is_an_error(content: str, tmp_path: Path) -> None:
    given = environment(tmp_path, "pull_request", {})
    Path(given["GITHUB_EVENT_PATH"]).write_text(content)
    with pytest.raises(MiglintError, match="cannot be read"):
        read_event(given)


@pytest.mark.parametrize("repository", ["", "x", "a/b/c", "a/../b", "a/b\n::error::"])
def test_what_is_no_repository_is_refused(repository: str) -> None:
    with pytest.raises(MiglintError):
        read_event({"GITHUB_REPOSITORY": repository})
