"""What a query reads: its tables, and which of them it has to read whole.

Which plan the server will choose is not to be known from outside; what is known is whether a condition exists that an
index can serve. A table without one is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from miglint.catalog import Name, Sequence, Table, TableKind, View
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.functions import STABLE_OR_IMMUTABLE, VOLATILE
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.lookups import alias, conditions, every, few_rows, leading, ranges, served_by_index
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import columns_of, function_name, strings, unwrap, walk
from miglint.dialects.postgresql.words import words


def relations_read(query: Node | None, execution: Execution, own: frozenset[str] = frozenset()) -> list[Name]:
    """Every relation that a query mentions, common table expressions left out (`own` are others that are), in the order
    of the text."""
    return list(dict.fromkeys(execution.resolve(node) for node in _mentioned(query, execution, own)))


def _mentioned(query: Node | None, execution: Execution, own: frozenset[str]) -> list[Node]:
    """The RangeVars of relations, in the order of the text. Those of FOR UPDATE OF name what FROM calls them."""
    own |= _own_names(query, execution)
    clauses = execution.nodes(query, "LockingClause")
    of_locking = {id(each["RangeVar"]) for clause in clauses for each in clause.get("lockedRels", ())}
    found = (node for node in execution.nodes(query, "RangeVar") if id(node) not in of_locking)
    return sorted((node for node in found if _is_outer(node, own)), key=lambda node: node.get("location", 0))


def _locked_for_update(query: Node | None, execution: Execution) -> set[int]:
    """The RangeVars whose rows FOR UPDATE or FOR SHARE locks, by `id`: those that it names, else all of its FROM."""
    if not execution.nodes(query, "LockingClause"):
        return set()
    found: set[int] = set()
    for node in execution.nodes(query, "SelectStmt"):
        clauses = [each["LockingClause"].get("lockedRels", []) for each in node.get("lockingClause", ())]
        named = {each["RangeVar"].get("relname") for clause in clauses for each in clause}
        for source in execution.nodes(node.get("fromClause"), "RangeVar") if clauses else ():
            if not all(clauses) or alias(source) in named:
                found.add(id(source))
    return found


def _own_names(query: Node | None, execution: Execution) -> frozenset[str]:
    return execution.common | {node.get("ctename", "") for node in execution.nodes(query, "CommonTableExpr")}


def _is_outer(node: Node, own: frozenset[str]) -> bool:
    return "schemaname" in node or node.get("relname") not in own


def columns_read(query: Node | None) -> frozenset[str]:
    """The column names that a query mentions, `*` among them if it is there."""
    star = frozenset({"*"}) if any(kind == "A_Star" for kind, _ in walk(query)) else frozenset[str]()
    return frozenset(columns_of(query)) | star


def read_query(
    query: Node | None, execution: Execution, *, around: Node | None = None, given: frozenset[str] = frozenset()
) -> list[Name]:
    """Lock and scan what a query reads; the relations that it names. `around`: a WITH outside of it; `given`: what is
    outside of it of which there are few rows."""
    if not execution.nodes(query, "RangeVar") and not execution.nodes(query, "SelectStmt"):
        return []  # as most conditions: they look at no table
    own = _own_names(query, execution) | _own_names(around, execution)
    names = look_at_query(query, execution, own)
    for node in execution.nodes(query, "SelectStmt"):
        scan_sources(node, own, execution, given)
    return names


def look_at_query(query: Node | None, execution: Execution, own: frozenset[str] = frozenset()) -> list[Name]:
    """Lock what a query reads, which planning it does; the relations that it names."""
    for_update = _locked_for_update(query, execution)
    mentioned = _mentioned(query, execution, own)
    for node in mentioned:
        mode = Mode.ROW_SHARE if id(node) in for_update else Mode.ACCESS_SHARE
        read_relation(execution.resolve(node), execution, mode, only=not node.get("inh", False))
    return list(dict.fromkeys(map(execution.resolve, mentioned)))


def look_at(statement: Node | None, execution: Execution) -> None:
    """Lock what a statement names, as planning it does; nothing is run."""
    look_at_query(statement, execution)
    for target in (node["relation"] for kind in WRITTEN for node in execution.nodes(statement, kind)):
        relation = execution.catalog.relations.get(execution.resolve(target))
        if isinstance(relation, Table):
            for each in execution.family(relation, only=not target.get("inh", False)):
                execution.lock(each, Mode.ROW_EXCLUSIVE)
        elif relation is not None:
            execution.lock(relation, Mode.ROW_EXCLUSIVE)


WRITTEN = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


def read_relation(name: Name, execution: Execution, mode: Mode = Mode.ACCESS_SHARE, *, only: bool = False) -> None:
    """Lock a relation for reading, and through a view what the view reads."""
    relation = execution.catalog.relations.get(name)
    if relation is None and is_of_the_system(name):
        return
    relation = relation or execution.table(name)
    execution.lock(relation, mode)
    if isinstance(relation, View):
        for source in sorted(relation.sources):
            read_relation(source, execution)
    elif isinstance(relation, Table):
        look_at_ancestors(relation, execution)
        for child in execution.family(relation, only=only)[1:]:
            execution.lock(child, mode)


def is_of_the_system(name: Name) -> bool:
    """Whether a name that nothing made is one of the server's own catalogs."""
    return name.schema in ("pg_catalog", "information_schema") or name.name.startswith("pg_")


def look_at_ancestors(table: Table, execution: Execution) -> None:
    """What partitions of a partition are wanted is worked out from all the bounds above, which are looked at."""
    pending = [*table.parents] if table.kind is TableKind.PARTITIONED else []
    while pending:
        name = pending.pop()
        execution.lock_name(name, Mode.ACCESS_SHARE)
        found = execution.catalog.table(name)
        pending.extend(found.parents if found is not None else ())


def scan_sources(select: Node, own: frozenset[str], execution: Execution, outer: frozenset[str]) -> None:
    """Scan the tables in a SELECT's FROM that no index can find the wanted rows of."""
    if select.get("limitCount") and not select.get("sortClause") and not select.get("whereClause"):
        scan_views(select.get("fromClause"), None, frozenset(), execution, own, limited=True)
        return
    if _asks_for_extremes(select, execution):
        return
    clause = select.get("fromClause")
    where = every([select.get("whereClause"), *conditions(clause)])
    sources = [(node, found) for node in ranges(clause) if (found := _table(node, own, execution)) is not None]
    given = few_rows(((alias(node), table) for node, table in sources), where, outer)
    for node, table in sources:
        for each in execution.family(table, only=not node.get("inh", False)):
            if not served_by_index(where, each, alias(node), given):
                execution.scan(each)
    scan_views(clause, where, given, execution, own)


def scan_views(
    clause: Any,
    where: Node | None,
    given: frozenset[str],
    execution: Execution,
    own: frozenset[str] = frozenset(),
    *,
    limited: bool = False,
) -> None:
    """Scan what the views in a FROM clause read, unless the condition finds it by an index. `limited`: the first rows
    are enough, which a view that groups or sorts has only after all."""
    for node in ranges(clause):
        view = execution.catalog.relations.get(execution.resolve(node)) if _is_outer(node, own) else None
        if isinstance(view, View) and not (limited and _passed_through(view, execution) is not None):
            scan_view(view, execution, where, alias(node), given)


def scan_view(
    view: View,
    execution: Execution,
    where: Node | None = None,
    alias: str = "",
    given: frozenset[str] = frozenset(),
) -> None:
    """Scan what a view reads, as far as a condition does not find it by an index."""
    source = _passed_through(view, execution)
    behind = execution.catalog.relations.get(source) if source is not None else None
    for name in sorted(view.sources):
        read = execution.catalog.relations.get(name)
        condition = where if read is behind else None
        if isinstance(read, View):
            scan_view(read, execution, condition, alias, given)
        for each in execution.family(read) if isinstance(read, Table) else ():
            if condition is None or not served_by_index(condition, each, alias, given):
                execution.scan(each)


_NOT_PASSED_THROUGH = ("groupClause", "havingClause", "distinctClause", "limitCount", "limitOffset", "withClause")


def _passed_through(view: View, execution: Execution) -> Name | None:
    """What a view reads whose columns are those of one relation under their own names: conditions go down to it."""
    kind, select = unwrap(view.query)
    sources = select.get("fromClause", [])
    plain = kind == "SelectStmt" and not any(select.get(each) for each in _NOT_PASSED_THROUGH)
    if not plain or len(sources) != 1 or unwrap(sources[0])[0] != "RangeVar":
        return None
    targets = [item["ResTarget"] for item in select.get("targetList", ())]
    named = all(
        unwrap(each.get("val"))[0] == "ColumnRef"
        and each.get("name", "") in ("", *strings(unwrap(each.get("val"))[1].get("fields"))[-1:])
        for each in targets
    )
    return execution.resolve(unwrap(sources[0])[1]) if named else None


def _table(node: Node, own: frozenset[str], execution: Execution) -> Table | None:
    return execution.catalog.table(execution.resolve(node)) if _is_outer(node, own) else None


def _asks_for_extremes(select: Node, execution: Execution) -> bool:
    """min() and max() of columns that lead an index, of a whole table: each is one look into the index."""
    sources = select.get("fromClause", [])
    if len(sources) != 1 or any(select.get(clause) for clause in ("whereClause", "groupClause", "havingClause")):
        return False
    kind, source = unwrap(sources[0])
    table = execution.catalog.table(execution.resolve(source)) if kind == "RangeVar" else None
    calls = execution.nodes(select.get("targetList"), "FuncCall")
    extremes = [node for node in calls if function_name(node)[1] in ("min", "max")]
    aggregates = [node for node in calls if function_name(node)[1] in _AGGREGATES]
    if table is None or table.kind is not TableKind.TABLE or not extremes or len(aggregates) != len(extremes):
        return False
    asked = {column for node in extremes for column in columns_of(node)}
    return asked == set(columns_of(select.get("targetList"))) and asked <= leading(table)


def functions_unknown(tree: Any, execution: Execution) -> list[str]:
    """Functions called that may do anything: the user's volatile ones, and those that are not known."""
    found: list[str] = []
    for node in execution.nodes(tree, "FuncCall"):
        schema, name = function_name(node)
        own = execution.catalog.resolve_function(schema, name)
        known = own is not None and own.volatility.value in ("immutable", "stable")
        builtin = own is None and (name in STABLE_OR_IMMUTABLE or name in VOLATILE or name in _AGGREGATES)
        if not known and not builtin and name not in found:
            found.append(name)
    return found


_AGGREGATES = words(
    """
    array_agg avg bit_and bit_or bool_and bool_or count dense_rank every first_value generate_series json_agg
    json_object_agg jsonb_agg jsonb_object_agg lag last_value lead max min mode nth_value ntile percent_rank
    percentile_cont percentile_disc rank regr_slope row_number stddev string_agg sum variance xmlagg
    """
)


def lock_sequence_arguments(tree: Any, execution: Execution) -> None:
    """nextval, setval and currval lock the sequence that they name."""
    for sequence in sequences_in(tree, execution):
        execution.lock(sequence, Mode.ROW_EXCLUSIVE)


def sequences_in(tree: Any, execution: Execution) -> Iterator[Sequence]:
    """The sequences that an expression names in nextval('…')."""
    for node in execution.nodes(tree, "FuncCall"):
        if strings(node.get("funcname"))[-1:] in (["nextval"], ["setval"], ["currval"]):
            _, argument = unwrap((node.get("args") or [None])[0])
            if strings(argument.get("funcname"))[-1:] == ["pg_get_serial_sequence"]:
                yield from _serial_sequence(argument, execution)
                continue
            text = _text_constant(argument)
            schema, _, name = text.rpartition(".")
            found = execution.catalog.relations.get(execution.catalog.resolve(schema or None, name.strip('"')))
            if isinstance(found, Sequence):
                yield found


def _serial_sequence(call: Node, execution: Execution) -> Iterator[Sequence]:
    """pg_get_serial_sequence('table', 'column'): what `sqlsequencereset` asks for."""
    arguments = [_text_constant(unwrap(each)[1]) for each in call.get("args", ())]
    if len(arguments) != 2:
        return
    schema, _, name = arguments[0].rpartition(".")
    table = execution.catalog.resolve(schema.strip('"') or None, name.strip('"'))
    for sequence in execution.catalog.owned_sequences(table):
        if sequence.owner == (table, arguments[1]):
            yield sequence


def _text_constant(node: dict[str, Any]) -> str:
    inner = node.get("arg", {}).get("A_Const", node)
    return str(inner.get("sval", {}).get("sval", ""))
