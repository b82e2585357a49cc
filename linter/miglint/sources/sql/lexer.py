"""SQL text to tokens, only as far as needed to know where a statement ends: strings, comments, words, semicolons.

Every database's quoting is a row of a table; what is opened and never closed runs to the end of the text.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Kind(enum.Enum):
    """What a token is. Whitespace and all other characters are not tokens."""

    COMMENT = enum.auto()
    STRING = enum.auto()
    NAME = enum.auto()
    WORD = enum.auto()
    SEMICOLON = enum.auto()
    OPEN = enum.auto()
    CLOSE = enum.auto()
    OTHER = enum.auto()


_KINDS = {kind.name: kind for kind in Kind} | {"tag": Kind.STRING}
"""By the name of the pattern's group; the tag of a dollar quote is a group within a string."""


class Token(NamedTuple):
    """A stretch of the text. There is one for every word: a tuple is half as dear as a frozen dataclass."""

    kind: Kind
    start: int
    end: int


_LINE_COMMENT = r"--[^\n]*"
_HASH_COMMENT = r"\#[^\n]*"
_BLOCK_COMMENT = r"/\*(?s:.*?)(?:\*/|\Z)"
_NESTED_COMMENT = r"/\*"
_STRING = r"'(?:[^']|'')*+(?:'|\Z)"
_ESCAPED_STRING = r"'(?:[^'\\]|\\(?s:.)?|'')*+(?:'|\Z)"
_PREFIXED_ESCAPES = r"[eE]'(?:[^'\\]|\\(?s:.)?|'')*+(?:'|\Z)"
_PLAIN_DOLLAR = r"(?<![\w$])\$\$(?s:.*?)(?:\$\$|\Z)"
_DOUBLE = r'"(?:[^"]|"")*+(?:"|\Z)'
_ESCAPED_DOUBLE = r'"(?:[^"\\]|\\(?s:.)?|"")*+(?:"|\Z)'
_BACKTICK = r"`(?:[^`]|``)*+(?:`|\Z)"
_BRACKET = r"\[[^\]]*+(?:\]|\Z)"
_WORD = r"[^\W\d][\w$]*"
_REST = r"[^\s\w'\"`$/\-#;()\[\\]+|\S"

_TAGGED_DOLLAR = r"(?<![\w$])\$(?P<tag>[^\W\d]\w*)\$(?s:.*?)(?:\$(?P=tag)\$|\Z)"


def _rules(database: str) -> tuple[tuple[Kind, str], ...]:
    match database:
        case "mysql" | "mariadb":
            own = (
                (Kind.COMMENT, f"--(?=\\s|\\Z)[^\\n]*|{_HASH_COMMENT}|{_BLOCK_COMMENT}"),
                (Kind.STRING, f"{_ESCAPED_STRING}|{_ESCAPED_DOUBLE}"),
                (Kind.NAME, _BACKTICK),
            )
        case "sqlite":
            own = (
                (Kind.COMMENT, f"{_LINE_COMMENT}|{_BLOCK_COMMENT}"),
                (Kind.STRING, _STRING),
                (Kind.NAME, f"{_DOUBLE}|{_BACKTICK}|{_BRACKET}"),
            )
        case _:
            own = (
                (Kind.COMMENT, f"{_LINE_COMMENT}|{_NESTED_COMMENT}"),
                (Kind.STRING, f"{_PREFIXED_ESCAPES}|{_STRING}|{_PLAIN_DOLLAR}|{_TAGGED_DOLLAR}"),
                (Kind.NAME, _DOUBLE),
            )
    common = ((Kind.WORD, _WORD), (Kind.SEMICOLON, ";"), (Kind.OPEN, r"\("), (Kind.CLOSE, r"\)"), (Kind.OTHER, _REST))
    return (*own, *common)


@cache
def _pattern(database: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _rules(database)))


def tokens(text: str, database: str, start: int, end: int) -> Iterator[Token]:
    """The tokens of a text from `start` on, as if it ended at `end`."""
    pattern = _pattern(database)
    position = start
    while (found := pattern.search(text, position, end)) is not None:
        kind = _KINDS[found.lastgroup or "OTHER"]
        start, position = found.span()
        if kind is Kind.COMMENT and found.group() == "/*":
            position = _end_of_nested_comment(text, start, end)
        yield Token(kind, start, position)


_COMMENT_BOUNDARY = re.compile(r"/\*|\*/")


def _end_of_nested_comment(text: str, start: int, end: int) -> int:
    """PostgreSQL's block comments nest."""
    depth = 0
    for boundary in _COMMENT_BOUNDARY.finditer(text, start, end):
        depth += 1 if boundary.group() == "/*" else -1
        if depth == 0:
            return boundary.end()
    return end
