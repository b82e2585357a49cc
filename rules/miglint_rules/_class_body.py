"""Edits of the body of a migration's class."""

from __future__ import annotations

import ast

from miglint.finding import Edit, Span
from miglint.history import Migration
from miglint.scope import Scope
from miglint.sources.django.source import parse
from miglint.text import decode


def not_atomic(migration: Migration, scope: Scope) -> tuple[Edit, ...]:
    """The edits that give the class `atomic = False`; none if its body cannot be found."""
    text = decode(migration.path, scope.change_set.tree.read([migration.path])[migration.path])
    body = _body(text, migration)
    if not body:
        return ()
    for statement in body:
        if isinstance(statement, ast.Assign) and any(_is_atomic(target) for target in statement.targets):
            return (Edit(migration.path, _span(statement.value), "False"),)
    # Before the first statement that is no docstring, at its indentation.
    first = body[1] if len(body) > 1 and _is_docstring(body[0]) else body[0]
    column = first.col_offset + 1
    return (
        Edit(migration.path, Span(first.lineno, column, first.lineno, column), f"atomic = False\n{' ' * (column - 1)}"),
    )


def _body(text: str, migration: Migration) -> list[ast.stmt]:
    for node in ast.walk(parse(text.encode(), migration.path)):
        if isinstance(node, ast.ClassDef) and node.lineno == migration.span.line:
            return node.body
    return []


def _is_atomic(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "atomic"


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _span(node: ast.expr) -> Span:
    return Span(node.lineno, node.col_offset + 1, node.end_lineno or node.lineno, (node.end_col_offset or 0) + 1)
