"""ATTACH and DETACH PARTITION, INHERIT and NO INHERIT, and what a new partition asks of its parent."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from miglint.catalog import Constraint, ConstraintKind, Index, Name, Table
from miglint.changes import AttachPartition, DetachPartition, SetInheritance
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.alter_table import KEYS_OF_PARTITIONED, Plan
from miglint.dialects.postgresql.bounds import excluded_from, implied_bound
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.names import index_name


def attach(command: Command, change: AttachPartition, parent: Table, plan: Plan, execution: Execution) -> None:
    """The new partition is scanned unless its CHECKs prove the bound; the default partition likewise."""
    partition = execution.table(change.partition)
    for each in execution.family(partition):
        execution.lock(each, Mode.ACCESS_EXCLUSIVE)
        if not implied_bound(change.bound, parent, each):
            plan.of(each).scan = True
    check_default(change.bound, parent, plan, execution)
    for index in parent.indexes.values():
        execution.lock_index(parent, index, Mode.SHARE_UPDATE_EXCLUSIVE)
    for each in execution.family(partition):
        _match_indexes(parent, each, plan, execution)
    _copy_keys(parent, partition, plan, execution)
    lock_referencing(parent, execution)
    latest = execution.latest(partition)
    is_default = bool((change.bound or {}).get("is_default"))
    execution.put(
        replace(latest, parents=(parent.name,), partition=True, default_partition=is_default, bound=change.bound)
    )


def lock_referencing(parent: Table, execution: Execution) -> None:
    """The foreign keys that refer to a partitioned table come to refer to a new partition of it too."""
    for other, _ in list(execution.catalog.foreign_keys_reaching(parent)):
        execution.lock(other, Mode.SHARE_ROW_EXCLUSIVE if execution.major >= KEYS_OF_PARTITIONED else Mode.ACCESS_SHARE)


def check_default(bound: object, parent: Table, plan: Plan, execution: Execution) -> None:
    """The default partition must hold no row of the new one: it is locked, and scanned unless a CHECK proves it."""
    for default in default_partitions(parent, execution):
        for each in execution.family(default):
            execution.lock(each, Mode.ACCESS_EXCLUSIVE)
            if not excluded_from(bound, parent, each):
                plan.of(each).scan = True


def default_partitions(parent: Table, execution: Execution) -> Iterator[Table]:
    """The default partition of a partitioned table, if there is one."""
    for child in execution.catalog.default_partitions.get(parent.name, ()):
        table = execution.catalog.table(child)
        if table is not None:
            yield table


def _match_indexes(parent: Table, partition: Table, plan: Plan, execution: Execution) -> None:
    """Each index of the parent needs one on the partition: a fitting one is used, else it is built."""
    free = [each for each in partition.indexes.values() if each.parent is None]
    for index in parent.indexes.values():
        match = next((each for each in free if same_definition(each, index)), None)
        if match is not None:
            free.remove(match)
            attached = replace(match, parent=Name(parent.name.schema, index.name))
            latest = execution.latest(partition)
            execution.put(replace(latest, indexes=latest.indexes.set(match.name, attached)))
            continue
        copy_index(parent, index, partition, execution)
        plan.of(partition).build.update(execution.latest(partition).indexes.keys() - partition.indexes.keys())


def same_definition(one: Index, other: Index) -> bool:
    """Whether two indexes are the same but for their names."""
    return (
        [(key.column, key.operator_class, key.collation) for key in one.keys]
        == [(key.column, key.operator_class, key.collation) for key in other.keys]
        and [key.expression for key in one.keys] == [key.expression for key in other.keys]
        and (one.method, one.unique, one.predicate, one.valid) == (other.method, other.unique, other.predicate, True)
        and bool(one.constraint) >= bool(other.constraint)
    )


def copy_index(parent: Table, index: Index, partition: Table, execution: Execution) -> None:
    """Put the parent's index on a partition, under a name of its own."""
    latest = execution.latest(partition)
    taken = execution.taken(partition.name.schema, latest)
    backed = parent.constraints.get(index.constraint)
    label = "key" if backed is not None else "idx"
    if backed is not None and backed.kind is ConstraintKind.PRIMARY_KEY:
        name = index_name(partition.name.name, (), "pkey", taken)
    else:
        name = index_name(partition.name.name, index.keys, label, taken)
    parent_index = Name(parent.name.schema, index.name)
    constraint = name if backed is not None else ""
    copied = replace(index, oid=execution.oid(), name=name, constraint=constraint, parent=parent_index, only=False)
    execution.add_index(latest, copied)
    if backed is not None:
        latest = execution.latest(partition)
        stored = replace(backed, name=name, index=name)
        execution.put(replace(latest, constraints=latest.constraints.set(name, stored)))


def _copy_keys(parent: Table, partition: Table, plan: Plan, execution: Execution) -> None:
    """The parent's foreign keys become the partition's: the referenced tables are locked, the rows checked."""
    for constraint in parent.constraints.values():
        if constraint.kind is not ConstraintKind.FOREIGN_KEY or constraint.references is None:
            continue
        latest = execution.latest(partition)
        fitting = any(
            (each.columns, each.references) == (constraint.columns, constraint.references)
            for each in latest.constraints.values()
        )
        target = execution.catalog.table(constraint.references)
        for each in execution.family(target) if target is not None else ():
            execution.lock(each, Mode.SHARE_ROW_EXCLUSIVE)
        if not fitting:
            if constraint.valid:
                plan.foreign_keys.append((partition.name, constraint))
            execution.put(replace(latest, constraints=latest.constraints.set(constraint.name, constraint)))


def detach(command: Command, change: DetachPartition, parent: Table, plan: Plan, execution: Execution) -> None:
    """The partition goes its own way; the default partition's bound changes with it."""
    partition = execution.table(change.partition)
    concurrently = change.concurrently or change.finalize
    mode = Mode.ACCESS_EXCLUSIVE if execution.major >= 14 else Mode.SHARE_UPDATE_EXCLUSIVE
    for each in execution.family(partition):  # the bounds of what is below change too
        execution.lock(each, mode)
    for default in default_partitions(parent, execution):
        if not concurrently:
            execution.lock(default, Mode.ACCESS_EXCLUSIVE)
    for index in partition.indexes.values():
        execution.lock_index(partition, index, mode if concurrently else Mode.ACCESS_EXCLUSIVE)
    for constraint in partition.constraints.values():
        target = execution.catalog.table(constraint.references) if constraint.references is not None else None
        if target is not None and any(each.references == target.name for each in parent.constraints.values()):
            execution.lock(target, Mode.SHARE_ROW_EXCLUSIVE)
    for other, constraint in list(execution.catalog.foreign_keys_reaching(parent)):
        _detach_from_key(other, constraint, partition, execution, concurrently=concurrently)
    latest = execution.latest(partition)
    own = latest.indexes.update({key: replace(each, parent=None) for key, each in latest.indexes.items()})
    execution.put(replace(latest, parents=(), partition=False, default_partition=False, indexes=own))
    if concurrently:
        execution.outside_transaction = True


def _detach_from_key(
    other: Table, constraint: Constraint, partition: Table, execution: Execution, *, concurrently: bool
) -> None:
    """No row may refer to the partition any more, which is looked for; then its part of the key is dropped."""
    for each in execution.family(other):
        execution.lock(each, Mode.SHARE if concurrently else Mode.ACCESS_EXCLUSIVE)
        if constraint.enforced:
            execution.scan(each)
    for each in execution.family(partition) if constraint.enforced else ():
        execution.scan(each)


def set_inheritance(command: Command, change: SetInheritance, table: Table, plan: Plan, execution: Execution) -> None:
    """INHERIT and NO INHERIT: the child is locked wholly, the parent lightly."""
    parent = execution.table(change.parent)
    latest = execution.latest(table)
    if change.inherit:
        execution.lock(parent, Mode.SHARE_UPDATE_EXCLUSIVE)
        execution.put(replace(latest, parents=(*latest.parents, parent.name)))
    else:
        execution.lock(parent, Mode.ACCESS_SHARE)
        execution.put(replace(latest, parents=tuple(each for each in latest.parents if each != parent.name)))
