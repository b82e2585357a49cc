import samples
from miglint.github import comment
from miglint.github.event import Event, PullRequest
from miglint.rest import Client
from miglint.result import Coverage
from tests.github.fake import FakeGitHub


def bodies(github: FakeGitHub) -> list[str]:
    return [entry["body"] for entry in github.comments[7]]


def test_the_first_run_posts_and_the_second_edits(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    assert comment.deliver(client, event, pull, samples.typical()) == "posted"
    assert comment.deliver(client, event, pull, samples.typical()) == "unchanged"
    assert comment.deliver(client, event, pull, samples.result(samples.conflict())) == "edited"
    [body] = bodies(github)
    assert "1 error in 1 migration" in body
    assert f"https://github.com/acme/shop/blob/{'b' * 40}/{samples.PATH}#L7" in body


def test_a_clean_run_resolves_and_a_later_finding_comes_back(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    comment.deliver(client, event, pull, samples.typical())
    assert comment.deliver(client, event, pull, samples.result()) == "resolved"
    assert "resolved" in bodies(github)[0]
    assert comment.deliver(client, event, pull, samples.typical()) == "edited"
    assert len(bodies(github)) == 1


def test_nothing_is_posted_when_there_never_was_a_finding(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    clean = samples.result(coverage=Coverage(1, 1, 1, 1, 1))
    assert comment.deliver(client, event, pull, clean) == "nothing to say"
    assert github.called("POST") == []


def test_it_is_found_behind_many_other_comments(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    comment.deliver(client, event, pull, samples.typical())
    [ours] = github.comments[7]
    github.comments[7] = [ours | {"id": 1_000 + n, "body": "hello"} for n in range(250)] + [ours]
    assert comment.deliver(client, event, pull, samples.result()) == "resolved"


def test_a_strangers_comment_with_the_marker_is_left_alone(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    comment.deliver(client, event, pull, samples.typical())
    stranger = github.comments[7][0]
    stranger["user"]["type"] = "User"
    assert comment.deliver(client, event, pull, samples.result(samples.conflict())) == "posted"
    assert len(github.comments[7]) == 2


def test_3000_findings_fit(github: FakeGitHub, client: Client, event: Event, pull: PullRequest) -> None:
    many = [samples.finding(message="ü" * 200, identity=str(n)) for n in range(3_000)]
    assert comment.deliver(client, event, pull, samples.result(*many)) == "posted"
    assert "more findings did not fit here; all are in the summary of the job" in bodies(github)[0]
