"""ALTER COLUMN TYPE: whether rows are rewritten, and what becomes of the indexes and constraints on the column.

After ATExecAlterColumnType, ATPostAlterTypeCleanup and CheckIndexCompatible: everything that depends on the column is
dropped and made again; an index keeps its storage only if nothing about it changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from miglint.catalog import Column, Constraint, ConstraintKind, Index, Name, Table, TableKind, Type
from miglint.changes import AlterColumnType
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.alter_table import KEYS_OF_PARTITIONED, Plan
from miglint.dialects.postgresql.columns import record_default
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.partitions import copy_index
from miglint.dialects.postgresql.types import is_free, operator_class


def alter_type(command: Command, change: AlterColumnType, table: Table, plan: Plan, execution: Execution) -> None:
    """One column's new type, in the table and what inherits from it."""
    for each in execution.family(table, only=change.only):
        column = each.columns.get(change.column)
        if column is None or column.type is None:
            execution.assume(
                f"the type of {each.name.name}.{change.column} before this is not known: taken to need a rewrite"
            )
            plan.of(each).rewrite = True
            plan.retyped.add(each.name)
            column = column or Column(change.column)
        elif column.generated != "virtual" and not is_free(
            column.type,
            change.type,
            change.using.tree if change.using else None,
            change.column,
            execution.catalog,
            execution.session.zone,
        ):
            plan.of(each).rewrite = True
            plan.retyped.add(each.name)
        record_default(column.default, execution)
        _record_sequence(column, execution)
        after = replace(column, type=change.type, collation=change.collation)
        _rebuild(each, column, after, plan, execution)
        latest = execution.latest(each)
        execution.put(replace(latest, columns=latest.columns.set(change.column, after)))


def _record_sequence(column: Column, execution: Execution) -> None:
    """An identity column's sequence gets the type too; the default of a serial column is nextval() of its sequence."""
    if column.sequence is None:
        return
    if column.identity:
        execution.lock_name(column.sequence, Mode.SHARE_ROW_EXCLUSIVE)
    elif execution.major >= 18:
        execution.lock_name(column.sequence, Mode.ACCESS_SHARE)


def _rebuild(table: Table, before: Column, after: Column, plan: Plan, execution: Execution) -> None:
    for index in table.indexes.values():
        if _depends(index, before.name):
            execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE)
            if table.kind is TableKind.PARTITIONED:
                _spread(table, index, plan, execution)
            if not _reusable(index, before, after, execution):
                plan.of(table).build.add(index.name)
    for constraint in table.constraints.values():
        if before.name not in constraint.columns:
            continue
        if constraint.kind is ConstraintKind.CHECK and constraint.valid:
            plan.of(table).scan = True
        elif constraint.kind is ConstraintKind.FOREIGN_KEY:
            _remake_key(table, table, constraint, before, after, plan, execution)
    for other, key in _keys_to(table, before.name, execution):
        _remake_key(table, other, key, before, after, plan, execution)


def _spread(table: Table, index: Index, plan: Plan, execution: Execution) -> None:
    """An index that was made ON ONLY a partitioned table is made again on its partitions too."""
    name = Name(table.name.schema, index.name)
    for child in execution.catalog.children.get(table.name, ()):
        partition = execution.catalog.table(child)
        if partition is not None and all(own.parent != name for own in partition.indexes.values()):
            copy_index(table, index, partition, execution)
            latest = execution.latest(partition)
            added = latest.indexes.keys() - partition.indexes.keys()
            plan.of(partition).build |= added
            for own in added:
                _spread(latest, latest.indexes[own], plan, execution)


def _keys_to(table: Table, column: str, execution: Execution) -> Iterator[tuple[Table, Constraint]]:
    for other, key in execution.catalog.foreign_keys_to(table.name):
        if column in key.referenced_columns and other.name != table.name:
            yield other, key


def _remake_key(
    altered: Table,
    table: Table,
    constraint: Constraint,
    before: Column,
    after: Column,
    plan: Plan,
    execution: Execution,
) -> None:
    """A foreign key is dropped and added: both ends are locked, and checked again if another operator compares them."""
    target = execution.catalog.table(constraint.references) if constraint.references is not None else None
    for each in execution.family(table):
        execution.lock(each, Mode.ACCESS_EXCLUSIVE)
    for each in execution.family(target) if target is not None else ():
        bare = each.kind is TableKind.PARTITIONED and execution.major < KEYS_OF_PARTITIONED
        execution.lock(each, Mode.SHARE_ROW_EXCLUSIVE if bare else Mode.ACCESS_EXCLUSIVE)
    if not constraint.valid:
        return
    if _same_operators("btree", before.type, after.type, execution):
        plan.remade_keys.append((altered.name, table.name, constraint))
    else:
        plan.foreign_keys.append((table.name, constraint))


def _depends(index: Index, column: str) -> bool:
    expressions = [key.expression for key in index.keys if key.expression is not None]
    if index.predicate is not None:
        expressions.append(index.predicate)
    return column in (*index.columns, *index.include) or any(column in each.columns for each in expressions)


def _reusable(index: Index, before: Column, after: Column, execution: Execution) -> bool:
    """Whether the index's storage serves the new definition. Expressions and predicates are never compared, and what
    belongs to a partitioned index is made again with that, which has no storage."""
    computed = index.predicate is not None or any(key.expression is not None for key in index.keys)
    if computed or not index.valid or index.parent is not None:
        return False
    for key in index.keys:
        if key.column != before.name:
            continue
        if not key.operator_class and not _same_operators(index.method, before.type, after.type, execution):
            return False
        if not key.collation and before.collation != after.collation:
            return False
    return True


def _same_operators(method: str, before: Type | None, after: Type | None, execution: Execution) -> bool:
    """GIN stores elements, so that the type of what it stores is never the array's."""
    if before is None or after is None:
        return False
    old, polymorphic = operator_class(before, method, execution.catalog)
    new, _ = operator_class(after, method, execution.catalog)
    return old == new and (not polymorphic or (before == after and method != "gin"))
