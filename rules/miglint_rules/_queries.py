"""The queries in a function of a migration: which model each starts from, and what is called on it. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from msgspec import Struct

from miglint.finding import Span
from miglint.sources.django.values import Function
from miglint_rules._get_model import Definitions, Use, models_used


class Queries(Struct, frozen=True):
    """A function, the calls of `get_model` in it by their place, and the variables that hold what they gave."""

    function: ast.FunctionDef
    uses: Mapping[tuple[int, int], Use]
    variables: Mapping[str, Use]

    def start(self, node: ast.expr) -> tuple[Use | None, tuple[str, ...]]:
        """The model at the start of `Order.objects.filter(…)[:10]`, and `("[", "filter", "objects")`."""
        chain: list[str] = []
        while True:
            match node:
                case ast.Call(func=ast.Attribute(attr="get_model")) if place(node) in self.uses:
                    return self.uses[place(node)], tuple(chain)
                case ast.Attribute(value=inner, attr=name):
                    chain.append(name)
                    node = inner
                case ast.Call(func=inner):
                    node = inner
                case ast.Subscript(value=inner):
                    chain.append("[")
                    node = inner
                case ast.Name(id=name):
                    return self.variables.get(name), tuple(chain)
                case _:
                    return None, tuple(chain)


def queries(function: Function, file: Definitions) -> Queries | None:
    """What can be said of a function that the migration's own file defines."""
    node = file.functions.get(function.name)
    if node is None:
        return None
    uses = {(use.span.line, use.span.column): use for use in models_used(function, file)}
    variables = {
        found.targets[0].id: uses[place(found.value)]
        for found in ast.walk(node)
        if isinstance(found, ast.Assign) and isinstance(found.targets[0], ast.Name) and place(found.value) in uses
    }
    return Queries(node, uses, variables)


def place(node: ast.AST) -> tuple[int, int]:
    """Where a node starts, as spans count."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1


def span_of(node: ast.expr) -> Span:
    """The place of an expression."""
    line, column = place(node)
    return Span(line, column, node.end_lineno or line, (node.end_col_offset or column) + 1)
