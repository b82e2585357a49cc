import random

import pytest

from miglint.sources.sql.positions import Positions
from miglint.sources.sql.split import split

RULE = "create rule r as on insert to t do (select 1; select 2)"
IF = "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN IF x THEN SET y = CASE WHEN 1 THEN 2 END; END IF; END"
POSTGRESQL = [
    ("select 1; select 2", ["select 1", "select 2"]),
    ("-- a; b\nselect 1 /* ; /* ; */ ; */ ;", ["select 1"]),
    ("select 'a;''b' ; select E'a\\';b'", ["select 'a;''b'", "select E'a\\';b'"]),
    ("select 'a\\'; select 2", ["select 'a\\'", "select 2"]),
    ('select ";" from "a""; b"; x', ['select ";" from "a""; b"', "x"]),
    ("do $$ begin; end $$; do $a$ $$;$b$; $a$", ["do $$ begin; end $$", "do $a$ $$;$b$; $a$"]),
    ("select $1; select a$b$c; x", ["select $1", "select a$b$c", "x"]),
    (
        "create function f() returns int begin atomic select 1; select case when a then 2 end; end; select 3",
        ["create function f() returns int begin atomic select 1; select case when a then 2 end; end", "select 3"],
    ),
    ("create rule r as on insert to t do (select 1; select 2); x", [RULE, "x"]),
    ("\\connect db\nselect 1;\n\\echo it's\nselect 2;", ["select 1", "select 2"]),
    ("COPY t (a) FROM STDIN;\n1;\n'2\n\\.\nselect 1;", ["COPY t (a) FROM STDIN", "select 1"]),
    ("copy t from stdin;\n1", ["copy t from stdin"]),
    (";;  ;", []),
    ("select 'never closed; x", ["select 'never closed; x"]),
    ("select $$ never; closed", ["select $$ never; closed"]),
    ("select 1 /* never; closed", ["select 1"]),
    ("begin; select 1; end; commit", ["begin", "select 1", "end", "commit"]),
    ("select (1; select 2", ["select (1", "select 2"]),
]


@pytest.mark.parametrize(("text", "expected"), POSTGRESQL)
def test_postgresql(text: str, expected: list[str]) -> None:
    pieces = [piece.sql for piece in split(text, "postgresql")]
    assert pieces == expected


def test_statements_of_postgresql_are_those_of_its_own_scanner() -> None:
    from miglint.dialects.postgresql.parser import parse

    text = ";\n".join(text for text, expected in POSTGRESQL[:9] if expected[-1:] != ["x"])
    assert [piece.sql for piece in split(text)] == [
        piece.strip()
        for each in parse(text)
        if (piece := _without_leading_comments(text[each.start : each.end])).strip()
    ]


def _without_leading_comments(text: str) -> str:
    first = split(text)
    return text[first[0].start : first[0].end] if first else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 'a\\';b'; x", ["select 'a\\';b'", "x"]),
        ('select "a;b"; # c;\nselect `;`', ['select "a;b"', "select `;`"]),
        ("select 1--2; x", ["select 1--2", "x"]),
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nselect 2;",
            ["CREATE PROCEDURE p() BEGIN SELECT 1; END", "select 2"],
        ),
        (f"{IF}; select 1", [IF, "select 1"]),
        ("DELIMITER ;\nselect 'a\nDELIMITER ;\nselect 2", ["select 'a\n", "select 2"]),
        ("select 'a\\'b; c\\", ["select 'a\\'b; c\\"]),
    ],
)
def test_mysql(text: str, expected: list[str]) -> None:
    assert [piece.sql for piece in split(text, "mysql")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select [a;b]; x", ["select [a;b]", "x"]),
        (
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; DELETE FROM c; END; x",
            ["CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = 1; DELETE FROM c; END", "x"],
        ),
    ],
)
def test_sqlite(text: str, expected: list[str]) -> None:
    assert [piece.sql for piece in split(text, "sqlite")] == expected


def test_pieces_know_where_they_stand() -> None:
    text = "-- é\r\n  select 'ü';\n\nselect\n 2 ;"
    pieces = split(text)
    assert [text[each.start : each.end] for each in pieces] == ["select 'ü'", "select\n 2"]
    spans = [Positions(text).span(each.start, each.end) for each in pieces]
    assert [(span.line, span.column, span.end_line, span.end_column) for span in spans] == [(2, 3, 2, 13), (4, 1, 5, 3)]


WORDS = (
    "select create function rule event trigger copy stdin begin end atomic case e E e'a\\'' E'a;' 'a' 'a;b' 'it''s' $1"
    " $$a;b$$ $t$;$t$ \"q;\" `q;` [q;] - -- --x; / * /*;*/ # # ; ( ) 1 1abc a$b é \\d \\ u&'a' ' \" \n \t"
).split(" ")


@pytest.mark.parametrize("database", ["postgresql", "mysql", "sqlite"])
def test_a_statement_ends_in_the_same_place_behind_a_comment(database: str) -> None:
    chance = random.Random(3)
    for _ in range(5_000):
        text = "".join(chance.choice(WORDS) + chance.choice(["", " "]) for _ in range(chance.randrange(1, 14)))
        comment = "a;/**/\n"  # behind it nothing is read by one pattern
        behind = split(comment + text, database)[1:]
        alone = split(text, database)
        assert [(each.sql, each.words) for each in alone[:1]] == [(each.sql, each.words) for each in behind[:1]]
