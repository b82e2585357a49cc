"""What GitHub tells a run about the event that started it. Text in a payload was written by strangers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from miglint import escape
from miglint.errors import MiglintError
from miglint.github.api import repository_path
from miglint.rest import Client

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class PullRequest(Struct, frozen=True):
    """An open pull request."""

    number: int
    base_ref: str
    head_sha: str
    head_ref: str = ""
    fork: bool = False
    """Its head is in another repository, or in one that is gone: a token is read-only there."""
    url: str = ""
    author: str = ""


class Event(Struct, frozen=True):
    """The run's event. `pull_request` is set if there is one to report to."""

    name: str
    repository: str
    server_url: str = "https://github.com"
    sha: str = ""
    """The commit that results are about: a pull request's head, not the merge that GitHub tests."""
    branch: str = ""
    """The branch that a push went to."""
    before: str = ""
    """The commit that a push moved the branch from."""
    pull_request: PullRequest | None = None

    def line_address(self, path: str, line: int) -> str | None:
        """Where a line of a file can be seen."""
        if not self.sha:
            return None
        return f"{self.server_url}/{self.repository}/blob/{self.sha}/{escape.address(path)}#L{line}"


def read_event(environment: Mapping[str, str]) -> Event:
    """The event of a run, from its environment and payload."""
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise MiglintError("GITHUB_REPOSITORY does not name a repository: is this a GitHub workflow?")
    payload = _payload(environment.get("GITHUB_EVENT_PATH", ""))
    name = environment.get("GITHUB_EVENT_NAME", "")
    pull = pull_request(_part(payload, "pull_request"), repository)
    run = _part(payload, "workflow_run")
    sha = pull.head_sha if pull else _first_commit(run.get("head_sha"), _part(payload, "merge_group").get("head_sha"))
    pushed = name == "push"
    return Event(
        name=name,
        repository=repository,
        server_url=environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/"),
        sha=sha or _first_commit(environment.get("GITHUB_SHA")),
        branch=_text(payload.get("ref")).removeprefix("refs/heads/") if pushed else "",
        before=_first_commit(payload.get("before")) if pushed else "",
        pull_request=pull,
    )


def pull_request(data: Mapping[str, Any], repository: str) -> PullRequest | None:
    """A pull request as payloads and the API hold it; None if that is no complete one."""
    number, head, base = data.get("number"), _part(data, "head"), _part(data, "base")
    head_sha = _first_commit(head.get("sha"))
    if not isinstance(number, int) or not head_sha:
        return None
    return PullRequest(
        number=number,
        base_ref=_text(base.get("ref")),
        head_sha=head_sha,
        head_ref=_text(head.get("ref")),
        fork=_text(_part(head, "repo").get("full_name")).lower() != repository.lower(),
        url=_text(data.get("html_url")),
        author=_text(_part(data, "user").get("login")),
    )


def find_pull_request(client: Client, event: Event) -> PullRequest | None:
    """The open pull request whose head a `workflow_run` ran for; the payload itself names none for forks.

    Nothing that the earlier run made is trusted: the number comes from the API, by the commit.
    """
    listed = client.pages(f"{repository_path(event.repository)}/commits/{event.sha}/pulls", limit=1)
    found = [pull_request(data, event.repository) for data in listed if data.get("state") == "open"]
    return _with_head(found, event.sha) or _among_open(client, event)


def _among_open(client: Client, event: Event) -> PullRequest | None:
    """The commits of a fork are often not associated with its pull request: look among all open ones."""
    path = f"{repository_path(event.repository)}/pulls"
    opened = client.pages(path, limit=3, state="open", sort="updated", direction="desc")
    return _with_head([pull_request(data, event.repository) for data in opened], event.sha)


def _with_head(pulls: list[PullRequest | None], sha: str) -> PullRequest | None:
    return next((pull for pull in pulls if pull and pull.head_sha == sha), None)


def _payload(path: str) -> Mapping[str, Any]:
    try:
        payload = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError, RecursionError) as error:
        raise MiglintError(f"the event's payload cannot be read: {type(error).__name__}") from None
    return payload if isinstance(payload, dict) else {}


def _part(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = payload.get(key)
    return part if isinstance(part, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _first_commit(*values: object) -> str:
    return next((v for v in values if isinstance(v, str) and _COMMIT.fullmatch(v) and v.strip("0")), "")
