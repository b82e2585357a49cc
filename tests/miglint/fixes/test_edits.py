"""Edits in files: what they may not change, what they may not touch twice, what does not fit."""

from __future__ import annotations

import codecs

import pytest

from miglint.finding import Edit, Fix, Span
from miglint.fixes import apply

PATH = "shop/migrations/0002_b.py"
LINE = 'dependencies = [("shop", "0001_a")]'


def edit(line: int, start: int, end: int, text: str, path: str = PATH) -> Edit:
    return Edit(path, Span(line, start, line, end), text)


def fix(*edits: Edit) -> Fix:
    return Fix("mend", safe=True, edits=edits)


ATOMIC = fix(edit(2, 1, 1, "atomic = False\n"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a = 1\nb = 2\n", b"a = 1\natomic = False\nb = 2\n"),
        (b"a = 1\r\nb = 2\r\n", b"a = 1\r\natomic = False\r\nb = 2\r\n"),
        (b"a = 1\rb = 2\r", b"a = 1\ratomic = False\rb = 2\r"),
        (b"a = 1\r\nb = 2\n", b"a = 1\r\natomic = False\r\nb = 2\n"),
        (codecs.BOM_UTF8 + b"a = 1\nb = 2", codecs.BOM_UTF8 + b"a = 1\natomic = False\nb = 2"),
        (b"# coding: latin-1\nb = '\xe9'\n", b"# coding: latin-1\natomic = False\nb = '\xe9'\n"),
        ("a = '\u2028'\x0c\nb = 2\n".encode(), "a = '\u2028'\x0c\natomic = False\nb = 2\n".encode()),
    ],
    ids=["lf", "crlf", "cr", "mixed", "bom", "latin-1", "what ends no line"],
)
def test_only_the_edit_changes(before: bytes, after: bytes) -> None:
    assert apply({PATH: before}, [ATOMIC]).files == {PATH: after}


def test_columns_are_characters() -> None:
    before = 'x = "é😀"; atomic = True\n'
    start = before.index("True") + 1
    applied = apply({PATH: before.encode()}, [fix(edit(1, start, start + 4, "False"))])
    assert applied.files == {PATH: 'x = "é😀"; atomic = False\n'.encode()}


def test_the_first_line_of_a_file_with_a_mark_counts_without_it() -> None:
    applied = apply(
        {"max_migration.txt": codecs.BOM_UTF8 + b"0001_a\n"}, [fix(edit(1, 1, 7, "0002_b", "max_migration.txt"))]
    )
    assert applied.files == {"max_migration.txt": codecs.BOM_UTF8 + b"0002_b\n"}


def test_of_two_that_overlap_the_first_wins_and_spans_stay_those_of_the_file() -> None:
    first, second = fix(edit(1, 1, 4, "longer")), fix(edit(1, 3, 5, "!"))
    third = fix(edit(1, 6, 7, "#"))
    applied = apply({PATH: b"abcdefgh\n"}, [first, second, third])
    assert applied.files == {PATH: b"longerde#gh\n"}
    assert applied.fixes == (first, third)
    assert [(one.fix, one.reason) for one in applied.refused] == [
        (second, f"another fix edits the same place in {PATH}")
    ]


def test_edits_that_touch_do_not_overlap() -> None:
    applied = apply({PATH: b"abcd"}, [fix(edit(1, 1, 3, "x")), fix(edit(1, 3, 5, "y"))])
    assert applied.files == {PATH: b"xy"}


def test_two_insertions_at_one_place_are_in_no_order() -> None:
    applied = apply({PATH: b"abcd"}, [fix(edit(1, 2, 2, "x")), fix(edit(1, 2, 2, "y"))])
    assert applied.files == {PATH: b"axbcd"}
    assert len(applied.refused) == 1


def test_the_same_edit_twice_is_made_once() -> None:
    applied = apply({PATH: b"a = 1\nb = 2\n"}, [ATOMIC, ATOMIC])
    assert applied.files == {PATH: b"a = 1\natomic = False\nb = 2\n"}
    assert applied.fixes == (ATOMIC, ATOMIC)


def test_a_fix_goes_in_whole_or_not_at_all() -> None:
    half = fix(edit(1, 1, 2, "x"), edit(9, 1, 1, "y"))
    applied = apply({PATH: b"abcd\n"}, [half])
    assert (applied.files, applied.fixes) == ({}, ())
    assert applied.refused[0].reason == f"{PATH} has no line 9, column 1"


@pytest.mark.parametrize(
    ("content", "edits", "reason"),
    [
        (b"abc\n", [edit(1, 5, 6, "x")], f"{PATH} has no line 1, column 5"),
        (b"abc\r\ndef", [edit(1, 5, 5, "x")], f"{PATH} has no line 1, column 5"),
        (b"abc\n", [edit(1, 3, 2, "x")], f"an edit of {PATH} ends before it begins"),
        (b"abc\n", [edit(1, 1, 3, "x"), edit(1, 2, 3, "y")], f"its own edits of {PATH} overlap"),
        (b"# coding: latin-1\n", [edit(1, 1, 1, "\u20ac")], f"{PATH} cannot hold '\u20ac' in its encoding, iso-8859-1"),
        (b"# coding: nope\n", [edit(1, 1, 1, "x")], f"the encoding of {PATH} cannot be read"),
        (b"\xff\n", [edit(1, 1, 1, "x")], f"the encoding of {PATH} cannot be read"),
        (b"abc", [edit(1, 1, 1, "x", "gone.py")], "gone.py is not there"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(content: bytes, edits: list[Edit], reason: str) -> None:
    applied = apply({PATH: content}, [fix(*edits)])
    assert applied.files == {}
    assert [one.reason for one in applied.refused] == [reason]


def test_an_edit_that_changes_nothing_leaves_the_file_out() -> None:
    assert apply({PATH: b"abc"}, [fix(edit(1, 1, 2, "a"))]).files == {}
