"""Which rows an index finds: a condition on the first column of one, or a join with a table that gives few rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from miglint.catalog import Table
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import strings, unwrap, walk

NONE: frozenset[str] = frozenset()


def ranges(items: Any) -> Iterator[Node]:
    """The RangeVars of a FROM clause, joins seen through, subqueries not."""
    for item in items or ():
        kind, node = unwrap(item)
        if kind == "RangeVar":
            yield node
        elif kind == "JoinExpr":
            yield from ranges([node.get("larg"), node.get("rarg")])


def conditions(items: Any) -> Iterator[Node]:
    """The ON of every inner join in a FROM clause: as good as a WHERE."""
    for item in items or ():
        kind, node = unwrap(item)
        if kind == "JoinExpr":
            if node.get("jointype") == "JOIN_INNER" and "quals" in node:
                yield node["quals"]
            yield from conditions([node.get("larg"), node.get("rarg")])


def every(found: Iterable[Node | None]) -> Node:
    """The condition that all of these hold."""
    return {"BoolExpr": {"boolop": "AND_EXPR", "args": [each for each in found if each]}}


def alias(node: Node) -> str:
    """What a RangeVar is called in its query."""
    return str(node.get("alias", {}).get("aliasname", node.get("relname", "")))


def served_by_index(
    where: Node | None, table: Table, alias: str = "", given: frozenset[str] = NONE, *, ends: bool = True
) -> bool:
    """Whether a condition compares the first column of an index with something that does not depend on the row, or with
    columns of relations (`given`, by what the query calls them) of which there are few rows. `ends`: a range
    will do."""
    return _is_served(where, leading(table), alias or table.name.name, given, ranges_count=ends)


def few_rows(sources: Iterable[tuple[str, Table]], where: Node | None, given: frozenset[str] = NONE) -> frozenset[str]:
    """Those of the tables, each with what the query calls it, of which an equality on a unique key leaves one row (or
    one for each of another's few)."""
    pending, found = [*sources], set(given)
    grown = True
    while grown:
        grown = False
        for name, table in [each for each in pending if each[0] not in found]:
            if _is_served(where, _unique(table), name, frozenset(found), ranges_count=False):
                found.add(name)
                grown = True
    return frozenset(found)


def _unique(table: Table) -> frozenset[str]:
    """The columns that have a unique index of their own."""
    return frozenset(
        index.keys[0].column
        for index in table.indexes.values()
        if index.unique and len(index.keys) == 1 and index.valid and index.predicate is None
    )


def leading(table: Table) -> frozenset[str]:
    """The columns that stand first in an index of all rows."""
    return frozenset(
        index.keys[0].column
        for index in table.indexes.values()
        if index.keys and index.keys[0].column and index.valid and index.predicate is None
    )


def _is_served(
    where: Node | None, columns: frozenset[str], alias: str, given: frozenset[str], *, ranges_count: bool = True
) -> bool:
    """Whether an equality on a leading column, or a range with two ends, is among the conditions that all must hold.

    With a range of one end (`id > 100`) it depends on the rows whether the server reads the whole table: it may.
    """
    kind, node = unwrap(where)
    if kind == "BoolExpr" and node.get("boolop") == "OR_EXPR":
        return all(_is_served(each, columns, alias, given, ranges_count=ranges_count) for each in node.get("args", ()))
    ends: dict[str, set[str]] = {}
    for column, operator in _compared(where, alias, given):
        if column in columns:
            ends.setdefault(column, set()).add(operator)
    if any("=" in each or (ranges_count and {"<", ">"} <= each) for each in ends.values()):
        return True
    conjuncts = node.get("args", ()) if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR" else ()
    nested = (each for each in conjuncts if unwrap(each)[0] == "BoolExpr")
    return any(_is_served(each, columns, alias, given, ranges_count=ranges_count) for each in nested)


_OPERATORS = {"=": "=", "<": "<", "<=": "<", ">": ">", ">=": ">"}
_MIRRORED = {"=": "=", "<": ">", ">": "<"}


def _compared(where: Node | None, alias: str, given: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The columns that are compared with what does not depend on the row, each with `=`, `<` or `>`."""
    kind, node = unwrap(where)
    if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR":
        for each in node.get("args", ()):
            yield from _compared(each, alias, given)
        return
    operator = _OPERATORS.get((strings(node.get("name")) or [""])[-1]) if kind == "A_Expr" else None
    left, right = node.get("lexpr"), node.get("rexpr")
    match node.get("kind"):
        case "AEXPR_OP" if operator is not None:
            yield from _column_beside(left, right, operator, alias, given)
            yield from _column_beside(right, left, _MIRRORED[operator], alias, given)
        case "AEXPR_IN" | "AEXPR_OP_ANY" if operator == "=":
            yield from _column_beside(left, right, operator, alias, given)
        case "AEXPR_BETWEEN":
            yield from _column_beside(left, right, "<", alias, given)
            yield from _column_beside(left, right, ">", alias, given)


def _column_beside(
    one: Node | None, other: Node | None, operator: str, alias: str, given: frozenset[str]
) -> Iterator[tuple[str, str]]:
    kind, column = unwrap(one if isinstance(one, dict) else None)
    fields = strings(column.get("fields")) if kind == "ColumnRef" else []
    if fields and (len(fields) == 1 or fields[-2] == alias) and _is_given(other, given):
        yield fields[-1], operator


def _is_given(tree: Node | None, given: frozenset[str]) -> bool:
    """Whether an expression is made of constants and columns of these relations alone."""
    fields = (strings(node.get("fields")) for kind, node in walk(tree) if kind == "ColumnRef")
    return all(len(each) > 1 and each[-2] in given for each in fields)
