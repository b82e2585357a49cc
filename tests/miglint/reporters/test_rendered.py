"""What a person sees of hostile names once a page is rendered: text, and else what the page itself is made of."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

import samples
from miglint.changeset import Revision
from miglint.finding import Location, Span
from miglint.github import checks, comment, review
from miglint.github.commands import command
from miglint.github.event import Event, PullRequest
from miglint.gitlab import note
from miglint.gitlab.merge_request import MergeRequest
from miglint.reporters import Console, formats, markdown, reporter

GITHUB = MarkdownIt("gfm-like")
"""With autolinks of bare addresses, as GitHub and GitLab make them."""
assert GITHUB.linkify is not None
# They do not take U+200B for a letter of a domain, as this one does.
GITHUB.linkify.set({"fuzzy_email": False}).add("mailto:", None)
TAGS = {*"h3 h4 p code pre a strong ul li table thead tbody tr th td details summary sub br blockquote".split()}
ATTRIBUTES = {("a", "href"), ("code", "class"), ("th", "style"), ("td", "style")}
OURS = (samples.DOCS, "https://github.com/acme/shop/blob/", "https://gitlab.example/acme/shop/-/blob/")
REFERENCE = re.compile(r"@\w|[#!%&]\d|\bGH-\d|://|\bwww\.", re.IGNORECASE)
"""What GitHub or GitLab would make a mention, a link or a note elsewhere of. Other signs of GitLab's (`~label`) are
escaped in the source, which it respects."""
EVENT = Event("pull_request", "acme/shop", sha="b" * 40, pull_request=PullRequest(7, "main", "b" * 40))
REQUEST = MergeRequest("1", "2", "b" * 40, "https://gitlab.example/acme/shop")
PAGES = {
    "summary": lambda result: markdown.report(result, Console()),
    "comment": lambda result: comment.body(EVENT, result),
    "note": lambda result: note.body(REQUEST, result),
}


class Page(HTMLParser):
    """The tags of a page, its links, and its text outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.prose = ""
        self.comments: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == "br" or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.prose += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.mark.parametrize("kind", samples.HOSTILE)
@pytest.mark.parametrize("where", PAGES)
def test_a_page_is_made_of_nothing_but_its_own_parts(where: str, kind: str) -> None:
    page = Page(GITHUB.render(PAGES[where](samples.hostile(samples.HOSTILE[kind]))))
    assert page.open == []
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert [link for link in page.links if not link.startswith(OURS)] == []
    assert page.comments == ([] if where == "summary" else [page.comments[0]])


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_prose_refers_to_nobody_and_nothing(kind: str) -> None:
    page = Page(GITHUB.render(markdown.report(samples.hostile(samples.HOSTILE[kind]), Console())))
    assert REFERENCE.findall(page.prose) == []


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_a_suggestion_is_one_block_of_its_own(kind: str) -> None:
    text = samples.HOSTILE[kind]
    found = samples.hostile(text).findings[0]
    path = found.problem.at.path
    made = review.comment_on(found, {path: [range(1, 9)]}, {path: "one\ntwo\n"})
    if made is not None:
        blocks = [token for token in GITHUB.parse(made["body"]) if token.type == "fence"]
        assert [block.info for block in blocks] == ["suggestion"]
        assert blocks[0].content == f"{text}one\n"
        assert Page(GITHUB.render(made["body"])).tags <= TAGS


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_a_check_run_has_the_texts_and_lengths_that_github_takes(kind: str) -> None:
    result = samples.hostile(samples.HOSTILE[kind])
    annotation = checks._annotation(result.findings[0])
    assert len(annotation["title"]) <= 255
    assert len(annotation["message"].encode()) <= 64 * 1024
    layout = markdown.Layout(limit=checks.SUMMARY, link=EVENT.line_address)
    assert len(markdown.page(result, layout).encode()) <= 65_535
    assert len(comment.body(EVENT, result).encode()) <= 65_536
    assert len(note.body(REQUEST, result)) <= 1_000_000
    assert len(markdown.report(result, Console()).encode()) <= 1024 * 1024


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_a_command_to_the_runner_is_one_line_that_it_takes_apart_as_meant(kind: str) -> None:
    text = samples.HOSTILE[kind]
    one = command("warning", f"not posted: {text}")
    assert re.fullmatch(r"::warning title=miglint::[^\r\n]*\n", one)
    for line in reporter("github").report(samples.hostile(text), Console()).split("\n"):
        found = re.match(r"::(error|warning|notice) (.*?)::", line)
        if found:
            properties = dict(pair.split("=", 1) for pair in found[2].split(","))
            assert set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
            assert len(line) < 4 * 4_096 + 4_000
        assert len(re.findall(r"^::", line)) == line.startswith("::")


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_strict_readers_of_json_take_every_text(kind: str) -> None:
    for form in ("json", "sarif", "gitlab"):
        written = reporter(form).report(samples.hostile(samples.HOSTILE[kind]), Console())
        json.dumps(json.loads(written), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_json_keeps_its_promise(kind: str) -> None:
    from miglint import reporters

    schema = json.loads((Path(reporters.__path__[0]) / "schema" / "check.json").read_text())
    document = json.loads(reporter("json").report(samples.hostile(samples.HOSTILE[kind]), Console()))
    Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_junit_says_the_text_and_no_more(kind: str) -> None:
    root = ET.fromstring(reporter("junit").report(samples.hostile(samples.HOSTILE[kind]), Console()))
    known = {"testsuites", "testsuite", "testcase", "failure", "skipped", "system-out"}
    assert {element.tag for element in root.iter()} <= known
    names = {"tests", "failures", "errors", "skipped", "name", "classname", "file", "line", "message", "type"}
    assert {name for element in root.iter() for name in element.attrib} <= names


@pytest.mark.parametrize("form", formats())
def test_a_byte_that_is_no_utf_8_looks_the_same_everywhere(form: str) -> None:
    written = reporter(form).report(samples.hostile("caf\udce9"), Console())
    assert re.search(r"caf(\\{1,4}xe9|%E9|#92;xe9)", written)
    assert "dce9" not in written.lower()


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_a_terminal_gets_lines_of_source_that_fit_and_no_command(kind: str, colour: bool, width: int) -> None:
    written = reporter("text").report(samples.hostile(samples.HOSTILE[kind]), Console(colour, width))
    bare = re.sub(r"\033\[[0-9;]*m", "", written)
    assert all(char.isprintable() or char == "\n" for char in bare)
    source = [line for line in bare.split("\n") if re.match(r"\s*\d* \|", line)]
    assert source
    assert max(map(len, source)) <= width


def test_a_span_behind_the_end_of_a_line_draws_what_there_is() -> None:
    found = samples.finding()
    at = Location(samples.PATH, Span(1, 400, 1, 900))
    from msgspec.structs import replace

    result = samples.result(
        replace(found, problem=replace(found.problem, at=at)), sources={samples.PATH: "short"}, head=Revision("x", None)
    )
    assert "short" in reporter("text").report(result, Console(width=40))
