"""INSERT, UPDATE, DELETE, MERGE, COPY, SELECT, TRUNCATE. Row locks make nobody wait who wants other rows."""

from __future__ import annotations

from collections.abc import Iterable

from miglint.catalog import Constraint, Name, Table, TableKind, View
from miglint.changes import DeleteRows, InsertRows, ReadRows, RunCode, SetVariable, TruncateTable, UpdateRows
from miglint.dialects.postgresql.execution import LAZY_BOUNDS, Execution, NotFollowed
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.queries import (
    alias,
    functions_unknown,
    lock_sequence_arguments,
    ranges,
    read_query,
    read_relation,
    relations_read,
    served_by_index,
)
from miglint.dialects.postgresql.tables import create_from_query
from miglint.dialects.postgresql.tree import function_name, text_of, unwrap, walk


def _target(node: Node, execution: Execution) -> Table | None:
    """The table that rows are written to, if need be through a view; of a view of several it is not known which."""
    name = execution.resolve(node["relation"])
    relation = execution.catalog.relations.get(name)
    while isinstance(relation, View):
        execution.lock(relation, Mode.ROW_EXCLUSIVE)
        sources = sorted(relation.sources)
        if len(sources) != 1:
            for source in sources:
                execution.lock(execution.table(source), Mode.ROW_EXCLUSIVE)
            return None
        name = sources[0]
        relation = execution.catalog.relations.get(name)
    table = execution.table(name)
    for each in execution.family(table, only=_is_only(node)):
        execution.lock(each, Mode.ROW_EXCLUSIVE)
    return table


def _is_only(node: Node) -> bool:
    return not node["relation"].get("inh", False)


def _look_at_bound(table: Table, execution: Execution) -> None:
    """A partition's bound is worked out from its parent, which is opened for it."""
    for parent in table.parents if table.partition else ():
        execution.lock_name(parent, Mode.ACCESS_SHARE)


def _fires(table: Table, event: str, execution: Execution) -> None:
    for trigger in table.triggers.values():
        if event in trigger.events and trigger.name:
            execution.assume(f"the trigger {trigger.name} runs code that is not followed")


def insert(node: Node, execution: Execution) -> None:
    """InsertStmt."""
    table = _target(node, execution)
    _with_clauses(node, execution)
    query = node.get("selectStmt")
    reads = read_query(query, execution, around=node.get("withClause"))
    execution.changes.append(InsertRows(table=execution.resolve(node["relation"]), reads=tuple(reads)))
    _note_functions(query, execution)
    if table is None:
        return
    named = _filled_columns(node, table)
    for sequence in execution.sequences(table):
        if sequence.owner is not None and (not named or sequence.owner[1] not in named):
            execution.lock(sequence, Mode.ROW_EXCLUSIVE)
    for column in table.columns.values():
        if column.default is not None and column.default.functions and not (named and column.name in named):
            lock_sequence_arguments(column.default.tree, execution)
    lock_sequence_arguments(query, execution)
    _check_keys_of(table, named, execution, many=bool(reads))
    _look_at_bound(table, execution)
    execution.filled.add(table.oid)
    _fires(table, "insert", execution)


def _filled_columns(node: Node, table: Table) -> set[str]:
    """The columns that an INSERT gives values to: those named, else as many of the first as there are values."""
    named = {item["ResTarget"].get("name", "") for item in node.get("cols", ())}
    if named:
        return named
    _, query = unwrap(node.get("selectStmt"))
    values = [each for row in query.get("valuesLists", [])[:1] for each in row["List"].get("items", ())]
    targets = values or [each["ResTarget"].get("val") for each in query.get("targetList", ())]
    if any("A_Star" in item for each in targets for item in (each or {}).get("ColumnRef", {}).get("fields", ())):
        return set(table.columns)
    given = zip(table.columns, targets, strict=False)
    return {column for column, value in given if unwrap(value)[0] != "SetToDefault"}


def copy(node: Node, execution: Execution) -> None:
    """CopyStmt."""
    if not node.get("is_from"):
        if "relation" in node:
            name = execution.resolve(node["relation"])
            read_relation(name, execution)
            execution.scan(execution.table(name))
        else:
            read_query(node.get("query"), execution)
        execution.changes.append(ReadRows())
        return
    table = _target(node, execution)
    execution.changes.append(InsertRows(table=execution.resolve(node["relation"])))
    if table is not None:
        execution.filled.add(table.oid)
        _fires(table, "insert", execution)


def _check_keys_of(table: Table, columns: Iterable[str], execution: Execution, *, many: bool) -> None:
    """Each new value of a foreign key is looked up in the referenced table, at once unless deferred; for many rows that
    is work in proportion to them."""
    changed = set(columns)
    for constraint in table.constraints.values():
        if constraint.references is None or constraint.deferred or not constraint.enforced:
            continue
        target = execution.catalog.table(constraint.references)
        if target is not None and (not changed or changed & set(constraint.columns)):
            execution.lock(target, Mode.ROW_SHARE)
            if many:
                _scan(target, execution)


def update(node: Node, execution: Execution) -> None:
    """UpdateStmt."""
    table = _target(node, execution)
    _with_clauses(node, execution)
    columns = tuple(item["ResTarget"].get("name", "") for item in node.get("targetList", ()))
    where = node.get("whereClause")
    whole = table is not None and not served_by_index(where, table, alias(node["relation"]))
    execution.changes.append(
        UpdateRows(
            table=execution.resolve(node["relation"]),
            columns=columns,
            conditional=where is not None,
            whole_table=whole,
        )
    )
    _read_beside(node, ("targetList", "fromClause", "whereClause"), execution)
    if table is None:
        return
    if whole:
        _scan(table, execution, only=_is_only(node))
    _look_at_bound(table, execution)
    _check_keys_of(table, columns, execution, many=whole)
    _check_keys_to(table, execution, columns=frozenset(columns), many=whole)
    _fires(table, "update", execution)


def delete(node: Node, execution: Execution) -> None:
    """DeleteStmt."""
    table = _target(node, execution)
    _with_clauses(node, execution)
    where = node.get("whereClause")
    whole = table is not None and not served_by_index(where, table, alias(node["relation"]))
    change = DeleteRows(table=execution.resolve(node["relation"]), conditional=where is not None, whole_table=whole)
    execution.changes.append(change)
    _read_beside(node, ("usingClause", "whereClause"), execution)
    if table is None:
        return
    if whole:
        _scan(table, execution, only=_is_only(node))
    if execution.major < LAZY_BOUNDS:
        _look_at_bound(table, execution)
    _check_keys_to(table, execution, many=whole)
    _fires(table, "delete", execution)


def merge(node: Node, execution: Execution) -> None:
    """MergeStmt."""
    table = _target(node, execution)
    execution.changes.append(UpdateRows(table=execution.resolve(node["relation"]), conditional=True))
    _read_beside(node, ("sourceRelation", "joinCondition", "mergeWhenClauses"), execution)
    for name in relations_read(node.get("sourceRelation"), execution):
        source = execution.catalog.table(name)
        if source is not None:
            execution.scan(source)
    if table is not None:
        _scan(table, execution)
        _check_keys_to(table, execution)


def _scan(table: Table, execution: Execution, *, only: bool = False) -> None:
    for each in execution.family(table, only=only):
        execution.scan(each)


def _read_beside(node: Node, clauses: Iterable[str], execution: Execution) -> None:
    """Lock and scan what an UPDATE or DELETE reads in FROM, USING and subqueries."""
    for clause in clauses:
        tree = node.get(clause)
        read_query(tree, execution, around=node.get("withClause"))
        _note_functions(tree, execution)
        lock_sequence_arguments(tree, execution)
    for source in ranges([*node.get("fromClause", ()), *node.get("usingClause", ())]):
        found = execution.catalog.table(execution.resolve(source))
        if found is not None and not served_by_index(node.get("whereClause"), found, alias(source)):
            _scan(found, execution)


def _with_clauses(node: Node, execution: Execution) -> None:
    read_query(node.get("withClause"), execution)
    _write_inside(node.get("withClause"), execution)


def _write_inside(tree: Node | None, execution: Execution) -> None:
    for kind, inner in walk(tree):
        if kind in WRITERS:
            WRITERS[kind](inner, execution)


def _check_keys_to(
    table: Table,
    execution: Execution,
    *,
    columns: frozenset[str] | None = None,
    many: bool = False,
    above: frozenset[Name] = frozenset(),
) -> None:
    """A deleted row, or a key that changes (`columns`), is looked for in every table that references it, and where rows
    are deleted or changed there too, in those that reference that one. `many`: all rows of the table."""
    for other, constraint in list(execution.catalog.foreign_keys_to(table.name)):
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
            _check_keys_to(other, execution, columns=changed, many=many, above=above | {table.name})


def _has_index(table: Table, constraint: Constraint) -> bool:
    leading = {index.keys[0].column for index in table.indexes.values() if index.keys and index.valid}
    return bool(leading & set(constraint.columns))


def select(node: Node, execution: Execution) -> None:
    """SelectStmt; functions that it calls may do anything."""
    tree = {"SelectStmt": node}
    locking = bool(node.get("lockingClause"))
    names = read_query(tree, execution, mode=Mode.ROW_SHARE if locking else Mode.ACCESS_SHARE)
    if "intoClause" in node:
        create_from_query(node["intoClause"], names, execution)
    else:
        execution.changes.append(ReadRows(tables=tuple(names)))
    lock_sequence_arguments(tree, execution)
    _apply_settings(tree, execution)
    _write_inside(node.get("withClause"), execution)
    unknown = functions_unknown(tree, execution)
    if unknown:
        called = ", ".join(f"{name}()" for name in unknown)
        execution.changes.append(RunCode(what=called))
        raise NotFollowed(f"{called} runs code that is not followed")


def explain(node: Node, execution: Execution) -> None:
    """ExplainStmt: the statement is planned, which locks what it names; with ANALYZE it is run."""
    kind, inner = unwrap(node.get("query"))
    handler = {"SelectStmt": select, **WRITERS}.get(kind)
    analyzes = any(each["DefElem"].get("defname") == "analyze" for each in node.get("options", ()))
    if handler is None:
        if analyzes:
            raise NotFollowed(f"EXPLAIN ANALYZE of {kind.removesuffix('Stmt')} is not followed")
        execution.changes.append(ReadRows())
        return
    handler(inner, execution)
    if not analyzes:
        for impact in execution.impacts.values():
            impact.work.clear()
        execution.filled.clear()
        execution.changes[:] = [ReadRows()]


def _apply_settings(tree: Node, execution: Execution) -> None:
    """set_config('lock_timeout', '5s', true) is a SET in another form."""
    for node in execution.nodes(tree, "FuncCall"):
        if function_name(node)[1] == "set_config":
            arguments = [text_of(each) for each in node.get("args", ())]
            if len(arguments) == 3:
                name, value, local = arguments
                execution.changes.append(SetVariable(name=name, value=value, local=local == "true"))


def _note_functions(tree: Node | None, execution: Execution) -> None:
    for name in functions_unknown(tree, execution):
        execution.assume(f"the function {name}() is called: what it does is not followed")


def truncate(node: Node, execution: Execution) -> None:
    """TruncateStmt: everything is locked, nothing is read."""
    cascade = node.get("behavior") == "DROP_CASCADE"
    pending: list[tuple[Name, bool]] = []
    for item in node.get("relations", ()):
        relation = item["RangeVar"]
        name, only = execution.resolve(relation), not relation.get("inh", False)
        execution.changes.append(TruncateTable(table=name, only=only, cascade=cascade))
        pending.append((name, only))
    done: set[Name] = set()
    while pending:
        name, only = pending.pop()
        if name in done:
            continue
        done.add(name)
        for each in execution.family(execution.table(name), only=only):
            _empty(each, execution, restart=node.get("restart_seqs", False))
        if cascade:
            pending.extend((other.name, False) for other, _ in execution.catalog.foreign_keys_to(name))


def _empty(table: Table, execution: Execution, *, restart: bool) -> None:
    execution.lock(table, Mode.ACCESS_EXCLUSIVE).emptied = True
    if execution.major <= 13:
        _look_at_bound(table, execution)
    for index in table.indexes.values() if table.kind is not TableKind.PARTITIONED else ():
        execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE)
    for sequence in execution.sequences(table) if restart else ():
        execution.lock(sequence, Mode.ACCESS_EXCLUSIVE)


WRITERS = {"InsertStmt": insert, "UpdateStmt": update, "DeleteStmt": delete, "MergeStmt": merge}
