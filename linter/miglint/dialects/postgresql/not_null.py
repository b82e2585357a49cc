"""NOT NULL, and what proves it without reading the table (NotNullImpliedByRelConstraints)."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import Column, ConstraintKind, Table
from miglint.dialects.postgresql.alter_table import Plan
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import strings, unwrap


def require_not_null(table: Table, column: str, plan: Plan, execution: Execution) -> None:
    """Make one column of one table NOT NULL."""
    latest = execution.latest(table)
    known = latest.columns.get(column)
    if known is not None and known.not_null and known.not_null_valid:
        return
    if not _proven_not_null(latest, column):
        plan.of(latest).scan = True
    if known is None:
        if not latest.assumed:
            execution.assume(f"nothing in the migrations makes the column {latest.name.name}.{column}")
        known = Column(column)
    execution.put(
        replace(latest, columns=latest.columns.set(column, replace(known, not_null=True, not_null_valid=True)))
    )


def _proven_not_null(table: Table, column: str) -> bool:
    checks = (each for each in table.constraints.values() if each.kind is ConstraintKind.CHECK)
    return any(
        each.valid and each.expression is not None and implies_not_null(each.expression.tree, column) for each in checks
    )


def implies_not_null(tree: Node | None, column: str) -> bool:
    """Whether a condition that is not false proves the column not null. A CHECK passes when it is null, so only IS NOT
    NULL itself does: alone, in an AND, or in every branch of an OR."""
    kind, node = unwrap(tree)
    if kind == "NullTest":
        inner, argument = unwrap(node.get("arg"))
        is_column = inner == "ColumnRef" and strings(argument.get("fields"))[-1:] == [column]
        return is_column and node.get("nulltesttype") == "IS_NOT_NULL"
    if kind == "A_Expr" and node.get("kind") == "AEXPR_DISTINCT":  # the parser makes IS NOT NULL of it
        sides = unwrap(node.get("lexpr")), unwrap(node.get("rexpr"))
        is_column = any(inner == "ColumnRef" and strings(of.get("fields"))[-1:] == [column] for inner, of in sides)
        return is_column and any(inner == "A_Const" and of.get("isnull", False) for inner, of in sides)
    if kind != "BoolExpr":
        return False
    arguments = node.get("args", [])
    match node.get("boolop"):
        case "AND_EXPR":
            return any(implies_not_null(each, column) for each in arguments)
        case "OR_EXPR":
            return all(implies_not_null(each, column) for each in arguments)
        case "NOT_EXPR":
            return any(_is_null_test(each, column) for each in arguments)
    return False


def _is_null_test(tree: Node, column: str) -> bool:
    kind, node = unwrap(tree)
    inner, argument = unwrap(node.get("arg"))
    if kind != "NullTest" or inner != "ColumnRef":
        return False
    return node.get("nulltesttype") == "IS_NULL" and strings(argument.get("fields"))[-1:] == [column]
