"""MySQL's tokens, and a cursor over them.

Of the libraries, sqlparse groups what MySQL spells its own way wrongly (`#` comments, `/*! */` code, backslashes in
strings), and sqlglot takes 150 ms to import, refuses MariaDB's `ALTER INDEX … IGNORED` and hands back EXCHANGE
PARTITION and others as opaque text, so that unknown and understood would look alike. DDL is a small language; a reader
of our own says of each statement whether it understood all of it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_NESTING = 200


class NotUnderstood(Exception):
    """A statement, or a part of it, that this reader does not know; says which."""


class Kind(enum.Enum):
    """What a token is. A backticked name is never a keyword."""

    WORD = "word"
    NAME = "quoted name"
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `text` without quotes, `upper` is empty unless it can be a keyword or is a symbol."""

    kind: Kind
    text: str
    upper: str
    start: int
    end: int


LEXER = re.compile(
    r"""
      (?P<blank>\s+|--(?=[\s]|$)[^\n]*|\#[^\n]*|/\*M?!\d*|/\*.*?\*/|\*/)
    | (?P<string>(?:\b[xXbBnN])?'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    | `(?P<name>(?:[^`]|``)+)`
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
    | (?P<word>@{0,2}[\w$]+)
    | (?P<broken>['"`]|/\*)
    | (?P<symbol>.)
    """,
    re.DOTALL | re.VERBOSE,
)


def tokenize(sql: str) -> Iterator[Token]:
    """The tokens of a text; what stands in `/*! … */` is code to the server, and so it is here."""
    for match in LEXER.finditer(sql):
        kind, text = match.lastgroup, match[0]
        if kind == "blank":
            continue
        if kind == "broken":
            what = "comment" if text == "/*" else "string or quoted name"
            raise NotUnderstood(f"the {what} that begins at character {match.start() + 1} never ends")
        if kind == "word":
            yield Token(Kind.WORD, text, text.upper(), match.start(), match.end())
        elif kind == "name":
            yield Token(Kind.NAME, match["name"].replace("``", "`"), "", match.start(), match.end())
        elif kind == "string":
            yield Token(Kind.STRING, _unquoted(text), "", match.start(), match.end())
        else:
            number = kind == "number"
            yield Token(
                Kind.NUMBER if number else Kind.SYMBOL, text, "" if number else text, match.start(), match.end()
            )


def _unquoted(text: str) -> str:
    quote = text[-1]
    body = text[text.index(quote) + 1 : -1].replace(quote * 2, quote)
    return re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL)


class Cursor:
    """A place in a statement's tokens."""

    def __init__(self, sql: str, tokens: list[Token] | None = None) -> None:
        self.sql = sql
        self._tokens = list(tokenize(sql)) if tokens is None else tokens
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
