"""Which names of a module hang on what was only taken to be so while the module was evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_EVERY = "*"


class UnsureNames:
    """By `reasons`, noted for the module's own statements: names that these bind, and what is made with such names."""

    def __init__(self, module: ast.Module, reasons: Mapping[ast.stmt, Sequence[str]]) -> None:
        self._reasons = reasons
        self._binding: dict[str, list[ast.stmt]] = {}
        for statement in module.body:
            for name in set(_bound(statement)):
                self._binding.setdefault(name, []).append(statement)
        self._found: dict[str, tuple[str, ...]] = {}

    def of(self, name: str) -> tuple[str, ...]:
        """What was taken to be so for a name; nothing for most."""
        if name not in self._found:
            self._found[name] = tuple(dict.fromkeys(self._reach(name)))
        return self._found[name]

    def _reach(self, name: str) -> Iterator[str]:
        seen, pending = {name}, [name]
        while pending:
            wanted = pending.pop()
            for statement in (*self._binding.get(wanted, ()), *self._binding.get(_EVERY, ())):
                yield from self._reasons.get(statement, ())
                used = {item.id for item in ast.walk(statement) if isinstance(item, ast.Name)} - seen
                seen |= used
                pending.extend(used)


def _bound(statement: ast.stmt) -> Iterator[str]:
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
            case ast.alias():
                yield node.asname or node.name.partition(".")[0]


def _owner(node: ast.expr) -> Iterator[str]:
    """The name at the start of `name.attribute[item]`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
