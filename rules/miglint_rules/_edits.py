"""Edits to a migration's list of dependencies."""

from __future__ import annotations

from miglint.changeset import Tree
from miglint.finding import Edit, Span
from miglint.history import Dependency, Key, Migration
from miglint.text import decode, lines


def written(key: Key, quote: str = '"') -> str:
    """A dependency as Django writes it."""
    return f"({quote}{key.app}{quote}, {quote}{key.name}{quote})"


def redirected(migration: Migration, dependency: Dependency, to: Key, tree: Tree) -> Edit:
    """Let a dependency lead elsewhere, quoted as it was."""
    return Edit(migration.path, dependency.span, written(to, _quote(migration.path, dependency.span, tree)))


def dropped(migration: Migration, dependency: Dependency, tree: Tree) -> Edit:
    """Take a dependency out of the list, with its comma, and with its line where it has that to itself."""
    span = dependency.span
    text = lines(decode(migration.path, tree.read([migration.path])[migration.path]))
    before, after = text[span.line - 1][: span.column - 1], text[span.end_line - 1][span.end_column - 1 :]
    if not before.strip() and after.partition("#")[0].strip() == ",":
        return Edit(migration.path, Span(span.line, 1, span.end_line + 1, 1), "")
    if after.lstrip().startswith(","):
        end = span.end_column + len(after) - len(after.lstrip().removeprefix(",").lstrip(" "))
        return Edit(migration.path, Span(span.line, span.column, span.end_line, end), "")
    kept = before.rstrip().removesuffix(",")
    return Edit(migration.path, Span(span.line, len(kept) + 1, span.end_line, span.end_column), "")


def added(migration: Migration, text: str) -> Edit | None:
    """Put one more dependency before the others; None if the file's list of them was not found."""
    listed = migration.dependencies_span
    if listed is None:
        return None
    inside = [dependency.span for dependency in migration.dependencies if _within(dependency.span, listed)]
    if not inside:
        place = Span(listed.line, listed.column + 1, listed.line, listed.column + 1)
        return Edit(migration.path, place, text)
    first = min(inside)
    place = Span(first.line, first.column, first.line, first.column)
    between = ", " if first.line == listed.line else ",\n" + " " * (first.column - 1)
    return Edit(migration.path, place, text + between)


def _within(span: Span, outer: Span) -> bool:
    return (outer.line, outer.column) <= (span.line, span.column) and (span.end_line, span.end_column) <= (
        outer.end_line,
        outer.end_column,
    )


def _quote(path: str, span: Span, tree: Tree) -> str:
    if path not in tree:
        return '"'
    text = lines(decode(path, tree.read([path])[path]))
    start = text[span.line - 1][span.column - 1 :] if span.line <= len(text) else ""
    single, double = start.find("'"), start.find('"')
    return "'" if single >= 0 and (double < 0 or single < double) else '"'
