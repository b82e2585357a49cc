"""The repository's own field classes, followed through their source to a base that is known.

Read as text, never imported: what the class body and a plain `__init__` say about column type and arguments.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.changeset import Tree
from miglint.sources.django.field_members import unread

_MOST_BASES = 10
_NOTHING = object()
_WITHOUT_MEMBERS = frozenset({"ABC", "Generic", "Protocol", "object"})
_WITHOUT_EFFECT = frozenset(
    {"allow_unicode", "blank", "choices", "editable", "help_text", "validators", "verbose_name"}
)
"""Arguments that do not bear on a column."""
_WRITTEN = frozenset({"arg_joiner", "function", "template"})
"""Attributes of Django's `Func` that its SQL is made of."""
_CONVERTERS = frozenset({"get_db_prep_save", "get_db_prep_value", "get_default", "get_prep_value", "to_python"})


class CustomField(Struct, frozen=True):
    """A class of the repository: its base by dotted name, and what it changes of it.

    `fixed` are arguments that it has unless given, `forced` always; `dropped` are its own, unknown to the base. `doubt`
    says what of it could not be read; `unsure_type` whether that can bear on the column's type.
    """

    base: str
    db_type: str | None = None
    internal_type: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    forced: Mapping[str, Any] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    doubt: str = ""
    unsure_type: bool = False
    converters: frozenset[str] = frozenset()
    """Methods of its own that write values."""
    writers: tuple[str, ...] = ()
    """The classes that have such methods, its own last."""
    written: Mapping[str, str] = field(default_factory=dict)
    """Of an expression: what its class says of the SQL that it is written as."""


class CustomFields:
    """Reads field classes from the tree, on demand."""

    def __init__(self, tree: Tree, root: str = "") -> None:
        self._tree = tree
        self._root = f"{root}/" if root else ""
        self._modules: dict[str, ast.Module | None] = {}
        self._suffixes: dict[str, str] | None = None

    def follow(self, name: str, depth: int = 0) -> CustomField | None:
        """What the class of this dotted name is, or None if it is not in the repository."""
        found = self._class(name, depth)
        return found if found is not None and found.base else None

    def _class(self, name: str, depth: int) -> CustomField | None:
        """The same, without a base where the class has none."""
        module, _, last = name.rpartition(".")
        tree = self._module(module)
        if tree is None or depth > 10:
            return None
        definition = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == last), None)
        imports, several = _imports(tree, module, self._is_package(module))
        if definition is None:
            found = self._elsewhere(last, imports, tree, module, depth)
            return found and _of_several({last} & several, module, found)
        bases = [base for base in (_dotted(node, imports, module) for node in definition.bases) if base]
        used = {item.id for base in definition.bases for item in ast.walk(base) if isinstance(item, ast.Name)}
        found = _described(name, definition, bases[-1] if bases else "")
        for mixin in bases[:-1]:
            found = _before(found, self._mixin(mixin, depth + 1))
        return _of_several(used & several, module, found)

    def _mixin(self, name: str, depth: int) -> CustomField:
        """What a class does to a field that stands before it among the bases."""
        if name.startswith("django.") or name.rpartition(".")[2] in _WITHOUT_MEMBERS:
            return CustomField(name)
        found = self._class(name, depth)
        if found is None or depth > _MOST_BASES:
            return CustomField(name, doubt=f"what {name} does to a field is not known")
        return _before(found, self._mixin(found.base, depth + 1)) if found.base else found

    def _elsewhere(
        self, name: str, imports: Mapping[str, str], tree: ast.Module, module: str, depth: int
    ) -> CustomField | None:
        """A class that the module only imports, by name or by `*`, or gives another name."""
        others = [_dotted(value, imports, module) for value in _assigned(name, tree)]
        places = list(dict.fromkeys([*([imports[name]] if name in imports else []), *others]))
        if places and (name in imports or all(places)):
            found = self.follow(places[0], depth + 1) or CustomField(places[0])
            return _of_several({name} if len(places) > 1 else set(), module, found)
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                origin = _origin(node, module, self._is_package(module))
                found_there = self.follow(f"{origin}.{name}", depth + 1)
                if found_there is not None:
                    return found_there
        return None

    def _module(self, name: str) -> ast.Module | None:
        if name not in self._modules:
            self._modules[name] = None
            path = self._path(name)
            if path is not None and self._tree.size(path) < 1_000_000:
                with contextlib.suppress(SyntaxError, ValueError, RecursionError):
                    self._modules[name] = ast.parse(self._tree.read([path])[path])
        return self._modules[name]

    def _path(self, module: str) -> str | None:
        stem = module.replace(".", "/")
        for end in (f"{stem}.py", f"{stem}/__init__.py"):
            for path in (self._root + end, end):
                if path in self._tree:
                    return path
            found = self._by_suffix(end)
            if found is not None:
                return found
        return None

    def _by_suffix(self, end: str) -> str | None:
        return next((path for path in self._tree if path.endswith(f"/{end}")), None)

    def _is_package(self, module: str) -> bool:
        path = self._path(module)
        return path is not None and path.endswith("__init__.py")


def _before(own: CustomField, mixin: CustomField) -> CustomField:
    """A class and one of its bases together, which is asked after it and before the field."""
    return replace(
        own,
        db_type=own.db_type or mixin.db_type,
        internal_type=own.internal_type or mixin.internal_type,
        fixed={**mixin.fixed, **own.fixed},
        forced={**own.forced, **mixin.forced},
        dropped=own.dropped | mixin.dropped,
        doubt="; ".join(filter(None, (own.doubt, mixin.doubt))),
        unsure_type=own.unsure_type or mixin.unsure_type,
        converters=own.converters | mixin.converters,
        writers=(*mixin.writers, *own.writers),
        written={**mixin.written, **own.written},
    )


def _of_several(names: set[str], module: str, found: CustomField) -> CustomField:
    """What was followed through a name that a module imports from one place or another."""
    if not names:
        return found
    doubts = [f"{module} takes {name} from several places" for name in sorted(names)]
    return replace(found, doubt="; ".join([*doubts, *([found.doubt] if found.doubt else ())]))


def _assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What a module's own statements, those under conditions included, assign to a name."""
    pending: list[ast.AST] = [*reversed(tree.body)]
    while pending:
        match pending.pop():
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.If() | ast.Try() | ast.ExceptHandler() as node:
                pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _imports(tree: ast.Module, module: str, package: bool) -> tuple[dict[str, str], set[str]]:
    """What the names stand for that a module imports, each at first; and those that later stand for something else."""
    found: dict[str, str] = {}
    several: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            origin = _origin(node, module, package)
            for alias in node.names:
                name, target = alias.asname or alias.name, f"{origin}.{alias.name}"
                if found.setdefault(name, target) != target:
                    several.add(name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
    return found, several


def _origin(node: ast.ImportFrom, module: str, package: bool) -> str:
    if not node.level:
        return node.module or ""
    up = node.level - (1 if package else 0)
    base = module.split(".")[: len(module.split(".")) - up] if up else module.split(".")
    return ".".join([*base, *([node.module] if node.module else [])])


def _dotted(node: ast.expr, imports: Mapping[str, str], module: str) -> str:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        return imports.get(node.id, f"{module}.{node.id}")
    if isinstance(node, ast.Attribute):
        head = _dotted(node.value, imports, module)
        return f"{head}.{node.attr}" if head else ""
    return ""


def _described(name: str, definition: ast.ClassDef, base: str) -> CustomField:
    methods = {node.name: node for node in definition.body if isinstance(node, ast.FunctionDef)}
    db_type, internal_type = (_returned(methods.get(name)) for name in ("db_type", "get_internal_type"))
    doubts = [
        f"{name}.{method}() is not run"
        for method, found in (("db_type", db_type), ("get_internal_type", internal_type))
        if method in methods and found is _NOTHING
    ]
    unsure = bool(doubts)
    init = _Init.read(methods.get("__init__"))
    if init.unclear:
        doubts.append(f"{name}.__init__() is not run")
    for doubt, on_type in unread(name, definition):
        doubts.append(doubt)
        unsure = unsure or on_type
    return CustomField(
        base,
        db_type=db_type if isinstance(db_type, str) else None,
        internal_type=internal_type if isinstance(internal_type, str) else None,
        fixed=init.fixed,
        forced=init.forced,
        dropped=frozenset(init.dropped),
        doubt="; ".join(doubts),
        unsure_type=unsure,
        converters=_CONVERTERS & methods.keys(),
        writers=(name,) if _CONVERTERS & methods.keys() else (),
        written=dict(_written(definition)),
    )


def _written(definition: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for node in definition.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))) if name in _WRITTEN:
                yield name, text


def _returned(method: ast.FunctionDef | None) -> Any:
    """The constant that a method returns and does nothing else; `_NOTHING` if it is not that."""
    if method is None:
        return _NOTHING
    body = [node for node in method.body if not _is_docstring(node)]
    if len(body) == 1 and isinstance(body[0], ast.Return) and isinstance(body[0].value, ast.Constant):
        return body[0].value.value
    return _NOTHING


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class _Init(Struct):
    """What a constructor does to the arguments of its base."""

    fixed: dict[str, Any] = field(default_factory=dict)
    forced: dict[str, Any] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    unclear: bool = False

    @classmethod
    def read(cls, method: ast.FunctionDef | None) -> _Init:
        found = cls()
        if method is None:
            return found
        arguments = method.args
        named = [*arguments.args[1:], *arguments.kwonlyargs]
        values = [*arguments.defaults, *(node for node in arguments.kw_defaults)]
        defaults = dict(zip([arg.arg for arg in named][len(named) - len(values) :], values, strict=False))
        found.dropped = {arg.arg for arg in named}
        keywords = arguments.kwarg.arg if arguments.kwarg else ""
        for node in method.body:
            found._statement(node, keywords, defaults)
        return found

    def _statement(self, node: ast.stmt, keywords: str, defaults: Mapping[str, ast.expr | None]) -> None:
        match node:
            case ast.Assign(targets=targets) if keys := _keys(targets, keywords):
                for key in keys:
                    fallback = _fallback(node.value, key, keywords)
                    self._set(self.forced if fallback is None else self.fixed, key, fallback or node.value)
            case ast.Assign(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pop"), args=popped)) if (
                name == keywords and isinstance(popped[0], ast.Constant)
            ):
                self.dropped.add(str(popped[0].value))
            case ast.If(body=[ast.Raise()], orelse=[]):
                pass
            case ast.If(body=[ast.Assign(targets=targets, value=value)], orelse=[]) if _keys(targets, keywords) == [
                key := _absent(node.test, keywords)
            ]:
                self._set(self.fixed, key, value)
            case ast.If(body=body, orelse=orelse) if not _uses(node.test, keywords):
                self._branch([*body, *orelse], keywords, defaults)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=key), value])):
                self._set(self.fixed, str(key), value)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="__init__")) as call):
                self._base_call(call, defaults)
            case _ if _uses(node, keywords):
                self.unclear = True

    def _branch(self, body: Iterable[ast.stmt], keywords: str, defaults: Mapping[str, ast.expr | None]) -> None:
        """What may or may not be done: clear only if no argument that bears on the column hangs on it."""
        maybe = _Init()
        for node in body:
            maybe._statement(node, keywords, defaults)
        sure = not maybe.unclear and not {*maybe.fixed, *maybe.forced} - _WITHOUT_EFFECT
        self.dropped |= maybe.dropped
        self.unclear = self.unclear or not sure

    def _base_call(self, call: ast.Call, defaults: Mapping[str, ast.expr | None]) -> None:
        for keyword in call.keywords:
            if keyword.arg is None:
                continue
            if isinstance(keyword.value, ast.Name) and keyword.value.id in self.dropped:
                self.dropped.discard(keyword.arg)
                default = defaults.get(keyword.value.id)
                if default is not None:
                    self._set(self.fixed, keyword.arg, default)
            else:
                self._set(self.forced, keyword.arg, keyword.value)

    def _set(self, where: dict[str, Any], name: str, value: ast.expr) -> None:
        try:
            where[name] = ast.literal_eval(value)
        except (ValueError, TypeError, MemoryError, RecursionError):
            self.unclear = self.unclear or name not in _WITHOUT_EFFECT


def _keys(targets: Iterable[ast.expr], keywords: str) -> list[str]:
    """The arguments that an assignment sets: `kwargs["null"] = kwargs["blank"] = True`."""
    found = []
    for target in targets:
        match target:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))) if name == keywords:
                found.append(key)
            case _:
                return []
    return found


def _fallback(value: ast.expr, key: str, keywords: str) -> ast.expr | None:
    """What an argument is set to unless it is given: `kwargs["null"] = kwargs.get("null", True)`."""
    match value:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr="get" | "pop"), args=[ast.Constant(value=asked), other]
        ) if (name, asked) == (keywords, key):
            return other
    return None


def _absent(test: ast.expr, keywords: str) -> str:
    """The argument of which is asked whether it is not given: `if "null" not in kwargs`."""
    match test:
        case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.NotIn()], comparators=[ast.Name(id=name)]) if (
            name == keywords
        ):
            return key
    return ""


def _uses(node: ast.AST, name: str) -> bool:
    return bool(name) and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))
