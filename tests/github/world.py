"""A server with its repository and GitHub, and the runs of the action on checkouts of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.github.fake import TOKEN, FakeGitHub, serving
from tests.github.shapes import changed_file
from tests.github.workflow import Origin, Outcome, adding, environment, payload, pull_request_payload, run_action, shop

NOTE, TOTAL = "shop/migrations/0002_note.py", "shop/migrations/0002_total.py"


@dataclass
class World:
    """The server's repository, GitHub, and the runs so far."""

    folder: Path
    origin: Origin
    github: FakeGitHub
    first: str
    """The commit at which pull requests began."""
    runs: int = 0
    heads: dict[int, str] = field(default_factory=dict)

    def open(self, number: int, files: dict[str, str], *, fork: bool = False) -> str:
        """Open a pull request, or push to it."""
        head = self.heads[number] = self.origin.pull(number, files)
        self.github.open_pull_request(number, sha=head, fork=fork)
        base = self.origin.git("ls-tree", "-r", "--name-only", "main").splitlines()
        self.github.files[number] = [changed_file(path) for path in files if path not in base or path == TOTAL]
        return head

    def pull_request(self, number: int, *, fork: bool = False, **inputs: str) -> Outcome:
        """The run of a pull request, on the merge that GitHub made."""
        base = self.origin.git("rev-parse", "main")
        body = pull_request_payload(number, self.heads[number], base, fork=fork)
        merge = self.origin.merge(number)
        return self.run("pull_request", body, sha=merge, ref=f"refs/pull/{number}/merge", **inputs)

    def push(self, before: str, after: str, **inputs: str) -> Outcome:
        body = payload("push", before=before, after=after, ref="refs/heads/main", forced=False)
        return self.run("push", body, sha=after, ref="refs/heads/main", **inputs)

    def run(self, event: str, body: dict[str, Any], *, sha: str, ref: str, **inputs: str) -> Outcome:
        self.runs += 1
        workspace = self.origin.checkout(self.folder / f"workspace{self.runs}", sha)
        variables = environment(
            self.folder / f"files{self.runs}", event, body, sha=sha, ref=ref, api=self.github.url, **inputs
        )
        outcome = run_action(workspace, variables)
        assert TOKEN not in outcome.stdout + outcome.stderr + outcome.summary
        assert "Traceback" not in outcome.stderr
        return outcome


@contextmanager
def new_world(folder: Path) -> Iterator[World]:
    """The base has had `0002_note` since pull requests began; at the end nothing may have gone against the API."""
    origin = Origin(folder / "origin.git")
    first = origin.commit("refs/heads/main", shop())
    origin.commit("refs/heads/main", shop(_0002_note=adding("note")), first)
    with serving() as github:
        yield World(folder, origin, github, first)
    assert github.violations == []


def conflicting() -> dict[str, str]:
    return shop(_0002_total=adding("total"))


def following() -> dict[str, str]:
    return shop(_0002_note=adding("note"), _0003_total=adding("total", "0002_note"))


def bodies(world: World, number: int = 7) -> list[str]:
    return [comment["body"] for comment in world.github.comments[number]]
