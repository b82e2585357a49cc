"""INSERT, UPDATE, DELETE, MERGE, COPY, SELECT, TRUNCATE. Row locks make nobody wait who wants other rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from miglint.catalog import Column, Name, Table, TableKind, View
from miglint.changes import DeleteRows, InsertRows, ReadRows, RunCode, SetVariable, TruncateTable, UpdateRows
from miglint.dialects.postgresql.execution import LAZY_BOUNDS, Execution, NotFollowed
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.lookups import alias, conditions, every, few_rows, finds_one, ranges, served_by_index
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.pruning import Values, concerned, constants, values_in
from miglint.dialects.postgresql.queries import (
    functions_unknown,
    is_of_the_system,
    lock_sequence_arguments,
    look_at,
    look_at_ancestors,
    read_query,
    read_relation,
    scan_views,
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
    if relation is None and is_of_the_system(name):
        return None
    table = execution.table(name)
    only = _is_only(node) or (inserted and table.kind is not TableKind.PARTITIONED)
    for each in (*_concerned(node, table, execution, only=only), *_moved_to(node, table, execution, only=only)):
        execution.lock(each, Mode.ROW_EXCLUSIVE)
    look_at_ancestors(table, execution)
    return table


def _concerned(node: Node, table: Table, execution: Execution, *, only: bool) -> list[Table]:
    """The target and what of its partitions and children the rows may be in."""
    if only or table.kind is not TableKind.PARTITIONED:
        return execution.family(table, only=only)
    if "selectStmt" in node or "cols" in node:
        return concerned(table, _values_of_rows(node, table), execution)
    return concerned(table, values_in(node.get("whereClause"), alias(node["relation"])), execution)


def _values_of_rows(node: Node, table: Table) -> Values:
    given = _given(node, table)
    return lambda column: constants([each for each in given.get(column, []) if each])


def _moved_to(node: Node, table: Table, execution: Execution, *, only: bool) -> list[Table]:
    """The partitions that rows go to when an UPDATE changes their key."""
    if only or (table.kind is not TableKind.PARTITIONED and table.name not in execution.catalog.children):
        return []
    assigned = dict(_assigned(node)) if "targetList" in node else {}
    family = execution.family(table, only=only)
    if all(assigned.keys().isdisjoint(each.partition_key) for each in family):
        return []
    stays = values_in(node.get("whereClause"), alias(node["relation"]))

    def values(column: str) -> frozenset[str] | None:
        value = assigned.get(column)
        return constants([value]) if value else stays(column)

    return concerned(table, values, execution)


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


def _is_replaced(table: Table | None, event: str, execution: Execution) -> bool:
    """Whether a rule has something else done, or nothing; what rules do beside it is done."""
    if table is None or not table.rules:
        return False
    rules = [each for each in table.rules.values() if each.enabled and each.event == event]
    changes = len(execution.changes)
    for rule in rules:
        for action in rule.actions or ():
            kind, inner = unwrap(action)
            if kind in WRITERS:
                WRITERS[kind](inner, execution)
    del execution.changes[changes:]  # they are not what the statement says
    return any(rule.instead for rule in rules)


def insert(node: Node, execution: Execution) -> None:
    """InsertStmt."""
    table = _target(node, execution, inserted=True)
    _with_clauses(node, execution)
    query = node.get("selectStmt")
    reads = read_query(query, execution, around=node.get("withClause"))
    many = any(Work.SCAN in impact.work for impact in execution.impacts.values())
    execution.changes.append(InsertRows(table=execution.resolve(node["relation"]), reads=tuple(reads)))
    _note_functions(query, execution)
    if _is_replaced(table, "insert", execution) or table is None:
        return
    given = _given(node, table)
    for column in table.columns.values():
        if column.sequence is not None and column.name not in given:
            execution.lock_name(column.sequence, Mode.ROW_EXCLUSIVE)
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
    """The columns that are surely null in every new row; a trigger may fill them before it is stored."""
    if any(each.timing == "before" and each.for_each_row for each in table.triggers.values()):
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
    assigned = _assigned(node)
    columns = tuple([name for name, _ in assigned])
    where = node.get("whereClause")
    beside = _beside(node, table, execution)
    unserved = _unserved(node, table, beside.where, beside.few, execution)
    whole = bool(unserved)
    execution.changes.append(
        UpdateRows(
            table=execution.resolve(node["relation"]),
            columns=columns,
            conditional=where is not None,
            whole_table=whole,
        )
    )
    if _is_replaced(table, "update", execution):
        return
    _read_beside(node, ("targetList", "fromClause", "whereClause"), beside, execution)
    if table is None:
        return
    for each in unserved:
        execution.scan(each)
    _look_at_bound(table, execution)
    nulls = frozenset([name for name, value in assigned if is_null(value)])
    check_keys_of(table, execution, changed=frozenset(columns), nulls=nulls, many=whole, all_rows=where is None)
    check_keys_to(table, execution, columns=frozenset(columns), many=whole)
    if where is None:
        execution.updated.update(each.oid for each in execution.family(table, only=_is_only(node)))
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
    unserved = _unserved(node, table, beside.where, beside.few, execution)
    whole = bool(unserved)
    change = DeleteRows(table=execution.resolve(node["relation"]), conditional=where is not None, whole_table=whole)
    execution.changes.append(change)
    if _is_replaced(table, "delete", execution):
        return
    _read_beside(node, ("usingClause", "whereClause"), beside, execution)
    if table is None:
        return
    for each in unserved:
        execution.scan(each)
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
    unserved = _unserved(node, table, where if beside.few else None, beside.few, execution)
    for each in unserved:
        execution.scan(each)
    _check_keys_of_merge(node, table, execution, many=bool(unserved))


def _check_keys_of_merge(node: Node, table: Table, execution: Execution, *, many: bool) -> None:
    """The keys that its actions touch: WHEN … THEN UPDATE, DELETE or INSERT."""
    for each in (item["MergeWhenClause"] for item in node.get("mergeWhenClauses", ())):
        columns = frozenset(name for name, _ in _assigned(each))
        match each.get("commandType"):
            case "CMD_DELETE":
                check_keys_to(table, execution, many=many)
            case "CMD_UPDATE":
                check_keys_to(table, execution, columns=columns, many=many)
                check_keys_of(table, execution, changed=columns, nulls=frozenset(), many=many)
            case "CMD_INSERT":
                written = columns or frozenset(table.columns)
                check_keys_of(table, execution, changed=written, nulls=frozenset(), many=many)


def _few_of(source: Node | None) -> frozenset[str]:
    """What MERGE calls its source, if that is rows written out."""
    kind, node = unwrap(source)
    _, query = unwrap(node.get("subquery"))
    if kind != "RangeSubselect" or "fromClause" in query or query.get("op", "SETOP_NONE") != "SETOP_NONE":
        return frozenset()
    return frozenset({alias(node)})


def _unserved(
    node: Node, table: Table | None, where: Node | None, given: frozenset[str], execution: Execution
) -> list[Table]:
    """Those of the target and what belongs to it that are read whole: what inherits has no index of its parent's."""
    family = _concerned(node, table, execution, only=_is_only(node)) if table is not None else []
    leaves = [each for each in family if each.kind is not TableKind.PARTITIONED]
    return [each for each in leaves if not served_by_index(where, each, alias(node["relation"]), given)]


class _Beside(Struct, frozen=True):
    """What an UPDATE, DELETE or MERGE reads beside its table: the tables, by what it calls them, the condition, and of
    which relations it gives few rows."""

    tables: list[tuple[Node, Table]]
    where: Node | None
    few: frozenset[str]


def _beside(node: Node, table: Table | None, execution: Execution) -> _Beside:
    clause = [*node.get("fromClause", ()), *node.get("usingClause", ())]
    condition = node.get("whereClause")
    if not clause and not any(execution.nodes(tree, "SelectStmt") for tree in (condition, node.get("targetList"))):
        return _Beside([], condition, frozenset())  # nothing else is read
    tables = [*_sources(clause, execution)]
    where = every([condition, *conditions(clause)])
    named = [(alias(each), found) for each, found in tables]
    target = [(alias(node["relation"]), table)] if table is not None else []
    few = _few_of_with(node.get("withClause"), execution)
    given = frozenset(alias(each) for each in ranges(clause) if each.get("relname") in few)
    return _Beside(tables, where, few_rows([*target, *named], where, given))


def _few_of_with(clause: Node | None, execution: Execution) -> frozenset[str]:
    """The common table expressions that give one row at most."""
    found: set[str] = set()
    for node in execution.nodes(clause, "CommonTableExpr"):
        kind, query = unwrap(node.get("ctequery"))
        sources = [*ranges(query.get("fromClause"))] if kind == "SelectStmt" else [query.get("relation")]
        source = sources[0] if len(sources) == 1 else None
        table = execution.catalog.table(execution.resolve(source)) if source else None
        if table is not None and finds_one(query.get("whereClause"), table, alias(source or {})):
            found.add(node.get("ctename", ""))
    return frozenset(found)


def _sources(clause: Iterable[Node | None], execution: Execution) -> Iterator[tuple[Node, Table]]:
    for source in ranges(clause):
        found = execution.catalog.table(execution.resolve(source))
        if found is not None:
            yield source, found


def _read_beside(node: Node, clauses: Iterable[str], beside: _Beside, execution: Execution) -> None:
    """Lock and scan what an UPDATE or DELETE reads in FROM, USING and subqueries."""
    for clause in clauses:
        tree = node.get(clause)
        if not tree:
            continue
        read_query(tree, execution, around=node.get("withClause"), given=beside.few)
        if execution.nodes(tree, "FuncCall"):
            _note_functions(tree, execution)
            lock_sequence_arguments(tree, execution)
    for clause in ("fromClause", "usingClause", "sourceRelation"):
        tree = node.get(clause)
        if not tree:
            continue
        scan_views([tree] if isinstance(tree, dict) else tree, beside.where, beside.few, execution)
    for source, table in beside.tables:
        for each in execution.family(table):
            if not served_by_index(beside.where, each, alias(source), beside.few):
                execution.scan(each)


def _with_clauses(node: Node, execution: Execution) -> None:
    if "withClause" not in node:
        return
    read_query(node.get("withClause"), execution)
    _write_inside(node.get("withClause"), execution)


def _write_inside(tree: Node | None, execution: Execution) -> None:
    around = execution.common
    execution.common |= {node.get("ctename", "") for node in execution.nodes(tree, "CommonTableExpr")}
    for kind, inner in walk(tree):
        if kind in WRITERS:
            WRITERS[kind](inner, execution)
    execution.common = around


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
        table = execution.table(name)
        for each in execution.family(table, only=only):
            _empty(each, execution, restart=node.get("restart_seqs", False))
        if cascade:
            pending.extend((other.name, False) for other, _ in execution.catalog.foreign_keys_reaching(table))


def _empty(table: Table, execution: Execution, *, restart: bool) -> None:
    execution.lock(table, Mode.ACCESS_EXCLUSIVE).emptied = True
    if execution.major <= 13:
        _look_at_bound(table, execution)
    for index in table.indexes.values() if table.kind is not TableKind.PARTITIONED else ():
        execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE)
    for sequence in execution.sequences(table) if restart else ():
        execution.lock(sequence, Mode.ACCESS_EXCLUSIVE)


WRITERS = {"InsertStmt": insert, "UpdateStmt": update, "DeleteStmt": delete, "MergeStmt": merge}
