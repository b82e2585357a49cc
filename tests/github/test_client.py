import time

import pytest

from miglint.errors import MiglintError
from miglint.github.api import GITHUB
from miglint.rest import Client, RestError
from tests.github.fake import TOKEN, FakeGitHub
from tests.github.shapes import REPOSITORY

PULLS = f"/repos/{REPOSITORY}/pulls"
STATUS = f"/repos/{REPOSITORY}/statuses/{'b' * 40}"


def ask(client: Client) -> list[int]:
    return [pull["number"] for pull in client.pages(PULLS, limit=3, state="open")]


def test_pages_are_followed_up_to_a_limit(github: FakeGitHub, client: Client) -> None:
    for number in range(100, 450):
        github.open_pull_request(number, sha="d" * 40)
    assert len(ask(client)) == 300
    assert len(github.calls) == 3


@pytest.mark.parametrize("kind", [500, 502, 503, 429, "drop", "truncate"])
def test_what_may_pass_is_tried_again(kind: str | int, github: FakeGitHub, client: Client) -> None:
    github.fail(kind, times=2)
    assert ask(client) == [7]
    assert len(github.calls) == 3


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (403, "403 ordered by the test\\n::error::pwned"),
        (404, "404 "),
        (409, "409 "),
        (422, "422 "),
        (429, "429 "),
        (500, "500 "),
        ("drop", "the connection failed"),
        ("truncate", "the connection failed (IncompleteRead)"),
        ("garbage", "not JSON"),
        ("slow", "no answer in time"),
        ("trickle", "no answer in time"),
    ],
)
def test_a_failure_that_stays_is_told_in_one_line(
    kind: str | int, said: str, github: FakeGitHub, client: Client
) -> None:
    github.fail(kind)
    client.timeout = 0.5 if kind in {"slow", "trickle"} else 30
    with pytest.raises(RestError) as caught:
        ask(client)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert TOKEN not in repr(caught.value)
    assert len(github.calls) <= 3


@pytest.mark.parametrize("kind", [500, "drop"])
def test_what_may_have_been_created_is_not_created_again(kind: str | int, github: FakeGitHub, client: Client) -> None:
    github.fail(kind)
    with pytest.raises(RestError):
        client.post(STATUS, {"state": "success"})
    assert len(github.calls) == 1


def test_the_server_says_how_long_to_wait(github: FakeGitHub) -> None:
    waits: list[float] = []
    client = Client(GITHUB, github.url, TOKEN, sleep=waits.append)
    github.fail(429, times=1, headers={"Retry-After": "7"})
    github.fail(403, times=1, headers={"Retry-After": "9"})
    client.post(STATUS, {"state": "success"})
    assert waits == [7.0, 9.0]


def test_nobody_waits_longer_than_the_patience(github: FakeGitHub) -> None:
    client = Client(GITHUB, github.url, TOKEN, patience=5, sleep=time.sleep)
    github.fail(429, headers={"Retry-After": "3600"})
    with pytest.raises(RestError, match="429"):
        ask(client)
    assert len(github.calls) == 1


def test_requests_are_bounded(github: FakeGitHub, client: Client) -> None:
    client.requests = 1
    ask(client)
    with pytest.raises(RestError, match="limit of requests"):
        ask(client)


def test_the_token_is_not_shown_nor_sent_elsewhere(github: FakeGitHub, client: Client) -> None:
    assert TOKEN not in repr(client)
    github.fail(302, headers={"Location": f"{github.url}/elsewhere"}, times=1)
    with pytest.raises(RestError, match="302"):
        ask(client)
    assert len(github.calls) == 1


@pytest.mark.parametrize(("url", "token"), [("file:///etc", "x"), ("https://x\n", "x"), ("https://x", "a\nb")])
def test_what_could_smuggle_is_refused(url: str, token: str) -> None:
    with pytest.raises(MiglintError):
        Client(GITHUB, url, token)


def test_nobody_listens() -> None:
    with pytest.raises(RestError, match="the connection failed"):
        ask(Client(GITHUB, "http://127.0.0.1:9", TOKEN, sleep=lambda seconds: None))
