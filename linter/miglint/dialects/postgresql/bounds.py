"""Whether CHECK constraints prove a partition's bound, so that its rows need not be read.

The server's prover is general; this one knows what people write for the purpose: comparisons of the partition key with
constants, joined by AND (for the bound itself) or OR (for what the default partition must not hold). What it cannot
prove is taken to be scanned.
"""

from __future__ import annotations

from typing import Any

from miglint.catalog import ConstraintKind, Table
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import is_null, strings, text_of, unwrap

Comparison = tuple[str, str, str]
"""A column, an operator and a constant's text."""

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


def implied_bound(bound: Any, parent: Table, partition: Table) -> bool:
    """Whether the partition's valid CHECKs prove that all its rows lie within the bound."""
    wanted = _range_conditions(bound, parent)
    if not bound or bound.get("strategy") == "l":
        return bool(bound) and _lists_proven(bound, parent, partition)
    if wanted is None:
        return False
    known = _known(partition)
    not_null = all(_is_not_null(partition, column) for column in parent.partition_key)
    return not_null and all(any(_implies(each, want) for each in known) for want in wanted)


def excluded_from(bound: Any, parent: Table, default: Table) -> bool:
    """Whether the default partition's valid CHECKs prove that no row of it lies within the bound."""
    if bound and bound.get("strategy") == "l":
        return len(parent.partition_key) == 1 and _lists_excluded(bound, parent.partition_key[0], default)
    wanted = _range_conditions(bound, parent)
    if not wanted:
        return False
    outside = {negated(each) for each in wanted}
    for constraint in default.constraints.values():
        if constraint.kind is ConstraintKind.CHECK and constraint.valid and constraint.expression is not None:
            for clause in _conjuncts(constraint.expression.tree):
                branches = {_comparison(each) for each in _branches(clause)}
                if (
                    None not in branches
                    and branches
                    and all(
                        any(_implies(branch, want) for want in outside) for branch in branches if branch is not None
                    )
                ):
                    return True
    return False


_COMPARED_AS_TEXT = frozenset({"text", "varchar", "int2", "int4", "int8"})
"""Types of which constants that are written differently are different."""


def _lists_excluded(bound: Any, column: str, default: Table) -> bool:
    """NULL by NOT NULL, a constant by `<>` it, or by `=` or IN others."""
    known = default.columns.get(column)
    comparable = known is not None and known.type is not None and known.type.name in _COMPARED_AS_TEXT
    sets = _value_sets(default, column)
    different = {each[2] for each in _known(default) if each[:2] == (column, "<>")}
    for datum in bound.get("listdatums", ()):
        if is_null(datum):
            if not _is_not_null(default, column):
                return False
        elif text_of(datum) not in different and not (comparable and any(text_of(datum) not in each for each in sets)):
            return False
    return True


def negated(comparison: Comparison) -> Comparison:
    """The opposite of a comparison."""
    opposite = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "<>"}
    return comparison[0], opposite[comparison[1]], comparison[2]


def _range_conditions(bound: Any, parent: Table) -> list[Comparison] | None:
    """FROM … TO … of a single column as `>=` and `<`; None for other bounds."""
    if not bound or bound.get("strategy") != "r" or len(parent.partition_key) != 1:
        return None
    column = parent.partition_key[0]
    conditions = []
    for datums, operator in (("lowerdatums", ">="), ("upperdatums", "<")):
        datum = (bound.get(datums) or [{}])[0]
        kind, node = unwrap(datum)
        if kind == "ColumnRef" and strings(node.get("fields")) in (["minvalue"], ["maxvalue"]):
            continue
        conditions.append((column, operator, text_of(datum)))
    return conditions


def _lists_proven(bound: Any, parent: Table, partition: Table) -> bool:
    if len(parent.partition_key) != 1:
        return False
    column = parent.partition_key[0]
    allowed = {text_of(each) for each in bound.get("listdatums", ())}
    if not _is_not_null(partition, column):
        return False
    return any(values <= allowed for values in _value_sets(partition, column))


def _value_sets(partition: Table, column: str) -> list[set[str]]:
    found = []
    for clause in _valid_clauses(partition):
        kind, node = unwrap(clause)
        comparison = _comparison(clause)
        if comparison is not None and comparison[:2] == (column, "="):
            found.append({comparison[2]})
        elif kind == "A_Expr" and node.get("kind") == "AEXPR_IN" and strings(node.get("name")) == ["="]:
            inner, left = unwrap(node.get("lexpr"))
            if inner == "ColumnRef" and strings(left.get("fields"))[-1:] == [column]:
                items = node.get("rexpr", {}).get("List", {}).get("items", ())
                found.append({text_of(each) for each in items})
    return found


def _known(partition: Table) -> list[Comparison]:
    comparisons = (_comparison(clause) for clause in _valid_clauses(partition))
    return [each for each in comparisons if each is not None]


def _valid_clauses(table: Table) -> list[Node]:
    checks = (each for each in table.constraints.values() if each.kind is ConstraintKind.CHECK and each.valid)
    return [clause for each in checks if each.expression for clause in _conjuncts(each.expression.tree)]


def _is_not_null(table: Table, column: str) -> bool:
    known = table.columns.get(column)
    if known is not None and known.not_null:
        return True
    return any(_tests_not_null(clause, column) for clause in _valid_clauses(table))


def _tests_not_null(clause: Node, column: str) -> bool:
    kind, node = unwrap(clause)
    _, argument = unwrap(node.get("arg"))
    is_test = kind == "NullTest" and node.get("nulltesttype") == "IS_NOT_NULL"
    return is_test and strings(argument.get("fields"))[-1:] == [column]


def _conjuncts(tree: Node) -> list[Node]:
    kind, node = unwrap(tree)
    if kind == "BoolExpr" and node.get("boolop") == "AND_EXPR":
        return [clause for each in node.get("args", ()) for clause in _conjuncts(each)]
    return [tree]


def _branches(tree: Node) -> list[Node]:
    kind, node = unwrap(tree)
    if kind == "BoolExpr" and node.get("boolop") == "OR_EXPR":
        return [clause for each in node.get("args", ()) for clause in _branches(each)]
    return [tree]


def _comparison(tree: Node) -> Comparison | None:
    kind, node = unwrap(tree)
    if kind != "A_Expr" or node.get("kind") != "AEXPR_OP":
        return None
    operator = (strings(node.get("name")) or [""])[-1]
    left, right = node.get("lexpr"), node.get("rexpr")
    if operator not in _MIRRORED:
        return None
    if unwrap(right)[0] == "ColumnRef":
        left, right, operator = right, left, _MIRRORED[operator]
    column_kind, column = unwrap(left)
    value_kind, _ = unwrap(right)
    if column_kind != "ColumnRef" or value_kind not in ("A_Const", "TypeCast"):
        return None
    return strings(column.get("fields"))[-1], operator, text_of(right)


def _implies(known: Comparison, wanted: Comparison) -> bool:
    """Whether one comparison proves another of the same column."""
    if known[0] != wanted[0]:
        return False
    order = compared(known[2], wanted[2])
    if order is None:
        return False
    match wanted[1]:
        case ">=":
            return (known[1] in (">=", "=", ">")) and order >= 0
        case "<":
            return (known[1] == "<" and order <= 0) or (known[1] in ("<=", "=") and order < 0)
        case ">":
            return (known[1] == ">" and order >= 0) or (known[1] in (">=", "=") and order > 0)
        case "<=":
            return known[1] in ("<=", "=", "<") and order <= 0
    return known == wanted


def compared(one: str, other: str) -> int | None:
    """How two constants compare: numbers as numbers, ISO dates of one form as text; None where it cannot be told."""
    if one == other:
        return 0
    try:
        return (float(one) > float(other)) - (float(one) < float(other))
    except ValueError:
        pass
    dates = len(one) == len(other) >= 10 and one[:4].isdigit() and other[:4].isdigit()
    return (one > other) - (one < other) if dates else None
