"""What the rules about statements share: which change is to blame, for which table, and the problem it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from miglint.analysis import Analyses, Analysis
from miglint.catalog import ConstraintKind, Name
from miglint.changes import AddColumn, AddConstraint, Change, CreateIndex, SetNotNull
from miglint.effects import Access, Effect, Work
from miglint.finding import Location, Problem, Related, Severity
from miglint.history import Operation
from miglint.scope import Scope
from miglint_rules._imports import with_imports

C = TypeVar("C", bound=Change)

POSTGRESQL = frozenset({"postgresql"})
MYSQL = frozenset({"mysql", "mariadb"})
BLOCKING_MODES = frozenset({"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})
"""PostgreSQL's table lock modes that make writers, or everybody, wait."""


def changes_of(analyses: Sequence[Analysis], kind: type[C]) -> Iterator[tuple[Analysis, C, frozenset[Work]]]:
    """Every change of a kind, the statement it is in, and the dangerous work that it causes (none: an empty set)."""
    for analysis, position, change in _known(analyses).changes(kind):
        yield analysis, change, analysis.causes.get(position, frozenset())


def _known(analyses: Sequence[Analysis]) -> Analyses:
    return analyses if isinstance(analyses, Analyses) else Analyses(analyses)


def to_blame(analyses: Sequence[Analysis], kind: type[C]) -> Iterator[tuple[Analysis, C, frozenset[Work]]]:
    """The changes of a kind that cause dangerous work on PostgreSQL, on tables that the change set does not create."""
    for analysis, position, change in _known(analyses).blamed(kind):
        if analysis.target.database == "postgresql" and _works_on_existing(analysis, change):
            yield analysis, change, analysis.causes[position]


def _works_on_existing(analysis: Analysis, change: Change) -> bool:
    """Whether the work is on something that is there before: beside a foreign key, whose other table is, a statement
    may build indexes of one that its own transaction has made."""
    table = getattr(change, "table", None)
    own_alone = isinstance(change, AddColumn | AddConstraint | SetNotNull | CreateIndex) and not _has_key(change)
    return is_existing(analysis, table) if own_alone and table is not None else bool(existing_effects(analysis))


def _has_key(change: Change) -> bool:
    added = (change.constraint,) if isinstance(change, AddConstraint) else getattr(change, "constraints", ())
    return any(each.kind is ConstraintKind.FOREIGN_KEY for each in added)


def existing_effects(analysis: Analysis) -> tuple[Effect, ...]:
    """The effects on relations that are there before the change set comes."""
    for effect in analysis.effects:
        if effect.new:
            return tuple(each for each in analysis.effects if not each.new)
    return analysis.effects


def is_existing(analysis: Analysis, name: Name) -> bool:
    """Whether a table that a statement touches is there before the change set comes."""
    return any(effect.relation == shown(analysis, name) for effect in existing_effects(analysis))


def blocking_locks(analysis: Analysis) -> tuple[Effect, ...]:
    """The effects where the statement asks for a table lock that makes writers, or everybody, wait."""
    return tuple([effect for effect in existing_effects(analysis) if (effect.taken or effect.lock) in BLOCKING_MODES])


def with_blocking_locks(analyses: Sequence[Analysis]) -> Sequence[tuple[Analysis, tuple[Effect, ...]]]:
    """Every statement with its `blocking_locks`."""
    return _known(analyses).derived(_with_blocking_locks)


def _with_blocking_locks(analyses: Analyses) -> Sequence[tuple[Analysis, tuple[Effect, ...]]]:
    return [(analysis, blocking_locks(analysis)) for analysis in analyses]


def shown(analysis: Analysis, name: Name) -> str:
    """A relation's name as the user would write it."""
    return analysis.before.display(name)


def who_waits(effects: Sequence[Effect]) -> str:
    """`reads and writes` or `writes`, by what the effects block."""
    return "reads and writes" if any(Access.SELECT in effect.blocks for effect in effects) else "writes"


def operation_of(analysis: Analysis) -> Operation | None:
    """Django's operation that made a statement, found by its span; None in SQL files and for RunSQL.

    The SQL of a RunSQL is the user's own, so that its remedy is SQL, too.
    """
    index = analysis.statement.operation
    if index is None:
        return None
    pending = [each for each in analysis.migration.operations if each.index == index]
    found = None
    while pending:
        operation = pending.pop()
        pending.extend(operation.database_operations)
        if operation.span == analysis.statement.span or found is None:
            found = operation
    return None if found is None or found.name in {"RunSQL", "SeparateDatabaseAndState"} else found


def problem(
    analysis: Analysis,
    *,
    message: str,
    help: str,  # noqa: A002 -- it is the problem's own field
    identity: tuple[str, ...],
    related: tuple[Related, ...] = (),
    scope: Scope | None = None,
    table: Name | None = None,
    severity: Severity | None = None,
    together: str = "",
) -> Problem:
    """The problem at a statement. With `scope` and `table`: a notice, if that table is configured as a small one."""
    small = scope is not None and table is not None and shown(analysis, table) in scope.config.small_tables
    return Problem(
        at=Location(analysis.migration.path, analysis.statement.span),
        message=message,
        help=with_imports(help, analysis.migration, scope) if scope is not None else help,
        identity=identity,
        related=related,
        severity=Severity.NOTICE if small else severity,
        operation=analysis.statement.operation,
        statement=analysis.statement.sql or None,
        together=together,
    )
