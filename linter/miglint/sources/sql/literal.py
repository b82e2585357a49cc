"""Where a piece of SQL stands in the Python file whose string literal holds it."""

from __future__ import annotations

from miglint.finding import Span
from miglint.sources.sql.positions import Positions


def literal_position(source: str, literal: Span, value: str, start: int, end: int) -> Span:
    """The span in `source` of `value[start:end]`, where `value` is what the literal at `literal` evaluates to.

    Exact where the value stands in the source character by character (a triple-quoted or plain string); where escapes,
    concatenation or formatting come between, the piece is looked for by its own text, and failing that the whole
    literal is the answer.
    """
    positions = Positions(source)
    first = _offset(source, literal.line, literal.column)
    last = _offset(source, literal.end_line, literal.end_column)
    at = source.find(value, first, last)
    if at >= 0:
        return positions.span(at + start, at + end)
    piece = value[start:end]
    at = source.find(piece, first, last) if piece else -1
    if at >= 0 and source.find(piece, at + 1, last) < 0:
        return positions.span(at, at + len(piece))
    return literal


def _offset(source: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
        if start == 0:
            return len(source)
    return start + column - 1
