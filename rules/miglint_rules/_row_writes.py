"""Which models' rows a function of a migration inserts and deletes, as far as its source shows. Nothing is run."""

from __future__ import annotations

import ast

from msgspec import Struct

from miglint.sources.django.values import Function
from miglint_rules._get_model import Definitions
from miglint_rules._queries import queries

_INSERTS = frozenset({"create", "bulk_create", "get_or_create", "update_or_create"})
_DELETES = frozenset({"delete"})


class RowWrites(Struct, frozen=True):
    """Models as (app, model in lower case)."""

    inserted: frozenset[tuple[str, str]]
    deleted: frozenset[tuple[str, str]]


def row_writes(function: Function, file: Definitions) -> RowWrites:
    """What the function itself does with the managers and the classes that `get_model` gave it."""
    found = queries(function, file)
    inserted: set[tuple[str, str]] = set()
    deleted: set[tuple[str, str]] = set()
    for call in ast.walk(found.function) if found is not None else ():
        if found is None or not isinstance(call, ast.Call):
            continue
        use, chain = found.start(call.func)
        if use is None:
            continue
        model = use.app, use.model.lower()
        if chain and chain[0] in _INSERTS:
            inserted.add(model)
        elif chain and chain[0] in _DELETES:
            deleted.add(model)
        elif isinstance(call.func, ast.Name) and _is_saved(call, found.function):
            inserted.add(model)
    return RowWrites(frozenset(inserted), frozenset(deleted))


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
