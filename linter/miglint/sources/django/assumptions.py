"""What was taken to be so while a migration was evaluated, and on which of its operations it bears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from miglint.finding import Span
from miglint.history import NotUnderstood, Operation


def with_assumptions(
    operations: Sequence[Operation], notes: Sequence[NotUnderstood], dependencies: Span | None
) -> Iterator[Operation]:
    """The operations, each with the notes that stand in it.

    What stands in none of them, nor in the dependencies, can bear on any: the list may have been put together there.
    """
    spans = [operation.span for operation in operations]
    around = [
        note
        for note in notes
        if not any(within(note.span, span) for span in spans)
        and not (dependencies is not None and within(note.span, dependencies))
    ]
    for operation in operations:
        found = [note for note in notes if note in around or within(note.span, operation.span)]
        yield _assuming(operation, tuple(dict.fromkeys(note.reason for note in found)))


def _assuming(operation: Operation, assumptions: tuple[str, ...]) -> Operation:
    if not assumptions:
        return operation
    return replace(
        operation,
        assumptions=assumptions,
        database_operations=tuple(_assuming(item, assumptions) for item in operation.database_operations),
        state_operations=tuple(_assuming(item, assumptions) for item in operation.state_operations),
    )


def within(inner: Span, outer: Span) -> bool:
    """Whether a span lies in another."""
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
