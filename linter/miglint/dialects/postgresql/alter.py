"""ALTER TABLE (and ALTER INDEX, VIEW, SEQUENCE … in the same tree): subcommands to their handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from miglint.catalog import Sequence, Table, View
from miglint.changes import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
    AlterObject,
    AttachPartition,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropNotNull,
    SetDefault,
    SetGeneration,
    SetIdentity,
    SetInheritance,
    SetNotNull,
    SetTableOption,
    TableChange,
    ValidateConstraint,
)
from miglint.dialects.postgresql import columns, constraints, partitions, retype, table_options
from miglint.dialects.postgresql.alter_read import Command, read_commands
from miglint.dialects.postgresql.alter_table import Plan, pass_of, take_locks, work_through
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.indexes import alter_index
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node

Apply = Callable[..., None]

APPLY: dict[type[TableChange], Apply] = {
    AddColumn: columns.add_column,
    DropColumn: columns.drop_column,
    AlterColumnType: retype.alter_type,
    SetDefault: columns.set_default,
    SetNotNull: columns.set_not_null,
    DropNotNull: columns.drop_not_null,
    SetIdentity: columns.set_identity,
    SetGeneration: columns.set_generation,
    AddConstraint: constraints.add,
    DropConstraint: constraints.drop,
    ValidateConstraint: constraints.validate,
    AlterConstraint: constraints.alter,
    AttachPartition: partitions.attach,
    DetachPartition: partitions.detach,
    SetInheritance: partitions.set_inheritance,
    SetTableOption: table_options.set_option,
}

_OBJECTS = {"OBJECT_VIEW": "view", "OBJECT_SEQUENCE": "sequence", "OBJECT_FOREIGN_TABLE": "foreign table"}


def alter_table(node: Node, execution: Execution) -> None:
    """AlterTableStmt."""
    name = execution.resolve(node["relation"])
    kind = node.get("objtype", "OBJECT_TABLE")
    found = execution.catalog.relations.get(name)
    if kind == "OBJECT_INDEX" or (found is None and name in execution.catalog.index_tables):
        alter_index(node, execution)
        return
    if kind == "OBJECT_TYPE":
        execution.changes.append(AlterObject(kind="type", name=name, action="alter attribute"))
        return
    if isinstance(found, View | Sequence) or kind in ("OBJECT_VIEW", "OBJECT_SEQUENCE"):
        execution.changes.append(AlterObject(kind=_OBJECTS.get(kind, "view"), name=name, action="alter"))
        execution.lock_name(name, Mode.ACCESS_EXCLUSIVE)
        return
    _alter(node, found or execution.table(name), execution)


def _added_empty(changes: Iterable[TableChange]) -> Iterator[str]:
    for change in changes:
        if isinstance(change, AddColumn) and not change.if_not_exists:
            column = change.column
            if column.default is None and not column.identity and not column.generated:
                yield column.name


def _alter(node: Node, table: Table, execution: Execution) -> None:
    commands = read_commands(node, table.name, execution)
    first = len(execution.changes)
    execution.changes += [command.change for command in commands]
    if len(commands) > 1:
        execution.empty_columns = frozenset(_added_empty(command.change for command in commands))
    plan = Plan(take_locks(commands, table, execution))
    for number, command in _in_passes(commands):
        handler: Any = APPLY[type(command.change)]
        own = Plan(plan.mode) if len(commands) > 1 else plan
        handler(command, command.change, execution.latest(table), own, execution)
        execution.causes[first + number] = own.work()
        if own is not plan:
            plan.add(own)
    work_through(plan, execution)


def _in_passes(commands: list[Command]) -> list[tuple[int, Command]]:
    """The subcommands with their positions, in the order in which the server goes through them."""
    numbered = [*enumerate(commands)]
    return sorted(numbered, key=_pass_of_numbered) if len(numbered) > 1 else numbered


def _pass_of_numbered(numbered: tuple[int, Command]) -> int:
    return pass_of(numbered[1])
