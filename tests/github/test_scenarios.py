"""The action from end to end: real git with checkouts of depth 1, a GitHub that keeps what it is told."""

from __future__ import annotations

import json

import pytest

from tests.github.shapes import changed_file
from tests.github.workflow import INITIAL, Link, adding, payload, pull_request_payload, shop
from tests.github.world import NOTE, TOTAL, World, bodies, conflicting, following

NOT_NULL = adding("tax", "0002_note").replace("null=True", "")
CLEAN = INITIAL.replace("Order", "Voucher").replace("dependencies = []", 'dependencies = [("shop", "0002_note")]')


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


def test_a_clean_run_resolves_the_comment_and_posts_nothing(world: World) -> None:
    world.open(7, shop(_0002_note=adding("note"), _0003_tax=NOT_NULL))
    assert world.pull_request(7).status == 1
    [comment] = world.github.comments[7]
    assert "not-null-without-default" in comment["body"]
    posted = len(world.github.called("POST"))

    head = world.open(7, shop(_0002_note=adding("note"), _0003_voucher=CLEAN))
    outcome = world.pull_request(7)
    assert (outcome.status, outcome.outputs["findings"]) == (0, "0")
    [resolved] = world.github.comments[7]
    assert resolved["id"] == comment["id"]
    assert resolved["body"] == (
        "<!-- miglint: the one comment of this pull request -->\n### ✅ miglint: resolved\n\n"
        f"Everything that was reported here has been dealt with as of {head[:12]}.\n"
    )
    assert len(world.github.called("POST")) == posted
    assert world.github.called("DELETE") == []


def test_a_pull_request_that_never_had_a_finding_gets_nothing(world: World) -> None:
    world.open(7, shop(_0002_note=adding("note"), _0003_voucher=CLEAN))
    outcome = world.pull_request(7)
    assert (outcome.status, outcome.outputs["findings"]) == (0, "0")
    assert [call.verb for call in world.github.calls if call.verb != "GET"] == []
    assert bodies(world) == []


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


def test_a_push_that_mends_a_pull_request_takes_the_status_back(world: World) -> None:
    head = world.open(7, following() | {"README": "7"})
    never_told = world.open(8, following() | {"README": "8"})
    world.github.pulls.pop(8)
    first = world.origin.git("rev-parse", "main")
    broken = world.origin.commit(
        "refs/heads/main", shop(_0002_note=adding("note"), _0003_tax=adding("tax", "0002_note")), first
    )
    world.push(first, broken)
    world.github.open_pull_request(8, sha=never_told)
    mended = world.origin.commit("refs/heads/main", shop(_0002_note=adding("note")), broken)
    assert world.push(broken, mended).status == 1, "a released migration is gone"
    states = [(status["state"], status["description"]) for status in world.github.statuses[head]]
    assert [state for state, _ in states] == ["failure", "success"]
    assert states[1][1] == "fits main again"
    assert world.github.statuses[never_told] == []

    again = world.origin.commit(
        "refs/heads/main",
        shop(_0002_note=adding("note")) | {"shop/migrations/max_migration.txt": "0002_note\n"},
        mended,
    )
    world.push(mended, again)
    assert len(world.github.statuses[head]) == 2


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


def test_a_workflow_run_compares_a_fork_with_the_branch_that_its_pull_request_is_against(world: World) -> None:
    """Against main it would conflict; GitHub's payload names neither the pull request nor its base."""
    world.origin.commit("refs/heads/stable", shop(_0002_older=adding("older")), world.first)
    head = world.origin.pull(7, shop(_0002_older=adding("older"), _0003_total=adding("total", "0002_older")))
    world.github.open_pull_request(7, sha=head, base="stable", fork=True)
    body = payload("workflow_run.completed")
    body["workflow_run"] |= {"head_sha": head, "head_branch": "topic", "pull_requests": [], "event": "pull_request"}
    base = world.origin.git("rev-parse", "main")
    outcome = world.run("workflow_run", body, sha=base, ref="refs/heads/main", post="check")
    assert outcome.outputs["conflict"] == "false"
    assert "`stable`" in outcome.summary
    [run] = world.github.check_runs.values()
    assert run["head_sha"] == head


def test_pull_request_target_reads_the_head_as_data(world: World) -> None:
    head = world.open(7, conflicting(), fork=True)
    base = world.origin.git("rev-parse", "main")
    body = pull_request_payload(7, head, base, fork=True)
    outcome = world.run("pull_request_target", body, sha=base, ref="refs/heads/main")
    assert outcome.status == 1
    assert "multiple-leaf-nodes" in bodies(world)[0]
    assert not (world.folder / "workspace1" / TOTAL).exists()


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "workflow_run"])
def test_no_configuration_and_no_plugin_of_the_head_counts(event: str, world: World) -> None:
    """Under the last two the run has a token that may write."""
    proof = world.folder / "proof"
    own = {
        ".miglint.yml": "rules: {multiple-leaf-nodes: off}\nplugins: [plugin.py]\n",
        "plugin.py": f"open({str(proof)!r}, 'w')\n",
        "miglint.py": f"open({str(proof)!r}, 'w')\n",
    }
    head = world.open(7, conflicting() | own, fork=True)
    base = world.origin.git("rev-parse", "main")
    if event == "pull_request":
        outcome = world.pull_request(7, fork=True)
    else:
        body = pull_request_payload(7, head, base, fork=True)
        if event == "workflow_run":
            body = payload("workflow_run.completed")
            body["workflow_run"] |= {"head_sha": head, "pull_requests": [], "event": "pull_request"}
        outcome = world.run(event, body, sha=base, ref="refs/heads/main")
    assert outcome.outputs["conflict"] == "true"
    assert "this change adds .miglint.yml" in outcome.summary
    assert not proof.exists()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"output": "sarif=../../outside.sarif"}, "is outside of the checkout"),
        ({"output": "planted.sarif"}, "planted.sarif is a link, which is not written through"),
        ({"output": "sarif=planted/outside.sarif"}, "planted/outside.sarif leads out of the checkout"),
        ({"cache_dir": "planted"}, "planted leads out of the checkout"),
        ({"cache_dir": "committed"}, "holds files of the repository"),
        ({"working_directory": "planted"}, "planted leads out of the checkout"),
    ],
)
def test_nothing_that_a_pull_request_plants_is_written_to_or_believed(
    inputs: dict[str, str], said: str, world: World
) -> None:
    outside = world.folder / "outside"
    outside.mkdir()
    links = {"planted": Link(outside), "planted.sarif": Link(outside / "new")}
    world.open(7, conflicting() | links | {"committed/miglint-cache.jsonl": "x"})
    outcome = world.pull_request(7, **inputs)
    assert outcome.status == 2
    assert said in outcome.stdout
    assert [*outside.iterdir(), *world.folder.rglob("outside.sarif")] == []


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


FILL = """\
from django.db import migrations


def fill(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_note")]
    operations = [
        migrations.RunPython(fill),
    ]
"""
INDEX = """\
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_note")]
    operations = [AddIndexConcurrently("order", models.Index(fields=["note"], name="i"))]
"""
SUGGESTED = {
    "shop/migrations/0003_fill.py": (
        FILL,
        "        migrations.RunPython(fill, reverse_code=migrations.RunPython.noop),",
    ),
    "shop/migrations/0003_index.py": (INDEX, '    atomic = False\n    dependencies = [("shop", "0002_note")]'),
    TOTAL: (adding("total"), '        ("shop", "0002_note"),'),
}
"""A migration, and what its author is offered to put in with a click."""


@pytest.mark.parametrize("path", SUGGESTED)
def test_an_edit_in_one_place_is_suggested_where_it_belongs(path: str, world: World) -> None:
    text, suggested = SUGGESTED[path]
    base = {} if path == TOTAL else {"_0002_note": adding("note")}
    world.open(7, shop(**base) | {path: text})
    patch = f"@@ -0,0 +1,{text.count(chr(10))} @@\n" + "".join(f"+{line}\n" for line in text.splitlines())
    world.github.files[7] = [changed_file(path, patch)]
    world.pull_request(7)
    [comment] = [one for one in world.github.review_comments[7] if suggested in one["body"]]
    assert comment["path"] == path
    assert f"```suggestion\n{suggested}\n```" in comment["body"]
    assert world.github.violations == []


def test_a_run_by_hand_looks_at_the_branch_it_is_for(world: World) -> None:
    tip = world.origin.commit("refs/heads/topic", conflicting(), world.first)
    body = {"ref": "refs/heads/topic", "inputs": {}, "repository": payload("push")["repository"]}
    outcome = world.run("workflow_dispatch", body, sha=tip, ref="refs/heads/topic")
    assert outcome.status == 1
    assert outcome.outputs["conflict"] == "true"
    assert world.github.comments == {}
