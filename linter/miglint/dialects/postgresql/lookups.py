"""Which rows an index finds: a condition on the first column of one, or a join with a table that gives few rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from miglint.catalog import Constraint, ConstraintKind, Index, Table
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import strings, text_of, unwrap, walk

NONE: frozenset[str] = frozenset()
NARROW = 10_000
"""How many rows a range may find at most, by its ends, that is taken to find few. More is work to wait for."""


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


def served_by_index(where: Node | None, table: Table, alias: str = "", given: frozenset[str] = NONE) -> bool:
    """Whether a condition finds few rows by an index: an equality on a unique key, on the beginning of one or on a
    foreign key, or a range of a unique key of whole numbers whose ends are near each other. What is compared is
    constant or belongs to relations (`given`, by what the query calls them) of which there are few rows; with these an
    equality on any index will do. How many rows have a status, a kind or a day is not known: it may be all of them.
    """
    keys = table.indexes.derived(_unique)
    numbers = frozenset([column for column in keys if _is_whole(table, column)])
    served = _Served(numbers, keys | _beginnings(table), leading(table))
    return _is_served(where, served, alias or table.name.name, given)


class _Served(Struct, frozen=True):
    """Columns on which a condition finds few rows: by a narrow range, by equality with a constant, or with a column
    given."""

    ranges: frozenset[str]
    constants: frozenset[str]
    joins: frozenset[str]


def _is_whole(table: Table, column: str) -> bool:
    found = table.columns.get(column)
    kind = found.type if found is not None else None
    return kind is not None and not kind.array and not kind.schema and kind.name in ("int2", "int4", "int8")


def _beginnings(table: Table) -> frozenset[str]:
    """The columns that an index begins with which are keys: part of a unique one, or foreign."""
    foreign = table.constraints.derived(_foreign)
    unique = table.indexes.derived(_leading_unique)
    return unique | (foreign & leading(table)) if foreign else unique


def _foreign(constraints: Mapping[str, Constraint]) -> frozenset[str]:
    """The columns of foreign keys."""
    keys = (each.columns for each in constraints.values() if each.kind is ConstraintKind.FOREIGN_KEY)
    return frozenset(column for columns in keys for column in columns)


def few_rows(sources: Iterable[tuple[str, Table]], where: Node | None, given: frozenset[str] = NONE) -> frozenset[str]:
    """Those of the tables, each with what the query calls it, of which an equality on a unique key leaves one row (or
    one for each of another's few)."""
    pending, found = [*sources], set(given)
    grown = True
    while grown:
        grown = False
        for name, table in [each for each in pending if each[0] not in found]:
            if finds_one(where, table, name, frozenset(found)):
                found.add(name)
                grown = True
    return frozenset(found)


def finds_one(where: Node | None, table: Table, alias: str, given: frozenset[str] = NONE) -> bool:
    """Whether an equality on all of a unique key is among the conditions that all must hold."""
    keys = table.indexes.derived(_unique)
    if _is_served(where, _Served(NONE, keys, keys), alias, given):
        return True
    several = table.indexes.derived(_unique_together)
    if not several:
        return False
    equal = {each.column for each in _compared(where, alias, given) if each.operator == "="}
    return any(equal.issuperset(columns) for columns in several)


def leading(table: Table) -> frozenset[str]:
    """The columns that stand first in an index of all rows."""
    return table.indexes.derived(_leading)


def _of_all_rows(indexes: Mapping[str, Index]) -> Iterator[Index]:
    return (each for each in indexes.values() if each.keys and each.valid and each.predicate is None)


def _unique(indexes: Mapping[str, Index]) -> frozenset[str]:
    """The columns that have a unique index of their own."""
    return frozenset(each.keys[0].column for each in _of_all_rows(indexes) if each.unique and len(each.keys) == 1)


def _unique_together(indexes: Mapping[str, Index]) -> list[tuple[str, ...]]:
    """The columns of unique indexes without an expression."""
    return [each.columns for each in _of_all_rows(indexes) if each.unique and len(each.columns) == len(each.keys)]


def _leading(indexes: Mapping[str, Index]) -> frozenset[str]:
    return frozenset(each.keys[0].column for each in _of_all_rows(indexes) if each.keys[0].column)


def _leading_unique(indexes: Mapping[str, Index]) -> frozenset[str]:
    return frozenset(each.keys[0].column for each in _of_all_rows(indexes) if each.unique)


def _is_served(where: Node | None, served: _Served, alias: str, given: frozenset[str]) -> bool:
    """Whether such a comparison is among the conditions that all must hold.

    With a range of one end (`id > 100`) it depends on the rows whether the server reads the whole table: it may. One of
    two ends finds no more rows than there are numbers between them, however many the table has.
    """
    kind, node = unwrap(where)
    if kind == "BoolExpr" and node.get("boolop") == "OR_EXPR":
        return all(_is_served(each, served, alias, given) for each in node.get("args", ()))
    compared = [*_compared(where, alias, given)]
    for each in compared:
        if each.operator == "=":
            constant = all(kind != "ColumnRef" for kind, _ in walk(each.value))
            if each.column in (served.constants if constant else served.joins):
                return True
    if any(_is_narrow(compared, column) for column in served.ranges):
        return True
    conjuncts = node.get("args", ()) if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR" else ()
    nested = (each for each in conjuncts if unwrap(each)[0] == "BoolExpr")
    return any(_is_served(each, served, alias, given) for each in nested)


class _Compared(Struct, frozen=True):
    """A column that is compared with what does not depend on the row, by `=`, `<` or `>` (with or without the end)."""

    column: str
    operator: str
    value: Node | None


def _is_narrow(compared: list[_Compared], column: str) -> bool:
    """Whether a column is between two constants that are near each other."""
    ends: dict[str, list[int]] = {"<": [], ">": []}
    for each in compared:
        number = text_of(each.value)
        if each.column == column and each.operator in ends and _WHOLE.fullmatch(number):
            ends[each.operator].append(int(number))
    return all(ends.values()) and min(ends["<"]) - max(ends[">"]) <= NARROW


_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_OPERATORS = {"=": "=", "<": "<", "<=": "<", ">": ">", ">=": ">"}
_MIRRORED = {"=": "=", "<": ">", ">": "<"}


def _compared(where: Node | None, alias: str, given: frozenset[str]) -> Iterator[_Compared]:
    """The comparisons that all must hold."""
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
            least, most = (right or {}).get("List", {}).get("items", [None, None])
            yield from _column_beside(left, least, ">", alias, given)
            yield from _column_beside(left, most, "<", alias, given)


def _column_beside(
    one: Node | None, other: Node | None, operator: str, alias: str, given: frozenset[str]
) -> Iterator[_Compared]:
    kind, column = unwrap(one if isinstance(one, dict) else None)
    fields = strings(column.get("fields")) if kind == "ColumnRef" else []
    if fields and (len(fields) == 1 or fields[-2] == alias) and _is_given(other, given):
        yield _Compared(fields[-1], operator, other)


def _is_given(tree: Node | None, given: frozenset[str]) -> bool:
    """Whether an expression is made of constants and columns of these relations alone."""
    fields = (strings(node.get("fields")) for kind, node in walk(tree) if kind == "ColumnRef")
    return all(len(each) > 1 and each[-2] in given for each in fields)
