import pytest

import samples
from miglint.finding import Edit, Fix, Span
from miglint.github import review
from miglint.github.event import Event, PullRequest
from miglint.rest import Client
from miglint.result import Result
from tests.github.fake import FakeGitHub
from tests.github.shapes import changed_file

SOURCE = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = []\n"
PATCH = "@@ -0,0 +1,5 @@\n" + "".join(f"+{line}\n" for line in SOURCE.splitlines())


def fixable() -> Result:
    return samples.result(samples.finding(fix=samples.atomic_fix()), sources={samples.PATH: SOURCE})


def test_a_fix_on_a_line_of_the_diff_is_suggested_once(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    github.files[7] = [changed_file("README.md"), changed_file(samples.PATH, PATCH)]
    assert review.deliver(client, event, pull, fixable()) == "suggested 1"
    [comment] = github.review_comments[7]
    assert (comment["path"], comment["line"]) == (samples.PATH, 5)
    assert comment["body"].endswith("```suggestion\n    atomic = False\n    dependencies = []\n```")
    assert review.deliver(client, event, pull, fixable()) == "nothing new to suggest"


@pytest.mark.parametrize("patch", [None, "@@ -1,3 +1,4 @@\n x"])
def test_a_line_that_the_diff_does_not_show_gets_no_comment(
    patch: str | None, github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    github.files[7] = [changed_file(samples.PATH, patch)]
    assert review.deliver(client, event, pull, fixable()) == "nothing new to suggest"


def test_without_a_fix_nothing_is_asked(github: FakeGitHub, client: Client, event: Event, pull: PullRequest) -> None:
    assert review.deliver(client, event, pull, samples.result(samples.finding())) == "nothing to suggest"
    assert github.calls == []


@pytest.mark.parametrize(
    ("span", "text", "suggested"),
    [
        (Span(2, 3, 2, 4), "X", (2, 2, "twX!")),
        (Span(1, 1, 2, 1), "first\n", (1, 1, "first")),
        (Span(1, 1, 2, 1), "", (1, 1, "")),
        (Span(1, 4, 2, 1), " ", (1, 2, "one two!")),
        (Span(1, 2, 3, 2), "-", (1, 3, "o-hree")),
        (Span(3, 1, 4, 1), "x", None),
        (Span(4, 1, 4, 1), "x", None),
    ],
)
def test_the_lines_of_a_suggestion(span: Span, text: str, suggested: tuple[int, int, str] | None) -> None:
    assert review.suggestion(Edit("a.py", span, text), ["one", "two!", "three"]) == suggested


def test_what_cannot_be_shown_is_not_suggested() -> None:
    finding = samples.finding(fix=Fix("x", True, (Edit(samples.PATH, Span(1, 1, 1, 1), "\u202e"),)))
    shown = {samples.PATH: [range(1, 5)]}
    assert review.comment_on(finding, shown, {samples.PATH: SOURCE}) is None


def test_an_edit_that_two_findings_share_is_suggested_once(
    github: FakeGitHub, client: Client, event: Event, pull: PullRequest
) -> None:
    github.files[7] = [changed_file(samples.PATH, PATCH)]
    pair = [samples.finding(fix=samples.atomic_fix(), identity=identity) for identity in ("one", "two")]
    assert review.deliver(client, event, pull, samples.result(*pair, sources={samples.PATH: SOURCE})) == "suggested 1"


@pytest.mark.parametrize("safe", [True, False])
def test_what_needs_a_judgement_says_so(safe: bool) -> None:
    fix = Fix("let going back undo nothing", safe, samples.atomic_fix().edits)
    comment = review.comment_on(samples.finding(fix=fix), {samples.PATH: [range(1, 6)]}, {samples.PATH: SOURCE})
    assert comment
    assert "let going back undo nothing" in comment["body"]
    assert ("if that is right here" in comment["body"]) is not safe


@pytest.mark.parametrize("separator", ["\f", "\r", "\u2028", "\x1e"])
def test_only_git_begins_a_hunk(separator: str) -> None:
    assert review.hunks(f"@@ -0,0 +1,2 @@\n+a{separator}@@ -0,0 +1,999 @@\n+b\n") == [range(1, 3)]


def test_lines_that_github_counts_otherwise_get_no_suggestion() -> None:
    finding = samples.finding(fix=samples.atomic_fix())
    source = SOURCE.replace("Migration):\n", "Migration):\r")
    assert review.comment_on(finding, {samples.PATH: [range(1, 6)]}, {samples.PATH: source}) is None
