"""What functions of the repository give: defaults, and methods of fields; interpreted from their source, never run."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from miglint.changeset import Tree
from miglint.history import Target
from miglint.sources.django.evaluator.bounded import is_plain
from miglint.sources.django.evaluator.calls import SUPER
from miglint.sources.django.evaluator.frames import Class, Closure, Frame, GaveUp, Parent
from miglint.sources.django.evaluator.interpreter import Interpreter
from miglint.sources.django.modules import Layout, Modules
from miglint.sources.django.source import Source
from miglint.sources.django.values import Unknown, Value

_STEPS = 20_000
_WRITERS = ("to_python", "get_prep_value", "get_db_prep_value", "get_db_prep_save")
"""In the order in which a value goes through them, roughly: for what is empty, the order decides nothing."""
_VENDORS = {"mariadb": "mysql"}

_OF_CHANCE = frozenset(
    "hash nanoid now random randint rand secret secrets sha time timestamp today token ulid urandom utcnow uuid".split()
)
_DEEPEST = 3


class Calls:
    """The surroundings of such functions: the repository's modules, and nothing that only a running project has."""

    def __init__(self, tree: Tree, root: str, target: Target, settings: Mapping[str, str]) -> None:
        self._tree = tree
        self._anchor = posixpath.join(root, "x.py")
        self._target = target
        self._settings = settings
        self._given: dict[str, tuple[Value] | None] = {}

    def value_of(self, name: str) -> tuple[Value] | None:
        """What the function of a dotted name returns; None if that is not plain data, or hangs on what is not known."""
        if name not in self._given:
            try:
                self._given[name] = self._call(name)
            except (GaveUp, RecursionError):
                self._given[name] = None
        return self._given[name]

    def _call(self, name: str) -> tuple[Value] | None:
        function = self._modules.resolve(name, self._importer(name), self)
        if not isinstance(function, Closure) or self._modules.doubts(name, self._importer(name), self):
            return None
        run = Interpreter(self, function.frame.source, located=False, steps=_STEPS)
        value = run.demand(run.call_closure(function, [], {}, None), Frame(function.frame.source))
        return None if run.assumed or not is_plain(value) else (value,)

    def is_function(self, name: str) -> bool:
        """Whether a dotted name is known to stand for a function of the repository."""
        try:
            return isinstance(self._modules.resolve(name, self._importer(name), self), Closure | Class)
        except (GaveUp, RecursionError):
            return False

    def differs_at_every_call(self, name: str) -> bool:
        """Whether a function seems to give another value at every call: by what it names, else by what it is called."""
        try:
            function = self._modules.resolve(name, self._importer(name), self)
        except (GaveUp, RecursionError):
            function = None
        return _is_random(function, 0) if isinstance(function, Closure) else _speaks_of_chance([name])

    def written(self, classes: Sequence[str], value: Value) -> tuple[Value] | None:
        """What the methods of field classes that write values make of one; None if that cannot be told."""
        try:
            for name in classes:
                found = self._modules.resolve(name, self._importer(name), self)
                if not isinstance(found, Class) or self._modules.doubts(name, self._importer(name), self):
                    return None
                for method in _WRITERS:
                    function = found.names.get(method)
                    if isinstance(function, Closure):
                        made = self._convert(function, value)
                        if made is None:
                            return None
                        value = made[0]
        except (GaveUp, RecursionError):
            return None
        return (value,)

    def _convert(self, method: Closure, value: Value) -> tuple[Value] | None:
        """What a method gives for a value, its base class giving what it got."""
        given = [Unknown("the field"), value]
        required = len(method.node.args.args) - len(method.defaults)
        given += [Unknown("an argument")] * (required - len(given))
        run = Interpreter(self, method.frame.source, located=False, steps=_STEPS)
        frame = Frame(method.frame.source, {SUPER: Parent(echoes=True)}, parent=method.frame)
        made = run.call_closure(replace(method, frame=frame), given, {}, None)
        return None if run.assumed or not is_plain(made) else (made,)

    def _importer(self, name: str) -> str:
        """A file from which a dotted name can be imported: at the project's root, else above a package called so."""
        if self._modules.locate(name, self._anchor) is None:
            for above in self._above.get(name.partition(".")[0], ()):
                if self._modules.locate(name, f"{above}x.py") is not None:
                    return f"{above}x.py"
        return self._anchor

    @cached_property
    def _above(self) -> dict[str, list[str]]:
        """The folders that hold a package, by its name, the nearest to the top first."""
        found: dict[str, list[str]] = {}
        for folder in sorted(self._modules.layout.folders, key=lambda item: (item.count("/"), item)):
            above, slash, name = folder.rpartition("/")
            found.setdefault(name, []).append(f"{above}{slash}")
        return found

    @cached_property
    def _modules(self) -> Modules:
        return Modules(self._tree, Layout(path for path in self._tree if path.endswith(".py")))

    def resolve(self, name: str, importer: Source) -> Any:
        """As the interpreter asks: what a dotted name stands for in the repository."""
        return self._modules.resolve(name, importer.path, self)

    def doubts(self, name: str, importer: Source) -> tuple[str, ...]:
        """What was taken to be so where the repository defines a name."""
        return self._modules.doubts(name, importer.path, self)

    def public_names(self, module: str, importer: Source) -> Mapping[str, Any] | None:
        """What `from module import *` brings."""
        return self._modules.public_names(module, importer.path, self)

    def read_text(self, path: str) -> str | None:
        """No files: a function of an application reads them where it runs."""

    def setting(self, name: str) -> Value | None:
        """Only the settings that the history tells."""
        found = self._settings.get(name)
        return {"True": True, "False": False}.get(found or "") if name == "USE_TZ" else found

    def setting_doubts(self, name: str) -> tuple[str, ...]:
        """What a function gives is never called exact."""
        return ()

    def is_unset(self, name: str) -> bool:
        """The default of a setting serves."""
        return True

    def fact(self, name: str, importer: Source) -> Value:
        """The database that statements are written for."""
        if name == "vendor":
            return _VENDORS.get(self._target.database, self._target.database)
        return self._target.database == "mariadb" if name == "mariadb" else Unknown(f"{name} is not known here")


def _is_random(function: Closure, depth: int) -> bool:
    """Whether a function, or one of the repository that it names, names something of chance or of the clock."""
    nodes = list(ast.walk(function.node))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    if _speaks_of_chance([*names, *(node.attr for node in nodes if isinstance(node, ast.Attribute))]):
        return True
    around = function.frame.module().names
    called = [around.get(name) for name in names]
    return depth < _DEEPEST and any(_is_random(item, depth + 1) for item in called if isinstance(item, Closure))


def _speaks_of_chance(names: Iterable[str]) -> bool:
    words = {word.strip("0123456789") for name in names for word in name.lower().replace(".", "_").split("_")}
    return not words.isdisjoint(_OF_CHANCE)
