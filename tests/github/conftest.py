from collections.abc import Iterator
from pathlib import Path

import pytest

from miglint.github.api import GITHUB
from miglint.github.event import Event, PullRequest
from miglint.rest import Client
from tests.github.fake import TOKEN, FakeGitHub, serving
from tests.github.shapes import REPOSITORY
from tests.github.world import World, new_world

HEAD = "b" * 40


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A fake GitHub with pull request 7; at the end nothing may have gone against the API's description."""
    with serving() as github:
        github.open_pull_request(7, sha=HEAD)
        yield github
    assert github.violations == []


@pytest.fixture
def client(github: FakeGitHub) -> Client:
    return Client(GITHUB, github.url, TOKEN, timeout=30, sleep=lambda seconds: None)


@pytest.fixture
def pull() -> PullRequest:
    return PullRequest(7, "main", HEAD, "topic")


@pytest.fixture
def event(pull: PullRequest) -> Event:
    return Event("pull_request", REPOSITORY, sha=HEAD, pull_request=pull)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with new_world(tmp_path) as world:
        yield world
