"""The note on a GitLab merge request: one of them, whatever happens, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import samples
from miglint.gitlab import note
from miglint.gitlab.merge_request import merge_request
from miglint.result import Result
from tests.github.fake import served
from tests.gitlab.fake import BOT, NUMBER, PROJECT, STRANGER, TOKEN, FakeGitLab

CLEAN = samples.result(coverage=samples.typical().coverage)
SHA = "c" * 40


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    gitlab = FakeGitLab()
    with served(gitlab):
        yield gitlab
    assert gitlab.violations == []
    assert gitlab.ran == []


def post(gitlab: FakeGitLab, result: Result, **others: str) -> str:
    environment = {
        "CI_API_V4_URL": gitlab.url,
        "CI_PROJECT_ID": "666",
        "CI_MERGE_REQUEST_PROJECT_ID": str(PROJECT),
        "CI_MERGE_REQUEST_IID": str(NUMBER),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_URL": "https://gitlab.example/fork/shop",
        "CI_COMMIT_SHA": SHA,
        "MIGLINT_TOKEN": TOKEN,
    }
    return note.post(result, environment | others)


def test_a_note_is_written_edited_and_resolved(gitlab: FakeGitLab) -> None:
    assert post(gitlab, samples.typical()) == ""
    [written] = gitlab.notes
    assert "miglint found 2 errors, 1 warning and 1 notice" in written["body"]
    assert f"https://gitlab.example/fork/shop/-/blob/{SHA}/{samples.PATH}#L12" in written["body"]
    assert post(gitlab, samples.result(samples.finding())) == ""
    assert "miglint found 1 error" in gitlab.notes[0]["body"]
    assert post(gitlab, CLEAN) == ""
    assert [one["body"] for one in gitlab.notes] == [written["body"]]
    assert f"resolved\n\nEverything that was reported here has been dealt with as of {SHA[:12]}" in written["body"]


def test_the_same_report_is_not_sent_again(gitlab: FakeGitLab) -> None:
    for _ in range(2):
        assert post(gitlab, samples.typical()) == ""
    assert [call.verb for call in gitlab.calls if call.verb != "GET"] == ["POST"]


def test_nothing_is_written_as_long_as_nothing_was_found(gitlab: FakeGitLab) -> None:
    assert post(gitlab, CLEAN) == ""
    assert gitlab.notes == []


def test_our_note_is_found_behind_others_that_look_like_it(gitlab: FakeGitLab) -> None:
    gitlab.write(f"{note.MARKER}\nnot ours", author=STRANGER)
    gitlab.write(f"{note.MARKER}\na system's", author=BOT, system=True)
    for number in range(150):
        gitlab.write(f"talk {number}", author=BOT)
    ours = gitlab.write(f"{note.MARKER}\nours", author=BOT)
    assert post(gitlab, samples.typical()) == ""
    assert "miglint found" in ours["body"]
    assert sum("miglint found" in one["body"] for one in gitlab.notes) == 1


@pytest.mark.parametrize("prefix", ["", "```\n", "````\n", "> ", "  ", "`x` "])
@pytest.mark.parametrize("command", ["/close", "/merge", "/assign @octocat", "/approve", "/label ~x"])
def test_no_line_is_a_quick_action(prefix: str, command: str, gitlab: FakeGitLab) -> None:
    text = f"x\n{prefix}{command}\n{command}\n"
    assert post(gitlab, samples.hostile(text)) == ""
    assert post(gitlab, samples.hostile(text + "more")) == ""


def test_no_line_of_hostile_text_is_a_quick_action(gitlab: FakeGitLab) -> None:
    for text in samples.HOSTILE.values():
        assert post(gitlab, samples.hostile(f"{text}\n/close")) == ""


def test_the_longest_report_fits(gitlab: FakeGitLab) -> None:
    many = [samples.finding(message="/x " * 300, identity=str(number)) for number in range(3_000)]
    assert post(gitlab, samples.result(*many)) == ""
    assert "more findings did not fit here" in gitlab.notes[0]["body"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (401, "401"),
        (403, "403"),
        (404, "needs the scope api"),
        (422, "422"),
        (429, "429"),
        (500, "500"),
        ("drop", "the connection failed"),
        ("truncate", "the connection failed"),
        ("garbage", "not JSON"),
    ],
)
@pytest.mark.parametrize("where", ["GET /user", "GET .*notes", "POST"])
def test_a_failure_is_one_line(
    kind: str | int, said: str, where: str, gitlab: FakeGitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    gitlab.fail(kind, where)
    complaint = post(gitlab, samples.typical())
    assert complaint.startswith("no note: ")
    assert said in complaint
    assert complaint.isprintable()
    assert TOKEN not in complaint


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"MIGLINT_TOKEN": ""}, "CI_JOB_TOKEN may not write notes"),
        ({"MIGLINT_TOKEN": "wrong"}, "401 401 Unauthorized; MIGLINT_TOKEN needs the scope api"),
        ({"MIGLINT_TOKEN": "line\nbreak"}, "characters that no token has"),
        ({"CI_MERGE_REQUEST_IID": ""}, "no pipeline of a merge request"),
        ({"CI_MERGE_REQUEST_IID": "9"}, "404 Project Not Found"),
        ({"CI_MERGE_REQUEST_IID": "5/../6"}, "no pipeline of a merge request"),
        ({"CI_API_V4_URL": "file:///etc"}, "CI_API_V4_URL is not an http or https address"),
        ({"CI_API_V4_URL": ""}, "CI_API_V4_URL is not an http or https address"),
    ],
)
def test_what_is_missing_is_said(others: dict[str, str], said: str, gitlab: FakeGitLab) -> None:
    assert said in post(gitlab, samples.typical(), **others)
    assert gitlab.notes == []


@pytest.mark.parametrize("answer", [[], {}, {"id": 1}, [{"id": 1}], "text", None])
def test_an_answer_of_another_shape_is_no_traceback(
    answer: object, gitlab: FakeGitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.github.fake import Answer

    monkeypatch.setattr(gitlab, "_route", lambda call: Answer(200, answer))
    assert post(gitlab, samples.typical()).startswith("no note: ")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x/](y", "https://x y", ""])
def test_an_address_that_is_none_makes_no_link(address: str) -> None:
    variables = {"CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "2", "CI_COMMIT_SHA": SHA}
    request = merge_request({**variables, "CI_MERGE_REQUEST_SOURCE_PROJECT_URL": address})
    assert request
    assert request.line_address("a.py", 1) is None
