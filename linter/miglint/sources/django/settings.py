"""What a project's settings modules say, read without importing them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from typing import Any

from miglint.sources.django.evaluator.bounded import PLAIN
from miglint.sources.django.evaluator.frames import Class, Frame, World
from miglint.sources.django.memo import Memo
from miglint.sources.django.modules import Modules
from miglint.sources.django.records import value_from, value_to
from miglint.sources.django.source import Unparsable

_TEST_WORDS = frozenset(("test", "tests", "testing", "dev", "local", "ci"))


class Settings:
    """The settings of one project: the module that manage.py names first, then its other settings modules."""

    def __init__(
        self, modules: Modules, paths: Iterable[str], managers: Iterable[str], others: Iterable[str] = ()
    ) -> None:
        self._modules = modules
        self._candidates = sorted(paths, key=_preference)
        self._managers = sorted(managers)
        self._others = sorted(others)
        """Settings modules that the code may be used with just as well: those of a library's samples and tests."""
        self._found: dict[str, tuple[Any, tuple[str, ...]]] = {}

    def value(self, name: str, world: World, memo: Memo) -> Any:
        """A setting's value; None if no settings module sets it to something that could be worked out."""
        return self._known(name, world, memo)[0]

    def doubts(self, name: str, world: World, memo: Memo) -> tuple[str, ...]:
        """What was taken to be so where the setting gets its value."""
        return self._known(name, world, memo)[1]

    def _known(self, name: str, world: World, memo: Memo) -> tuple[Any, tuple[str, ...]]:
        if name not in self._found:
            self._found[name] = None, ()  # while settings ask for themselves
            key = self._key(name)
            kept = memo.recall("django-setting-found", key, value_from)
            self._found[name] = (kept[0][0], tuple(kept[0][1])) if kept else self._find_and_keep(name, key, world, memo)
        return self._found[name]

    def _key(self, name: str) -> str:
        return json.dumps([name, self._candidates, self._managers, self._others])

    def _find_and_keep(self, name: str, key: str, world: World, memo: Memo) -> tuple[Any, tuple[str, ...]]:
        with self._modules.trail.record() as facts:
            value, doubts = self._find(name, world)
            found = value, (*doubts, *self._differing(name, value, world))
        memo.keep("django-setting-found", key, facts, found, value_to)
        return found

    def leaves_to_django(self, name: str, world: World, memo: Memo) -> bool:
        """Whether settings were read whole and do not set this one."""
        key = self._key(name)
        kept = memo.recall("django-setting-left", key, value_from)
        if kept is not None:
            return kept[0] is True
        with self._modules.trail.record() as facts:
            found = self._leaves(name, world)
        memo.keep("django-setting-left", key, facts, found, value_to)
        return found

    def _leaves(self, name: str, world: World) -> bool:
        for path, frame in self._frames(_named(self._modules, self._managers), world):
            if _lists_apps(frame):
                return self._is_silent(name, path, frame)
        return False

    def _is_silent(self, name: str, path: str, frame: Frame) -> bool:
        """Whether a settings module was read whole and does not set this one."""
        spaces = _namespaces(frame)
        unsure = any(self._modules.unsure(path, holder or name, outside=False) for holder, _ in spaces)
        return not frame.wildcards and not unsure and not any(name in names for _, names in spaces)

    def _find(self, name: str, world: World) -> tuple[Any, tuple[str, ...]]:
        named = [*_named(self._modules, self._managers)]
        for path, frame in self._frames(named, world):
            for holder, names in _namespaces(frame):
                value = _plain(names.get(name))
                if value is not None:
                    unsure = self._modules.unsure(path, holder or name, outside=False)
                    others = [f"manage.py names other settings than {path}"] if named and path not in named else []
                    return value, (*unsure, *others)
            if path in named and _lists_apps(frame) and self._is_silent(name, path, frame):
                break  # those of tests and samples have no say then
        return None, ()

    def _differing(self, name: str, value: Any, world: World) -> tuple[str, ...]:
        """Whether other settings modules say something else."""
        for path in self._others:
            frame = self._modules.frame(path, world)
            for _, names in _namespaces(frame) if frame is not None else ():
                if "INSTALLED_APPS" in names and _plain(names.get(name)) != value:
                    return (f"{path} has another one",)
        return ()

    def _frames(self, named: Iterable[str], world: World) -> Iterator[tuple[str, Frame]]:
        """The settings modules that manage.py names, then the others."""
        for path in dict.fromkeys([*named, *self._candidates]):
            frame = self._modules.frame(path, world)
            if frame is not None:
                yield path, frame


def _lists_apps(frame: Frame) -> bool:
    """Whether it is the settings module of a project, and not one that only adds to others."""
    return any("INSTALLED_APPS" in names for _, names in _namespaces(frame))


def _plain(value: Any) -> Any:
    """A value that could be worked out, else None."""
    return value if isinstance(value, PLAIN) else None


def _namespaces(frame: Frame) -> list[tuple[str, dict[str, Any]]]:
    """The names of a settings module, and of its classes that have settings, as in django-configurations."""
    classes = ((name, item.names) for name, item in frame.names.items() if isinstance(item, Class))
    return [("", frame.names), *((name, names) for name, names in classes if any(map(str.isupper, names)))]


def _preference(path: str) -> tuple[bool, int, str]:
    words = set(path.removesuffix(".py").replace("_", "/").replace("-", "/").split("/"))
    return bool(words & _TEST_WORDS), path.count("/"), path


def _named(modules: Modules, managers: Iterable[str]) -> Iterable[str]:
    """The settings module that manage.py puts into DJANGO_SETTINGS_MODULE."""
    for path in managers:
        try:
            tree = modules.source(path).tree
        except Unparsable:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="setdefault"),
                    args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str(name))],
                ):
                    found = modules.locate(f"{name}.*", path)
                    if found is not None:
                        yield found[0]
