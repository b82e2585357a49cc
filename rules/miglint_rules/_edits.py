"""Edits to a migration's list of dependencies."""

from __future__ import annotations

import ast
import re

from miglint.changeset import Tree
from miglint.finding import Edit, Span
from miglint.history import Dependency, Key, Migration
from miglint.sources.django.functions import module_source


def written(key: Key, quote: str = '"') -> str:
    """A dependency as Django writes it."""
    return f"({quote}{key.app}{quote}, {quote}{key.name}{quote})"


def redirected(migration: Migration, dependency: Dependency, to: Key, tree: Tree) -> Edit | None:
    """Let a dependency lead elsewhere, quoted as it was; None if it is not written out where it stands."""
    source = module_source(tree, migration)
    text = source.segment(dependency.span) if source else ""
    if not _is_tuple(text):
        return None
    single, double = text.find("'"), text.find('"')
    quote = "'" if single >= 0 and (double < 0 or single < double) else '"'
    return Edit(migration.path, dependency.span, written(to, quote))


def dropped(migration: Migration, dependency: Dependency, tree: Tree) -> Edit | None:
    """Take a dependency out of the list, with its comma, and with its line where it has that to itself."""
    source, span = module_source(tree, migration), dependency.span
    if source is None or not _is_tuple(source.segment(span)):
        return None
    before, after = source.line(span.line)[: span.column - 1], source.line(span.end_line)[span.end_column - 1 :]
    if not before.strip() and after.partition("#")[0].strip() == ",":
        return Edit(migration.path, Span(span.line, 1, span.end_line + 1, 1), "")
    if after.lstrip().startswith(","):
        end = span.end_column + len(after) - len(after.lstrip().removeprefix(",").lstrip(" "))
        return Edit(migration.path, Span(span.line, span.column, span.end_line, end), "")
    kept = before.rstrip().removesuffix(",")
    return Edit(migration.path, Span(span.line, len(kept) + 1, span.end_line, span.end_column), "")


def added(migration: Migration, text: str, tree: Tree) -> Edit | None:
    """Put one more dependency before the others; None if the file's list of them was not found."""
    listed, source = migration.dependencies_span, module_source(tree, migration)
    if listed is None or source is None:
        return None
    inside = [dependency.span for dependency in migration.dependencies if _within(dependency.span, listed)]
    first = min(inside, default=None)
    before = source.line(first.line)[: first.column - 1] if first else ""
    if first is None or before.rstrip().endswith("*"):
        empty_list = re.fullmatch(r"\[\s*\]", source.segment(listed))
        return _insertion(migration, listed.line, listed.column + 1, text if empty_list else f"{text}, ")
    between = ", " if before.strip() else f",\n{before}"
    return _insertion(migration, first.line, first.column, text + between)


def _insertion(migration: Migration, line: int, column: int, text: str) -> Edit:
    return Edit(migration.path, Span(line, column, line, column), text)


def _is_tuple(text: str) -> bool:
    try:
        return isinstance(ast.parse(text, mode="eval").body, ast.Tuple)
    except SyntaxError:
        return False


def _within(span: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (span.line, span.column) and (span.end_line, span.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
