"""A text of SQL to its statements, with the place of each.

What clients add is seen through: psql's backslash commands, the rows after COPY … FROM STDIN, MySQL's DELIMITER. Bodies
with semicolons of their own (BEGIN ATOMIC … END, triggers and procedures of MySQL and SQLite) stay whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from msgspec import Struct, field

from miglint.sources.sql.lexer import Kind, Token, tokens


class Piece(Struct, frozen=True):
    """One statement without its semicolon, and the offsets where it starts and ends in the text."""

    sql: str
    start: int
    end: int
    words: tuple[str, ...] = ()
    """Its first words, in capitals."""


FIRST_WORDS = 12
BRIEF = 500
"""Characters of a statement that has hardly more words than the first ones."""
_META = re.compile(r"^[ \t]*\\[^\n]*", re.MULTILINE)
_COPY_END = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_DELIMITER = re.compile(r"^[ \t]*DELIMITER[ \t]+(\S+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


def split(text: str, database: str = "postgresql") -> list[Piece]:
    """The statements of a text, in order."""
    if database in ("mysql", "mariadb") and _DELIMITER.search(text):
        return list(_split_delimited(text, database))
    return list(_split(text, database, 0, len(text)))


def _split_delimited(text: str, database: str) -> Iterator[Piece]:
    """Parts of a MySQL script between DELIMITER lines; under another delimiter the semicolon is a plain character."""
    start, delimiter = 0, ";"
    for found in (*_DELIMITER.finditer(text), None):
        end = found.start() if found is not None else len(text)
        if delimiter == ";":
            yield from _split(text, database, start, end)
        else:
            yield from _split_at(text, delimiter, start, end)
        if found is not None:
            start, delimiter = found.end(), found.group(1)


def _split_at(text: str, delimiter: str, start: int, end: int) -> Iterator[Piece]:
    while start < end:
        found = text.find(delimiter, start, end)
        stop = found if found >= 0 else end
        sql = text[start:stop]
        if sql.strip():
            lead = len(sql) - len(sql.lstrip())
            yield Piece(sql.strip(), start + lead, start + lead + len(sql.strip()), tuple(sql.upper().split()[:3]))
        start = stop + len(delimiter)


class _Open(Struct):
    """The statement that is being read."""

    start: int = -1
    end: int = -1
    words: list[str] = field(default_factory=list)
    depth: int = 0
    brackets: int = 0
    last_word: str = ""
    """The word just before, if nothing stands between."""

    def take(self, token: Token, text: str, database: str) -> None:
        if self.start < 0:
            self.start = token.start
        self.end = token.end
        if token.kind is not Kind.WORD:
            self.brackets += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
            self.last_word = ""
            return
        if len(self.words) < FIRST_WORDS or self.may_hold_body:
            word = text[token.start : token.end].upper()
            if len(self.words) < FIRST_WORDS:
                self.words.append(word)
            self._nest(word, database)
            self.last_word = word

    @property
    def may_hold_body(self) -> bool:
        """CREATE of what can have a body with statements in it."""
        return bool(self.words) and self.words[0] == "CREATE" and not _BODIED.isdisjoint(self.words[1:5])

    def _nest(self, word: str, database: str) -> None:
        if not self.may_hold_body:
            return
        if database == "postgresql":
            if word == "ATOMIC" and self.last_word == "BEGIN":
                self.depth = 1
            elif self.depth and word in ("CASE", "END"):
                self.depth += 1 if word == "CASE" else -1
            return
        if word in ("BEGIN", "CASE"):
            self.depth += self.last_word != "END"
        elif self.last_word == "END" and word in _CLOSED_BY_WORD:
            self.depth += 1
        elif word == "END" and self.depth:
            self.depth -= 1

    def in_rule(self, database: str) -> bool:
        """CREATE RULE … DO (one; two): only there a semicolon may stand between brackets."""
        return database == "postgresql" and self.brackets > 0 and self.words[:1] == ["CREATE"] and "RULE" in self.words

    @property
    def copies_rows(self) -> bool:
        """COPY … FROM STDIN: the lines after it are rows."""
        return self.words[:1] == ["COPY"] and "STDIN" in self.words


_BODIED = frozenset({"FUNCTION", "PROCEDURE", "TRIGGER", "EVENT"})
_CLOSED_BY_WORD = frozenset({"IF", "LOOP", "WHILE", "REPEAT"})


_BLANK = re.compile(r"\s*+\Z")
_WORD = re.compile(r"[^\W\d][\w$]*+")
_HEAD = re.compile(r"'[^']*+'|\"[^\"]*+\"|`[^`]*+`|([^\W\d][\w$]*+)")
_TAKES_MORE = _BODIED | {"RULE", "COPY"}


@cache
def _plain_pattern(database: str) -> re.Pattern[str]:
    """A statement behind spaces and lines of comment, with no comment in it, no escape and no dollar quote.

    There one pattern sees the end; token by token takes ten times as long.
    """
    special, names = {
        "mysql": (r"#`", "|`[^`]*+`"),
        "mariadb": (r"#`", "|`[^`]*+`"),
        "sqlite": (r"`\[", "|`[^`]*+`"),
    }.get(database, ("$", ""))
    strings = r"(?<![eE])'[^'\\]*+'|\"[^\"\\]*+\""
    lead = r"(?:\s++|--(?:[ \t][^\n]*+)?+\n)*+"
    return re.compile(rf"{lead}([a-zA-Z](?:[^;'\"/\-\\{special}]++|-(?!-)|/(?!\*)|{strings}{names})*+)(?:;|\Z)")


def _plain(text: str, database: str, position: int, end: int) -> tuple[Piece, int] | None:
    """The next statement and where to go on, if it is a plain one."""
    found = _plain_pattern(database).match(text, position, end)
    if found is None:
        return None
    sql, start = found[1].rstrip(), found.start(1)
    words = _first_words(sql)
    if not _TAKES_MORE.isdisjoint(words):
        return None
    return Piece(sql, start, start + len(sql), words), found.end()


def _first_words(sql: str) -> tuple[str, ...]:
    if len(sql) <= BRIEF:  # all at once is quicker than one by one
        if "'" not in sql and '"' not in sql and "`" not in sql:
            return tuple(_WORD.findall(sql.upper())[:FIRST_WORDS])
        return tuple([head for head in _HEAD.findall(sql.upper()) if head][:FIRST_WORDS])
    return tuple(islice((head[1].upper() for head in _HEAD.finditer(sql) if head[1]), FIRST_WORDS))


def _split(text: str, database: str, start: int, end: int) -> Iterator[Piece]:
    position = start
    while position < end:
        plain = _plain(text, database, position, end)
        if plain is not None:
            piece, position = plain
            yield piece
            continue
        if _BLANK.match(text, position, end):
            return
        statement, position = _next(text, database, position, end)
        if statement.start >= 0:
            sql = text[statement.start : statement.end]
            yield Piece(sql, statement.start, statement.end, tuple(statement.words))
            if database == "postgresql" and statement.copies_rows:
                finished = _COPY_END.search(text, position, end)
                position = finished.end() if finished is not None else end


def _next(text: str, database: str, position: int, end: int) -> tuple[_Open, int]:
    """Read up to the next semicolon; the statement, and where to go on."""
    statement = _Open()
    for token in tokens(text, database, position, end):
        if token.kind is Kind.COMMENT:
            continue
        if token.kind is Kind.SEMICOLON and statement.depth <= 0 and not statement.in_rule(database):
            return statement, token.end
        if database == "postgresql" and text[token.start] == "\\":
            meta = _META.match(text, text.rfind("\n", 0, token.start) + 1)
            if meta is not None:
                return statement, meta.end()
        statement.take(token, text, database)
    return statement, end
