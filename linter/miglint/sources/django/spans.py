"""Where in its file a statement is written."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Span
from miglint.history import Literal, Operation


def of_statement(sql: str, operation: Operation) -> Span:
    """The place of the statement within the literal that holds it; the operation's own if none does."""
    for literal in _literals(operation):
        if literal.path is None and sql.strip() in literal.text:
            return _within(literal, sql.strip())
    return operation.span


def _literals(operation: Operation) -> Iterator[Literal]:
    yield from operation.literals
    for nested in operation.database_operations:
        yield from _literals(nested)


def _within(literal: Literal, sql: str) -> Span:
    start = literal.source.find(sql)
    if start < 0:
        return literal.span
    return Span(
        *_after(literal.span, literal.source[:start]), *_after(literal.span, literal.source[: start + len(sql)])
    )


def _after(span: Span, text: str) -> tuple[int, int]:
    lines = text.count("\n")
    if not lines:
        return span.line, span.column + len(text)
    return span.line + lines, len(text) - text.rfind("\n")
