"""Suppressions written in migrations: `# miglint: ignore[rule] until=2027-01-31 -- reason`.

Only real comments count, found by the language's own tokens: a string that holds such text suppresses nothing. A
comment on a line of its own is about the next line of code, one behind code about that line.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import tokenize
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from miglint.finding import Problem, Span, Suppressed
from miglint.history import Migration, Operation
from miglint.text import decode, lines

_MARKER = re.compile(r"(?:#|--)\s*miglint:\s*(?P<directive>.*)", re.DOTALL)
_DIRECTIVE = re.compile(
    r"(?P<scope>ignore-file|ignore)\s*\[(?P<names>[^\]]*)\](?:\s+until=(?P<until>\S+))?"
    r"\s*(?:--\s*(?P<reason>.*)|#.*)?"
)
FORM = "write `miglint: ignore[rule-name] -- reason`"


class Suppression(Struct, frozen=True):
    """One suppression as written, in a comment or in the configuration.

    `covers` is the line of code that a comment is about, `pattern` the paths that an entry of the configuration is
    about, `error` why it cannot be read.
    """

    path: str
    span: Span
    covers: int
    names: tuple[str, ...] = ()
    whole_file: bool = False
    reason: str = ""
    expires: dt.date | None = None
    error: str = ""
    pattern: str = ""

    @property
    def form(self) -> str:
        """What a reader sees of it."""
        return "entry" if self.pattern else "comment"

    def matches(self, rule: str, problem: Problem, places: tuple[Span, ...]) -> bool:
        """Whether it is about this problem of a rule. `places` are the operations that hold it, innermost first."""
        if self.error or rule not in self.names or problem.at.path != self.path:
            return False
        if self.whole_file:
            return True
        within = [problem.at.span, *places[:1]]
        starts = [place.line for place in places]
        return self.covers in starts or any(span.line <= self.covers <= span.end_line for span in within)

    def mark(self) -> Suppressed:
        """What a suppressed finding shows."""
        return Suppressed("comment", self.reason, self.expires.isoformat() if self.expires else None)


class Written:
    """The suppressions of one file, found by the lines that they cover."""

    def __init__(self, suppressions: Sequence[Suppression]) -> None:
        self.suppressions = suppressions
        self._numbers = sorted(range(len(suppressions)), key=lambda number: suppressions[number].covers)
        self._lines = [suppressions[number].covers for number in self._numbers]
        self._whole = [number for number, each in enumerate(suppressions) if each.whole_file]

    def about(self, span: Span, places: tuple[Span, ...]) -> Iterator[Suppression]:
        """Those that may be about a problem at a span, in the order of the file; `places` as `Suppression.matches`
        takes them."""
        near = {number for within in (span, *places[:1]) for number in self._between(within.line, within.end_line)}
        near |= {number for place in places for number in self._between(place.line, place.line)}
        return (self.suppressions[number] for number in sorted(near.union(self._whole)))

    def _between(self, first: int, last: int) -> Sequence[int]:
        return self._numbers[bisect_left(self._lines, first) : bisect_right(self._lines, last)]


class SuppressionUse(Struct, frozen=True):
    """A suppression after the check, as suppression rules see it."""

    suppression: Suppression
    unused: tuple[str, ...] = ()
    """The rules that it names, that looked here, and that found nothing for it to suppress."""
    unknown: tuple[str, ...] = ()
    """The names that no rule has."""
    known: tuple[str, ...] = ()
    """The names of all rules there are."""
    expired: bool = False


class _Comment(NamedTuple):
    text: str
    line: int
    column: int
    own_line: bool


def suppressions(path: str, content: bytes) -> list[Suppression]:
    """All suppressions in a file's comments. A file that cannot be tokenised has none."""
    if b"miglint:" not in content:
        return []
    text = decode(path, content)
    comments = list(_python_comments(text) if path.endswith(".py") else _sql_comments(text))
    covered = _covered({comment.line for comment in comments if comment.own_line})
    found = []
    for comment in comments:
        marker = _MARKER.search(comment.text)
        if marker is not None:
            start = comment.column + marker.start()
            span = Span(comment.line, start, comment.line, comment.column + len(comment.text.rstrip()))
            covers = covered.get(comment.line, comment.line)
            found.append(_suppression(path, span, covers, marker["directive"].strip()))
    return found


def _covered(alone: Iterable[int]) -> dict[int, int]:
    """For each line that is a comment alone the line of code that follows."""
    covered: dict[int, int] = {}
    for line in sorted(alone, reverse=True):
        covered[line] = covered.get(line + 1, line + 1)
    return covered


def enclosing(migration: Migration, span: Span) -> tuple[Span, ...]:
    """The spans of the operations of a migration that hold a span, innermost first."""
    held: list[Span] = []
    level = list(migration.operations)
    while level:
        operation = level.pop()
        if operation.span.line <= span.line and span.end_line <= operation.span.end_line:
            held.insert(0, operation.span)
        level.extend(_nested(operation))
    return tuple(sorted(set(held), key=lambda place: (place.end_line - place.line, -place.line)))


def _nested(operation: Operation) -> Iterator[Operation]:
    yield from operation.database_operations
    yield from operation.state_operations


def _suppression(path: str, span: Span, covers: int, directive: str) -> Suppression:
    match = _DIRECTIVE.fullmatch(directive)
    if match is None:
        return Suppression(path, span, covers, error=f"`{directive}` is not a suppression: {FORM}")
    names = tuple(name.strip() for name in match["names"].split(",") if name.strip())
    if not names:
        return Suppression(path, span, covers, error=f"it names no rule: {FORM}")
    try:
        expires = dt.date.fromisoformat(match["until"]) if match["until"] else None
    except ValueError:
        return Suppression(path, span, covers, names, error=f"`{match['until']}` is no date such as 2027-01-31")
    reason = (match["reason"] or "").strip()
    return Suppression(path, span, covers, names, match["scope"] == "ignore-file", reason, expires)


def _python_comments(text: str) -> Iterator[_Comment]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                line, column = token.start
                yield _Comment(token.string, line, column + 1, not token.line[:column].strip())
    except (tokenize.TokenError, SyntaxError):
        return


def _sql_comments(text: str) -> Iterator[_Comment]:
    from sqlparse import tokens
    from sqlparse.lexer import tokenize as lex

    line, before = 1, ""
    for kind, value in lex(text):  # type: ignore[no-untyped-call]  # sqlparse has no annotations
        if kind in tokens.Comment.Single:
            yield _Comment(value.rstrip("\r\n"), line, len(before) + 1, not before.strip())
        *ended, last = lines(value)
        line += len(ended)
        before = last if ended else before + last
