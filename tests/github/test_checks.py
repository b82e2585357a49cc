import copy

import pytest

import samples
from miglint.finding import Severity
from miglint.github import checks
from miglint.github.event import Event
from miglint.rest import Client, RestError
from miglint.result import Coverage
from tests.github.fake import FakeGitHub
from tests.github.shapes import check_run


def test_annotations_go_out_by_fifty(github: FakeGitHub, client: Client, event: Event) -> None:
    found = [samples.finding(severity=Severity.NOTICE, identity=str(n), line=n + 1) for n in range(130)]
    checks.deliver(client, event, samples.result(*found, samples.conflict()), failed=True)
    [(identity, run)] = github.check_runs.items()
    assert (run["name"], run["conclusion"], run["head_sha"]) == ("miglint", "failure", event.sha)
    annotations = github.annotations[identity]
    assert len(annotations) == 131
    assert annotations[0]["annotation_level"] == "failure"
    assert len(github.calls) == 4


def test_the_number_of_requests_is_bounded(github: FakeGitHub, client: Client, event: Event) -> None:
    found = [samples.finding(identity=str(n)) for n in range(3_000)]
    checks.deliver(client, event, samples.result(*found), failed=True)
    assert len(github.calls) == 21


def test_findings_that_do_not_fail_are_neutral(github: FakeGitHub, client: Client, event: Event) -> None:
    seen = []
    for result in (
        samples.result(samples.finding()),
        samples.result(),
        samples.result(coverage=Coverage(1, 1, 1, 1, 1)),
    ):
        github.check_runs.clear()
        checks.deliver(client, event, result, failed=False)
        [run] = github.check_runs.values()
        seen.append(run["conclusion"])
    assert seen == ["neutral", "neutral", "success"]


def test_a_second_run_updates_the_first_and_repeats_no_annotation(
    github: FakeGitHub, client: Client, event: Event
) -> None:
    found = [samples.finding(identity=str(n), line=n + 1) for n in range(60)]
    assert checks.deliver(client, event, samples.result(*found[:50]), failed=False) == "created"
    assert checks.deliver(client, event, samples.result(*found), failed=True) == "updated"
    [(identity, run)] = github.check_runs.items()
    assert run["conclusion"] == "failure"
    assert [one["start_line"] for one in github.annotations[identity]] == list(range(1, 61))


def test_what_broke_off_is_completed(github: FakeGitHub, client: Client, event: Event) -> None:
    found = samples.result(*[samples.finding(identity=str(n), line=n + 1) for n in range(120)])
    github.fail(500, "PATCH", times=1, after=1)
    with pytest.raises(RestError):
        checks.deliver(client, event, found, failed=False)
    checks.deliver(client, event, found, failed=False)
    [annotations] = github.annotations.values()
    assert sorted(one["start_line"] for one in annotations) == list(range(1, 121))


def test_annotations_that_hold_no_more_take_a_new_run(github: FakeGitHub, client: Client, event: Event) -> None:
    checks.deliver(client, event, samples.result(samples.finding()), failed=True)
    clean = samples.result(coverage=Coverage(1, 1, 1, 1, 1))
    assert checks.deliver(client, event, clean, failed=False) == "created"
    assert checks.deliver(client, event, clean, failed=False) == "updated"
    assert [run["conclusion"] for run in github.check_runs.values()] == ["failure", "success"]
    assert list(github.annotations.values())[1] == []


def test_a_run_of_another_head_or_of_a_job_named_like_us_is_left_alone(
    github: FakeGitHub, client: Client, event: Event
) -> None:
    body = {"name": "miglint", "status": "completed", "conclusion": "success", "output": {"title": "", "summary": ""}}
    github.check_runs[901] = check_run(901, body | {"head_sha": event.sha, "external_id": "a job's"}, 0)
    github.check_runs[902] = check_run(902, body | {"head_sha": "d" * 40, "external_id": checks.EXTERNAL_ID}, 0)
    before = copy.deepcopy(github.check_runs)
    assert checks.deliver(client, event, samples.result(samples.finding()), failed=False) == "created"
    assert {number: github.check_runs[number] for number in before} == before
    assert len(github.check_runs) == 3


def test_a_run_that_another_app_made_is_followed_by_ours(github: FakeGitHub, client: Client, event: Event) -> None:
    body = {"name": "miglint", "status": "completed", "conclusion": "success", "output": {"title": "", "summary": ""}}
    own = body | {"head_sha": event.sha, "external_id": checks.EXTERNAL_ID}
    github.check_runs[900] = check_run(900, own, 0, app="someone-else")
    assert checks.deliver(client, event, samples.result(samples.finding()), failed=True) == "created"
    assert github.check_runs[900]["conclusion"] == "success"
    assert [run["conclusion"] for run in github.check_runs.values()] == ["success", "failure"]
