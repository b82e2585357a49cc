"""The Django projects of a repository: their roots, their settings, and the surroundings that modules see."""

from __future__ import annotations

import hashlib
import json
import posixpath
import uuid
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from miglint.cache import Cache
from miglint.config import Config
from miglint.sources.django import installed
from miglint.sources.django.apps import Labels
from miglint.sources.django.evaluator.bounded import weigh
from miglint.sources.django.evaluator.frames import GaveUp
from miglint.sources.django.memo import Fact, Memo
from miglint.sources.django.modules import Modules
from miglint.sources.django.records import value_from, value_to
from miglint.sources.django.scan import Scan, is_usual
from miglint.sources.django.settings import Settings
from miglint.sources.django.source import Source
from miglint.sources.django.swappable import user_model
from miglint.sources.django.values import Unknown, Value

_WHERE_LEFT: Mapping[str, str] = {"TIME_ZONE": "America/Chicago"}
"""What Django has where settings are known and do not say: all of its series have the same."""
_USER_MODEL = "auth.User"
"""Django's own, in all of its series."""
_KEY = "DEFAULT_AUTO_FIELD"
_KEYS: Mapping[bool, str] = {False: "django.db.models.AutoField", True: "django.db.models.BigAutoField"}
"""What Django has for DEFAULT_AUTO_FIELD, by whether it is 6.0 or later."""
_VENDORS = {"mariadb": "mysql"}
_ENGINES = {"sqlite": "sqlite3"}
_ENGINE_WORDS = {"postgresql": ("postgresql", "postgis"), "sqlite": ("sqlite", "spatialite")} | {
    vendor: (vendor,) for vendor in ("mysql", "oracle")
}
"""What the name of an engine holds that writes the SQL of a database, as packages that wrap Django's are called."""


class Project:
    """One project: the folder of a manage.py, or the repository itself. What its modules can ask is answered here."""

    def __init__(
        self, root: str, modules: Modules, settings: Settings, config: Config, cache: Cache, swappable: list[str]
    ) -> None:
        self.root = root
        self._modules = modules
        self._settings = settings
        self._swappable = swappable
        self._config = config
        self.memo = Memo(cache, modules.trail, _context(config), self.ask)
        self.labels = Labels(modules, self, self.memo, self._migration_modules(), self.installed_apps())

    def resolve(self, name: str, importer: Source) -> Any:
        """What a dotted name stands for in the repository."""
        return self._modules.resolve(name, importer.path, self)

    def doubts(self, name: str, importer: Source) -> tuple[str, ...]:
        """What was taken to be so where the repository defines a name."""
        return self._modules.doubts(name, importer.path, self)

    def public_names(self, module: str, importer: Source) -> Mapping[str, Any] | None:
        """What `from module import *` brings."""
        return self._modules.public_names(module, importer.path, self)

    def read_text(self, path: str) -> str | None:
        """A file by its path in the repository, or by its path from the project's root."""
        for candidate in (path, posixpath.join(self.root, path)):
            text = self._modules.text(candidate)
            if text is not None:
                return text
        return None

    def written_setting(self, name: str) -> Value | None:
        """What settings modules say of a setting, and nothing that is added to it here."""
        return self._settings.value(name, self, self.memo)

    def setting(self, name: str) -> Value | None:
        """A setting: what the configuration says, else what settings modules say."""
        if name == "AUTH_USER_MODEL" and self._config.django.auth_user_model:
            return self._config.django.auth_user_model
        with self._modules.trail.paused():
            value = self.written_setting(name)
            if value is None and name == "AUTH_USER_MODEL" and not self._is_left(name):
                value = self._user_model
            if value is None and name in {*_WHERE_LEFT, _KEY} and self._is_left(name):
                value = _WHERE_LEFT.get(name) or _KEYS[self._django_version >= (6, 0)]
        if value is None and name == "AUTH_USER_MODEL":
            value = _USER_MODEL
        if name == "DATABASES":
            value = self._with_engine(value)
        self._modules.trail.note(("setting", name), settled(value))
        return value

    def setting_doubts(self, name: str) -> tuple[str, ...]:
        """What was taken to be so where settings modules give a setting its value, or leave it out."""
        if name == "DATABASES" or (name == "AUTH_USER_MODEL" and self._config.django.auth_user_model):
            return ()
        with self._modules.trail.paused():
            doubts = self._settings.doubts(name, self, self.memo)
            if name == "AUTH_USER_MODEL" and self.written_setting(name) is None and self._user_model is not None:
                doubts = (*doubts, "no settings tell it: the one model that may stand in for it is taken")
        self._modules.trail.note(("unsure", name), settled(doubts))
        return doubts

    def is_unset(self, name: str) -> bool:
        """Whether settings modules were read whole and neither they nor Django itself have such a setting."""
        with self._modules.trail.paused():
            unset = self._is_left(name) and not installed.has_setting(name)
        self._modules.trail.note(("unset", name), settled(unset))
        return unset

    def _with_engine(self, databases: Value | None) -> Value:
        """DATABASES, the default one with the engine that the SQL is written for: settings mostly leave it open."""
        known = databases if isinstance(databases, dict) else {}
        default = known.get("default")
        default = default if isinstance(default, dict) else {}
        targets = (self._config.target, *self._config.databases.values())
        vendors = {_VENDORS.get(target.database, target.database) for target in targets}
        engine: Value = Unknown("the code is used for several databases")
        if len(vendors) == 1:
            vendor, written = vendors.pop(), default.get("ENGINE")
            fits = isinstance(written, str) and any(word in written for word in _ENGINE_WORDS.get(vendor, ()))
            engine = written if fits else f"django.db.backends.{_ENGINES.get(vendor, vendor)}"
        return {**known, "default": {**default, "ENGINE": engine}}

    @cached_property
    def _user_model(self) -> str | None:
        """The user model by what the migrations say of their models."""
        key = json.dumps(self._swappable)
        kept = self.memo.recall("django-user-model", key, value_from)
        if kept is not None:
            return kept[0] if isinstance(kept[0], str) else None
        with self._modules.trail.record() as facts:
            model = user_model(self._swappable, self._modules, self.labels)
        self.memo.keep("django-user-model", key, facts, model, value_to)
        return model

    def ask(self, fact: Fact) -> str | None:
        """What a fact that a result rests on is now."""
        if fact[0] == "setting":
            return settled(self.setting(fact[1]))
        if fact[0] == "unsure":
            return settled(self.setting_doubts(fact[1]))
        if fact[0] == "unset":
            return settled(self.is_unset(fact[1]))
        if fact[0] == "django":
            return settled(self._django_version)
        return self._modules.fact(fact)

    def facts(self) -> dict[str, str]:
        """What bears on the SQL: settings as far as they are known, and the version of Django if it is configured."""
        found: dict[str, str] = (
            {"AUTH_USER_MODEL": str(self.setting("AUTH_USER_MODEL"))} if self._tells_user_model else {}
        )
        for name in (_KEY, "TIME_ZONE", "USE_TZ"):
            if self.setting_doubts(name):
                continue
            value = self.written_setting(name) if name == "USE_TZ" else self.setting(name)
            if isinstance(value, str | bool):
                found[name] = str(value)
            elif name == "USE_TZ" and self._is_left(name):
                found[name] = "as Django has it"
        more = {"DJANGO_VERSION": self._config.django.version, "LOCK_TIMEOUT": self._lock_timeout}
        return found | {name: value for name, value in more.items() if value}

    def _is_left(self, name: str) -> bool:
        """Whether settings were read whole and leave this one to Django."""
        return self._settings.leaves_to_django(name, self, self.memo)

    @property
    def _lock_timeout(self) -> str | None:
        """The lock_timeout in the OPTIONS of the default connection."""
        value: Any = self.written_setting("DATABASES")
        for key in ("default", "OPTIONS", "options"):
            value = value.get(key) if isinstance(value, Mapping) else None
        for word in value.split() if isinstance(value, str) else ():
            name, _, given = word.removeprefix("-c").removeprefix("--").partition("=")
            if name == "lock_timeout":
                return given
        return None

    @property
    def _tells_user_model(self) -> bool:
        """Whether the user model is known: settings were read, even if they leave it to Django."""
        if self.setting("AUTH_USER_MODEL") != _USER_MODEL or self._config.django.auth_user_model:
            return True
        if self.setting_doubts("AUTH_USER_MODEL"):
            return False
        if self._settings.value("AUTH_USER_MODEL", self, self.memo) is not None:
            return True
        return self._is_left("AUTH_USER_MODEL")

    def fact(self, name: str, importer: Source) -> Value:
        """The vendor of the database that a file is for, whether it is MariaDB, or Django's version."""
        if name == "type checking":
            return False
        if name == "version":
            version = self._django_version
            self._modules.trail.note(("django",), settled(version))
            return version
        databases = self._databases(importer.path)
        answers = {
            database == "mariadb" if name == "mariadb" else _VENDORS.get(database, database) for database in databases
        }
        return answers.pop() if len(answers) == 1 else Unknown("the code is used for several databases")

    def _databases(self, path: str) -> set[str]:
        """The databases that a file is for: a migration runs on one, a module that migrations import on any."""
        if not self._config.databases:
            return {self._config.target.database}
        folder = posixpath.dirname(path)
        if is_usual(path):
            return {self._config.target_of(self.labels.of(folder)[0], path).database}
        return {target.database for target in (self._config.target, *self._config.databases.values())}

    @cached_property
    def _django_version(self) -> tuple[Any, ...]:
        """`django.VERSION` of the series that the project pins, else of the one that writes the SQL."""
        from miglint.sources.django.series import choose

        choice = choose(self._modules.tree, self.root, self._config.django.version)
        return (*(choice.wanted or choice.series), 0, "final", 0)

    def installed_apps(self) -> list[str]:
        """INSTALLED_APPS as far as it is known."""
        value = self._settings.value("INSTALLED_APPS", self, self.memo)
        return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list | tuple) else []

    def _migration_modules(self) -> dict[str, str]:
        value = self._settings.value("MIGRATION_MODULES", self, self.memo)
        found = {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}
        return found | dict(self._config.django.migration_modules)


def _context(config: Config) -> str:
    """What of the configuration a result can depend on."""
    django = config.django
    modules = sorted(django.migration_modules.items())
    databases = [(where, target.database) for where, target in config.databases.items()]
    parts = [config.target.database, databases, django.version, django.auth_user_model, modules]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def settled(value: Value) -> str | None:
    """A setting's value as a text that is equal for equal values; for what cannot be written down never equal again."""
    try:
        weigh(value)
        return None if value is None else json.dumps(value_to(value))
    except (GaveUp, TypeError, ValueError):
        return f"? {uuid.uuid4()}"


class Projects:
    """The projects of a tree, the one of a path being that of the nearest manage.py above it."""

    def __init__(self, modules: Modules, scan: Scan, config: Config, cache: Cache) -> None:
        self._modules = modules
        self._config = config
        self._cache = cache
        self._roots = sorted({posixpath.dirname(path) for path in scan.managers} | {""}, key=len, reverse=True)
        self._settings = _by_root(scan.settings, self._roots)
        self._swappable = _by_root(scan.swappable, self._roots)
        self._managers = _by_root(scan.managers, self._roots)
        self._projects: dict[str, Project] = {}

    def of(self, path: str) -> Project:
        """The project that a path belongs to."""
        root = root_of(path, self._roots)
        if root not in self._projects:
            own, every, managers = self._settings.get(root, []), self._all_settings(), self._managers.get(root, [])
            settings = Settings(self._modules, own or every, managers, () if managers else every)
            self._projects[root] = Project(
                root, self._modules, settings, self._config, self._cache, self._swappable.get(root, [])
            )
        return self._projects[root]

    def at(self, root: str) -> Project:
        """The project that files at a root belong to."""
        return self.of(posixpath.join(root, "x"))

    def is_run(self, root: str) -> bool:
        """Whether there is a manage.py at a root."""
        return bool(self._managers.get(root))

    def _all_settings(self) -> list[str]:
        """For code under no manage.py: a library whose test project has the settings."""
        return [path for paths in self._settings.values() for path in paths]


def root_of(path: str, roots: Iterable[str]) -> str:
    """The nearest of the roots above a path; they come longest first and end with the repository's own."""
    return next(root for root in roots if not root or path.startswith(f"{root}/"))


def _by_root(paths: Iterable[str], roots: list[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for path in paths:
        grouped.setdefault(root_of(path, roots), []).append(path)
    return grouped
