"""CREATE TABLE in its forms, renaming, and moving to another schema."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from miglint.catalog import Catalog, Column, Constraint, ConstraintKind, Name, Sequence, Shelf, Table, TableKind, View
from miglint.changes import (
    AlterObject,
    CreateTable,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    SetSchema,
)
from miglint.dialects.postgresql import rewrite_rules
from miglint.dialects.postgresql.alter_table import Plan, work_through
from miglint.dialects.postgresql.columns import make_sequence, record_default
from miglint.dialects.postgresql.constraints import add_constraint
from miglint.dialects.postgresql.definitions import ColumnDefinition, ConstraintDefinition, read_column, read_constraint
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.indexes import rename_index
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.names import truncated
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.partitions import check_default, copy_index, lock_referencing
from miglint.dialects.postgresql.queries import columns_read, look_at_query, read_query, relations_read
from miglint.dialects.postgresql.renames import with_column_renamed, with_type_renamed
from miglint.dialects.postgresql.tree import qualified

PERSISTENCE = {"p": "permanent", "u": "unlogged", "t": "temporary"}


class _Elements(Struct, frozen=True):
    columns: tuple[ColumnDefinition, ...]
    constraints: tuple[ConstraintDefinition, ...]
    like: tuple[Name, ...]


def new_name(relation: Node, execution: Execution) -> Name:
    """The name under which a RangeVar makes something."""
    schema = relation.get("schemaname")
    if schema is None:
        schema = "pg_temp" if relation.get("relpersistence") == "t" else execution.catalog.creation_schema
    return Name(schema, truncated(relation.get("relname", "")))


def create_table(node: Node, execution: Execution) -> None:
    """CreateStmt and CreateForeignTableStmt."""
    node = node.get("base", node)
    relation = node["relation"]
    name = new_name(relation, execution)
    elements = _read_elements(node, execution)
    parents = tuple(execution.resolve(each["RangeVar"]) for each in node.get("inhRelations", ()))
    partition = "partbound" in node
    execution.changes.append(
        CreateTable(
            table=name,
            location=relation.get("location", 0),
            columns=tuple(each.column for each in elements.columns),
            constraints=tuple(
                each.constraint
                for each in (*(inner for col in elements.columns for inner in col.constraints), *elements.constraints)
            ),
            if_not_exists=node.get("if_not_exists", False),
            partition_of=parents[0] if partition else None,
            inherits=() if partition else parents,
            like=elements.like,
            persistence=PERSISTENCE[relation.get("relpersistence", "p")],
        )
    )
    if node.get("if_not_exists") and name in execution.catalog.relations:
        return
    table = _empty_table(node, name, parents, execution)
    plan = Plan(Mode.ACCESS_EXCLUSIVE)
    if partition:
        _under_parent(node, table, execution, plan)
    else:
        _inherit(table, execution)
    _fill(table, elements, execution, plan)
    work_through(plan, execution)


def _read_elements(node: Node, execution: Execution) -> _Elements:
    columns: list[ColumnDefinition] = []
    constraints: list[ConstraintDefinition] = []
    like: list[Name] = []
    items = node.pop("tableElts", [])[::-1]
    while items:  # each is let go when it was read: of thousands the tree takes more memory than all that is kept
        match items.pop():
            case {"ColumnDef": definition} if "typeName" in definition:
                columns.append(read_column(definition, execution))
            case {"Constraint": constraint}:
                constraints.append(read_constraint(constraint, execution))
            case {"TableLikeClause": clause}:
                like.append(execution.resolve(clause["relation"]))
    return _Elements(tuple(columns), tuple(constraints), tuple(like))


def _empty_table(node: Node, name: Name, parents: tuple[Name, ...], execution: Execution) -> Table:
    spec = node.get("partspec")
    bound = node.get("partbound")
    table = Table(
        execution.oid(),
        name,
        kind=TableKind.PARTITIONED if spec else TableKind.TABLE,
        persistence=PERSISTENCE[node["relation"].get("relpersistence", "p")],
        parents=parents,
        partition=bound is not None,
        default_partition=bool((bound or {}).get("is_default")),
        bound=bound,
        partition_key=tuple(_partition_key(spec or {})),
        partition_strategy=(spec or {}).get("strategy", "").removeprefix("PARTITION_STRATEGY_").lower(),
        options=_storage(node),
        empty=True,
    )
    execution.create(table)
    return table


def _partition_key(spec: Node) -> Iterator[str]:
    """The columns of a partition key; an empty name for an expression, and after a column that an operator class of the
    user's puts into an order, or hashes, of its own."""
    for each in spec.get("partParams", ()):
        element = each["PartitionElem"]
        yield element.get("name", "")
        if "opclass" in element:
            yield ""


def _storage(node: Node) -> dict[str, str]:
    given = {"tablespace": node.get("tablespacename", ""), "access method": node.get("accessMethod", "")}
    return {key: value for key, value in given.items() if value}


def _under_parent(node: Node, table: Table, execution: Execution, plan: Plan) -> None:
    """PARTITION OF: the parent is locked wholly, its default partition too and searched; indexes come along."""
    parent = execution.table(table.parents[0])
    execution.lock(parent, Mode.ACCESS_EXCLUSIVE)
    check_default(node.get("partbound"), parent, plan, execution)
    own = parent.constraints.items()
    plain = Shelf((key, each) for key, each in own if not each.index and each.references is None)
    execution.put(replace(execution.latest(table), columns=parent.columns, constraints=plain))
    for index in parent.indexes.values():
        execution.lock_index(parent, index, Mode.SHARE_UPDATE_EXCLUSIVE)
        copy_index(parent, index, execution.latest(table), execution)
    for constraint in parent.constraints.values():
        if constraint.kind is ConstraintKind.FOREIGN_KEY:
            add_constraint(ConstraintDefinition(constraint), execution.latest(table), plan, execution)
    lock_referencing(parent, execution)


def _inherit(table: Table, execution: Execution) -> None:
    columns: Shelf[str, Column] = Shelf()
    checks: Shelf[str, Constraint] = Shelf()
    for name in table.parents:
        parent = execution.table(name)
        execution.lock(parent, Mode.SHARE_UPDATE_EXCLUSIVE)
        columns = columns.update(parent.columns)
        own = parent.constraints.items()
        inherited = ((key, each) for key, each in own if each.kind is ConstraintKind.CHECK and not each.no_inherit)
        checks = checks.update(dict(inherited))
    execution.put(replace(execution.latest(table), columns=columns, constraints=checks))


def _fill(table: Table, elements: _Elements, execution: Execution, plan: Plan) -> None:
    for source in elements.like:
        origin = execution.table(source)
        execution.lock(origin, Mode.ACCESS_SHARE)
        latest = execution.latest(table)
        execution.put(replace(latest, columns=latest.columns.update(origin.columns)))
    for definition in elements.columns:
        latest = execution.latest(table)
        record_default(definition.column.default, execution)
        execution.put(replace(latest, columns=latest.columns.set(definition.column.name, definition.column)))
        if definition.serial or definition.column.identity:
            make_sequence(execution.latest(table), definition.column.name, execution)
    inline = (each for definition in elements.columns for each in definition.constraints)
    for constraint in (*inline, *elements.constraints):
        add_constraint(constraint, execution.latest(table), plan, execution)
    for source in elements.like:
        _copy_indexes(execution.table(source), table, execution)


def _copy_indexes(origin: Table, table: Table, execution: Execution) -> None:
    for index in origin.indexes.values():
        copy_index(origin, index, execution.latest(table), execution)


def create_table_as(node: Node, execution: Execution) -> None:
    """CreateTableAsStmt: a table or a materialised view from a query."""
    into = node["into"]
    query = node.get("query")
    view = node.get("objtype") == "OBJECT_MATVIEW"
    if node.get("if_not_exists") and new_name(into["rel"], execution) in execution.catalog.relations:
        look_at_query(query, execution)
        return
    if into.get("skipData") and view:
        reads = relations_read(query, execution)
        for source in reads:
            execution.lock_name(source, Mode.ACCESS_SHARE)
    else:
        reads = read_query(query, execution)
    if into.get("skipData"):
        _forget_scans(execution)
    create_from_query(into, reads, execution, query=query if view else None)


def create_from_query(into: Node, reads: list[Name], execution: Execution, *, query: Node | None = None) -> None:
    """The table that a query fills; with `query`, a materialised view."""
    name = new_name(into["rel"], execution)
    table = Table(
        execution.oid(),
        name,
        kind=TableKind.MATERIALIZED_VIEW if query else TableKind.TABLE,
        persistence=PERSISTENCE[into["rel"].get("relpersistence", "p")],
        sources=frozenset(reads) if query else frozenset(),
        source_columns=columns_read(query),
        empty=bool(query and into.get("skipData")),
        assumed=True,
    )
    execution.changes.append(CreateTable(table=name))
    execution.create(table)
    if not table.empty:
        execution.filled.add(table.oid)


def _forget_scans(execution: Execution) -> None:
    for impact in execution.impacts.values():
        impact.work.clear()


def rename(node: Node, execution: Execution) -> None:
    """RenameStmt."""
    kind = node.get("renameType", "").removeprefix("OBJECT_")
    new = truncated(node.get("newname", ""))
    if "relation" not in node:
        schema, label = qualified(node.get("object", {}).get("List", {}).get("items"))
        execution.changes.append(AlterObject(kind=kind.lower(), name=Name("", label), action="rename", detail=new))
        known = execution.catalog.resolve_type(schema, label) if kind in ("TYPE", "DOMAIN") else None
        if known is not None:
            execution.catalog = with_type_renamed(execution.catalog, known, Name(known.schema, new))
        return
    name = execution.resolve(node["relation"])
    if kind == "ATTRIBUTE":
        execution.changes.append(AlterObject(kind="type", name=name, action="rename attribute", detail=new))
        return
    match kind:
        case "INDEX" | "TABLE" | "VIEW" | "MATVIEW" | "SEQUENCE" | "FOREIGN_TABLE":
            _rename_relation(kind, name, new, execution)
        case "COLUMN":
            _rename_column(name, node.get("subname", ""), new, execution)
        case "TABCONSTRAINT":
            _rename_constraint(name, node.get("subname", ""), new, execution)
        case _:
            execution.changes.append(
                AlterObject(kind=kind.lower(), name=name, action="rename", table=name, detail=node.get("subname", ""))
            )
            table = execution.table(name)
            execution.lock(table, Mode.ACCESS_EXCLUSIVE)
            if kind == "RULE":
                rewrite_rules.rename(table, node.get("subname", ""), new, execution)
            trigger = table.triggers.get(node.get("subname", "")) if kind == "TRIGGER" else None
            if trigger is not None:
                others = table.triggers.remove(trigger.name)
                execution.put(replace(table, triggers=others.set(new, replace(trigger, name=new))))


def _rename_relation(kind: str, name: Name, new: str, execution: Execution) -> None:
    if name in execution.catalog.index_tables or kind == "INDEX":
        owner = execution.catalog.index_tables.get(name)
        execution.changes.append(RenameIndex(index=name, new_name=new, table=owner))
        rename_index(name, new, execution, Mode.SHARE_UPDATE_EXCLUSIVE if kind == "INDEX" else Mode.ACCESS_EXCLUSIVE)
        return
    relation = execution.catalog.relations.get(name)
    if relation is None and kind == "SEQUENCE":
        relation = Sequence(execution.oid(), name, assumed=True)
        execution.put(relation)
    relation = relation or execution.table(name)
    execution.lock(relation, Mode.ACCESS_EXCLUSIVE)
    if isinstance(relation, Table):
        execution.changes.append(RenameTable(table=name, new_name=new))
        move_table(relation, Name(name.schema, new), execution)
    else:
        execution.changes.append(AlterObject(kind=kind.lower(), name=name, action="rename", detail=new))
        execution.catalog = _told_readers(name, Name(name.schema, new), execution.catalog)
        execution.catalog = execution.catalog.drop(name).put(replace(relation, name=Name(name.schema, new)))


def _told_readers(old: Name, new: Name, catalog: Catalog) -> Catalog:
    """The catalog in which what reads a relation knows its new name."""
    for reader in list(catalog.readers.get(old, ())):
        found = catalog.relations.get(reader)
        if isinstance(found, View | Table):
            catalog = catalog.put(replace(found, sources=found.sources - {old} | {new}))
    return catalog


def move_table(table: Table, new: Name, execution: Execution) -> None:
    """Give a table another name, in everything that refers to it."""
    catalog = execution.catalog
    for other, constraint in list(catalog.foreign_keys_to(table.name)):
        latest = catalog.table(other.name) or other
        pointed = replace(constraint, references=new)
        catalog = catalog.put(replace(latest, constraints=latest.constraints.set(constraint.name, pointed)))
    for child in catalog.children.get(table.name, ()):
        if (found := catalog.table(child)) is not None:
            parents = tuple(new if each == table.name else each for each in found.parents)
            catalog = catalog.put(replace(found, parents=parents))
    catalog = _told_readers(table.name, new, catalog)
    for sequence in list(catalog.owned_sequences(table.name)):
        column = sequence.owner[1] if sequence.owner is not None else ""
        catalog = catalog.put(replace(sequence, owner=(new, column)))
    latest = catalog.table(table.name) or table
    execution.catalog = catalog.drop(table.name).put(replace(latest, name=new))


def _rename_column(name: Name, old: str, new: str, execution: Execution) -> None:
    relation = execution.catalog.relations.get(name)
    if isinstance(relation, View | Sequence):
        execution.lock(relation, Mode.ACCESS_EXCLUSIVE)
        execution.changes.append(AlterObject(kind="view", name=name, action="rename column", detail=old))
        return
    table = execution.table(name)
    execution.changes.append(RenameColumn(table=name, column=old, new_name=new))
    for each in execution.family(table):
        execution.lock(each, Mode.ACCESS_EXCLUSIVE)
        execution.put(with_column_renamed(each, old, new))
    _tell_readers(name, old, new, execution)
    for other, constraint in list(execution.catalog.foreign_keys_to(name)):
        latest = execution.latest(other)
        columns = tuple(new if column == old else column for column in constraint.referenced_columns)
        pointed = replace(constraint, referenced_columns=columns)
        execution.put(replace(latest, constraints=latest.constraints.set(constraint.name, pointed)))


def _tell_readers(name: Name, old: str, new: str, execution: Execution) -> None:
    """Views go on reading the column, under its new name."""
    for reader in execution.catalog.readers.get(name, ()):
        found = execution.catalog.relations.get(reader)
        if isinstance(found, View | Table) and old in found.source_columns:
            execution.put(replace(found, source_columns=found.source_columns | {new}))


def _rename_constraint(name: Name, old: str, new: str, execution: Execution) -> None:
    table = execution.table(name)
    execution.changes.append(RenameConstraint(table=name, constraint=old, new_name=new))
    execution.lock(table, Mode.ACCESS_EXCLUSIVE)
    constraint = table.constraints.get(old)
    if constraint is None:
        return
    if constraint.index in table.indexes:
        rename_index(Name(name.schema, constraint.index), new, execution, Mode.SHARE_UPDATE_EXCLUSIVE)
        return
    others = table.constraints.remove(old)
    execution.put(replace(table, constraints=others.set(new, replace(constraint, name=new))))


def set_schema(node: Node, execution: Execution) -> None:
    """AlterObjectSchemaStmt."""
    kind = node.get("objectType", "").removeprefix("OBJECT_").lower()
    schema = node.get("newschema", "")
    if "relation" not in node:
        _, label = qualified(node.get("object", {}).get("List", {}).get("items"))
        execution.changes.append(AlterObject(kind=kind, name=Name("", label), action="set schema", detail=schema))
        return
    name = execution.resolve(node["relation"])
    relation = execution.catalog.relations.get(name)
    if isinstance(relation, View | Sequence):
        execution.lock(relation, Mode.ACCESS_EXCLUSIVE)
        execution.changes.append(AlterObject(kind=kind, name=name, action="set schema", detail=schema))
        execution.catalog = _told_readers(name, Name(schema, name.name), execution.catalog)
        execution.catalog = execution.catalog.drop(name).put(replace(relation, name=Name(schema, name.name)))
        return
    table = execution.table(name)
    execution.changes.append(SetSchema(table=name, schema=schema))
    execution.lock(table, Mode.ACCESS_EXCLUSIVE)
    for sequence in list(execution.sequences(table)):
        execution.lock(sequence, Mode.ACCESS_EXCLUSIVE)
        moved = replace(sequence, name=Name(schema, sequence.name.name))
        execution.catalog = execution.catalog.drop(sequence.name).put(moved)
    move_table(table, Name(schema, name.name), execution)
