"""The repository as Python would import it: dotted names to files, and what stands in them, found without importing."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from miglint.changeset import Tree
from miglint.errors import MiglintError
from miglint.sources.django.evaluator.bounded import PLAIN
from miglint.sources.django.evaluator.classes import class_attribute
from miglint.sources.django.evaluator.frames import Class, Closure, Frame, GaveUp, Instance, Partial, World
from miglint.sources.django.evaluator.interpreter import Interpreter
from miglint.sources.django.evaluator.unsure import UnsureNames
from miglint.sources.django.memo import Fact, Trail
from miglint.sources.django.source import MAX_BYTES, Source, Unparsable, parse
from miglint.sources.django.values import Call, Reference

_MAX_MODULES = 1_000
"""Modules that are evaluated on behalf of others in one run."""
_MAX_HOPS = 8
"""Modules that a name is followed through."""
_STEPS = 100_000


class Layout:
    """Which files and folders there are, and the folders that dotted names can start from."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.files = frozenset(paths)
        self.folders = frozenset(_folders(self.files))
        self._tops: dict[tuple[str, str], bool] = {}

    def locate(self, name: str, folder: str) -> tuple[str, int] | None:
        """The module that a dotted name leads into, seen from a folder: its file, and how many words name it."""
        parts = name.split(".")
        if not self._has_top(parts[0], folder):
            return None
        for count in range(len(parts) - 1, 0, -1):
            path = self.path_of(".".join(parts[:count]), f"{folder}/x.py" if folder else "x.py")
            if path is not None:
                return path, count
        return None

    def _has_top(self, name: str, folder: str) -> bool:
        """Whether anything of that name could be imported: quickly no for what is installed."""
        if (folder, name) not in self._tops:
            self._tops[folder, name] = any(
                f"{root}{name}" in self.folders or f"{root}{name}.py" in self.files
                for root in self.roots(f"{folder}/x.py" if folder else "x.py")
            )
        return self._tops[folder, name]

    def path_of(self, module: str, importer: str) -> str | None:
        """The file of a dotted module name, seen from a file that imports it."""
        relative = module.replace(".", "/")
        for root in self.roots(importer):
            for path in (f"{root}{relative}.py", f"{root}{relative}/__init__.py"):
                if path in self.files:
                    return path
        return None

    def roots(self, importer: str) -> Iterator[str]:
        """Folders on the import path, the likeliest first: above the outermost package, then all others outwards in."""
        package = self.package_root(importer)
        yield package
        parts = importer.split("/")[:-1]
        for count in range(len(parts) + 1):
            root = "/".join(parts[:count]) + "/" if count else ""
            if root != package:
                yield root
                if f"{root}src" in self.folders:
                    yield f"{root}src/"

    def package_root(self, path: str) -> str:
        """The folder above the outermost package that holds the file, with a `/` at the end; empty for the top."""
        folder = posixpath.dirname(path)
        while folder and f"{folder}/__init__.py" in self.files:
            folder = posixpath.dirname(folder)
        return f"{folder}/" if folder else ""

    def module_name(self, path: str) -> str:
        """The dotted name of a file as its own package root sees it."""
        relative = path.removeprefix(self.package_root(path)).removesuffix(".py")
        return relative.removesuffix("/__init__").replace("/", ".")


def _folders(files: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in files:
        folder = path.rpartition("/")[0]
        while folder and folder not in seen:
            seen.add(folder)
            yield folder
            folder = folder.rpartition("/")[0]


@lru_cache(maxsize=4_096)
def _tree(content: bytes, path: str) -> ast.Module:
    """A file's syntax tree. The tree of the base holds nearly the same files as the head's: each is parsed once."""
    return parse(content, path)


class Modules:
    """Modules of a tree, evaluated once each on behalf of those that import from them."""

    def __init__(self, tree: Tree, layout: Layout) -> None:
        self.tree = tree
        self.layout = layout
        self._frames: dict[str, Frame | None] = {}
        self._contents: dict[str, bytes] = {}
        self._facts: dict[str, dict[Fact, str | None]] = {}
        self._unsure: dict[str, UnsureNames] = {}
        self.trail = Trail()

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents that were read already, so that they are not asked for one by one."""
        self._contents.update(contents)

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read files in one batch that will be asked for; those that cannot be had are left out."""
        wanted = [path for path in paths if path not in self._contents]
        if wanted:
            self.remember(self.tree.read(wanted))

    def content(self, path: str) -> bytes | None:
        """The bytes of a file; None if it is not there or too big."""
        self.trail.note(("file", path), self.fact(("file", path)))
        if path in self._contents:
            return self._contents[path]
        try:
            if path not in self.tree or self.tree.size(path) > MAX_BYTES:
                return None
            return self.tree.read([path])[path]
        except MiglintError:  # a partial clone lacks it
            return None

    def text(self, path: str) -> str | None:
        """The text of a file, as `open` reads UTF-8."""
        content = self.content(path)
        try:
            return None if content is None else content.decode()
        except UnicodeError:
            return None

    def source(self, path: str) -> Source:
        """A parsed file. Raises Unparsable."""
        content = self.content(path)
        if content is None:
            raise Unparsable(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
        return Source(path, self.layout.module_name(path), self.tree.blob(path), content, _tree(content, path))

    def frame(self, path: str, world: World) -> Frame | None:
        """The names of a module; None if it cannot be read, or is being evaluated just now."""
        if path not in self._frames:
            self._frames[path] = None
            with self.trail.record() as self._facts[path]:
                if len(self._frames) <= _MAX_MODULES:
                    self._frames[path] = self._evaluate(path, world)
        self.trail.note_all(self._facts[path])
        return self._frames[path]

    def _evaluate(self, path: str, world: World) -> Frame | None:
        try:
            run = Interpreter(world, self.source(path), located=False, steps=_STEPS)
            frame = run.run_module()
        except (Unparsable, GaveUp, RecursionError):
            return None
        if run.reasons or frame.inherited:
            self._unsure[path] = UnsureNames(run.main.tree, run.reasons, frame)
        return frame

    def unsure(self, path: str, name: str, *, outside: bool = True) -> tuple[str, ...]:
        """What was taken to be so where a module that was evaluated gives a name its value.

        `outside`: also by what it imports with `*` from where nothing is known of.
        """
        return self._unsure[path].of(name, outside=outside) if path in self._unsure else ()

    def doubts(self, name: str, importer: str, world: World, hops: int = 0) -> tuple[str, ...]:
        """What was taken to be so where a dotted name gets its value, in the modules that it is followed through."""
        found = self.locate(name, importer) if self._unsure and hops <= _MAX_HOPS else None
        if found is None:
            return ()
        path, depth = found
        first, *rest = name.split(".")[depth:]
        own = self.unsure(path, first)
        frame = self.frame(path, world)
        value = None if frame is None else frame.names.get(first)
        if isinstance(value, Reference):
            return (*own, *self.doubts(".".join([value.name, *rest]), path, world, hops + 1))
        return own

    def resolve(self, name: str, importer: str, world: World, hops: int = 0) -> Any:
        """What a dotted name stands for; None if no file of the repository says so."""
        found = self.locate(name, importer)
        if found is None or hops > _MAX_HOPS:
            return None
        path, depth = found
        return self._member(path, name.split(".")[depth:], world, hops)

    def public_names(self, module: str, importer: str, world: World) -> Mapping[str, Any] | None:
        """What `from module import *` brings; None if no file of the repository says so."""
        found = self.locate(f"{module}.*", importer)
        frame = self.frame(found[0], world) if found is not None else None
        if frame is None:
            return None
        exported = frame.names.get("__all__")
        if isinstance(exported, list | tuple):
            return {name: frame.names[name] for name in exported if isinstance(name, str) and name in frame.names}
        return {name: value for name, value in frame.names.items() if not name.startswith("_")}

    def locate(self, name: str, importer: str) -> tuple[str, int] | None:
        """The module that holds what a dotted name stands for: its file and how many words name it."""
        fact = ("name", posixpath.dirname(importer), name)
        found = self.layout.locate(name, fact[1])
        self.trail.note(fact, _located(found))
        return found

    def fact(self, fact: Fact) -> str | None:
        """What a fact that the trail can hold is now."""
        match fact:
            case ("file", path):
                return self.tree.blob(path) if path in self.tree else None
            case ("name", folder, name):
                return _located(self.layout.locate(name, folder))
        raise ValueError(fact)

    def _member(self, path: str, attributes: list[str], world: World, hops: int) -> Any:
        frame = self.frame(path, world)
        if frame is None:
            return None
        value = frame.names.get(attributes[0])
        if isinstance(value, Reference):
            found = self.resolve(".".join([value.name, *attributes[1:]]), path, world, hops + 1)
            return value if found is None and len(attributes) == 1 else found
        if len(attributes) == 1:
            if isinstance(value, list | dict | set):
                return value.copy()  # what one migration appends is not another's business
            return value if isinstance(value, (*PLAIN, Class, Closure, Partial, Call)) else None
        if isinstance(value, Instance) and "__init__" not in value.of.names:
            value = value.of  # an object that is made once, to hold names
        for name in attributes[1:]:  # of classes within classes, too
            if not isinstance(value, Class):
                return None
            value = self._class_member(value, name, frame, world)
        return value

    def _class_member(self, owner: Class, name: str, frame: Frame, world: World) -> Any:
        run = Interpreter(world, owner.source, located=False, steps=_STEPS)
        try:
            value = class_attribute(run, owner, name, owner.node, frame)
        except (GaveUp, RecursionError):
            return None
        return value if isinstance(value, (*PLAIN, Class, Closure)) else None


def _located(found: tuple[str, int] | None) -> str | None:
    return None if found is None else f"{found[1]} {found[0]}"
