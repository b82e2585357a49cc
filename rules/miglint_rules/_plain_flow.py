"""Statements without the choices that linters make between two ways to say one thing.

`if a: x = 1 / else: x = 2` is `x = 1 if a else 2`, what follows a branch that leaves is its `else`, `try: …
except E: pass` is `with suppress(E): …`, and what is kept in a name that nobody asks for is only done.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence

_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def in_order(nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements, and those within them, as one way to write them."""
    asked = {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name) and _is_read(part)}
    return _Flow(asked).statements(nodes)


class _Flow(ast.NodeTransformer):
    def __init__(self, asked: Container[str]) -> None:
        self._asked = asked

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                setattr(node, name, self._all(inner))
        return node

    def statements(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements, whose parts are not in order yet."""
        return self._all([self.visit(node) for node in nodes])

    def _all(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for node in nodes:
            for one in self._one(node):
                collected = _collected(found[-1], one) if found else None
                found[-1:] = [collected] if collected else [*found[-1:], one]
        return found

    def _one(self, node: ast.stmt) -> Iterator[ast.stmt]:
        """A statement whose parts are in order already, as it is written here."""
        match node:
            case ast.If(orelse=[_, *_]) if (chosen := _choice(node)) is not None:
                yield chosen
            case ast.If(body=[*_, last], orelse=[_, *_]) if isinstance(last, _LEAVES):
                yield ast.If(node.test, node.body, [])
                yield from node.orelse
            case ast.Return(value=ast.IfExp() as choice):
                yield ast.If(choice.test, [ast.Return(choice.body)], [])
                yield from self._one(ast.Return(choice.orelse))
            case ast.If(orelse=[]) if (bounded := _bounded(node)) is not None:
                yield bounded
            case ast.Try(handlers=[ast.ExceptHandler(body=[], name=None, type=ast.expr() as kind)]) if not (
                node.orelse or node.finalbody
            ):
                kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
                yield ast.With([ast.withitem(ast.Call(ast.Name("suppress", ast.Load()), kinds, []))], node.body)
            case ast.With(items=[ast.withitem(ast.Call(func=ast.Attribute(attr="suppress")) as call, None)]):
                yield ast.With([ast.withitem(ast.Call(ast.Name("suppress", ast.Load()), call.args, []))], node.body)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if name not in self._asked:
                yield ast.Expr(call)
            case ast.For():
                yield self._loop(node)
            case _:
                yield node

    def _loop(self, node: ast.For) -> ast.For:
        """`for key in found` where only the keys of `found.items()` are asked for, `.values()` for the others."""
        match node.target, node.iter:
            case ast.Tuple(elts=[ast.Name(id=key), value]), ast.Call(
                func=ast.Attribute(value=found, attr="items"), args=[]
            ):
                if isinstance(value, ast.Name) and value.id not in self._asked:
                    node.target, node.iter = ast.Name(key, ast.Store()), found
                elif key not in self._asked:
                    node.target, node.iter = value, ast.Call(ast.Attribute(found, "values", ast.Load()), [], [])
            case ast.Tuple(elts=[ast.Name(id=number), value]), ast.Call(
                func=ast.Name("enumerate"), args=[found, *_]
            ) if number not in self._asked:
                node.target, node.iter = value, found
            case _, ast.Call(func=ast.Attribute(value=found, attr="keys"), args=[]):
                node.iter = found
        return node


def _choice(node: ast.If) -> ast.stmt | None:
    """Two branches that give one name a value as one statement."""
    match node.body, node.orelse:
        case [ast.Assign(targets=[one], value=value)], [ast.Assign(targets=[other], value=otherwise)]:
            if ast.dump(one) == ast.dump(other):
                return ast.Assign([one], ast.IfExp(node.test, value, otherwise))
    return None


def _collected(before: ast.stmt, loop: ast.stmt) -> ast.stmt | None:
    """`x = []` and `for a in b: x.append(a)` as `x = [a for a in b]`."""
    match before, loop:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])),
            ast.For(target=target, iter=found, body=[inner], orelse=[]),
        ):
            tests = [inner.test] if isinstance(inner, ast.If) and not inner.orelse else []
            match inner.body if isinstance(inner, ast.If) else [inner]:
                case [ast.Expr(ast.Call(ast.Attribute(ast.Name(id=same), "append"), [value], []))] if name == same:
                    every = ast.comprehension(target, found, tests, 0)
                    return ast.Assign(before.targets, _plain_list(ast.ListComp(value, [every])))
    return None


def _plain_list(made: ast.ListComp) -> ast.expr:
    """`list(b)` for `[a for a in b]`."""
    every = made.generators[0]
    same = isinstance(made.elt, ast.Name) and isinstance(every.target, ast.Name) and made.elt.id == every.target.id
    return ast.Call(ast.Name("list", ast.Load()), [every.iter], []) if same and not every.ifs else made


def _bounded(node: ast.If) -> ast.stmt | None:
    """`if a < b: a = b` as `a = max(a, b)`."""
    match node.test, node.body:
        case (
            ast.Compare(left=ast.Name() as left, ops=[ast.Lt() | ast.Gt() as kind], comparators=[ast.Name() as right]),
            [ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=value))],
        ) if {name, value} == {left.id, right.id} and name != value:
            grows = isinstance(kind, ast.Lt) == (left.id == name)
            call = ast.Call(ast.Name("max" if grows else "min", ast.Load()), _by_name(left, right), [])
            return ast.Assign([ast.Name(name, ast.Store())], call)
    return None


def _by_name(left: ast.Name, right: ast.Name) -> list[ast.expr]:
    return [left, right] if left.id < right.id else [right, left]


def _is_read(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Store)
