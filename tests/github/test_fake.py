"""The fake must refuse what GitHub refuses, or the other tests show nothing."""

import contextlib
import re

import pytest

from miglint.github.api import GITHUB
from miglint.rest import Client, RestError
from tests.github.fake import TOKEN, UNDESCRIBED, FakeGitHub, refusal, serving
from tests.github.shapes import REPOSITORY, fixture

ROOT = f"/repos/{REPOSITORY}"
PARAMETER = re.compile(r"\{\w+\}")
RUN = {"name": "x", "head_sha": "b" * 40, "output": {"title": "", "summary": ""}}
ANNOTATION = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/issues/7/comments", {"body": 1}),
        ("/issues/7/comments", {}),
        (f"/statuses/{'b' * 40}", {"state": "broken"}),
        ("/pulls/7/reviews", {"event": "BLOCK", "comments": []}),
        ("/check-runs", RUN | {"status": "completed", "conclusion": "good"}),
    ],
)
def test_the_description_is_enforced(path: str, body: dict[str, object]) -> None:
    with serving() as github:
        github.open_pull_request(7, sha="b" * 40)
        client = Client(GITHUB, github.url, TOKEN, patience=5, sleep=lambda seconds: None)
        with contextlib.suppress(RestError):
            client.post(ROOT + path, body)
        assert github.violations != []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/issues/8/comments", {"body": "x"}, 404),
        ("/issues/7/comments", {"body": "x" * 65_537}, 422),
        ("/check-runs", RUN | {"conclusion": "success"}, 422),
        (
            "/check-runs",
            RUN
            | {
                "status": "completed",
                "conclusion": "success",
                "output": {**RUN["output"], "annotations": [ANNOTATION] * 51},
            },
            422,
        ),
        ("/pulls/7/reviews", {"event": "COMMENT", "comments": [{"path": "a", "line": 3, "body": "x"}]}, 422),
        (f"/statuses/{'b' * 40}", {"state": "success", "description": "x" * 141}, 422),
    ],
)
def test_what_the_description_does_not_say(
    path: str, body: dict[str, object], status: int, github: FakeGitHub, client: Client
) -> None:
    with pytest.raises(RestError) as caught:
        client.post(ROOT + path, body)
    assert caught.value.status == status
    github.violations.clear()


def test_a_token_that_may_only_read(github: FakeGitHub, client: Client) -> None:
    github.may_write = False
    with pytest.raises(RestError, match="403 Resource not accessible by integration"):
        client.post(f"{ROOT}/issues/7/comments", {"body": "x"})


def test_a_refusal_that_nothing_declares_is_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as github:
        monkeypatch.setattr(github, "create_comment", lambda call, number: refusal(418, "I'm a teapot"))
        github.open_pull_request(7, sha="b" * 40)
        client = Client(GITHUB, github.url, TOKEN, sleep=lambda seconds: None)
        with pytest.raises(RestError, match="418"):
            client.post(f"{ROOT}/issues/7/comments", {"body": "x"})
        assert [text for text in github.violations if "answers 418" in text]


def test_the_table_of_undescribed_refusals_has_no_entry_that_is_described() -> None:
    statuses = {
        (verb.upper(), path.removeprefix("/repos/{owner}/{repo}")): set(operation["responses"])
        for path, item in fixture("openapi")["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    }
    for verb, pattern, status in UNDESCRIBED:
        if verb:
            shown = {
                path for known, path in statuses if known == verb and re.fullmatch(pattern, PARAMETER.sub("1", path))
            }
            assert shown
            assert all(str(status) not in statuses[verb, path] for path in shown)
