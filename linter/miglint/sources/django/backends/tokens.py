"""The tokens of SQL text, as far as data definition needs them: names, words, and what stands in parentheses.

What is opened and never closed runs to the end of the text: trying it again from each place inside would take too long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_BACKSLASH_STRING = r"'(?:[^'\\]++|''|\\.?)*+(?:'|\Z)"
_PLAIN_STRING = r"'(?:[^']++|'')*+(?:'|\Z)"
_PATTERN = r"""
    (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<quoted>"(?:[^"]++|"")*+(?:"|\Z)|`(?:[^`]++|``)*+(?:`|\Z))
  | (?P<string>[eE]{backslash}|{string}|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
  | (?P<word>[^\W\d][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<mark>.)
"""


def _scanner(string: str) -> re.Pattern[str]:
    return re.compile(_PATTERN.replace("{backslash}", _BACKSLASH_STRING).replace("{string}", string), re.X | re.S)


_STANDARD = _scanner(_PLAIN_STRING)
_MYSQL = _scanner(_BACKSLASH_STRING)


class Token(NamedTuple):
    """`kind` is `quoted`, `word`, `string`, `number` or `mark`; a quoted name's `text` is without its quotes."""

    kind: str
    text: str

    def named(self, folded: bool) -> str:
        """The identifier that this token is, unquoted ones folded to lower case where the database does."""
        return self.text.lower() if folded and self.kind == "word" else self.text


@lru_cache(maxsize=4096)
def statements(sql: str, *, mysql: bool = False) -> tuple[tuple[Token, ...], ...]:
    """The tokens of each statement of a text, without comments and the semicolons between them."""
    return tuple(tuple(found) for found in _split(sql, mysql))


def _split(sql: str, mysql: bool) -> Iterator[list[Token]]:
    current: list[Token] = []
    for match in (_MYSQL if mysql else _STANDARD).finditer(sql):
        kind, text = str(match.lastgroup), match.group()
        if kind == "tag":
            kind = "string"
        if kind == "space":
            continue
        if kind == "quoted":
            text = text[1:-1].replace(text[0] * 2, text[0])
        if kind == "mark" and text == ";":
            yield current
            current = []
        else:
            current.append(Token(kind, text))
    yield current


class Reader:
    """A cursor over tokens. Keywords are compared in upper case; a name past the end is empty."""

    def __init__(self, tokens: Sequence[Token], *, folded: bool = True) -> None:
        self._tokens = tokens
        self._folded = folded
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._tokens)

    def peek(self, ahead: int = 0) -> str:
        """The keyword or mark that comes next; empty for a quoted name, a string or the end."""
        at = self._at + ahead
        if at >= len(self._tokens) or self._tokens[at].kind in {"quoted", "string"}:
            return ""
        return self._tokens[at].text.upper()

    def skip(self) -> None:
        """Pass over one token."""
        self._at += 1

    def take(self, *words: str) -> bool:
        """Pass over these words if they all come next."""
        if any(self.peek(ahead) != word for ahead, word in enumerate(words)):
            return False
        self._at += len(words)
        return True

    def take_any(self, *words: str) -> bool:
        """Pass over one of these words if it comes next."""
        return any(self.take(word) for word in words)

    def name(self) -> str:
        """The last part of a possibly qualified name."""
        name = ""
        while self and self._tokens[self._at].kind in {"quoted", "word"}:
            name = self._tokens[self._at].named(self._folded)
            self.skip()
            if not self.take("."):
                break
        return name

    def parenthesised(self) -> Reader:
        """What stands between the parentheses that come next; nothing if none do."""
        if self.peek() != "(":
            return Reader((), folded=self._folded)
        start, depth = self._at + 1, 0
        while self:
            depth += {"(": 1, ")": -1}.get(self.peek(), 0)
            self.skip()
            if not depth:
                break
        return Reader(self._tokens[start : self._at - 1], folded=self._folded)

    def parts(self) -> Iterator[Reader]:
        """The rest, split at commas outside parentheses."""
        start, depth = self._at, 0
        while self:
            mark = self.peek()
            depth += {"(": 1, ")": -1}.get(mark, 0)
            if mark == "," and not depth:
                yield Reader(self._tokens[start : self._at], folded=self._folded)
                start = self._at + 1
            self.skip()
        if start < self._at:
            yield Reader(self._tokens[start : self._at], folded=self._folded)

    def columns(self) -> tuple[str | None, ...]:
        """The names in the parenthesised list that comes next; None stands for an expression."""
        return tuple(part.column() for part in self.parenthesised().parts())

    def column(self) -> str | None:
        """The column that begins this part, or None if it is an expression."""
        name = self.name()
        return None if not name or self.peek() == "(" else name

    def quoted_names(self) -> tuple[str, ...]:
        """Every quoted name in the rest, once."""
        return tuple(dict.fromkeys(token.text for token in self._tokens[self._at :] if token.kind == "quoted"))
