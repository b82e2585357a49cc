"""ALTER TABLE's parse tree to typed changes, in the order written."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from miglint.catalog import Name
from miglint.changes import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
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
from miglint.dialects.postgresql.definitions import (
    ColumnDefinition,
    ConstraintDefinition,
    collation,
    options,
    read_column,
    read_constraint,
)
from miglint.dialects.postgresql.execution import Execution, NotFollowed
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import data_type, expression, text_of
from miglint.dialects.postgresql.types import canonical


class Command(Struct, frozen=True):
    """One subcommand: the change, and for additions the full definition."""

    change: TableChange
    subtype: str
    column: ColumnDefinition | None = None
    constraint: ConstraintDefinition | None = None
    options: tuple[str, ...] = ()


class Context(Struct, frozen=True):
    """What every subcommand of a statement shares."""

    table: Name
    only: bool
    if_exists: bool
    execution: Execution
    location: int


def read_commands(node: Node, table: Name, execution: Execution) -> list[Command]:
    """The subcommands of an AlterTableStmt."""
    relation = node["relation"]
    shared = Context(
        table, not relation.get("inh", False), node.get("missing_ok", False), execution, relation.get("location", 0)
    )
    return [
        READERS.get(subtype, _option)(command, subtype, shared)
        for item in node.get("cmds", ())
        for command in [item["AlterTableCmd"]]
        for subtype in [command["subtype"].removeprefix("AT_")]
    ]


def _location(tree: Node | None, shared: Context) -> int:
    node = next(iter(tree.values())) if tree else {}
    location = node.get("location", shared.location) if isinstance(node, dict) else shared.location
    return int(location)


def _add_column(node: Node, subtype: str, shared: Context) -> Command:
    definition = read_column(node["def"]["ColumnDef"], shared.execution)
    change = AddColumn(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=_location(node["def"], shared),
        column=definition.column,
        constraints=tuple(each.constraint for each in definition.constraints),
        if_not_exists=node.get("missing_ok", False),
    )
    return Command(change, subtype, column=definition)


def _drop_column(node: Node, subtype: str, shared: Context) -> Command:
    change = DropColumn(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        column=node["name"],
        cascade=node.get("behavior") == "DROP_CASCADE",
        column_if_exists=node.get("missing_ok", False),
    )
    return Command(change, subtype)


def _alter_type(node: Node, subtype: str, shared: Context) -> Command:
    definition = node["def"]["ColumnDef"]
    change = AlterColumnType(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=_location(node["def"], shared),
        column=node["name"],
        type=canonical(data_type(definition["typeName"]), shared.execution.catalog),
        collation=collation(definition),
        using=expression(definition.get("raw_default")),
    )
    return Command(change, subtype)


def _set_default(node: Node, subtype: str, shared: Context) -> Command:
    change = SetDefault(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=_location(node.get("def"), shared),
        column=node["name"],
        default=expression(node.get("def")),
    )
    return Command(change, subtype)


def _set_not_null(node: Node, subtype: str, shared: Context) -> Command:
    change = SetNotNull(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        column=node["name"],
    )
    return Command(change, subtype)


def _drop_not_null(node: Node, subtype: str, shared: Context) -> Command:
    change = DropNotNull(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        column=node["name"],
    )
    return Command(change, subtype)


def _add_constraint(node: Node, subtype: str, shared: Context) -> Command:
    tree = node["def"]["Constraint"]
    definition = read_constraint(tree, shared.execution)
    change = AddConstraint(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=_location(node["def"], shared),
        constraint=definition.constraint,
        using_index=definition.using_index,
    )
    return Command(change, subtype, constraint=definition)


def _drop_constraint(node: Node, subtype: str, shared: Context) -> Command:
    change = DropConstraint(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        constraint=node["name"],
        cascade=node.get("behavior") == "DROP_CASCADE",
        constraint_if_exists=node.get("missing_ok", False),
    )
    return Command(change, subtype)


def _validate_constraint(node: Node, subtype: str, shared: Context) -> Command:
    change = ValidateConstraint(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        constraint=node["name"],
    )
    return Command(change, subtype)


def _alter_constraint(node: Node, subtype: str, shared: Context) -> Command:
    tree = next(iter(node["def"].values()))
    change = AlterConstraint(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        constraint=tree.get("conname", ""),
        deferrable=tree.get("deferrable", False) if tree.get("alterDeferrability") else None,
        enforced=tree.get("is_enforced", False) if tree.get("alterEnforceability") else None,
    )
    return Command(change, subtype)


def _identity(node: Node, subtype: str, shared: Context) -> Command:
    definition = node.get("def", {})
    when = definition.get("Constraint", {}).get("generated_when", "")
    change = SetIdentity(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        column=node["name"],
        action={"AddIdentity": "add", "SetIdentity": "set", "DropIdentity": "drop"}[subtype],
        identity={"a": "always", "d": "by default"}.get(when, ""),
    )
    return Command(change, subtype)


def _generation(node: Node, subtype: str, shared: Context) -> Command:
    change = SetGeneration(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        column=node["name"],
        generation=expression(node.get("def")) if subtype == "SetExpression" else None,
    )
    return Command(change, subtype)


def _attach(node: Node, subtype: str, shared: Context) -> Command:
    partition = node["def"]["PartitionCmd"]
    change = AttachPartition(
        table=shared.table,
        location=shared.location,
        partition=shared.execution.resolve(partition["name"]),
        bound=partition.get("bound"),
    )
    return Command(change, subtype)


def _detach(node: Node, subtype: str, shared: Context) -> Command:
    partition = node["def"]["PartitionCmd"]
    change = DetachPartition(
        table=shared.table,
        location=shared.location,
        partition=shared.execution.resolve(partition["name"]),
        concurrently=partition.get("concurrent", False),
        finalize=subtype == "DetachPartitionFinalize",
    )
    return Command(change, subtype)


def _inheritance(node: Node, subtype: str, shared: Context) -> Command:
    change = SetInheritance(
        table=shared.table,
        location=shared.location,
        parent=shared.execution.resolve(node["def"]["RangeVar"]),
        inherit=subtype == "AddInherit",
    )
    return Command(change, subtype)


def _option(node: Node, subtype: str, shared: Context) -> Command:
    """Everything that sets something and needs no fields of its own."""
    if subtype not in OPTIONS:
        raise NotFollowed(f"ALTER TABLE … {subtype} is not known")
    definition = node.get("def")
    values = options(definition)
    replica = (definition or {}).get("ReplicaIdentityStmt", {})
    owner = node.get("newowner", {}).get("rolename", "")
    change = SetTableOption(
        table=shared.table,
        only=shared.only,
        if_exists=shared.if_exists,
        location=shared.location,
        action=OPTIONS[subtype],
        column=node.get("name", "") if subtype in ON_COLUMNS else "",
        value=replica.get("name") or owner or node.get("name", "") or text_of(definition),
        options=values,
    )
    return Command(change, subtype, options=tuple(values))


ON_COLUMNS = frozenset({"SetStatistics", "SetOptions", "ResetOptions", "SetStorage", "SetCompression"})

OPTIONS = {
    "SetStatistics": "SET STATISTICS",
    "SetOptions": "SET",
    "ResetOptions": "RESET",
    "SetStorage": "SET STORAGE",
    "SetCompression": "SET COMPRESSION",
    "AlterColumnGenericOptions": "OPTIONS",
    "GenericOptions": "OPTIONS",
    "ChangeOwner": "OWNER TO",
    "ClusterOn": "CLUSTER ON",
    "DropCluster": "SET WITHOUT CLUSTER",
    "SetLogged": "SET LOGGED",
    "SetUnLogged": "SET UNLOGGED",
    "DropOids": "SET WITHOUT OIDS",
    "SetAccessMethod": "SET ACCESS METHOD",
    "SetTableSpace": "SET TABLESPACE",
    "SetRelOptions": "SET",
    "ResetRelOptions": "RESET",
    "ReplaceRelOptions": "SET",
    "EnableTrig": "ENABLE TRIGGER",
    "EnableAlwaysTrig": "ENABLE ALWAYS TRIGGER",
    "EnableReplicaTrig": "ENABLE REPLICA TRIGGER",
    "DisableTrig": "DISABLE TRIGGER",
    "EnableTrigAll": "ENABLE TRIGGER ALL",
    "DisableTrigAll": "DISABLE TRIGGER ALL",
    "EnableTrigUser": "ENABLE TRIGGER USER",
    "DisableTrigUser": "DISABLE TRIGGER USER",
    "EnableRule": "ENABLE RULE",
    "EnableAlwaysRule": "ENABLE ALWAYS RULE",
    "EnableReplicaRule": "ENABLE REPLICA RULE",
    "DisableRule": "DISABLE RULE",
    "AddOf": "OF",
    "DropOf": "NOT OF",
    "ReplicaIdentity": "REPLICA IDENTITY",
    "EnableRowSecurity": "ENABLE ROW LEVEL SECURITY",
    "DisableRowSecurity": "DISABLE ROW LEVEL SECURITY",
    "ForceRowSecurity": "FORCE ROW LEVEL SECURITY",
    "NoForceRowSecurity": "NO FORCE ROW LEVEL SECURITY",
}

READERS: dict[str, Callable[[Node, str, Context], Command]] = {
    "AddColumn": _add_column,
    "DropColumn": _drop_column,
    "AlterColumnType": _alter_type,
    "ColumnDefault": _set_default,
    "SetNotNull": _set_not_null,
    "DropNotNull": _drop_not_null,
    "AddConstraint": _add_constraint,
    "DropConstraint": _drop_constraint,
    "ValidateConstraint": _validate_constraint,
    "AlterConstraint": _alter_constraint,
    "AddIdentity": _identity,
    "SetIdentity": _identity,
    "DropIdentity": _identity,
    "SetExpression": _generation,
    "DropExpression": _generation,
    "AttachPartition": _attach,
    "DetachPartition": _detach,
    "DetachPartitionFinalize": _detach,
    "AddInherit": _inheritance,
    "DropInherit": _inheritance,
}
