import pytest

from miglint.finding import Location, Problem, Span
from miglint.suppress import suppressions

PYTHON = """\
# miglint: ignore-file[a-rule] -- all of it
x = "# miglint: ignore[in-a-string]"
y = [
    # miglint: ignore[one, two] until=2027-01-31 -- because
    # miglint: ignore[three]
    1,
    2,  # noqa  # miglint: ignore[four]  # and more
]
"""


def test_python_comments_are_found_by_tokens_and_cover_the_next_line_of_code() -> None:
    found = suppressions("a.py", PYTHON.encode())
    assert [(one.names, one.covers, one.whole_file, one.reason) for one in found] == [
        (("a-rule",), 2, True, "all of it"),
        (("one", "two"), 6, False, "because"),
        (("three",), 6, False, ""),
        (("four",), 7, False, ""),
    ]
    assert str(found[1].expires) == "2027-01-31"
    assert found[3].span == Span(7, 17, 7, 52)


def test_sql_comments_are_found_outside_strings_and_dollar_quotes() -> None:
    sql = (
        "-- miglint: ignore-file[a] -- reason -- with dashes\n"
        "SELECT '-- miglint: ignore[b]', $$\n-- miglint: ignore[c]\n$$;\n"
        "/* -- miglint: ignore[d] */\n"
        "DROP TABLE x; -- miglint: ignore[e] -- gone\n"
    )
    found = suppressions("a.sql", sql.encode())
    assert [(one.names, one.covers, one.reason) for one in found] == [
        (("a",), 2, "reason -- with dashes"),
        (("e",), 6, "gone"),
    ]
    assert found[1].span == Span(6, 15, 6, 44)


@pytest.mark.parametrize(
    ("comment", "error"),
    [
        ("# miglint: ignore", "`ignore` is not a suppression"),
        ("# miglint: ignore[]", "it names no rule"),
        ("# miglint: ignore[a] because", "`ignore[a] because` is not a suppression"),
        ("# miglint: ignore[a] until=tomorrow", "`tomorrow` is no date"),
        ("# miglint: ignore[a] until=2027-02-31", "`2027-02-31` is no date"),
    ],
)
def test_a_malformed_suppression_says_why(comment: str, error: str) -> None:
    (found,) = suppressions("a.py", comment.encode())
    assert error in found.error


@pytest.mark.parametrize(
    "content",
    [b"x = (\n# miglint: ignore[a]", b"\xff\xfe# miglint: ignore[a]", b"'''miglint:", b"\x00 miglint:"],
)
def test_a_file_that_cannot_be_tokenised_raises_nothing(content: bytes) -> None:
    suppressions("a.py", content)


def test_a_comment_reaches_its_line_its_operation_and_what_the_operation_holds() -> None:
    (comment,) = suppressions("a.py", b"# miglint: ignore[r]\nop(\n  inner,\n)\n")
    deep = Problem(Location("a.py", Span(3, 3, 3, 8)), "m", "h", ())
    inner, outer, other = Span(3, 3, 3, 8), Span(2, 1, 4, 2), Span(1, 1, 9, 1)
    assert comment.matches("r", deep, (inner, outer))
    assert not comment.matches("r", deep, (inner,))
    assert not comment.matches("r", deep, (inner, other))
    assert not comment.matches("other", deep, (inner, outer))
