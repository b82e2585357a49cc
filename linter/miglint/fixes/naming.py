"""The name of a migration where another file says it."""

from __future__ import annotations

import ast

from miglint.changeset import Tree
from miglint.finding import Edit, Span
from miglint.fixes.remedies import NoRemedy
from miglint.history import Dependency, Key
from miglint.text import decode, lines


def renamed(path: str, dependency: Dependency, to: Key, tree: Tree) -> Edit:
    """Let a dependency name another migration of the same app; of the text only the name changes.

    NoRemedy where the pair is not written out there.
    """
    span = dependency.span
    pair, text = _pair(path, dependency, tree)
    if pair is None:
        place = f"{path}:{span.line}"
        raise NoRemedy(f"{place} does not write {dependency.key} as a pair of strings: name {to.name} there by hand")
    segment = lines(text)
    literal = ast.get_source_segment(text, pair) or ""
    return Edit(
        path,
        Span(
            span.line + pair.lineno - 1,
            _column(segment, pair.lineno, pair.col_offset, span),
            span.line + (pair.end_lineno or pair.lineno) - 1,
            _column(segment, pair.end_lineno or pair.lineno, pair.end_col_offset or 0, span),
        ),
        _quoted(to.name, literal),
    )


def _pair(path: str, dependency: Dependency, tree: Tree) -> tuple[ast.Constant | None, str]:
    """The string with the migration's name, and the text of the pair that it stands in."""
    text = _segment(lines(decode(path, tree.read([path])[path])), dependency.span)
    try:
        parsed = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None, text
    if isinstance(parsed, ast.Tuple | ast.List) and len(parsed.elts) == 2:
        app, name = parsed.elts
        if isinstance(app, ast.Constant) and isinstance(name, ast.Constant):
            return (name if (app.value, name.value) == dependency.key else None), text
    return None, text


def _segment(text: list[str], span: Span) -> str:
    found = text[span.line - 1 : span.end_line]
    if found:
        found[-1] = found[-1][: span.end_column - 1]
        found[0] = found[0][span.column - 1 :]
    return "\n".join(found)


def _column(segment: list[str], line: int, offset: int, span: Span) -> int:
    """The column in the file, in characters, of a place in the segment, in bytes of UTF-8."""
    within = len(segment[line - 1].encode()[:offset].decode())
    return within + (span.column if line == 1 else 1)


def _quoted(name: str, literal: str) -> str:
    double = '"' in literal and '"' not in name and "\\" not in name
    return f'"{name}"' if double else repr(name)
