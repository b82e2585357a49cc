"""The action from end to end: real git with checkouts of depth 1, a GitHub that keeps what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.github.fake import TOKEN, FakeGitHub, changed_file, serving
from tests.github.workflow import (
    Origin,
    Outcome,
    adding,
    environment,
    payload,
    pull_request_payload,
    run_action,
    shop,
)

NOTE, TOTAL = "shop/migrations/0002_note.py", "shop/migrations/0002_total.py"


@dataclass
class World:
    """The server's repository, GitHub, and the runs so far."""

    folder: Path
    origin: Origin
    github: FakeGitHub
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


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The base has had `0002_note` since pull requests began at `0001_initial`."""
    origin = Origin(tmp_path / "origin.git")
    first = origin.commit("refs/heads/main", shop())
    origin.commit("refs/heads/main", shop(_0002_note=adding("note")), first)
    with serving() as github:
        yield World(tmp_path, origin, github)
    assert github.violations == []


def conflicting() -> dict[str, str]:
    return shop(_0002_total=adding("total"))


def following() -> dict[str, str]:
    return shop(_0002_note=adding("note"), _0003_total=adding("total", "0002_note"))


def bodies(world: World, number: int = 7) -> list[str]:
    return [comment["body"] for comment in world.github.comments[number]]


def test_a_first_run_posts_a_second_edits_and_a_clean_one_resolves(world: World) -> None:
    world.open(7, conflicting())
    first = world.pull_request(7, output="miglint.sarif\njson=out.json")
    assert first.status == 1
    assert first.outputs == {
        "findings": first.outputs["findings"],
        "errors": first.outputs["errors"],
        "conflict": "true",
        "sarif": "miglint.sarif",
        "json": "out.json",
    }
    assert any(NOTE.rpartition("/")[2] in annotation or TOTAL in annotation for annotation in first.annotations)
    assert "multiple-leaf-nodes" in first.summary
    assert "```mermaid" in bodies(world)[0]
    sarif = json.loads((world.folder / "workspace1" / "miglint.sarif").read_text())
    assert sarif["version"] == "2.1.0"

    world.open(7, conflicting() | {"shop/migrations/0002_tax.py": adding("tax")})
    assert world.pull_request(7).status == 1
    assert len(bodies(world)) == 1
    assert "0002\\_tax" in bodies(world)[0]

    world.open(7, following())
    last = world.pull_request(7)
    assert (last.status, last.outputs["conflict"]) == (0, "false")
    assert len(bodies(world)) == 1
    assert "multiple-leaf-nodes" not in bodies(world)[0]


def test_a_fork_may_only_read(world: World) -> None:
    world.open(7, conflicting(), fork=True)
    world.github.may_write = False
    outcome = world.pull_request(7, fork=True)
    assert outcome.status == 1
    assert "::warning title=miglint::not posted: comment" in outcome.stdout
    assert "the token of a fork's pull request may only read" in outcome.stdout
    assert "multiple-leaf-nodes" in outcome.summary
    assert outcome.outputs["conflict"] == "true"


@pytest.mark.parametrize("kind", [403, 404, 409, 422, 500, "drop", "garbage", "truncate"])
def test_whatever_github_answers_the_results_are_there(kind: int | str, world: World) -> None:
    world.open(7, conflicting())
    world.github.fail(kind)
    outcome = world.pull_request(7)
    assert outcome.status == 1
    assert "multiple-leaf-nodes" in outcome.summary
    assert outcome.stdout.count("::warning title=miglint::not posted") == 1
    assert "other open pull requests were not looked at" in outcome.stdout


def test_without_a_token(world: World) -> None:
    world.open(7, conflicting())
    outcome = world.pull_request(7, github_token="")
    assert outcome.status == 1
    assert "no github-token was given" in outcome.stdout
    assert world.github.calls == []


def test_a_rename_alone_is_told(world: World) -> None:
    files = shop(_0002_renamed=adding("note"))
    world.heads[7] = world.origin.commit("refs/pull/7/head", files, "main")
    world.github.open_pull_request(7, sha=world.heads[7])
    outcome = world.pull_request(7)
    assert outcome.status == 1
    assert "released-migration-changed" in outcome.summary


def test_200_other_open_pull_requests(world: World) -> None:
    world.open(7, conflicting())
    note = shop(_0002_note=adding("note"))
    for number in range(100, 300):
        world.open(number, {**note, "README": str(number)} if number != 250 else shop(_0002_tax=adding("tax")))
    outcome = world.pull_request(7)
    assert "open-pull-request-conflict" in outcome.summary
    assert "\\#250" in outcome.summary or "#\u200b250" in outcome.summary
    assert len(world.github.calls) < 12


def test_a_merge_queue_has_nowhere_to_comment(world: World) -> None:
    base = world.origin.git("rev-parse", "main")
    group = world.origin.commit(
        "refs/heads/gh-readonly-queue/main/pr-7", conflicting() | {NOTE: adding("note")}, "main"
    )
    body = payload("merge_group.checks_requested")
    body["merge_group"] |= {
        "head_sha": group,
        "base_sha": base,
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-7",
        "base_ref": "refs/heads/main",
    }
    outcome = world.run("merge_group", body, sha=group, ref="refs/heads/gh-readonly-queue/main/pr-7")
    assert outcome.status == 1
    assert outcome.outputs["conflict"] == "true"
    assert world.github.called("POST") == []


def test_a_push_tells_the_two_pull_requests_that_it_breaks(world: World) -> None:
    broken = [world.open(number, following() | {"README": str(number)}) for number in (7, 8)]
    fine = world.open(9, shop(_0002_note=adding("note")) | {"README": "x"})
    before = world.origin.git("rev-parse", "main")
    after = world.origin.commit(
        "refs/heads/main", shop(_0002_note=adding("note"), _0003_tax=adding("tax", "0002_note")), before
    )
    outcome = world.push(before, after)
    assert outcome.status == 0
    for sha in broken:
        [status] = world.github.statuses[sha]
        assert (status["state"], status["context"]) == ("failure", "miglint/base")
        assert "miglint fix --base origin/main" in status["description"]
    assert fine not in world.github.statuses
    assert "is broken by this push" in outcome.stdout


def test_a_push_without_permission_for_statuses_says_so(world: World) -> None:
    world.open(7, following())
    world.github.may_write = False
    before = world.origin.git("rev-parse", "main")
    files = shop(_0002_note=adding("note"), _0003_tax=adding("tax", "0002_note"))
    outcome = world.push(before, world.origin.commit("refs/heads/main", files, before))
    assert outcome.status == 0
    assert "not posted: commit status of #7: " in outcome.stdout


def test_a_workflow_run_posts_for_the_fork(world: World) -> None:
    head = world.open(7, conflicting(), fork=True)
    base = world.origin.git("rev-parse", "main")
    body = payload("workflow_run.completed")
    body["workflow_run"] |= {"head_sha": head, "head_branch": "topic", "pull_requests": [], "event": "pull_request"}
    outcome = world.run("workflow_run", body, sha=base, ref="refs/heads/main", post="comment,check")
    assert outcome.status == 1
    assert "multiple-leaf-nodes" in bodies(world)[0]
    [run] = world.github.check_runs.values()
    assert (run["head_sha"], run["conclusion"]) == (head, "failure")


def test_pull_request_target_reads_the_head_as_data(world: World) -> None:
    head = world.open(7, conflicting(), fork=True)
    base = world.origin.git("rev-parse", "main")
    body = pull_request_payload(7, head, base, fork=True)
    outcome = world.run("pull_request_target", body, sha=base, ref="refs/heads/main")
    assert outcome.status == 1
    assert "multiple-leaf-nodes" in bodies(world)[0]
    assert not (world.folder / "workspace1" / TOTAL).exists()


def test_a_link_in_the_checkout_is_not_written_through(world: World, tmp_path: Path) -> None:
    world.open(7, conflicting())
    outcome = world.pull_request(7, output="sarif=../../outside.sarif")
    assert outcome.status == 2
    assert "is outside of the checkout" in outcome.stdout
    assert not (tmp_path / "outside.sarif").exists()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"fail_on": "warnings"}, "did you mean 'warning'?"),
        ({"post": "coment"}, "did you mean 'comment'?"),
        ({"base": "nowhere"}, "base 'nowhere' is not a commit"),
        ({"database_version": "x"}, "is not a version"),
    ],
)
def test_a_wrong_input_is_one_clear_error(inputs: dict[str, str], said: str, world: World) -> None:
    world.open(7, conflicting())
    outcome = world.pull_request(7, **inputs)
    assert outcome.status == 2
    assert said in outcome.stdout
