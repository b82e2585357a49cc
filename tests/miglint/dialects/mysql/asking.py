"""Asks the model about one statement, for the tables of tests."""

from __future__ import annotations

from collections.abc import Sequence

from miglint.analysis import Analysis
from miglint.dialects import analyse
from miglint.effects import Effect, Work
from miglint.finding import Span
from miglint.history import Key, Migration, Rendered, Statement, Target

SPAN = Span(1, 1, 1, 1)
WORK_ON_ROWS = frozenset({Work.COPY, Work.REWRITE})


def rendered(statements: Sequence[str]) -> Rendered:
    """A migration of these statements."""
    migration = Migration(key=Key("db", "m"), source="sql", path="m.sql", blob="", span=SPAN)
    return Rendered(migration, "mysql", tuple(Statement(sql, SPAN) for sql in statements), atomic=True)


def analyses_of(statements: Sequence[str], target: Target, setup: Sequence[str]) -> list[Analysis]:
    """The analyses of the statements, on what `setup` makes."""
    (found,) = analyse([rendered(setup)], [rendered(statements)], target)
    return found


def effects_of(statement: str, target: Target, setup: Sequence[str]) -> tuple[Effect, ...]:
    """What the last statement of a text separated by semicolons does."""
    last = analyses_of([statement], target, setup)[-1]
    assert last.understood, last.reason
    return last.effects
