"""What the function of a RunPython does to tables itself, by the schema editor or in SQL: read, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from miglint.sources.django.evaluator.frames import Closure, Frame, Partial, Run
from miglint.sources.django.values import Reference
from miglint.sources.django.vendor_branches import running

_METHODS = frozenset(
    {
        "add_constraint",
        "add_field",
        "add_index",
        "alter_db_table",
        "alter_db_tablespace",
        "alter_field",
        "alter_index_together",
        "alter_unique_together",
        "create_model",
        "delete_model",
        "remove_constraint",
        "remove_field",
        "remove_index",
        "rename_index",
    }
)
"""What a schema editor changes tables with, `execute` aside."""
CALLS = (*sorted(_METHODS), "execute")
"""What code that changes tables itself calls."""
_VERBS = frozenset({"alter", "create", "drop", "rename"})
_OBJECTS = frozenset({"index", "table", "temporary", "unique"})
_ON_ROWS = frozenset({"analyze", "delete", "insert", "merge", "pragma", "select", "set", "update", "vacuum", "with"})
"""SQL that begins so leaves every table as it is."""
_ROW_SQL = frozenset({"sequence_reset_sql", "sql_flush"})
"""Methods of a connection's `ops` that give statements about rows and sequences."""
_MAX_DEPTH = 4
_MAX_SET = 3
"""How often a name may be set, and how many names may stand for one another."""


class _Code(Struct, frozen=True):
    """A function, and the name that the schema editor has in it."""

    function: Closure
    editor: str
    nodes: tuple[ast.AST, ...]
    """What of it may run on the database that the migration is for."""


def schema_words(run: Run, function: Any, editor: int = 1) -> tuple[str, ...]:
    """Every word of its strings, in lower case, if it changes tables; nothing if it does not.

    `editor` is the place of the schema editor among its parameters, from 0.
    The tables and models that it changes are among the words, if it names them at all.
    """
    found = list(_reached(run, function, editor, 0))
    if not any(map(_changes_tables, found)):
        return ()
    words = {word for code in found for text in _strings(code) for word in _words(text)}
    return tuple(sorted(words)) or ("",)


def _reached(run: Run, function: Any, parameter: int | str, depth: int) -> Iterator[_Code]:
    """The function, whose parameter is the editor, and those of the repository that it hands the editor on to."""
    value = function.function if isinstance(function, Partial) else function
    value = run.demand(value, Frame(run.main)) if isinstance(value, Reference) else value
    if not isinstance(value, Closure) or depth > _MAX_DEPTH:
        return
    names = [item.arg for item in (*value.node.args.posonlyargs, *value.node.args.args)]
    if isinstance(parameter, int):
        parameter = names[parameter] if parameter < len(names) else ""
    vendor = run.world.fact("vendor", run.main)
    asked = {f"{parameter}.connection.vendor"}
    if value.frame.module().names.get("connection") == Reference("django.db.connection"):
        asked.add("connection.vendor")
    nodes = tuple(running(value.node, frozenset(asked), vendor if isinstance(vendor, str) else ""))
    yield _Code(value, parameter, nodes)
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for given in _places(node, parameter):
                yield from _reached(run, value.frame.module().names.get(node.func.id), given, depth + 1)


def _places(call: ast.Call, name: str) -> Iterator[int | str]:
    """Where a call gives what has a name: positions and keywords."""
    yield from (place for place, item in enumerate(call.args) if _is(item, name))
    yield from (keyword.arg for keyword in call.keywords if keyword.arg and _is(keyword.value, name))


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _changes_tables(code: _Code) -> bool:
    for node in code.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=code.editor), attr=method) if method in _METHODS:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=code.editor), attr="execute"), args=[first, *_]):
                if not _is_on_rows(first, code):
                    return True
    return any(map(_is_ddl, _strings(code)))


def _is_on_rows(node: ast.expr, code: _Code) -> bool:
    """Whether SQL is known to read or write rows only."""
    text = _text(node, code.function)
    if text is not None:
        return next(_words(text), "") in _ON_ROWS
    sources = _sources(node.id, code) if isinstance(node, ast.Name) else [node]
    return bool(sources) and all(map(_gives_row_sql, sources))


def _sources(name: str, code: _Code, depth: int = 0) -> list[ast.expr | None]:
    """What a name stands for, or goes through, wherever it is set; None for what is not followed."""
    found: list[ast.expr | None] = []
    for node in code.nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=set_name)], value=value) if set_name == name:
                found.append(value)
            case ast.For(target=ast.Name(id=set_name), iter=value) if set_name == name:
                found.append(value)
            case ast.Name(id=set_name, ctx=ast.Store()) if set_name == name:
                found.append(None)
    if found.count(None) * 2 != len(found) or len(found) > _MAX_SET * 2 or depth >= _MAX_SET:
        return [None]  # set in another way, too
    kept = [value for value in found if value is not None]
    return [
        source
        for value in kept
        for source in (_sources(value.id, code, depth + 1) if isinstance(value, ast.Name) else [value])
    ]


def _gives_row_sql(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ROW_SQL


def _is_ddl(text: str) -> bool:
    first, second, *_ = (*_words(text), "", "")
    return first in _VERBS and second in _OBJECTS


def _text(node: ast.AST, function: Closure) -> str | None:
    """The text that an expression is, or begins with; also by the name of a constant of the module."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return _text(first, function)
        case ast.Name(id=name):
            found = function.frame.module().names.get(name)
            return found if isinstance(found, str) else None
        case ast.BinOp(left=left):
            return _text(left, function)
        case ast.Call(func=ast.Attribute(value=value)):
            return _text(value, function)
    return None


def _strings(code: _Code) -> Iterator[str]:
    for node in code.nodes:
        if isinstance(node, ast.Constant | ast.Name):
            text = _text(node, code.function)
            if text is not None:
                yield text


def _words(text: str) -> Iterator[str]:
    kept = (character if character.isalnum() or character == "_" else " " for character in text)
    yield from "".join(kept).lower().split()
