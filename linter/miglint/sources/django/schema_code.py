"""What the function of a RunPython does to tables itself, by the schema editor or in SQL: read, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from miglint.sources.django.evaluator.frames import Closure, Frame, Partial, Run
from miglint.sources.django.values import Reference

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
_VERBS = frozenset({"alter", "create", "drop", "rename"})
_OBJECTS = frozenset({"index", "table", "temporary", "unique"})
_ON_ROWS = frozenset({"analyze", "delete", "insert", "merge", "select", "set", "update", "vacuum", "with"})
_MAX_DEPTH = 4


class _Code(Struct, frozen=True):
    """A function, and the name that the schema editor has in it."""

    function: Closure
    editor: str


def schema_words(run: Run, function: Any) -> tuple[str, ...]:
    """Every word of its strings, in lower case, if it changes tables; nothing if it does not.

    The tables and models that it changes are among the words, if it names them at all.
    """
    found = list(_reached(run, function, 1, 0))
    if not any(map(_changes_tables, found)):
        return ()
    words = {word for code in found for text in _strings(code.function) for word in _words(text)}
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
    yield _Code(value, parameter)
    for node in ast.walk(value.node):
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
    for node in ast.walk(code.function.node):
        match node:
            case ast.Attribute(value=ast.Name(id=code.editor), attr=method) if method in _METHODS:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=code.editor), attr="execute"), args=[first, *_]):
                if not _is_on_rows(first, code.function):
                    return True
    return any(map(_is_ddl, _strings(code.function)))


def _is_on_rows(node: ast.expr, function: Closure) -> bool:
    """Whether SQL is known to read or write rows only."""
    text = _text(node, function)
    return text is not None and next(_words(text), "") in _ON_ROWS


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


def _strings(function: Closure) -> Iterator[str]:
    for node in ast.walk(function.node):
        if isinstance(node, ast.Constant | ast.Name):
            text = _text(node, function)
            if text is not None:
                yield text


def _words(text: str) -> Iterator[str]:
    kept = (character if character.isalnum() or character == "_" else " " for character in text)
    yield from "".join(kept).lower().split()
