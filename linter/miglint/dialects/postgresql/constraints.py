"""ALTER TABLE's subcommands on constraints."""

from __future__ import annotations

import enum

from msgspec.structs import replace

from miglint.catalog import Constraint, ConstraintKind, Index, Name, Table, TableKind
from miglint.changes import AddConstraint, AlterConstraint, DropConstraint, ValidateConstraint
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.alter_table import KEYS_OF_PARTITIONED, Plan, with_partitions
from miglint.dialects.postgresql.definitions import ConstraintDefinition
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.names import choose, index_name
from miglint.dialects.postgresql.not_null import require_not_null


class KeyCheck(enum.Enum):
    """How a new foreign key is checked: not at all, over rows that are all null, or by joining both tables."""

    NONE = enum.auto()
    NULLS = enum.auto()
    JOIN = enum.auto()


def add(command: Command, change: AddConstraint, table: Table, plan: Plan, execution: Execution) -> None:
    """ADD CONSTRAINT."""
    if command.constraint is not None:
        check = KeyCheck.NULLS if _on_new_column(command.constraint.constraint, execution) else KeyCheck.JOIN
        add_constraint(command.constraint, table, plan, execution, only=change.only, key_check=check)


def _on_new_column(constraint: Constraint, execution: Execution) -> bool:
    """Whether a column of the key is new in this statement and has no value: a key with a null refers to nothing."""
    return not execution.empty_columns.isdisjoint(constraint.columns)


def add_constraint(
    definition: ConstraintDefinition,
    table: Table,
    plan: Plan,
    execution: Execution,
    *,
    only: bool = False,
    key_check: KeyCheck = KeyCheck.JOIN,
) -> None:
    """Add a constraint to a table."""
    match definition.constraint.kind:
        case ConstraintKind.FOREIGN_KEY:
            _add_foreign_key(definition.constraint, table, plan, execution, check=key_check)
        case ConstraintKind.CHECK | ConstraintKind.NOT_NULL:
            _add_check(definition.constraint, table, plan, execution, only=only)
        case _:
            _add_index_constraint(definition, table, plan, execution, only=only)


def _put(table: Table, constraint: Constraint, execution: Execution) -> None:
    latest = execution.latest(table)
    execution.put(replace(latest, constraints=latest.constraints.set(constraint.name, constraint)))


def _add_foreign_key(
    constraint: Constraint, table: Table, plan: Plan, execution: Execution, *, check: KeyCheck
) -> None:
    referenced = constraint.references
    if referenced is None:
        return
    if not constraint.name:
        taken = execution.taken(table.name.schema, execution.latest(table))
        constraint = replace(constraint, name=choose(table.name.name, "_".join(constraint.columns), "fkey", taken))
    target = execution.table(referenced)
    for each in (*with_partitions(table, execution), *with_partitions(target, execution)):
        execution.lock(each, Mode.SHARE_ROW_EXCLUSIVE)
    if constraint.valid and check is KeyCheck.JOIN:
        plan.foreign_keys.append((table.name, constraint))
    if constraint.valid and check is KeyCheck.NULLS:
        plan.null_keys.append(table.name)
    if check is KeyCheck.NONE and constraint.enforced:
        constraint = replace(constraint, valid=True)
    for each in with_partitions(table, execution):
        _put(each, constraint, execution)


def _add_check(constraint: Constraint, table: Table, plan: Plan, execution: Execution, *, only: bool) -> None:
    not_null = constraint.kind is ConstraintKind.NOT_NULL
    if not constraint.name:
        words = constraint.columns[0] if len(constraint.columns) == 1 else ""
        taken = execution.taken(table.name.schema, execution.latest(table))
        constraint = replace(
            constraint, name=choose(table.name.name, words, "not_null" if not_null else "check", taken)
        )
    for each in execution.family(table, only=only or constraint.no_inherit):
        latest = execution.latest(each)
        if not_null:
            _add_not_null(constraint, latest, plan, execution)
            continue
        inherited = each.name != table.name and constraint.name in latest.constraints
        if constraint.valid and constraint.enforced and not inherited:
            plan.of(each).scan = True
        _put(each, constraint, execution)


def _add_not_null(constraint: Constraint, table: Table, plan: Plan, execution: Execution) -> None:
    for column in constraint.columns:
        if constraint.valid:
            require_not_null(table, column, plan, execution)
            continue
        latest = execution.latest(table)
        known = latest.columns.get(column)
        if known is not None and not known.not_null:
            marked = replace(known, not_null=True, not_null_valid=False)
            execution.put(replace(latest, columns=latest.columns.set(column, marked)))
    _put(table, constraint, execution)


def _add_index_constraint(
    definition: ConstraintDefinition, table: Table, plan: Plan, execution: Execution, *, only: bool
) -> None:
    constraint, index = definition.constraint, definition.index
    if index is None:
        return
    if definition.using_index:
        constraint, index = _from_index(definition, table, execution)
    name = constraint.name or _default_name(constraint, index, table, execution)
    constraint = replace(constraint, name=name, index=name)
    if constraint.kind is ConstraintKind.PRIMARY_KEY:
        _require_all_not_null(constraint, table, plan, execution, only=only)
    labels: dict[Name, str] = {}
    for each in execution.family(table, only=only):
        own = index if each.name == table.name else replace(index, oid=execution.oid())
        above = next((parent for parent in each.parents if parent in labels), None)
        own = replace(own, parent=Name(above.schema, labels[above]) if above is not None else own.parent)
        label = name if each.name == table.name else _default_name(replace(constraint, name=""), own, each, execution)
        labels[each.name] = label
        if each.name != table.name:
            execution.lock(each, Mode.SHARE)
        if not definition.using_index:
            plan.of(each).build.add(label)
            execution.created.add(own.oid)
        latest = execution.latest(each)
        indexes = latest.indexes.set(label, replace(own, name=label, constraint=label))
        stored = replace(constraint, name=label, index=label)
        execution.put(replace(latest, indexes=indexes, constraints=latest.constraints.set(label, stored)))
        if table.kind is not TableKind.PARTITIONED:
            break


def _require_all_not_null(
    constraint: Constraint, table: Table, plan: Plan, execution: Execution, *, only: bool
) -> None:
    for each in execution.family(table, only=only):
        for column in constraint.columns:
            require_not_null(each, column, plan, execution)


def _from_index(definition: ConstraintDefinition, table: Table, execution: Execution) -> tuple[Constraint, Index]:
    """USING INDEX: the index goes over to the constraint and takes its name."""
    constraint = definition.constraint
    name = definition.using_index
    latest = execution.latest(table)
    index = latest.indexes.get(name)
    if index is None:
        execution.assume(f"nothing in the migrations makes the index {name}")
        stand_in = definition.index or Index(execution.oid(), name, ())
        return replace(constraint, name=constraint.name or name), stand_in
    execution.lock_index(latest, index, Mode.SHARE_UPDATE_EXCLUSIVE)
    execution.remove_index(latest, name)
    return replace(constraint, name=constraint.name or name, columns=index.columns), index


def _default_name(constraint: Constraint, index: Index, table: Table, execution: Execution) -> str:
    taken = execution.taken(table.name.schema, execution.latest(table))
    if constraint.kind is ConstraintKind.PRIMARY_KEY:
        return choose(table.name.name, "", "pkey", taken)
    label = "excl" if constraint.kind is ConstraintKind.EXCLUSION else "key"
    return index_name(table.name.name, index.keys, label, taken)


def drop(command: Command, change: DropConstraint, table: Table, plan: Plan, execution: Execution) -> None:
    """DROP CONSTRAINT; a foreign key's is felt at both ends."""
    for each in execution.family(table, only=change.only):
        constraint = execution.latest(each).constraints.get(change.constraint)
        if constraint is not None:
            if constraint.references is not None:
                execution.lock_name(constraint.references, Mode.ACCESS_EXCLUSIVE)
            drop_constraint_of(each, constraint, execution)
            if constraint.index:
                _drop_from_partitions(each, constraint.index, execution)
        elif each.name == table.name and not change.constraint_if_exists:
            execution.assume(
                f"nothing in the migrations makes the constraint {change.constraint}: if it is a foreign key, "
                "the referenced table is locked too"
            )


def _drop_from_partitions(table: Table, index: str, execution: Execution) -> None:
    """The constraints of partitions that belong to one of the table go with it."""
    parent = Name(table.name.schema, index)
    for child in execution.catalog.children.get(table.name, ()):
        partition = execution.catalog.table(child)
        for own in list(partition.indexes.values()) if partition is not None else ():
            if partition is not None and own.parent == parent and own.constraint in partition.constraints:
                drop_constraint_of(partition, partition.constraints[own.constraint], execution)
                _drop_from_partitions(partition, own.name, execution)


def drop_constraint_of(table: Table, constraint: Constraint, execution: Execution) -> None:
    """Take a constraint off a table, with its index, and the foreign keys that need it."""
    if constraint.kind is ConstraintKind.FOREIGN_KEY and constraint.references is not None:
        lock_referenced(constraint, execution)
    latest = execution.latest(table)
    index = latest.indexes.get(constraint.index) if constraint.index else None
    if index is not None:
        execution.lock_index(latest, index, Mode.ACCESS_EXCLUSIVE).dropped = True
        execution.remove_index(latest, index.name)
        _drop_keys_to(latest, constraint, execution)
    latest = execution.latest(table)
    constraints = latest.constraints.remove(constraint.name)
    columns = latest.columns
    if constraint.kind is ConstraintKind.NOT_NULL:
        known = (columns[key] for key in constraint.columns if key in columns)
        columns = columns.update({column.name: replace(column, not_null=False) for column in known})
    execution.put(replace(latest, constraints=constraints, columns=columns))


def lock_referenced(constraint: Constraint, execution: Execution) -> None:
    """Dropping a foreign key drops its triggers on the referenced table; a partitioned one has any from 15 on."""
    target = execution.catalog.table(constraint.references) if constraint.references is not None else None
    for each in with_partitions(target, execution) if target is not None else ():
        if each.kind is not TableKind.PARTITIONED or execution.major >= KEYS_OF_PARTITIONED:
            execution.lock(each, Mode.ACCESS_EXCLUSIVE)


def _drop_keys_to(table: Table, constraint: Constraint, execution: Execution) -> None:
    for other, key in list(execution.catalog.foreign_keys_to(table.name)):
        if set(key.referenced_columns) == set(constraint.columns):
            execution.lock(other, Mode.ACCESS_EXCLUSIVE)
            latest = execution.latest(other)
            kept = latest.constraints.remove(key.name)
            execution.put(replace(latest, constraints=kept))


def validate(command: Command, change: ValidateConstraint, table: Table, plan: Plan, execution: Execution) -> None:
    """VALIDATE CONSTRAINT: reads the table, unless the constraint is valid already."""
    for each in execution.family(table, only=change.only):
        latest = execution.latest(each)
        constraint = latest.constraints.get(change.constraint)
        if constraint is None:
            _validate_unknown(each, table, plan, execution, change.constraint)
            continue
        if constraint.valid:
            continue
        if constraint.kind is ConstraintKind.FOREIGN_KEY:
            _validate_foreign_key(each, table, constraint, plan, execution)
        else:
            plan.of(each).scan = True
        _put(each, replace(constraint, valid=True), execution)
        for column in constraint.columns if constraint.kind is ConstraintKind.NOT_NULL else ():
            _confirm_not_null(each, column, execution)


def _validate_unknown(each: Table, root: Table, plan: Plan, execution: Execution, name: str) -> None:
    if each.name == root.name:
        plan.of(each).scan = True
        execution.assume(f"nothing in the migrations makes the constraint {name}: it is taken for one not validated")


def _validate_foreign_key(each: Table, root: Table, constraint: Constraint, plan: Plan, execution: Execution) -> None:
    if each.name == root.name:
        plan.foreign_keys.append((each.name, constraint))
    target = execution.catalog.table(constraint.references) if constraint.references else None
    for other in execution.family(target) if target is not None else ():
        execution.lock(other, Mode.ROW_SHARE)


def _confirm_not_null(table: Table, column: str, execution: Execution) -> None:
    latest = execution.latest(table)
    known = latest.columns.get(column)
    if known is not None:
        execution.put(
            replace(latest, columns=latest.columns.set(column, replace(known, not_null=True, not_null_valid=True)))
        )


def alter(command: Command, change: AlterConstraint, table: Table, plan: Plan, execution: Execution) -> None:
    """ALTER CONSTRAINT: the catalog, and the triggers of a foreign key; ENFORCED checks the rows."""
    for each in execution.family(table):
        latest = execution.latest(each)
        constraint = latest.constraints.get(change.constraint)
        if constraint is None:
            continue
        if change.deferrable is not None:
            constraint = replace(constraint, deferrable=change.deferrable)
        if change.enforced is not None:
            constraint = _enforced(constraint, change, each, plan, execution)
        _put(each, constraint, execution)


def _enforced(
    constraint: Constraint, change: AlterConstraint, table: Table, plan: Plan, execution: Execution
) -> Constraint:
    target: Name | None = constraint.references
    other = execution.catalog.table(target) if target is not None else None
    if other is not None:
        execution.lock(other, Mode.SHARE_ROW_EXCLUSIVE if change.enforced else Mode.ACCESS_EXCLUSIVE)
    if change.enforced and not constraint.enforced:
        plan.foreign_keys.append((table.name, constraint))
    enforced = bool(change.enforced)
    return replace(constraint, enforced=enforced, valid=enforced)
