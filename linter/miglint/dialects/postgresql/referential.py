"""Foreign keys where rows are written: values looked up in the table referred to, rows in those that refer.

After ri_triggers.c: nothing is looked up for a key that is null, nor while triggers are off (DISABLE TRIGGER ALL, or
session_replication_role = replica).
"""

from __future__ import annotations

from miglint.catalog import Constraint, Name, Table
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode


def _is_off(table: Table, execution: Execution) -> bool:
    return table.unchecked or execution.session.settings.get("session_replication_role") == "replica"


def check_keys_of(
    table: Table, execution: Execution, *, changed: frozenset[str] | None, nulls: frozenset[str], many: bool
) -> None:
    """Each new value of a foreign key is looked up in the referenced table, at once unless deferred; for many rows that
    is work in proportion to them. `changed`: the columns that get values (None: all); `nulls`: those that get NULL."""
    for constraint in table.constraints.values() if not _is_off(table, execution) else ():
        if constraint.references is None or constraint.deferred or not constraint.enforced:
            continue
        columns = frozenset(constraint.columns)
        target = execution.catalog.table(constraint.references)
        if target is None or columns & nulls or (changed is not None and not columns & changed):
            continue
        execution.lock(target, Mode.ROW_SHARE)
        for each in execution.family(target) if many else ():
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
        acts = (constraint.on_delete if columns is None else constraint.on_update) not in ("no action", "restrict")
        if not touched or not constraint.enforced or (constraint.deferred and not acts):
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
    leading = {index.keys[0].column for index in table.indexes.values() if index.keys and index.valid}
    return bool(leading & set(constraint.columns))
