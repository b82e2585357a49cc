"""Edits of the body of a migration's class."""

from __future__ import annotations

import ast

from miglint.finding import Edit, Span
from miglint.history import Migration
from miglint.scope import Scope
from miglint.sources.django.functions import module_source
from miglint.sources.django.source import Source

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def not_atomic(migration: Migration, scope: Scope) -> tuple[Edit, ...]:
    """The edits that give the class `atomic = False`; none if its body cannot be found."""
    source = module_source(scope.change_set.tree, migration)
    body = _body(source, migration) if source else []
    if source is None or not body:
        return ()
    for statement in body:
        value = _atomic(statement)
        if value is not None:
            return (Edit(migration.path, source.span(value), "False"),)
    # Before the first statement that is no docstring, indented as it is.
    first = body[1] if len(body) > 1 and _is_docstring(body[0]) else body[0]
    return (_before(first, migration, source),)


def _body(source: Source, migration: Migration) -> list[ast.stmt]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and node.lineno == migration.span.line:
            return node.body
    return []


def _atomic(statement: ast.stmt) -> ast.expr | None:
    """What the class says of `atomic`, if the statement says it."""
    if isinstance(statement, ast.Assign) and any(_is_atomic(target) for target in statement.targets):
        return statement.value
    return statement.value if isinstance(statement, ast.AnnAssign) and _is_atomic(statement.target) else None


def _is_atomic(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "atomic"


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _before(statement: ast.stmt, migration: Migration, source: Source) -> Edit:
    decorators = statement.decorator_list if isinstance(statement, _Function | ast.ClassDef) else []
    line = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    text = source.line(line)
    indent = text[: len(text) - len(text.lstrip())]
    alone = line != migration.span.line and statement.col_offset == len(indent)
    column = len(indent) + 1 if alone or decorators else source.span(statement).column
    end = f"\n{indent}" if alone else "; "
    return Edit(migration.path, Span(line, column, line, column), f"atomic = False{end}")
