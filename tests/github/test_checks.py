import samples
from miglint.finding import Severity
from miglint.github import checks
from miglint.github.client import Client
from miglint.github.event import Event
from miglint.result import Coverage
from tests.github.fake import FakeGitHub


def test_annotations_go_out_by_fifty(github: FakeGitHub, client: Client, event: Event) -> None:
    found = [samples.finding(severity=Severity.NOTICE, identity=str(n), line=n + 1) for n in range(130)]
    checks.deliver(client, event, samples.result(*found, samples.conflict()), failed=True)
    [(identity, run)] = github.check_runs.items()
    assert (run["name"], run["conclusion"], run["head_sha"]) == ("miglint", "failure", event.sha)
    annotations = github.annotations[identity]
    assert len(annotations) == 131
    assert annotations[0]["annotation_level"] == "failure"
    assert len(github.calls) == 3


def test_the_number_of_requests_is_bounded(github: FakeGitHub, client: Client, event: Event) -> None:
    found = [samples.finding(identity=str(n)) for n in range(3_000)]
    checks.deliver(client, event, samples.result(*found), failed=True)
    assert len(github.calls) == 20


def test_findings_that_do_not_fail_are_neutral(github: FakeGitHub, client: Client, event: Event) -> None:
    checks.deliver(client, event, samples.result(samples.finding()), failed=False)
    checks.deliver(client, event, samples.result(), failed=False)
    checks.deliver(client, event, samples.result(coverage=Coverage(1, 1, 1, 1, 1)), failed=False)
    assert [run["conclusion"] for run in github.check_runs.values()] == ["neutral", "neutral", "success"]
