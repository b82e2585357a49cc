"""What a project's settings modules say, read without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from miglint.sources.django.evaluator.bounded import PLAIN
from miglint.sources.django.evaluator.frames import Class, World
from miglint.sources.django.modules import Modules
from miglint.sources.django.source import Unparsable, parse

_TEST_WORDS = frozenset(("test", "tests", "testing", "dev", "local", "ci"))
DEFAULTS: Mapping[str, Any] = {"AUTH_USER_MODEL": "auth.User"}
"""Django's own defaults for what migrations ask, where they are the same in every version."""


class Settings:
    """The settings of one project: the module that manage.py names first, then its other settings modules."""

    def __init__(self, modules: Modules, paths: Iterable[str], managers: Mapping[str, bytes]) -> None:
        self._modules = modules
        self._paths = list(dict.fromkeys([*_named(modules, managers), *sorted(paths, key=_preference)]))
        self._values: dict[str, Any] = {}

    @property
    def paths(self) -> list[str]:
        """The settings modules, in the order in which they are asked."""
        return self._paths

    def value(self, name: str, world: World) -> Any:
        """A setting's value; None if no settings module sets it to something that could be worked out."""
        if name not in self._values:
            self._values[name] = None  # while settings ask for themselves
            self._values[name] = self._find(name, world)
        return self._values[name]

    def _find(self, name: str, world: World) -> Any:
        for path in self._paths:
            frame = self._modules.frame(path, world)
            if frame is None:
                continue
            found = [frame.names] + [item.names for item in frame.names.values() if isinstance(item, Class)]
            for names in found:
                value = names.get(name)
                if isinstance(value, PLAIN) and value is not None:
                    return value
        return DEFAULTS.get(name)


def _preference(path: str) -> tuple[bool, int, str]:
    words = set(path.removesuffix(".py").replace("_", "/").replace("-", "/").split("/"))
    return bool(words & _TEST_WORDS), path.count("/"), path


def _named(modules: Modules, managers: Mapping[str, bytes]) -> Iterable[str]:
    """The settings module that manage.py puts into DJANGO_SETTINGS_MODULE."""
    for path in sorted(managers):
        try:
            tree = parse(managers[path], path)
        except Unparsable:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="setdefault"),
                    args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str(name))],
                ):
                    found = modules.layout.path_of(name, path)
                    if found is not None:
                        yield found
