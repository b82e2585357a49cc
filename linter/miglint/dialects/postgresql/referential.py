"""Foreign keys where rows are written: values looked up in the table referred to, rows in those that refer.

After ri_triggers.c: nothing is looked up for a key that is null, nor while triggers are off (DISABLE TRIGGER ALL, or
session_replication_role = replica).
"""

from __future__ import annotations

from collections.abc import Mapping

from miglint.catalog import Constraint, Index, Name, Table
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.session import PendingCheck


def _is_off(table: Table, execution: Execution) -> bool:
    return table.unchecked or execution.session.settings.get("session_replication_role") == "replica"


def check_keys_of(
    table: Table,
    execution: Execution,
    *,
    changed: frozenset[str] | None,
    nulls: frozenset[str],
    many: bool,
    all_rows: bool = False,
) -> None:
    """Each new value of a foreign key is looked up in the referenced table, at once unless deferred; for many rows that
    is work in proportion to them. `changed`: the columns that get values (None: all); `nulls`: those that get NULL.
    Rows that the transaction wrote itself are checked whatever changes; `all_rows`: those are surely among them."""
    transaction = execution.session.transaction
    own_rows = all_rows and transaction is not None and table.oid in transaction.rewritten
    for constraint in table.constraints.values() if not _is_off(table, execution) else ():
        if constraint.references is None or not constraint.enforced:
            continue
        columns = frozenset(constraint.columns)
        target = execution.catalog.table(constraint.references)
        unchanged = changed is not None and not columns & changed and not own_rows
        if target is None or columns & nulls or unchanged:
            continue
        if _is_deferred(constraint, execution):
            _put_off(constraint, target, execution, whole=many)
        else:
            _look_up(target, execution, whole=many)


def _is_deferred(constraint: Constraint, execution: Execution) -> bool:
    transaction = execution.session.transaction
    if transaction is None or not (constraint.deferrable or constraint.deferred):
        return constraint.deferred
    of_all = transaction.timing.get("", constraint.deferred)
    return transaction.timing.get(constraint.name, of_all)


def _put_off(constraint: Constraint, table: Table, execution: Execution, *, whole: bool) -> None:
    transaction = execution.session.transaction
    check = PendingCheck(constraint.name, table.name, whole)
    if transaction is not None and check not in transaction.pending:
        transaction.pending = (*transaction.pending, check)


def make_pending_checks(constraints: set[str], execution: Execution) -> None:
    """The look-ups that were put off for these constraints; for all, if none is named."""
    transaction = execution.session.transaction
    for check in transaction.pending if transaction is not None else ():
        table = execution.catalog.table(check.relation)
        if table is not None and (not constraints or check.constraint in constraints):
            _look_up(table, execution, whole=check.whole)
    if transaction is not None:
        left = (each for each in transaction.pending if constraints and each.constraint not in constraints)
        transaction.pending = tuple(left)


def _look_up(table: Table, execution: Execution, *, whole: bool) -> None:
    execution.lock(table, Mode.ROW_SHARE)
    for each in execution.family(table) if whole else ():
        execution.lock(each, Mode.ROW_SHARE)
        execution.scan(each)


def check_keys_to(
    table: Table,
    execution: Execution,
    *,
    columns: frozenset[str] | None = None,
    many: bool = False,
    above: frozenset[Name] = frozenset(),
) -> None:
    """A deleted row, or a key that changes (`columns`), is looked for in every table that references it, and where rows
    are deleted or changed there too, in those that reference that one. `many`: all rows of the table."""
    if _is_off(table, execution):
        return
    for other, constraint in list(execution.catalog.foreign_keys_reaching(table)):
        touched = columns is None or bool(columns & set(constraint.referenced_columns))
        action = constraint.on_delete if columns is None else constraint.on_update
        acts = action not in ("no action", "restrict")
        if not touched or not constraint.enforced:
            continue
        if action == "no action" and _is_deferred(constraint, execution):
            for each in execution.family(other):
                _put_off(constraint, each, execution, whole=not _has_index(each, constraint))
            continue
        for each in execution.family(other):
            execution.lock(each, Mode.ROW_EXCLUSIVE if acts else Mode.ROW_SHARE)
            if not _has_index(each, constraint) or (acts and many):
                execution.scan(each)
        if acts and other.name not in above:
            deleted = columns is None and constraint.on_delete == "cascade"
            changed = None if deleted else frozenset(constraint.columns)
            check_keys_to(other, execution, columns=changed, many=many, above=above | {table.name})


def _has_index(table: Table, constraint: Constraint) -> bool:
    return not table.indexes.derived(_leading).isdisjoint(constraint.columns)


def _leading(indexes: Mapping[str, Index]) -> frozenset[str]:
    return frozenset(index.keys[0].column for index in indexes.values() if index.keys and index.valid)
