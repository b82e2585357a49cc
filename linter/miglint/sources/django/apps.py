"""App labels, as Django finds them: MIGRATION_MODULES, AppConfig, and else the package's name."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from miglint.sources.django.evaluator.classes import ancestry
from miglint.sources.django.evaluator.frames import Class, GaveUp, World
from miglint.sources.django.evaluator.interpreter import Interpreter
from miglint.sources.django.memo import Memo
from miglint.sources.django.modules import Modules
from miglint.sources.django.source import Source
from miglint.sources.django.values import Reference

_CONFIG_FILES = ("apps.py", "apps/__init__.py", "__init__.py")


class Labels:
    """Labels of the apps of one project."""

    def __init__(
        self,
        modules: Modules,
        world: World,
        memo: Memo,
        migration_modules: Mapping[str, str],
        installed: Iterable[str],
    ) -> None:
        self._modules = modules
        self._memo = memo
        self._world = world
        self._migration_modules = migration_modules
        self._installed = [entry for entry in installed if isinstance(entry, str)]
        self._elsewhere: dict[str, str] | None = None

    def of(self, folder: str) -> tuple[str, bool]:
        """The label of the app whose migrations are in a folder, and whether the project itself says so."""
        for label, module in self._migration_modules.items():
            if isinstance(module, str) and _is_suffix(module.replace(".", "/"), folder):
                return label, True
        app = app_folder(folder, self._modules)
        configured = self._recalled(app)
        if configured is not None:
            return configured, True
        return posixpath.basename(app) or posixpath.basename(folder), False

    def _recalled(self, app: str) -> str | None:
        key = json.dumps([app, self._installed])
        kept = self._memo.recall("django-label", key, _label_from)
        if kept is not None:
            return kept[0]
        with self._modules.trail.record() as facts:
            label = self._configured(app)
        self._memo.keep("django-label", key, facts, label, lambda found: found)
        return label

    def _configured(self, app: str) -> str | None:
        configs = self._configs_in(app)
        chosen = self._choose(configs, app)
        if chosen is not None:
            return chosen
        if self._elsewhere is None:
            self._elsewhere = {}
            for entry in self._installed:
                self._note_elsewhere(entry)
        for name, label in self._elsewhere.items():
            if _is_suffix(name.replace(".", "/"), app):
                return label
        return None

    def _note_elsewhere(self, entry: str) -> None:
        """An entry such as `config.apps.ShopConfig`, a class outside the app's own folder."""
        if not entry.rpartition(".")[2][:1].isupper() or self._elsewhere is None:
            return
        for path in _anchors(self._modules):
            found = self._modules.resolve(entry, path, self._world)
            if isinstance(found, Class):
                name, label = self._name(found), self._label(found)
                if name and label:
                    self._elsewhere[name] = label
                return

    def _configs_in(self, app: str) -> list[Class]:
        found: list[Class] = []
        for file in _CONFIG_FILES:
            path = f"{app}/{file}" if app else file
            content = self._modules.content(path)
            if content is None or b"Config" not in content:
                continue
            frame = self._modules.frame(path, self._world)
            values = frame.names.values() if frame is not None else ()
            found += [value for value in values if isinstance(value, Class) and self._name(value)]
        return found

    def _choose(self, configs: list[Class], app: str) -> str | None:
        """Which of several: the one that is installed, the default one, the only one; as Django does."""
        configs = [config for config in configs if _is_suffix((self._name(config) or "").replace(".", "/"), app)] or (
            configs if len(configs) == 1 else []
        )
        installed = [
            c for c in configs if any(_ends(entry, f"{c.source.module}.{c.name}") for entry in self._installed)
        ]
        default = [config for config in configs if self._attribute(config, "default") is True]
        for candidates in (installed, default, configs):
            if len(candidates) == 1:
                return self._label(candidates[0])
        labels = {self._label(config) for config in configs}
        return labels.pop() if len(labels) == 1 else None

    def _name(self, config: Class) -> str | None:
        name = self._attribute(config, "name")
        return name if isinstance(name, str) and self._is_config(config) else None

    def _label(self, config: Class) -> str | None:
        label = self._attribute(config, "label")
        name = self._attribute(config, "name")
        return label if isinstance(label, str) else name.rpartition(".")[2] if isinstance(name, str) else None

    def _is_config(self, config: Class) -> bool:
        return any("AppConfig" in item.name for item in self._chain(config) if isinstance(item, Reference)) or any(
            item.name.endswith("Config") for item in self._chain(config)[1:]
        )

    def _attribute(self, config: Class, name: str) -> Any:
        for item in self._chain(config):
            if isinstance(item, Class) and name in item.names:
                return item.names[name]
        return None

    def _chain(self, config: Class) -> list[Class | Reference]:
        try:
            return ancestry(_runner(self._world, config.source), config)
        except (GaveUp, RecursionError):
            return [config]


def _label_from(data: object) -> str | None:
    if data is None or isinstance(data, str):
        return data
    raise TypeError("not a label")


def app_folder(folder: str, modules: Modules) -> str:
    """The folder of the app that owns a folder of migrations."""
    parent, name = posixpath.split(folder)
    above = posixpath.basename(parent)
    files = modules.layout.files
    is_app = any(f"{parent}/{file}" in files for file in ("apps.py", "models.py", "models/__init__.py"))
    if "migration" in above.lower() and "migration" not in name.lower() and not is_app:
        return folder
    return parent


def _is_suffix(path: str, folder: str) -> bool:
    return bool(path) and (folder == path or folder.endswith(f"/{path}"))


def _ends(entry: str, dotted: str) -> bool:
    return entry == dotted or dotted.endswith(f".{entry}") or entry.endswith(f".{dotted}")


def _anchors(modules: Modules) -> list[str]:
    """Files from whose place a dotted name of the settings can be looked up: one in each package root."""
    roots = {modules.layout.package_root(path) for path in modules.layout.files if path.endswith("/__init__.py")}
    return [f"{root}manage.py" for root in sorted(roots)]


def _runner(world: World, source: Source) -> Interpreter:
    return Interpreter(world, source, located=False, steps=10_000)
