"""The syntax tree of a function that a migration names, for rules that read what RunPython would run."""

from __future__ import annotations

import ast
from functools import lru_cache

from miglint.changeset import Tree
from miglint.history import Migration
from miglint.sources.django.source import Source, Unparsable, parse
from miglint.sources.django.values import Function

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def function_body(tree: Tree, migration: Migration, function: Function) -> FunctionNode | None:
    """The definition that `function.span` covers in the migration's file; None if it is not there."""
    if function.span is None or migration.path not in tree:
        return None
    source = _source(migration.path, tree.read([migration.path])[migration.path])
    if source is None:
        return None
    for node in ast.walk(source.tree):
        if isinstance(node, FunctionNode) and source.span(node) == function.span:
            return node
    return None


def module_body(tree: Tree, migration: Migration) -> ast.Module | None:
    """The syntax tree of the migration's whole file; None if it cannot be parsed."""
    source = module_source(tree, migration)
    return None if source is None else source.tree


def module_source(tree: Tree, migration: Migration) -> Source | None:
    """The migration's file, text and tree; None if it cannot be parsed."""
    return _source(migration.path, tree.read([migration.path])[migration.path])


@lru_cache(maxsize=32)
def _source(path: str, content: bytes) -> Source | None:
    try:
        return Source(path, "", "", content, parse(content, path))
    except Unparsable:
        return None
