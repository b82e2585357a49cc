"""Which partitions a condition, or a row that is written out, can concern: the server opens no others.

Only what is plain is told apart: a partition key of one column, compared by `=` or IN with constants, numbers and ISO
dates in ranges, texts and whole numbers in lists, whole numbers by their hash. Whatever else there is may concern every
partition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from miglint.catalog import Table, Type
from miglint.dialects.postgresql.bounds import compared
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.hashing import hash_of_whole
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import strings, text_of, unwrap

Values = Callable[[str], frozenset[str] | None]
"""The constants that a column may have in the rows that are meant, as text; None: any."""


def concerned(table: Table, values: Values, execution: Execution) -> list[Table]:
    """The table and those of its partitions that may hold such rows."""
    found = [table]
    children = [execution.catalog.table(name) for name in execution.catalog.children.get(table.name, ())]
    partitions = [each for each in children if each is not None]
    wanted = values(table.partition_key[0]) if len(table.partition_key) == 1 else None
    column = table.columns.get(table.partition_key[0]) if wanted is not None else None
    kind = column.type if column is not None else None
    for each in partitions:
        if wanted is None or any(_may_hold(each, partitions, value, kind) for value in wanted):
            found += concerned(each, values, execution)
    return found


def _may_hold(partition: Table, siblings: list[Table], value: str, kind: Type | None) -> bool:
    if not partition.default_partition:
        return _is_within(partition.bound, value, kind) is not False
    others = (each for each in siblings if not each.default_partition)
    return not any(_is_within(each.bound, value, kind) for each in others)


def _is_within(bound: Node | None, value: str, kind: Type | None) -> bool | None:
    """None where it cannot be told."""
    match (bound or {}).get("strategy"):
        case "l" if bound is not None and kind is not None and not kind.array and kind.name in _IN_LISTS:
            listed = {_IN_LISTS[kind.name](text_of(each)) for each in bound.get("listdatums", ())}
            return None if None in listed else _IN_LISTS[kind.name](value) in listed
        case "r" if bound is not None:
            return _is_in_range(bound, value)
        case "h" if bound is not None and kind is not None and not kind.array and not kind.schema:
            number = _whole(value)
            hashed = None if number is None else hash_of_whole(int(number), kind.name)
            return None if hashed is None else hashed % bound["modulus"] == bound.get("remainder", 0)
    return None


def _whole(text: str) -> str | None:
    return str(int(text)) if text.lstrip("-").isdigit() and text.isascii() else None


def _as_is(text: str) -> str | None:
    return text or None  # a NULL has no text


_IN_LISTS: dict[str, Callable[[str], str | None]] = {
    "text": _as_is,
    "varchar": _as_is,
    "int2": _whole,
    "int4": _whole,
    "int8": _whole,
}


def _is_in_range(bound: Node, value: str) -> bool | None:
    for datums, least in (("lowerdatums", True), ("upperdatums", False)):
        kind, node = unwrap((bound.get(datums) or [{}])[0])
        word = (strings(node.get("fields")) or [""])[-1] if kind == "ColumnRef" else ""
        if word in ("minvalue", "maxvalue"):
            if (word == "minvalue") is not least:
                return None
            continue
        order = compared(value, text_of(bound[datums][0])) if kind in ("A_Const", "TypeCast") else None
        if order is None:
            return None
        if (order < 0) if least else (order >= 0):
            return False
    return True


def values_in(where: Node | None, alias: str) -> Values:
    """What a condition leaves of a column's values."""

    def of_column(column: str) -> frozenset[str] | None:
        for clause in _conjuncts(where):
            found = _allowed(clause, column, alias)
            if found is not None:
                return found
        return None

    return of_column


def _conjuncts(tree: Node | None) -> Iterator[Node]:
    kind, node = unwrap(tree)
    if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR":
        for each in node.get("args", ()):
            yield from _conjuncts(each)
    elif tree:
        yield tree


def _allowed(clause: Node, column: str, alias: str) -> frozenset[str] | None:
    kind, node = unwrap(clause)
    if kind != "A_Expr" or strings(node.get("name")) != ["="]:
        return None
    inner, left = unwrap(node.get("lexpr"))
    fields = strings(left.get("fields")) if inner == "ColumnRef" else []
    if fields[-1:] != [column] or (len(fields) > 1 and fields[-2] != alias):
        return None
    right = node.get("rexpr", {})
    if node.get("kind") == "AEXPR_OP":
        return constants([right])
    return constants(right.get("List", {}).get("items", ())) if node.get("kind") == "AEXPR_IN" else None


def constants(items: list[Node]) -> frozenset[str] | None:
    """The texts of expressions if all of them are plain constants."""
    plain = all(unwrap(each)[0] == "A_Const" and not unwrap(each)[1].get("isnull") for each in items)
    return frozenset(map(text_of, items)) if items and plain else None
