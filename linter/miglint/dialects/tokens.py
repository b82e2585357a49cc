"""Tokens of SQL and a cursor over them, for the dialects that have no parser of their server's own."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from msgspec import Struct

MAX_NESTING = 200


MAX_DEPTH = 1000
"""Of brackets in one text; what people write stays below 50."""


def too_deep(sql: str) -> int | None:
    """Where brackets are nested too deeply to be read, if they are; those in strings are counted, too."""
    if len(sql) <= MAX_DEPTH or sql.count("(") + sql.count("[") <= MAX_DEPTH:
        return None
    depth = 0
    for at, character in enumerate(sql):
        if character in "([":
            depth += 1
            if depth > MAX_DEPTH:
                return at
        elif character in ")]":
            depth -= 1
    return None


class NotUnderstood(Exception):
    """A statement, or a part of it, that this reader does not know; says which."""


class Kind(enum.Enum):
    """What a token is. A backticked name is never a keyword."""

    WORD = "word"
    NAME = "quoted name"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


class Token(Struct, frozen=True):
    """A token; `text` without quotes, `upper` is empty unless it can be a keyword or is a symbol."""

    kind: Kind
    text: str
    upper: str
    start: int
    end: int


LONGEST_NUMBER = 20
"""Digits; no server's lengths and precisions have more, and Python refuses to read 5,000 as a number."""


def whole(text: str) -> int | None:
    """The whole number that a token's text is."""
    return int(text) if len(text) <= LONGEST_NUMBER and text.isascii() and text.isdigit() else None


class Cursor:
    """A place in a statement's tokens."""

    def __init__(self, sql: str, tokens: Iterable[Token]) -> None:
        self.sql = sql
        self._tokens = list(tokens)
        self._at = 0

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    @property
    def location(self) -> int:
        """The offset in the statement of the token that is next."""
        return len(self.sql) if self.done else self._tokens[self._at].start

    def peek(self, ahead: int = 0) -> Token | None:
        """The token that is next, or one after it."""
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def sees(self, *words: str) -> bool:
        """Whether these keywords or symbols come next, in this order."""
        if len(words) == 1:
            return not self.done and self._tokens[self._at].upper == words[0]
        found = self._tokens[self._at : self._at + len(words)]
        return len(found) == len(words) and all(token.upper == word for token, word in zip(found, words, strict=True))

    def accept(self, *words: str) -> bool:
        """Go past these keywords or symbols if they come next."""
        if not self.sees(*words):
            return False
        self._at += len(words)
        return True

    def accept_any(self, *words: str) -> str:
        """Go past the first of these words that comes next, and give it; else the empty string."""
        return next((word for word in words if self.accept(word)), "")

    def expect(self, *words: str) -> None:
        """Go past these keywords or symbols, which must come next."""
        if not self.accept(*words):
            raise NotUnderstood(f"{' '.join(words)} was expected {self._where()}")

    def take(self) -> Token:
        """The next token, whatever it is."""
        token = self.peek()
        if token is None:
            raise NotUnderstood("the statement ends too early")
        self._at += 1
        return token

    def name(self) -> str:
        """An identifier; double quotes make one too where the session says ANSI_QUOTES, which cannot be seen here."""
        token = self.peek()
        if token is None or token.kind in {Kind.SYMBOL, Kind.NUMBER}:
            raise NotUnderstood(f"a name was expected {self._where()}")
        self._at += 1
        return token.text

    def string(self) -> str:
        """A string or a word in its place (`COLLATE 'x'`, `COLLATE x`)."""
        token = self.take()
        if token.kind is Kind.SYMBOL:
            raise NotUnderstood(f"a value was expected before {token.text}")
        return token.text

    def group(self) -> list[Token]:
        """What stands between the parenthesis that comes next and the one that closes it."""
        self.expect("(")
        start, depth = self._at, 1
        while depth:
            token = self.take()
            depth += (token.upper == "(") - (token.upper == ")")
            if depth > MAX_NESTING:
                raise NotUnderstood(f"parentheses are nested more than {MAX_NESTING} deep")
        return self._tokens[start : self._at - 1]

    def inside(self) -> Cursor:
        """A cursor over the parenthesised group that comes next."""
        return Cursor(self.sql, self.group())

    def skip_group(self) -> bool:
        """Go past a parenthesised group, if one comes next."""
        if not self.sees("("):
            return False
        self.group()
        return True

    def rest(self) -> list[Token]:
        """Everything that is left."""
        left = self._tokens[self._at :]
        self._at = len(self._tokens)
        return left

    def end(self) -> None:
        """Nothing but a semicolon may be left."""
        while self.accept(";"):
            pass
        if not self.done:
            raise NotUnderstood(f"more was found than was understood {self._where()}")

    def names(self) -> tuple[str, ...]:
        """Identifiers in parentheses, with commas."""
        inside = self.inside()
        names = [inside.name()]
        while inside.accept(","):
            names.append(inside.name())
        inside.end()
        return tuple(names)

    def _where(self) -> str:
        token = self.peek()
        return "at the end of the statement" if token is None else f"at {token.text[:40]!r}"
