"""The code of a migration's file, by what it does: whatever its functions and variables are called."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Iterator, Sequence

from miglint.finding import Span
from miglint.sources.django.source import Source, Unparsable, parse
from miglint_rules._plain_code import plain

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def module_code(content: bytes, *, silent: bool) -> ModuleCode | None:
    """The code of a file, if `silent` without what it prints and logs; None if it cannot be parsed."""
    try:
        return ModuleCode(Source("", "", "", content, parse(content, "")), silent)
    except Unparsable:
        return None


class ModuleCode:
    """A file's definitions, as digests that are equal where they do the same."""

    def __init__(self, source: Source, silent: bool) -> None:
        self._source = source
        self._silent = silent
        self._definitions = dict(_definitions(source.tree.body))
        self._digests: dict[str, str] = {}
        self._imports = frozenset(_imported(source.tree.body))

    def beside(self, other: ModuleCode) -> None:
        """Take names that the other version imports for the same: a helper may move into the file, or out of it."""
        for name in other._imports & self._definitions.keys():
            self._digests[name] = name

    def at(self, span: Span) -> str:
        """The code of the function or class that stands at a place, and all that it uses of the file."""
        for node in ast.walk(self._source.tree):
            if isinstance(node, _Definition) and self._source.span(node) == span:
                return self._digest([ast.Expr(node) if isinstance(node, ast.Lambda) else node])
        return ""

    def of_migration(self) -> str:
        """The code that the Migration class uses, without the class itself."""
        nodes = self._definitions.get("Migration", [])
        names = {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}
        return "".join(sorted(self._called(name) for name in names & self._definitions.keys() - {"Migration"}))

    def _called(self, name: str) -> str:
        """What a name of the module stands for; while that is being found out, the name."""
        if name not in self._digests:
            self._digests[name] = name
            self._digests[name] = self._digest(self._definitions[name])
        return self._digests[name]

    def _digest(self, nodes: Sequence[ast.stmt]) -> str:
        """The code, its own names numbered and those of the module replaced by what they stand for."""
        found = plain(copy.deepcopy(list(nodes)), silent=self._silent)
        renamed = _Renamed(_own_names(found), self)
        text = "".join(ast.dump(renamed.visit(node)) for node in found)
        return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()

    def stands_for(self, name: str) -> str | None:
        """The code that a name of the module stands for; None for any other."""
        return self._called(name) if name in self._definitions else None


class _Renamed(ast.NodeTransformer):
    """Numbers the names that code binds, in the order in which they come."""

    def __init__(self, own: frozenset[str], module: ModuleCode) -> None:
        self._own = own
        self._module = module
        self._numbers: dict[str, str] = {}

    def _name(self, name: str) -> str:
        if name in self._own:
            return self._numbers.setdefault(name, f"#{len(self._numbers)}")
        return self._module.stands_for(name) or name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self._name(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self._name(node.arg))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        node.name = self._name(node.name) if node.name else None
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        node.name = ""
        self.generic_visit(node)
        return node


def _own_names(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that functions bind: parameters, variables, functions in them. Not those of the module."""
    found: set[str] = set()
    for node in nodes:
        inner = [part for part in ast.walk(node) if isinstance(part, ast.FunctionDef | ast.Lambda | ast.comprehension)]
        for part in (bound for one in inner for bound in ast.walk(one)):
            match part:
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.ExceptHandler(name=str(name)):
                    found.add(name)
                case ast.FunctionDef(name=name) if part not in nodes:
                    found.add(name)
                case ast.Global(names=names):
                    found.difference_update(names)
    return frozenset(found)


def _definitions(body: Sequence[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """What each name of a module stands for; a name that is bound more than once stands for all of it."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in body:
        for name in _names_bound(statement):
            found.setdefault(name, []).append(statement)
    yield from found.items()


def _imported(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)


def _names_bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            return [part.id for part in ast.walk(statement) if isinstance(part, ast.Name) and _is_stored(part)]
        case ast.If() | ast.Try() | ast.For() | ast.With():
            return [
                name
                for part in ast.iter_child_nodes(statement)
                if isinstance(part, ast.stmt)
                for name in _names_bound(part)
            ]
    return []


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
