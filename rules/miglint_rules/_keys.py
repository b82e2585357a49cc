"""The foreign keys that statements make or take away, and the tables that they lock by that besides their own."""

from __future__ import annotations

from collections.abc import Sequence

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind
from miglint.changes import AddColumn, AddConstraint, Change, CreateTable, DropColumn, DropConstraint, DropTable
from miglint.effects import Work
from miglint_rules._statements import shown

KINDS = (CreateTable, AddColumn, AddConstraint, DropTable, DropColumn, DropConstraint)
"""The changes that can make keys or take them away."""


def keys_of(analysis: Analysis, change: Change) -> Sequence[Constraint]:
    """The foreign keys to other tables that a change makes or takes away."""
    if not isinstance(change, KINDS):
        return ()
    match change:
        case CreateTable() | AddColumn():
            keys: tuple[Constraint, ...] = change.constraints
        case AddConstraint():
            keys = (change.constraint,)
        case _:
            keys = _dropped(analysis, change)
    if not keys:
        return ()
    own = change.table
    return [key for key in keys if key.kind is ConstraintKind.FOREIGN_KEY and key.references not in {None, own}]


def locked_by_keys(analysis: Analysis) -> frozenset[str]:
    """The tables that a statement locks only because its foreign keys reference them."""
    keys = [key for change in analysis.changes for key in keys_of(analysis, change)]
    return frozenset([shown(analysis, key.references) for key in keys if key.references is not None])


def is_compared(analysis: Analysis, change: Change, key: Constraint) -> bool:
    """Whether rows are read for the key, where a change works at all, and not for another constraint beside it."""
    target = shown(analysis, key.references) if key.references else ""
    if any(effect.relation == target and Work.SCAN in effect.work for effect in analysis.effects):
        return True
    return not (isinstance(change, AddColumn) and any(one.kind is not key.kind for one in change.constraints))


def _dropped(analysis: Analysis, change: DropTable | DropColumn | DropConstraint) -> tuple[Constraint, ...]:
    table = analysis.before.table(change.table)
    if table is None:
        return ()
    match change:
        case DropColumn():
            return tuple(key for key in table.constraints.values() if change.column in key.columns)
        case DropConstraint():
            return tuple(key for key in table.constraints.values() if key.name == change.constraint)
        case DropTable():
            return tuple(table.constraints.values())
