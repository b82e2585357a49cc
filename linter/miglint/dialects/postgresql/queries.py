"""What a query reads: its tables, and which of them it has to read whole.

Which plan the server will choose is not to be known from outside; what is known is whether a condition exists that an
index can serve. A table without one is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from miglint.catalog import Name, Sequence, Table, View
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.functions import STABLE_OR_IMMUTABLE, VOLATILE
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import columns_of, function_name, strings, unwrap, walk
from miglint.dialects.postgresql.words import words

_INDEXABLE = frozenset({"=", "<", ">", "<=", ">="})


def relations_read(query: Node | None, execution: Execution) -> list[Name]:
    """Every relation that a query mentions, common table expressions left out, in the order of the text."""
    own = _own_names(query)
    mentioned = [node for kind, node in walk(query) if kind == "RangeVar"]
    mentioned.sort(key=lambda node: node.get("location", 0))
    names = [execution.resolve(node) for node in mentioned if _is_outer(node, own)]
    return list(dict.fromkeys(names))


def _own_names(query: Node | None) -> frozenset[str]:
    return frozenset(node.get("ctename", "") for kind, node in walk(query) if kind == "CommonTableExpr")


def _is_outer(node: Node, own: frozenset[str]) -> bool:
    return "schemaname" in node or node.get("relname") not in own


def columns_read(query: Node | None) -> frozenset[str]:
    """The column names that a query mentions, `*` among them if it is there."""
    star = frozenset({"*"}) if any(kind == "A_Star" for kind, _ in walk(query)) else frozenset[str]()
    return frozenset(columns_of(query)) | star


def read_query(query: Node | None, execution: Execution, *, mode: Mode = Mode.ACCESS_SHARE) -> list[Name]:
    """Lock and scan what a query reads; the relations that it names."""
    if not query:
        return []
    own = _own_names(query)
    names = relations_read(query, execution)
    for name in names:
        read_relation(name, execution, mode)
    for kind, node in walk(query):
        if kind == "SelectStmt":
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
    for source in ranges(select.get("fromClause")):
        if not _is_outer(source, own):
            continue
        table = execution.catalog.table(execution.resolve(source))
        if table is not None and not served_by_index(select.get("whereClause"), table, alias(source)):
            for each in execution.family(table):
                execution.scan(each)


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
    leading = {
        index.keys[0].column
        for index in table.indexes.values()
        if index.keys and index.keys[0].column and index.valid and index.predicate is None
    }
    return any(column in leading for column in _compared(where, alias or table.name.name))


def _compared(where: Node | None, alias: str) -> Iterator[str]:
    kind, node = unwrap(where)
    if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR":
        for each in node.get("args", ()):
            yield from _compared(each, alias)
    elif kind == "A_Expr":
        left, right = node.get("lexpr"), node.get("rexpr")
        indexable = node.get("kind") != "AEXPR_OP" or (strings(node.get("name")) or [""])[-1] in _INDEXABLE
        sides = ((left, right), (right, left)) if node.get("kind") == "AEXPR_OP" else ((left, right),)
        if not indexable or node.get("kind") not in ("AEXPR_OP", "AEXPR_IN", "AEXPR_OP_ANY", "AEXPR_BETWEEN"):
            return
        for one, other in sides:
            inner, column = unwrap(one if isinstance(one, dict) else None)
            fields = strings(column.get("fields")) if inner == "ColumnRef" else []
            if fields and (len(fields) == 1 or fields[-2] == alias) and not any(columns_of(other)):
                yield fields[-1]


def functions_unknown(tree: Any, execution: Execution) -> list[str]:
    """Functions called that may do anything: the user's volatile ones, and those that are not known."""
    found: list[str] = []
    for kind, node in walk(tree):
        if kind != "FuncCall":
            continue
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
    for kind, node in walk(tree):
        if kind == "FuncCall" and strings(node.get("funcname"))[-1:] in (["nextval"], ["setval"], ["currval"]):
            _, argument = unwrap((node.get("args") or [None])[0])
            text = _text_constant(argument)
            schema, _, name = text.rpartition(".")
            found = execution.catalog.relations.get(execution.catalog.resolve(schema or None, name.strip('"')))
            if isinstance(found, Sequence):
                yield found


def _text_constant(node: dict[str, Any]) -> str:
    inner = node.get("arg", {}).get("A_Const", node)
    return str(inner.get("sval", {}).get("sval", ""))
