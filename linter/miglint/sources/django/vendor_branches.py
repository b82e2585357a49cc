"""What of a function runs on one database: branches that ask for another vendor do not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def running(
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, asked: frozenset[str], vendor: str
) -> Iterator[ast.AST]:
    """Every part that may run where what is `asked` gives this vendor; all of it if that is empty."""
    yield from ast.walk(function.args)
    if isinstance(function.body, ast.expr):
        yield from ast.walk(function.body)
    else:
        yield from _statements(function.body, asked, vendor)


def _statements(body: Sequence[ast.stmt], asked: frozenset[str], vendor: str) -> Iterator[ast.AST]:
    for node in body:
        answer = _answer(node.test, asked, vendor) if isinstance(node, ast.If) and vendor else None
        if isinstance(node, ast.If) and answer is not None:
            taken = node.body if answer else node.orelse
            yield from _statements(taken, asked, vendor)
            if taken and isinstance(taken[-1], ast.Return | ast.Raise):
                return
            continue
        yield node
        for _, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                yield from ast.walk(value)
            elif isinstance(value, list):
                yield from _parts(value, asked, vendor)


def _parts(items: Sequence[object], asked: frozenset[str], vendor: str) -> Iterator[ast.AST]:
    statements = [item for item in items if isinstance(item, ast.stmt)]
    yield from _statements(statements, asked, vendor)
    for item in items:
        if isinstance(item, ast.AST) and not isinstance(item, ast.stmt):
            yield from ast.walk(item)


def _answer(test: ast.expr, asked: frozenset[str], vendor: str) -> bool | None:
    """What a condition comes to if it asks for nothing but the vendor."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            answer = _answer(operand, asked, vendor)
            return None if answer is None else not answer
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if ast.unparse(left) in asked:
            names = _names(right)
            if names is None:
                return None
            if isinstance(operator, ast.Eq | ast.In):
                return vendor in names
            return vendor not in names if isinstance(operator, ast.NotEq | ast.NotIn) else None
        case ast.BoolOp(op=ast.And(), values=values) if any(_answer(item, asked, vendor) is False for item in values):
            return False
    return None


def _names(node: ast.expr) -> list[str] | None:
    """The vendors that an expression names; None if it names anything else."""
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    names = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return names if len(names) == len(items) else None
