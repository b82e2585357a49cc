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

    def __init__(self, modules: Modules, paths: Iterable[str], managers: Iterable[str]) -> None:
        self._modules = modules
        self._candidates = sorted(paths, key=_preference)
        self._managers = sorted(managers)
        self._values: dict[str, Any] = {}

    def value(self, name: str, world: World, memo: Memo) -> Any:
        """A setting's value; None if no settings module sets it to something that could be worked out."""
        if name not in self._values:
            self._values[name] = None  # while settings ask for themselves
            key = json.dumps([name, self._candidates, self._managers])
            kept = memo.recall("django-setting", key, value_from)
            self._values[name] = kept[0] if kept else self._find_and_keep(name, key, world, memo)
        return self._values[name]

    def _find_and_keep(self, name: str, key: str, world: World, memo: Memo) -> Any:
        with self._modules.trail.record() as facts:
            value = self._find(name, world)
        memo.keep("django-setting", key, facts, value, value_to)
        return value

    def leaves_to_django(self, name: str, world: World, memo: Memo) -> bool:
        """Whether settings were read whole and do not set this one."""
        key = json.dumps([name, self._candidates, self._managers])
        kept = memo.recall("django-setting-left", key, value_from)
        if kept is not None:
            return kept[0] is True
        with self._modules.trail.record() as facts:
            found = self._leaves(name, world)
        memo.keep("django-setting-left", key, facts, found, value_to)
        return found

    def _leaves(self, name: str, world: World) -> bool:
        for frame in self._frames(world):
            spaces = _namespaces(frame)
            if any("INSTALLED_APPS" in names for names in spaces):
                return not frame.wildcards and not any(name in names for names in spaces)
        return False

    def _find(self, name: str, world: World) -> Any:
        for frame in self._frames(world):
            for names in _namespaces(frame):
                value = names.get(name)
                if isinstance(value, PLAIN) and value is not None:
                    return value
        return None

    def _frames(self, world: World) -> Iterator[Frame]:
        for path in dict.fromkeys([*_named(self._modules, self._managers), *self._candidates]):
            frame = self._modules.frame(path, world)
            if frame is not None:
                yield frame


def _namespaces(frame: Frame) -> list[dict[str, Any]]:
    """The names of a settings module, and of the classes in it, as django-configurations has them."""
    return [frame.names] + [item.names for item in frame.names.values() if isinstance(item, Class)]


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
