"""SQL statements over several lines, for readers: only blanks between tokens change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

COLUMNS = 100
"""A statement that fits stays on one line."""
LONGEST = 20_000
"""A longer statement stays as it is: nobody reads it, and it would take long."""
_ONE_LINE_LIST = 60
_INDENT = "    "


def wrapped(sql: str) -> str:
    """One statement with a semicolon; a long one broken up, unless it was written over several lines."""
    sql = sql.rstrip().removesuffix(";").rstrip() + ";"
    if "\n" in sql or len(sql) <= COLUMNS or len(sql) > LONGEST:
        return sql
    tokens = [value for _, value in tokens_of(sql)]
    return "\n".join(_filled(line) for line in _lines(tokens))


def tokens_of(sql: str) -> Iterator[tuple[Any, str]]:
    """sqlparse's tokens with their kinds."""
    from sqlparse.lexer import tokenize

    yield from tokenize(sql)  # type: ignore[no-untyped-call]  # sqlparse has no annotations


def _lines(tokens: list[str]) -> Iterator[list[str]]:
    """Each item of a long list in parentheses on a line of its own."""
    broken = _long_list(tokens)
    current: list[str] = []
    depth = 0
    for index, word in enumerate(tokens):
        inside = broken.start < index < broken.stop
        depth += {"(": inside, ")": -inside}.get(word, 0)
        if index == broken.stop:
            yield current
            current = []
        if not (word.isspace() and current == [_INDENT]):
            current.append(word)
        if index == broken.start or (inside and depth == 0 and word == ","):
            yield current
            current = [_INDENT]
    yield current


def _long_list(tokens: list[str]) -> range:
    """Where the first outermost pair of parentheses with several items and much text opens and closes."""
    depth, start, commas = 0, 0, 0
    for index, word in enumerate(tokens):
        if word == "(":
            start, commas = (index, 0) if depth == 0 else (start, commas)
            depth += 1
        elif word == ")":
            depth -= 1
            if depth == 0 and commas and len("".join(tokens[start:index])) > _ONE_LINE_LIST:
                return range(start, index)
        elif word == "," and depth == 1:
            commas += 1
    return range(len(tokens), len(tokens))


def _filled(tokens: list[str]) -> str:
    """A line broken at blanks where it is too long, the rest indented once more."""
    indent = (_INDENT if tokens and tokens[0] == _INDENT else "") + _INDENT
    lines, current = [], ""
    for index, word in enumerate(tokens):
        chunk = word + "".join(tokens[index + 1 : index + 2]).rstrip() if word.isspace() and index else word
        if len(current) + len(chunk) > COLUMNS and word.isspace():
            lines.append(current)
            current = indent
        else:
            current += word
    return "\n".join([*lines, current.rstrip()])
