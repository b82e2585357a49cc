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
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import columns_of, function_name, strings, unwrap, walk
from miglint.dialects.postgresql.words import words


def relations_read(query: Node | None, execution: Execution, own: frozenset[str] = frozenset()) -> list[Name]:
    """Every relation that a query mentions, common table expressions left out (`own` are others that are), in the order
    of the text."""
    own |= _own_names(query, execution)
    mentioned = sorted(execution.nodes(query, "RangeVar"), key=lambda node: node.get("location", 0))
    names = [execution.resolve(node) for node in mentioned if _is_outer(node, own)]
    return list(dict.fromkeys(names))


def _own_names(query: Node | None, execution: Execution) -> frozenset[str]:
    return frozenset(node.get("ctename", "") for node in execution.nodes(query, "CommonTableExpr"))


def _is_outer(node: Node, own: frozenset[str]) -> bool:
    return "schemaname" in node or node.get("relname") not in own


def columns_read(query: Node | None) -> frozenset[str]:
    """The column names that a query mentions, `*` among them if it is there."""
    star = frozenset({"*"}) if any(kind == "A_Star" for kind, _ in walk(query)) else frozenset[str]()
    return frozenset(columns_of(query)) | star


def read_query(
    query: Node | None, execution: Execution, *, mode: Mode = Mode.ACCESS_SHARE, around: Node | None = None
) -> list[Name]:
    """Lock and scan what a query reads; the relations that it names. `around`: a WITH outside of it."""
    if not query:
        return []
    own = _own_names(query, execution) | _own_names(around, execution)
    names = relations_read(query, execution, own)
    for name in names:
        read_relation(name, execution, mode)
    for node in execution.nodes(query, "SelectStmt"):
        scan_sources(node, own, execution)
    return names


def read_relation(name: Name, execution: Execution, mode: Mode = Mode.ACCESS_SHARE) -> None:
    """Lock a relation for reading, and through a view what the view reads."""
    relation = execution.catalog.relations.get(name)
    if relation is None and name.schema in ("pg_catalog", "information_schema"):
        return
    if relation is None and name.name.startswith("pg_"):
        return
    relation = relation or execution.table(name)
    execution.lock(relation, mode)
    if isinstance(relation, View):
        for source in sorted(relation.sources):
            read_relation(source, execution)
            found = execution.catalog.table(source)
            if found is not None:
                execution.scan(found)
    elif isinstance(relation, Table):
        for child in execution.catalog.descendants(name):
            execution.lock(child, mode)


def scan_sources(select: Node, own: frozenset[str], execution: Execution) -> None:
    """Scan the tables in a SELECT's FROM that no index can find the wanted rows of."""
    if select.get("limitCount") and not select.get("sortClause") and not select.get("whereClause"):
        return
    if _asks_for_extremes(select, execution):
        return
    for source in ranges(select.get("fromClause")):
        if not _is_outer(source, own):
            continue
        table = execution.catalog.table(execution.resolve(source))
        if table is not None and not served_by_index(select.get("whereClause"), table, alias(source)):
            for each in execution.family(table, only=not source.get("inh", False)):
                execution.scan(each)


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
    return asked == set(columns_of(select.get("targetList"))) and asked <= _leading(table)


def ranges(items: Any) -> Iterator[Node]:
    """The RangeVars of a FROM clause, joins seen through, subqueries not."""
    for item in items or ():
        kind, node = unwrap(item)
        if kind == "RangeVar":
            yield node
        elif kind == "JoinExpr":
            yield from ranges([node.get("larg"), node.get("rarg")])


def alias(node: Node) -> str:
    """What a RangeVar is called in its query."""
    return str(node.get("alias", {}).get("aliasname", node.get("relname", "")))


def served_by_index(where: Node | None, table: Table, alias: str = "") -> bool:
    """Whether a condition compares the first column of an index with something that does not depend on the row."""
    return _is_served(where, _leading(table), alias or table.name.name)


def _leading(table: Table) -> frozenset[str]:
    """The columns that stand first in an index of all rows."""
    return frozenset(
        index.keys[0].column
        for index in table.indexes.values()
        if index.keys and index.keys[0].column and index.valid and index.predicate is None
    )


def _is_served(where: Node | None, leading: frozenset[str], alias: str) -> bool:
    """Whether an equality on a leading column, or a range with two ends, is among the conditions that all must hold.

    With a range of one end (`id > 100`) it depends on the rows whether the server reads the whole table: it may.
    """
    kind, node = unwrap(where)
    if kind == "BoolExpr" and node.get("boolop") == "OR_EXPR":
        return all(_is_served(each, leading, alias) for each in node.get("args", ()))
    ends: dict[str, set[str]] = {}
    for column, operator in _compared(where, alias):
        if column in leading:
            ends.setdefault(column, set()).add(operator)
    if any("=" in each or {"<", ">"} <= each for each in ends.values()):
        return True
    conjuncts = node.get("args", ()) if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR" else ()
    return any(_is_served(each, leading, alias) for each in conjuncts if unwrap(each)[0] == "BoolExpr")


_OPERATORS = {"=": "=", "<": "<", "<=": "<", ">": ">", ">=": ">"}
_MIRRORED = {"=": "=", "<": ">", ">": "<"}


def _compared(where: Node | None, alias: str) -> Iterator[tuple[str, str]]:
    """The columns that are compared with what does not depend on the row, each with `=`, `<` or `>`."""
    kind, node = unwrap(where)
    if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR":
        for each in node.get("args", ()):
            yield from _compared(each, alias)
        return
    operator = _OPERATORS.get((strings(node.get("name")) or [""])[-1]) if kind == "A_Expr" else None
    left, right = node.get("lexpr"), node.get("rexpr")
    match node.get("kind"):
        case "AEXPR_OP" if operator is not None:
            yield from _column_beside(left, right, operator, alias)
            yield from _column_beside(right, left, _MIRRORED[operator], alias)
        case "AEXPR_IN" | "AEXPR_OP_ANY" if operator == "=":
            yield from _column_beside(left, right, operator, alias)
        case "AEXPR_BETWEEN":
            yield from _column_beside(left, right, "<", alias)
            yield from _column_beside(left, right, ">", alias)


def _column_beside(one: Node | None, other: Node | None, operator: str, alias: str) -> Iterator[tuple[str, str]]:
    kind, column = unwrap(one if isinstance(one, dict) else None)
    fields = strings(column.get("fields")) if kind == "ColumnRef" else []
    if fields and (len(fields) == 1 or fields[-2] == alias) and not any(columns_of(other)):
        yield fields[-1], operator


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
