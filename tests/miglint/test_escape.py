import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from miglint import escape

COMMONMARK = MarkdownIt("gfm-like", {"linkify": False})
any_text = st.text(st.characters(), max_size=60) | st.text("<>`*_[]()!@#|\\-+=.:/\n\t$~&1ax ", max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain naïve 表", "plain naïve 表"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("\ud800", "\\ud800"),
        ("caf\udce9.py", "caf\\xe9.py"),
        ("\U000e0041", "\\U000e0041"),
        ("a\nb\r", "a\\nb\\r"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_escape(text: str, shown: str) -> None:
    assert escape.visible(text) == shown


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("my shop/ü#?.py", "my%20shop/%C3%BC%23%3F.py"),
        ("caf\udce9.py", "caf%E9.py"),
        ("\ud800\udce9.py", "%5Cud800%5Cxe9.py"),
        ("(a)\"'<b>", "%28a%29%22%27%3Cb%3E"),
    ],
)
def test_an_address_has_the_bytes_that_git_has(path: str, address: str) -> None:
    assert escape.address(path) == address


def test_plain_data_can_be_encoded() -> None:
    data = {"a": ["caf\udce9", {"b": "\ud83d\ude00\ud800", "c": None, "d": 1, "e": "😀"}]}
    plain = {"a": ["caf\\xe9", {"b": "\\ud83d\\ude00\\ud800", "c": None, "d": 1, "e": "😀"}]}
    assert escape.plain(data) == plain


@given(any_text)
def test_a_line_is_one_printable_line(text: str) -> None:
    assert escape.line(text).isprintable()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("ping @octocat", "ping @\u200boctocat"),
        ("closes #12", "closes #\u200b12"),
        ("GH-12", "GH\u200b-12"),
        ("https://evil.example", "https:\u200b//evil.example"),
        ("www.evil.example", "www\u200b.evil.example"),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("[a](b)", "\\[a\\](b)"),
    ],
)
def test_markdown_means_nothing(text: str, escaped: str) -> None:
    assert escape.markdown(text) == escaped


@given(any_text)
def test_markdown_renders_as_one_paragraph_of_the_same_text(text: str) -> None:
    rendered = COMMONMARK.render("x" + escape.markdown(text))
    shown = html.unescape(rendered.removeprefix("<p>").removesuffix("</p>\n"))
    assert shown.replace(escape.ZERO_WIDTH_SPACE, "") == "x" + escape.line(text.strip())


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("`migrate` stops at a_b", "`migrate` stops at a\\_b"),
        ("one ` alone", "one \\` alone"),
        ("``", ""),
        ("`@octocat` and @octocat", "`@octocat` and @\u200boctocat"),
        ("# `x`", "\\# `x`"),
    ],
)
def test_prose_shows_what_stands_between_backticks_as_code(text: str, escaped: str) -> None:
    assert escape.prose(text) == escaped


@given(any_text)
def test_prose_is_one_paragraph_of_text_and_code(text: str) -> None:
    tokens = COMMONMARK.parse("x" + escape.prose(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or []} <= {"text", "code_inline", "text_special"}


@given(any_text)
def test_markdown_starts_no_block_of_its_own(text: str) -> None:
    kinds = {token.type for token in COMMONMARK.parse(escape.markdown(text))}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close"}


@given(any_text)
def test_a_code_span_holds_all_of_the_text(text: str) -> None:
    rendered = COMMONMARK.render(f"| a |\n|---|\n| {escape.code(text)} |\n")
    cell = rendered.partition("<td>")[2].partition("</td>")[0]
    assert cell.startswith("<code>")
    assert cell.count("<") == 2


@given(any_text)
def test_a_fence_ends_where_it_should(text: str) -> None:
    tokens = COMMONMARK.parse(escape.fenced(text, "sql"))
    assert [token.type for token in tokens] == ["fence"]
    assert tokens[0].content == escape.block(text) + "\n"


@given(any_text)
def test_html_opens_no_element(text: str) -> None:
    assert not set(escape.html(text)) & set("<>\"'")


@given(any_text)
def test_a_mermaid_label_ends_at_its_quote(text: str) -> None:
    assert not set(escape.mermaid(text)) & set('"[]{}`<>|\n')


def test_a_name_of_100_kb_is_cut() -> None:
    assert len(escape.line("x" * 100_000, 200)) == 200
    assert len(escape.markdown("*" * 100_000, 200)) == 399
