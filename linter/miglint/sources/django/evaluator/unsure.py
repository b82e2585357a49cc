"""Which names of a module hang on what was only taken to be so while the module was evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from miglint.sources.django.evaluator.frames import Frame

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_EVERY = "*"


class UnsureNames:
    """By `reasons`, noted for the module's own statements: names that these bind, and what is made with such names.

    The module's `frame` holds what was noted of names that other modules gave it.
    """

    def __init__(self, module: ast.Module, reasons: Mapping[ast.stmt, Sequence[str]], frame: Frame) -> None:
        self._reasons = reasons
        self._inherited = frame.inherited
        self._binding: dict[str, list[ast.stmt]] = {}
        for statement in module.body:
            for name in set(_bound(statement, frame.brought)):
                self._binding.setdefault(name, []).append(statement)
        self._found: dict[tuple[str, bool], tuple[str, ...]] = {}

    def of(self, name: str, *, outside: bool = True) -> tuple[str, ...]:
        """What was taken to be so for a name; nothing for most. `outside`: by modules that are not here, too."""
        if (name, outside) not in self._found:
            self._found[name, outside] = tuple(dict.fromkeys(self._reach(name, (_EVERY,) if outside else ())))
        return self._found[name, outside]

    def _reach(self, name: str, always: Sequence[str]) -> Iterator[str]:
        seen, pending = {name}, [name]
        while pending:
            wanted = pending.pop()
            yield from self._inherited.get(wanted, ())
            for statement in (item for bound in (wanted, *always) for item in self._binding.get(bound, ())):
                yield from self._reasons.get(statement, ())
                used = {item.id for item in ast.walk(statement) if isinstance(item, ast.Name)} - seen
                seen |= used
                pending.extend(used)


def _bound(statement: ast.stmt, brought: Mapping[ast.ImportFrom, Sequence[str]]) -> Iterator[str]:
    """The names that a statement gives a value, or changes the value of."""
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
        return
    for node in ast.walk(statement):
        match node:
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                yield from _owner(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                yield from _owner(method)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield from brought.get(node, (_EVERY,))
            case ast.alias(name=name, asname=other) if name != "*":
                yield other or name.partition(".")[0]


def _owner(node: ast.expr) -> Iterator[str]:
    """The name at the start of `name.attribute[item]`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
