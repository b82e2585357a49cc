"""DROP of anything."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import Name, Sequence, Shelf, Table, View
from miglint.changes import DropColumn, DropObject, DropTable
from miglint.dialects.postgresql import rewrite_rules
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.alter_table import Plan, readers
from miglint.dialects.postgresql.columns import drop_column
from miglint.dialects.postgresql.constraints import lock_referenced
from miglint.dialects.postgresql.execution import Execution, NotFollowed
from miglint.dialects.postgresql.indexes import drop_indexes
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.partitions import default_partitions
from miglint.dialects.postgresql.queries import sequences_in
from miglint.dialects.postgresql.tree import strings

_RELATIONS = frozenset({"TABLE", "VIEW", "MATVIEW", "SEQUENCE", "FOREIGN_TABLE"})
_ON_TABLES = {"TRIGGER": "trigger", "RULE": "rule", "POLICY": "policy"}


def drop(node: Node, execution: Execution) -> None:
    """DropStmt."""
    kind = node.get("removeType", "").removeprefix("OBJECT_")
    parts = [_parts(each) for each in node.get("objects", ())]
    if kind == "INDEX":
        drop_indexes([_resolve(each, execution) for each in parts], node, execution)
    elif kind in _RELATIONS:
        _drop_relations([_resolve(each, execution) for each in parts], kind, node, execution)
    elif kind in _ON_TABLES:
        for each in parts:
            _drop_from_table(_ON_TABLES[kind], each, node, execution)
    else:
        for each in parts:
            _drop_object(kind, each, node, execution)


def drop_database(node: Node, execution: Execution) -> None:
    """DropdbStmt: always another database than the one that the migration is connected to."""
    name = Name("", node.get("dbname", ""))
    execution.changes.append(DropObject(kind="database", name=name, if_exists=node.get("missing_ok", False)))
    execution.outside_transaction = True


def drop_owned(node: Node, execution: Execution) -> None:
    """DropOwnedStmt: who owns what is not in the catalog."""
    for item in node.get("roles", ()):
        role = Name("", item["RoleSpec"].get("rolename", "CURRENT_USER"))
        cascade = node.get("behavior") == "DROP_CASCADE"
        execution.changes.append(DropObject(kind="owned", name=role, cascade=cascade))
    raise NotFollowed("what DROP OWNED drops is not known")


def _parts(item: Node) -> list[str]:
    kind, node = next(iter(item.items()))
    match kind:
        case "List":
            return strings(node.get("items"))
        case "String":
            return [node.get("sval", "")]
        case "TypeName":
            return strings(node.get("names"))
        case "ObjectWithArgs":
            return strings(node.get("objname"))
    return [""]


def _resolve(parts: list[str], execution: Execution) -> Name:
    return execution.catalog.resolve(parts[-2] if len(parts) > 1 else None, parts[-1])


def _drop_relations(names: list[Name], kind: str, node: Node, execution: Execution) -> None:
    cascade = node.get("behavior") == "DROP_CASCADE"
    missing_ok = node.get("missing_ok", False)
    for name in names:
        if kind in ("TABLE", "FOREIGN_TABLE"):
            execution.changes.append(DropTable(table=name, if_exists=missing_ok, cascade=cascade))
        else:
            change = DropObject(kind=kind.lower(), name=name, if_exists=missing_ok, cascade=cascade)
            execution.changes.append(change)
        relation = execution.catalog.relations.get(name)
        if relation is None and not missing_ok:
            relation = execution.table(name)
        match relation:
            case Table():
                drop_table(relation, execution, cascade=cascade)
            case View() | Sequence():
                _drop_plain(relation, execution, cascade=cascade)


def drop_table(table: Table, execution: Execution, *, cascade: bool) -> None:
    """The table, its partitions, sequences and foreign keys; the tables at their other ends are locked as it is."""
    for parent in table.parents if table.partition else ():
        found = execution.catalog.table(parent)
        if found is not None:
            execution.lock(found, Mode.ACCESS_EXCLUSIVE)
            for default in default_partitions(found, execution):
                execution.lock(default, Mode.ACCESS_EXCLUSIVE)
    for each in execution.family(table):
        execution.lock(each, Mode.ACCESS_EXCLUSIVE).dropped = True
        for index in each.indexes.values():
            execution.lock_index(each, index, Mode.ACCESS_EXCLUSIVE).dropped = True
        for sequence in list(execution.sequences(each)):
            execution.lock(sequence, Mode.ACCESS_EXCLUSIVE).dropped = True
            execution.catalog = execution.catalog.drop(sequence.name)
        _unlink_keys(each, execution)
        for reader in readers(each, execution) if cascade else ():
            _drop_plain(reader, execution, cascade=True)
        if cascade:
            rewrite_rules.drop_those_that_name(each.name, execution)
    for each in execution.family(table):
        execution.catalog = execution.catalog.drop(each.name)


def _unlink_keys(table: Table, execution: Execution) -> None:
    parents = (execution.catalog.table(parent) for parent in table.parents) if table.partition else ()
    inherited = {key for parent in parents if parent is not None for key in parent.constraints}
    for constraint in table.constraints.values():
        if constraint.references is not None and constraint.name not in inherited:
            lock_referenced(constraint, execution)
    for other, constraint in list(execution.catalog.foreign_keys_reaching(table)):
        execution.lock(other, Mode.ACCESS_EXCLUSIVE)
        if constraint.references not in (None, table.name):
            lock_referenced(constraint, execution)
        latest = execution.latest(other)
        kept = latest.constraints.remove(constraint.name)
        execution.put(replace(latest, constraints=kept))


def _drop_plain(relation: Table | View | Sequence, execution: Execution, *, cascade: bool) -> None:
    execution.lock(relation, Mode.ACCESS_EXCLUSIVE).dropped = True
    if isinstance(relation, Table):
        for index in relation.indexes.values():
            execution.lock_index(relation, index, Mode.ACCESS_EXCLUSIVE).dropped = True
    if isinstance(relation, Sequence) and cascade:
        _lock_users(relation, execution)
    for name in execution.catalog.readers.get(relation.name, ()) if cascade else ():
        reader = execution.catalog.relations.get(name)
        if isinstance(reader, View | Table):
            _drop_plain(reader, execution, cascade=True)
    execution.catalog = execution.catalog.drop(relation.name)


def _lock_users(sequence: Sequence, execution: Execution) -> None:
    """Tables whose defaults draw from a sequence lose the default."""
    for table in execution.catalog.tables():
        trees = [column.default.tree for column in table.columns.values() if column.default is not None]
        if any(used.oid == sequence.oid for used in sequences_in(trees, execution)):
            execution.lock(table, Mode.ACCESS_EXCLUSIVE)
    owner = execution.catalog.table(sequence.owner[0]) if sequence.owner is not None else None
    if owner is not None and any(each.sequence == sequence.name for each in owner.columns.values()):
        execution.lock(owner, Mode.ACCESS_EXCLUSIVE)


def _drop_function(schema: str | None, label: str, execution: Execution, *, cascade: bool) -> None:
    """The function, and on CASCADE the triggers and defaults that call it."""
    for table in list(execution.catalog.tables()) if cascade else ():
        kept = Shelf((key, each) for key, each in table.triggers.items() if each.function != label)
        defaults = (column.default for column in table.columns.values() if column.default is not None)
        if len(kept) < len(table.triggers) or any(label in each.functions for each in defaults):
            execution.lock(table, Mode.ACCESS_EXCLUSIVE)
            execution.put(replace(table, triggers=kept))
    function = execution.catalog.resolve_function(schema, label)
    if function is not None:
        remaining = execution.catalog.functions.remove(function.name)
        execution.catalog = replace(execution.catalog, functions=remaining)


EXTENSION_TYPES = {
    "citext": frozenset({"citext"}),
    "hstore": frozenset({"hstore"}),
    "ltree": frozenset({"ltree", "lquery", "ltxtquery"}),
    "postgis": frozenset({"geometry", "geography", "raster", "box2d", "box3d"}),
    "vector": frozenset({"vector", "halfvec", "sparsevec"}),
}


def _drop_extension(label: str, execution: Execution, *, cascade: bool) -> None:
    execution.catalog = replace(execution.catalog, extensions=execution.catalog.extensions - {label})
    if cascade:
        for kind in EXTENSION_TYPES.get(label, frozenset()):
            _drop_columns_of(Name("", kind), execution)


def _drop_from_table(kind: str, parts: list[str], node: Node, execution: Execution) -> None:
    name = _resolve(parts[:-1], execution)
    change = DropObject(
        kind=kind, name=Name(name.schema, parts[-1]), table=name, if_exists=node.get("missing_ok", False)
    )
    execution.changes.append(change)
    relation = execution.catalog.relations.get(name)
    relation = relation if relation is not None else execution.table(name)
    known = relation.triggers if isinstance(relation, Table) and not relation.assumed else None
    if kind == "trigger" and change.if_exists and known is not None and parts[-1] not in known:
        return
    execution.lock(relation, Mode.ACCESS_EXCLUSIVE)
    if isinstance(relation, Table) and kind == "rule":
        rewrite_rules.forget(relation, parts[-1], execution)
    if isinstance(relation, Table) and kind == "trigger":
        for each in execution.family(relation, only=not relation.partition_key):
            execution.lock(each, Mode.ACCESS_EXCLUSIVE)
            execution.put(replace(execution.latest(each), triggers=each.triggers.remove(parts[-1])))


def _drop_object(kind: str, parts: list[str], node: Node, execution: Execution) -> None:
    label = kind.lower()
    schema = parts[-2] if len(parts) > 1 else None
    name = Name(schema or "", parts[-1])
    cascade = node.get("behavior") == "DROP_CASCADE"
    execution.changes.append(
        DropObject(kind=label, name=name, if_exists=node.get("missing_ok", False), cascade=cascade)
    )
    match kind:
        case "SCHEMA":
            _drop_schema(parts[-1], execution)
        case "TYPE" | "DOMAIN":
            _drop_type(schema, parts[-1], execution, cascade=cascade)
        case "FUNCTION" | "PROCEDURE" | "ROUTINE":
            _drop_function(schema, parts[-1], execution, cascade=cascade)
        case "EXTENSION":
            _drop_extension(parts[-1], execution, cascade=cascade)
        case "STATISTIC_EXT":
            _drop_statistics(parts[-1], execution)
        case "COLLATION" if cascade:
            _drop_collated(parts[-1], execution)


def _drop_schema(schema: str, execution: Execution) -> None:
    for relation in [each for each in execution.catalog.relations.values() if each.name.schema == schema]:
        current = execution.catalog.relations.get(relation.name)
        if isinstance(current, Table):
            drop_table(current, execution, cascade=True)
        elif current is not None:
            _drop_plain(current, execution, cascade=True)


def _drop_type(schema: str | None, label: str, execution: Execution, *, cascade: bool) -> None:
    found = execution.catalog.resolve_type(schema, label)
    if found is None:
        return
    if cascade:
        _drop_columns_of(found, execution)
    execution.catalog = replace(execution.catalog, types=execution.catalog.types.remove(found))


def _drop_columns_of(kind: Name, execution: Execution) -> None:
    """Every column of a type goes with it."""
    for table in list(execution.catalog.tables()):
        for column in list(table.columns.values()):
            if column.type is not None and (column.type.schema, column.type.name) == kind:
                _drop_column(table, column.name, execution)


def _drop_column(table: Table, column: str, execution: Execution) -> None:
    execution.lock(table, Mode.ACCESS_EXCLUSIVE)
    change = DropColumn(table=table.name, column=column, cascade=True)
    drop_column(Command(change, "DropColumn"), change, execution.latest(table), Plan(Mode.ACCESS_EXCLUSIVE), execution)


def _drop_collated(collation: str, execution: Execution) -> None:
    """The columns and the indexes of a collation go with it."""
    for table in list(execution.catalog.tables()):
        for column in list(table.columns.values()):
            if column.collation == collation:
                _drop_column(table, column.name, execution)
        latest = execution.latest(table)
        for index in list(latest.indexes.values()):
            if any(key.collation == collation for key in index.keys):
                execution.lock(table, Mode.ACCESS_EXCLUSIVE)
                execution.lock_index(latest, index, Mode.ACCESS_EXCLUSIVE).dropped = True
                execution.remove_index(latest, index.name)


def _drop_statistics(label: str, execution: Execution) -> None:
    for table in execution.catalog.tables():
        if f"statistics {label}" in table.options:
            execution.lock(table, Mode.SHARE_UPDATE_EXCLUSIVE)
            kept = {key: value for key, value in table.options.items() if key != f"statistics {label}"}
            execution.put(replace(table, options=kept))
            return
