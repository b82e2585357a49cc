"""Which models a function of a migration asks for with `apps.get_model`. The function is read, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeGuard

from msgspec import Struct

from miglint.finding import Span
from miglint.sources.django.source import Unparsable, parse
from miglint.sources.django.values import Function


class Use(Struct, frozen=True):
    """One call of `get_model` with the app and the model written out."""

    app: str
    model: str
    span: Span


class Definitions(Struct, frozen=True):
    """What a file defines at its top, by name."""

    functions: Mapping[str, ast.FunctionDef]
    constants: Mapping[str, str]


@lru_cache(maxsize=32)
def definitions(content: bytes) -> Definitions:
    """The definitions in a file; none if it is not Python. Kept, as each operation of a file asks for them."""
    try:
        module = parse(content, "")
    except Unparsable:
        return Definitions({}, {})
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    return Definitions(functions, dict(_constants(module)))


def models_used(function: Function, file: Definitions) -> Iterator[Use]:
    """The calls in a function and in the functions of the same file that it names."""
    functions, constants = file.functions, file.constants
    seen: set[str] = set()
    waiting = [function.name]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in seen:
            seen.add(name)
            body = list(_body(functions[name]))
            given = _parameters(functions[name]) - {node.id for node in body if _is_bound(node)}
            for node in body:
                if isinstance(node, ast.Call):
                    yield from _use(node, given, constants)
                elif isinstance(node, ast.Name):
                    waiting.append(node.id)


def _body(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Everything in a function but what is in functions within it: those run when somebody calls them, if ever.

    A handler of `post_migrate`, say, gets registries of its own.
    """
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _is_bound(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}


def _constants(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                yield name, value


def _use(call: ast.Call, parameters: set[str], constants: Mapping[str, str]) -> Iterator[Use]:
    """`apps.get_model("app", "Model")` or `("app.Model")`, where `apps` is what Django passed in."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr="get_model") if name in parameters:
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            given = [*call.args, *(keywords[key] for key in ("app_label", "model_name") if key in keywords)]
            words = [word for word in (_text(part, constants) for part in given[:2]) if word is not None]
            if len(words) != len(given[:2]):
                return
            if len(words) == 1:
                words = words[0].split(".")
            if len(words) == 2:
                start, end = call.col_offset + 1, (call.end_col_offset or call.col_offset) + 1
                yield Use(words[0], words[1], Span(call.lineno, start, call.end_lineno or call.lineno, end))


def _text(node: ast.expr, constants: Mapping[str, str]) -> str | None:
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.Name(id=name):
            return constants.get(name)
    return None
