"""Nothing that the author of a change can choose escapes in any format."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from markdown_it import MarkdownIt

import samples
from miglint.reporters import Console, formats, reporter
from miglint.result import Result

CELLS = [(form, kind) for form in formats() for kind in samples.HOSTILE]
MERMAID_LINE = re.compile(
    r'graph TD|  n\d+\["[\w .()/#;-]*<br/>[\w .()/#;-]*"\]:::side[0-2]|  n\d+ --> n\d+|  classDef side\d [-:#\w,]+'
)
OWN_HTML = {"<details>", "<summary>", "</summary>", "</details>", "<code>", "</code>", "<sub>", "</sub>"}


def written(form: str, result: Result) -> str:
    return reporter(form).report(result, Console())


@pytest.mark.parametrize(("form", "kind"), CELLS)
def test_only_text_that_can_be_seen_comes_out(form: str, kind: str) -> None:
    text = written(form, samples.hostile(samples.HOSTILE[kind]))
    text.encode("utf-8")
    unseen = {char for char in text if not char.isprintable()} - {"\n", "\t"}
    # U+200B is what breaks up mentions; it stands nowhere else
    assert unseen <= ({"\u200b"} if form in {"markdown", "gitlab"} else set())


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_the_terminal_formats_carry_no_command_to_the_runner(kind: str) -> None:
    for form in {"text", "github"} & set(formats()):
        for line in written(form, samples.hostile(samples.HOSTILE[kind])).splitlines():
            command = re.match(
                r"::(error|warning|notice)( [^:]*)?::|::(stop-commands::)?miglint-[0-9a-f]{32}(::)?$", line
            )
            assert command or not line.lstrip().startswith("::"), line
            assert command or "##[" not in line, line


@pytest.mark.parametrize("form", [form for form in formats() if form not in {"json", "sarif"}])
def test_a_name_of_100_kb_is_cut(form: str) -> None:
    assert len(written(form, samples.hostile(samples.HOSTILE["long"]))) < 2_500_000


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_markdown_holds_no_foreign_markup(kind: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in rendered.parse(written("markdown", samples.hostile(samples.HOSTILE[kind]))):
        if token.type == "html_block":
            assert set(re.findall(r"<[^>]*>", token.content)) <= OWN_HTML
        if token.type == "fence" and token.info == "mermaid":
            assert all(MERMAID_LINE.fullmatch(line) for line in token.content.splitlines())
        for child in token.children or []:
            assert child.type not in {"image", "em_open", "strong_open", "s_open"} or "**" in token.content
            if child.type == "link_open":
                assert str(child.attrs["href"]).startswith(samples.DOCS)
            if child.type == "html_inline":
                assert child.content in OWN_HTML
            if child.type == "text":
                assert not re.search(r"@\w|#\d|GH-\d|://|www\.", child.content), child.content


@pytest.mark.parametrize("kind", samples.HOSTILE)
def test_junit_stays_well_formed(kind: str) -> None:
    root = ET.fromstring(written("junit", samples.hostile(samples.HOSTILE[kind])))
    suite = root[0]
    assert [len(case) for case in suite] == [1, 1, 1, 0]
    assert {case.tag for case in suite} == {"testcase"}
    assert [case[0].tag for case in suite if len(case)] == ["failure", "skipped", "skipped"]


@pytest.mark.parametrize("kind", samples.HOSTILE)
@pytest.mark.parametrize("form", ["gitlab", "json", "sarif"])
def test_the_json_formats_stay_json(form: str, kind: str) -> None:
    json.loads(written(form, samples.hostile(samples.HOSTILE[kind])))


@pytest.mark.parametrize("kind", [kind for kind in samples.HOSTILE if kind != "long"])
def test_sarif_messages_hold_no_link(kind: str) -> None:
    run = json.loads(written("sarif", samples.hostile(samples.HOSTILE[kind])))["runs"][0]
    for result in run["results"]:
        assert not re.search(r"(?<!\\)[\[\]]", result["message"]["text"].replace("\\\\", ""))
