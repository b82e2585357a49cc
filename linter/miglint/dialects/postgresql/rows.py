"""INSERT, UPDATE, DELETE, MERGE, COPY, SELECT, TRUNCATE. Row locks make nobody wait who wants other rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from miglint.catalog import Column, Name, Table, TableKind, View
from miglint.changes import DeleteRows, InsertRows, ReadRows, RunCode, SetVariable, TruncateTable, UpdateRows
from miglint.dialects.postgresql.execution import LAZY_BOUNDS, Execution, NotFollowed
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.lookups import alias, conditions, every, few_rows, ranges, served_by_index
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.queries import (
    functions_unknown,
    lock_sequence_arguments,
    look_at,
    read_query,
    read_relation,
)
from miglint.dialects.postgresql.referential import check_keys_of, check_keys_to
from miglint.dialects.postgresql.tables import create_from_query, create_table_as
from miglint.dialects.postgresql.tree import function_name, is_null, text_of, unwrap, walk
from miglint.effects import Work


def _target(node: Node, execution: Execution, *, inserted: bool = False) -> Table | None:
    """The table that rows are written to, if need be through a view; of a view of several it is not known which.
    Rows are inserted into partitions, but not into what inherits."""
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
    only = _is_only(node) or (inserted and table.kind is not TableKind.PARTITIONED)
    for each in execution.family(table, only=only):
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
    table = _target(node, execution, inserted=True)
    _with_clauses(node, execution)
    query = node.get("selectStmt")
    reads = read_query(query, execution, around=node.get("withClause"))
    many = any(Work.SCAN in impact.work for impact in execution.impacts.values())
    execution.changes.append(InsertRows(table=execution.resolve(node["relation"]), reads=tuple(reads)))
    _note_functions(query, execution)
    if table is None:
        return
    given = _given(node, table)
    for sequence in execution.sequences(table):
        if sequence.owner is not None and sequence.owner[1] not in given:
            execution.lock(sequence, Mode.ROW_EXCLUSIVE)
    for column in table.columns.values():
        if column.default is not None and column.default.functions and column.name not in given:
            lock_sequence_arguments(column.default.tree, execution)
    lock_sequence_arguments(query, execution)
    nulls = _null_columns(table, given)
    check_keys_of(table, execution, changed=None, nulls=nulls, many=many)
    _look_at_bound(table, execution)
    execution.filled.add(table.oid)
    _fires(table, "insert", execution)


def _given(node: Node, table: Table) -> dict[str, list[Node | None]]:
    """The columns that an INSERT gives values to (those named, else as many of the first as there are values), each
    with its values in every row; without any where they cannot be told apart."""
    names = [item["ResTarget"].get("name", "") for item in node.get("cols", ())]
    _, query = unwrap(node.get("selectStmt"))
    if not query:
        return {}
    rows = [row["List"].get("items", []) for row in query.get("valuesLists", ())]
    rows = rows or [[each["ResTarget"].get("val") for each in query.get("targetList", ())]]
    starred = any("A_Star" in item for each in rows[0] for item in unwrap(each)[1].get("fields", ()))
    if starred or query.get("op", "SETOP_NONE") != "SETOP_NONE":
        return {name: [] for name in names or table.columns}
    given: dict[str, list[Node | None]] = {}
    for row in rows:
        for column, value in zip(names or table.columns, row, strict=False):
            if unwrap(value)[0] != "SetToDefault":
                given.setdefault(column, []).append(value)
    return given


def _null_columns(table: Table, given: dict[str, list[Node | None]]) -> frozenset[str]:
    """The columns that are surely null in every new row; triggers may fill them."""
    if table.triggers:
        return frozenset()
    left_out = {
        column.name
        for column in table.columns.values()
        if column.name not in given and column.default is None and not column.identity and not _of_domain(column)
    }
    return frozenset(left_out | {name for name, values in given.items() if values and all(map(is_null, values))})


def _of_domain(column: Column) -> bool:
    """Whether its type may have a default of its own."""
    return column.type is None or bool(column.type.schema)


def copy(node: Node, execution: Execution) -> None:
    """CopyStmt."""
    if not node.get("is_from"):
        if "relation" in node:
            name = execution.resolve(node["relation"])
            read_relation(name, execution, only=True)
            execution.scan(execution.table(name))
        else:
            kind, query = unwrap(node.get("query"))
            WRITERS.get(kind, select)(query, execution)
        execution.changes.append(ReadRows())
        return
    table = _target(node, execution, inserted=True)
    execution.changes.append(InsertRows(table=execution.resolve(node["relation"])))
    if table is not None:
        execution.filled.add(table.oid)
        _fires(table, "insert", execution)


def update(node: Node, execution: Execution) -> None:
    """UpdateStmt."""
    table = _target(node, execution)
    _with_clauses(node, execution)
    columns = tuple(name for name, _ in _assigned(node))
    where = node.get("whereClause")
    beside = _beside(node, table, execution)
    whole = table is not None and not served_by_index(beside.where, table, alias(node["relation"]), beside.few)
    execution.changes.append(
        UpdateRows(
            table=execution.resolve(node["relation"]),
            columns=columns,
            conditional=where is not None,
            whole_table=whole,
        )
    )
    _read_beside(node, ("targetList", "fromClause", "whereClause"), beside, execution)
    if table is None:
        return
    if whole:
        _scan(table, execution, only=_is_only(node))
    _look_at_bound(table, execution)
    nulls = frozenset(name for name, value in _assigned(node) if is_null(value))
    check_keys_of(table, execution, changed=frozenset(columns), nulls=nulls, many=whole)
    check_keys_to(table, execution, columns=frozenset(columns), many=whole)
    _fires(table, "update", execution)


def _assigned(node: Node) -> list[tuple[str, Node | None]]:
    """The columns that an UPDATE sets, with what it sets them to."""
    targets = [item["ResTarget"] for item in node.get("targetList", ())]
    return [(each.get("name", ""), each.get("val")) for each in targets]


def delete(node: Node, execution: Execution) -> None:
    """DeleteStmt."""
    table = _target(node, execution)
    _with_clauses(node, execution)
    where = node.get("whereClause")
    beside = _beside(node, table, execution)
    whole = table is not None and not served_by_index(beside.where, table, alias(node["relation"]), beside.few)
    change = DeleteRows(table=execution.resolve(node["relation"]), conditional=where is not None, whole_table=whole)
    execution.changes.append(change)
    _read_beside(node, ("usingClause", "whereClause"), beside, execution)
    if table is None:
        return
    if whole:
        _scan(table, execution, only=_is_only(node))
    if execution.major < LAZY_BOUNDS:
        _look_at_bound(table, execution)
    check_keys_to(table, execution, many=whole)
    _fires(table, "delete", execution)


def merge(node: Node, execution: Execution) -> None:
    """MergeStmt."""
    table = _target(node, execution)
    execution.changes.append(UpdateRows(table=execution.resolve(node["relation"]), conditional=True))
    source = node.get("sourceRelation")
    where = node.get("joinCondition")
    beside = _Beside([*_sources([source], execution)], where, _few_of(source))
    _read_beside(node, ("sourceRelation", "joinCondition", "mergeWhenClauses"), beside, execution)
    if table is None:
        return
    if not beside.few or not served_by_index(where, table, alias(node["relation"]), beside.few):
        _scan(table, execution)
    check_keys_to(table, execution)


def _few_of(source: Node | None) -> frozenset[str]:
    """What MERGE calls its source, if that is rows written out."""
    kind, node = unwrap(source)
    _, query = unwrap(node.get("subquery"))
    if kind != "RangeSubselect" or "fromClause" in query or query.get("op", "SETOP_NONE") != "SETOP_NONE":
        return frozenset()
    return frozenset({alias(node)})


def _scan(table: Table, execution: Execution, *, only: bool = False) -> None:
    for each in execution.family(table, only=only):
        execution.scan(each)


class _Beside(Struct, frozen=True):
    """What an UPDATE, DELETE or MERGE reads beside its table: the tables, by what it calls them, the condition, and of
    which relations it gives few rows."""

    tables: list[tuple[Node, Table]]
    where: Node | None
    few: frozenset[str]


def _beside(node: Node, table: Table | None, execution: Execution) -> _Beside:
    clause = [*node.get("fromClause", ()), *node.get("usingClause", ())]
    tables = [*_sources(clause, execution)]
    where = every([node.get("whereClause"), *conditions(clause)])
    named = [(alias(each), found) for each, found in tables]
    target = [(alias(node["relation"]), table)] if table is not None else []
    return _Beside(tables, where, few_rows([*target, *named], where))


def _sources(clause: Iterable[Node | None], execution: Execution) -> Iterator[tuple[Node, Table]]:
    for source in ranges(clause):
        found = execution.catalog.table(execution.resolve(source))
        if found is not None:
            yield source, found


def _read_beside(node: Node, clauses: Iterable[str], beside: _Beside, execution: Execution) -> None:
    """Lock and scan what an UPDATE or DELETE reads in FROM, USING and subqueries."""
    for clause in clauses:
        tree = node.get(clause)
        read_query(tree, execution, around=node.get("withClause"))
        _note_functions(tree, execution)
        lock_sequence_arguments(tree, execution)
    for source, table in beside.tables:
        if not served_by_index(beside.where, table, alias(source), beside.few):
            _scan(table, execution)


def _with_clauses(node: Node, execution: Execution) -> None:
    read_query(node.get("withClause"), execution)
    _write_inside(node.get("withClause"), execution)


def _write_inside(tree: Node | None, execution: Execution) -> None:
    for kind, inner in walk(tree):
        if kind in WRITERS:
            WRITERS[kind](inner, execution)


def select(node: Node, execution: Execution) -> None:
    """SelectStmt; functions that it calls may do anything."""
    tree = {"SelectStmt": node}
    names = read_query(tree, execution)
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
    options = [each["DefElem"] for each in node.get("options", ())]
    analyzes = [_is_on(each) for each in options if each.get("defname") == "analyze"]
    runs = {"SelectStmt": select, "CreateTableAsStmt": create_table_as, **WRITERS}.get(kind)
    if not any(analyzes[-1:]):
        look_at(node.get("query"), execution)
        execution.changes.append(ReadRows())
    elif runs is not None:
        runs(inner, execution)
    else:
        raise NotFollowed(f"EXPLAIN ANALYZE of {kind.removesuffix('Stmt')} is not followed")


def _is_on(option: Node) -> bool:
    return "arg" not in option or text_of(option["arg"]).lower() in ("true", "on", "1")


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
