"""Indexes: CREATE, ALTER and DROP INDEX, REINDEX."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from miglint.catalog import Index, Name, Table, TableKind
from miglint.changes import AlterObject, CreateIndex, DropIndex, Reindex
from miglint.dialects.postgresql.alter_table import EXCLUSIVE_STORAGE
from miglint.dialects.postgresql.definitions import options, read_key
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.names import index_name, truncated
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.partitions import copy_index, same_definition
from miglint.dialects.postgresql.tree import expression, text_of
from miglint.effects import Work


def create_index(node: Node, execution: Execution) -> None:
    """IndexStmt."""
    relation = node["relation"]
    table = execution.table(execution.resolve(relation))
    only = not relation.get("inh", False)
    concurrently = node.get("concurrent", False)
    index = _read(node, table, execution)
    execution.changes.append(
        CreateIndex(
            table=table.name,
            only=only,
            location=relation.get("location", 0),
            index=index,
            concurrently=concurrently,
            if_not_exists=node.get("if_not_exists", False),
        )
    )
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if concurrently else Mode.SHARE
    for each in execution.family(table, only=only or table.kind is not TableKind.PARTITIONED):
        execution.lock(each, mode)
    execution.outside_transaction = concurrently
    there = execution.taken(table.name.schema)(index.name)
    if node.get("if_not_exists") and node.get("idxname") and there:
        return
    _build(table, replace(index, only=only), execution, only=only)


def _read(node: Node, table: Table, execution: Execution) -> Index:
    keys = tuple(read_key(each["IndexElem"]) for each in node.get("indexParams", ()))
    name = truncated(node.get("idxname", ""))
    if not name:
        name = index_name(table.name.name, keys, "idx", execution.taken(table.name.schema))
    return Index(
        execution.oid(),
        name,
        keys,
        method=node.get("accessMethod", "btree"),
        unique=node.get("unique", False),
        include=tuple(each["IndexElem"].get("name", "") for each in node.get("indexIncludingParams", ())),
        predicate=expression(node.get("whereClause")),
        tablespace=node.get("tableSpace", ""),
    )


def _build(table: Table, index: Index, execution: Execution, *, only: bool) -> None:
    """The index, and on a partitioned table those of its partitions, unless one is there that belongs to no other."""
    execution.add_index(table, index)
    execution.build_index(table)
    if table.kind is not TableKind.PARTITIONED or only:
        return
    for child in execution.catalog.children.get(table.name, ()):
        partition = execution.catalog.table(child)
        if partition is None:
            continue
        fitting = [each for each in partition.indexes.values() if each.parent is None and same_definition(each, index)]
        if fitting:
            attached = replace(fitting[0], parent=Name(table.name.schema, index.name))
            execution.put(replace(partition, indexes=partition.indexes.set(attached.name, attached)))
            continue
        copy_index(execution.latest(table), index, partition, execution)
        added = execution.latest(partition).indexes.keys() - partition.indexes.keys()
        if partition.kind is TableKind.PARTITIONED:
            _build(partition, execution.latest(partition).indexes[min(added)], execution, only=False)
        execution.build_index(partition)


def drop_indexes(names: Iterable[Name], node: Node, execution: Execution) -> None:
    """DROP INDEX."""
    concurrently = node.get("concurrent", False)
    missing_ok = node.get("missing_ok", False)
    for name in names:
        found = execution.catalog.index(name)
        execution.changes.append(
            DropIndex(
                index=name,
                table=found[0].name if found is not None else None,
                concurrently=concurrently,
                if_exists=missing_ok,
                cascade=node.get("behavior") == "DROP_CASCADE",
            )
        )
        if found is not None:
            _drop(*found, execution, concurrently=concurrently)
        elif not missing_ok:
            _drop_unknown(name, execution, concurrently=concurrently)
    execution.outside_transaction = concurrently


def _drop(table: Table, index: Index, execution: Execution, *, concurrently: bool) -> None:
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if concurrently else Mode.ACCESS_EXCLUSIVE
    parent = Name(table.name.schema, index.name)
    parents = {parent}
    for each in execution.family(table, only=table.kind is not TableKind.PARTITIONED):
        execution.lock(each, mode)
        for own in list(each.indexes.values()):
            if own.oid == index.oid or own.parent in parents:
                parents.add(Name(each.name.schema, own.name))
                execution.lock_index(each, own, mode).dropped = True
                execution.remove_index(each, own.name)


def _drop_unknown(name: Name, execution: Execution, *, concurrently: bool) -> None:
    """The index is not known, so neither is its table, which is locked like it."""
    label = execution.catalog.display(name)
    execution.assume(f"nothing in the migrations makes the index {label}: its table, locked with it, is not known")
    stand_in = Table(execution.oid(), name, assumed=True)
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if concurrently else Mode.ACCESS_EXCLUSIVE
    impact = execution.lock(stand_in, mode)
    impact.kind = "index"
    impact.dropped = True


def rename_index(name: Name, new_name: str, execution: Execution, mode: Mode) -> None:
    """RENAME: through ALTER INDEX the index is locked lightly, through ALTER TABLE wholly."""
    found = execution.catalog.index(name)
    if found is None:
        return
    table, index = found
    execution.lock_index(table, index, mode)
    execution.remove_index(table, index.name)
    table = execution.latest(table)
    constraints = table.constraints
    renamed = replace(index, name=truncated(new_name))
    if index.constraint in constraints:
        constraint = replace(constraints[index.constraint], name=renamed.name, index=renamed.name)
        constraints = constraints.remove(index.constraint).set(renamed.name, constraint)
        renamed = replace(renamed, constraint=renamed.name)
    execution.put(replace(table, indexes=table.indexes.set(renamed.name, renamed), constraints=constraints))


def alter_index(node: Node, execution: Execution) -> None:
    """ALTER INDEX, and ALTER TABLE of what is an index."""
    name = execution.resolve(node["relation"])
    found = execution.catalog.index(name)
    for item in node.get("cmds", ()):
        command = item["AlterTableCmd"]
        subtype = command["subtype"].removeprefix("AT_")
        change = AlterObject(kind="index", name=name, action=subtype, table=found[0].name if found else None)
        execution.changes.append(change)
        if found is None:
            execution.assume(f"nothing in the migrations makes the index {execution.catalog.display(name)}")
            stand_in = Table(execution.oid(), name, assumed=True)
            impact = execution.lock(stand_in, _level(command, subtype))
            impact.kind = "index"
            continue
        _alter(command, subtype, *found, execution)


def _alter(command: Node, subtype: str, table: Table, index: Index, execution: Execution) -> None:
    impact = execution.lock_index(table, index, _level(command, subtype))
    if subtype == "SetTableSpace":
        moves = command.get("name", "") != (index.tablespace or "pg_default")
        if moves and table.kind is not TableKind.PARTITIONED:
            impact.work.update({Work.COPY})
        latest = execution.latest(table)
        moved = replace(index, tablespace=command.get("name", ""))
        execution.put(replace(latest, indexes=latest.indexes.set(index.name, moved)))
    elif subtype == "AttachPartition":
        child = execution.catalog.index(execution.resolve(command["def"]["PartitionCmd"]["name"]))
        if child is not None:
            execution.lock(table, Mode.ACCESS_SHARE)
            execution.lock(child[0], Mode.ACCESS_SHARE)
            execution.lock_index(*child, Mode.ACCESS_EXCLUSIVE)


def _level(command: Node, subtype: str) -> Mode:
    light = subtype in ("SetRelOptions", "ResetRelOptions", "SetStatistics", "AttachPartition")
    if subtype in ("SetRelOptions", "ResetRelOptions"):
        light = EXCLUSIVE_STORAGE.isdisjoint(options(command.get("def")))
    return Mode.SHARE_UPDATE_EXCLUSIVE if light else Mode.ACCESS_EXCLUSIVE


def reindex(node: Node, execution: Execution) -> None:
    """ReindexStmt."""
    what = node.get("kind", "").removeprefix("REINDEX_OBJECT_").lower()
    concurrently = any(
        each["DefElem"].get("defname") == "concurrently" and text_of(each["DefElem"].get("arg")) not in ("false", "off")
        for each in node.get("params", ())
    )
    relation = node.get("relation")
    name = execution.resolve(relation) if relation else Name("", node.get("name", ""))
    execution.changes.append(Reindex(what=what, name=name, concurrently=concurrently))
    execution.outside_transaction = concurrently or what not in ("index", "table")
    if what == "index":
        found = execution.catalog.index(name)
        if found is None:
            _drop_unknown(name, execution, concurrently=concurrently)
            return
        _reindex_one(*found, execution, concurrently=concurrently)
        return
    if what == "table" and execution.major < OF_PARTITIONED:
        _pass_over(execution.table(name), execution, concurrently=concurrently)
    for table in _tables(what, name, execution):
        _reindex(table, list(table.indexes.values()), execution, concurrently=concurrently)


def _reindex_one(table: Table, index: Index, execution: Execution, *, concurrently: bool) -> None:
    """An index, or one after the other those of the partitions, each in a transaction of its own."""
    _reindex(table, [index], execution, concurrently=concurrently)
    if table.kind is not TableKind.PARTITIONED:
        return
    execution.outside_transaction = True
    for child in execution.catalog.children.get(table.name, ()):
        partition = execution.catalog.table(child)
        for own in partition.indexes.values() if partition is not None else ():
            if partition is not None and own.parent == Name(table.name.schema, index.name):
                _reindex_one(partition, own, execution, concurrently=concurrently)


def _pass_over(table: Table, execution: Execution, *, concurrently: bool) -> None:
    """A partitioned table is locked before the server says that it leaves it as it is."""
    if table.kind is TableKind.PARTITIONED:
        execution.lock(table, Mode.SHARE_UPDATE_EXCLUSIVE if concurrently else Mode.SHARE)


OF_PARTITIONED = 14
"""The first version that reindexes what belongs to a partitioned table."""


def _tables(what: str, name: Name, execution: Execution) -> list[Table]:
    if what == "table":
        table = execution.table(name)
        if table.kind is not TableKind.PARTITIONED:
            return [table]
        return execution.family(table) if execution.major >= OF_PARTITIONED else []
    if what == "schema":
        return [each for each in execution.catalog.tables() if each.name.schema == name.name]
    return list(execution.catalog.tables()) if what == "database" else []


def _reindex(table: Table, indexes: list[Index], execution: Execution, *, concurrently: bool) -> None:
    execution.lock(table, Mode.SHARE_UPDATE_EXCLUSIVE if concurrently else Mode.SHARE)
    for index in indexes:
        mode = Mode.SHARE_UPDATE_EXCLUSIVE if concurrently else Mode.ACCESS_EXCLUSIVE
        execution.lock_index(table, index, mode)
        execution.build_index(table)
    if table.assumed and not indexes:
        execution.build_index(table)
