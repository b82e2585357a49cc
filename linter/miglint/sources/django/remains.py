"""What a file that cannot be parsed still says: the class Migration by itself, below code of Python 2."""

from __future__ import annotations

import ast

from miglint.history import Key
from miglint.sources.django.source import Unparsable, decode, parse

_HEAD = "class Migration("


def dependencies_of(content: bytes, path: str) -> tuple[Key, ...] | None:
    """The migrations that the class depends on, as far as they are named; None if that cannot be read either."""
    try:
        lines = decode(content).splitlines(keepends=True)
        start = next((number for number, line in enumerate(lines) if line.startswith(_HEAD)), None)
        if start is None:
            return None
        end = next((number for number in range(start + 1, len(lines)) if _begins(lines[number])), len(lines))
        tree = parse("".join(lines[start:end]).encode(), path)
    except Unparsable:
        return None
    return _dependencies(tree)


def _begins(line: str) -> bool:
    """Whether something else begins here, at the left edge."""
    return line[:1].isalpha() or line[:1] == "@"


def _dependencies(tree: ast.Module) -> tuple[Key, ...] | None:
    match tree.body:
        case [ast.ClassDef(body=body)]:
            for node in body:
                match node:
                    case ast.Assign(targets=[ast.Name(id="dependencies")], value=ast.List() | ast.Tuple() as value):
                        return _keys(value.elts)
    return None


def _keys(items: list[ast.expr]) -> tuple[Key, ...] | None:
    """The keys that are written out, without those of swappable models; None if there is anything else."""
    found = []
    for item in items:
        match item:
            case ast.Tuple(elts=[ast.Constant(value=str(app)), ast.Constant(value=str(name))]):
                found.append(Key(app, name))
            case ast.Call(func=ast.Attribute(attr="swappable_dependency") | ast.Name(id="swappable_dependency")):
                pass
            case _:
                return None
    return tuple(found)
