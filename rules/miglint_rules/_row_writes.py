"""Which models' rows a function of a migration inserts and deletes, as far as its source shows. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from miglint.sources.django.values import Function
from miglint_rules._get_model import Definitions, Use, models_used

_INSERTS = frozenset({"create", "bulk_create", "get_or_create", "update_or_create"})
_DELETES = frozenset({"delete"})


@dataclass(frozen=True, slots=True)
class RowWrites:
    """Models as (app, model in lower case)."""

    inserted: frozenset[tuple[str, str]]
    deleted: frozenset[tuple[str, str]]


def row_writes(function: Function, file: Definitions) -> RowWrites:
    """What the function itself does with the managers and the classes that `get_model` gave it."""
    node = file.functions.get(function.name)
    if node is None:
        return RowWrites(frozenset(), frozenset())
    uses = {(use.span.line, use.span.column): use for use in models_used(function, file)}
    names = dict(_bound(node, uses))
    inserted: set[tuple[str, str]] = set()
    deleted: set[tuple[str, str]] = set()
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        model = _root(call.func, names, uses)
        if model is None or ((call.lineno, call.col_offset + 1) in uses and not isinstance(call.func, ast.Attribute)):
            continue
        if isinstance(call.func, ast.Attribute) and call.func.attr in _INSERTS:
            inserted.add(model)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in _DELETES:
            deleted.add(model)
        elif isinstance(call.func, ast.Name) and _is_saved(call, node):
            inserted.add(model)
    return RowWrites(frozenset(inserted), frozenset(deleted))


def _bound(node: ast.FunctionDef, uses: Mapping[tuple[int, int], Use]) -> Iterable[tuple[str, tuple[str, str]]]:
    for found in ast.walk(node):
        match found:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                use = uses.get((call.lineno, call.col_offset + 1))
                if use is not None:
                    yield name, (use.app, use.model.lower())


def _root(
    node: ast.expr, names: Mapping[str, tuple[str, str]], uses: Mapping[tuple[int, int], Use]
) -> tuple[str, str] | None:
    """The model at the start of `Order.objects.filter(...).delete`."""
    while True:
        match node:
            case ast.Call() if (node.lineno, node.col_offset + 1) in uses and _is_get_model(node):
                use = uses[node.lineno, node.col_offset + 1]
                return use.app, use.model.lower()
            case ast.Attribute(value=inner) | ast.Call(func=inner) | ast.Subscript(value=inner):
                node = inner
            case ast.Name(id=name):
                return names.get(name)
            case _:
                return None


def _is_get_model(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "get_model"


def _is_saved(call: ast.Call, function: ast.FunctionDef) -> bool:
    """Whether an instance that a class makes is saved: at once, or by the name it is given."""
    names = {
        node.targets[0].id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.value is call and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="save")):
                if value is call or (isinstance(value, ast.Name) and value.id in names):
                    return True
    return False
