"""Imports migrations of a project that is not installed and asks Django for the leaf nodes.

Runs in a process of its own: python stand_ins.py FOLDER [SETTING=VALUE…] < [[app, name, path], …]. It executes the
project's files, as Django would and as miglint never does.
"""

from __future__ import annotations

import datetime as dt
import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
import types
from pathlib import Path

import django
from django.conf import global_settings, settings
from django.core.files.storage.base import Storage
from django.core.files.storage.handler import StorageHandler
from django.db.migrations.loader import MigrationLoader
from django.db.models import CheckConstraint
from django.utils import timezone


class StandIn(Storage):
    """Whatever a migration wants of a module that is not there: a class, a function, a value, a storage of files."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return StandIn()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn()

    def __mro_entries__(self, bases):
        return (StandIn,)

    def __iter__(self):
        return iter((StandIn(), StandIn()))

    def __getitem__(self, key):
        return StandIn()

    def __or__(self, other):
        return StandIn()

    def __ge__(self, other):
        return True

    def __add__(self, other):
        return other

    __radd__ = __add__

    def __fspath__(self):
        return "stand-in"

    def __hash__(self):
        return 1


class Settings:
    """Django's defaults, those given on the command line, and a stand-in for every other setting."""

    def __init__(self, given):
        self.__dict__.update(given)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(global_settings, name, StandIn())


class StandInModule(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last on the path: a stand-in for every module that nothing else finds."""

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("django", "psycopg", "psycopg_c", "psycopg2"):  # installed, or missing for a reason
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = StandInModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


class Geography(Finder):
    """First on the path: Django's fields for geography need libraries of the system, which leaf nodes do not."""

    def find_spec(self, name, path=None, target=None):
        wanted = name == "django.contrib.gis" or name.startswith("django.contrib.gis.")
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if wanted else None


class Loader(MigrationLoader):
    """Django's loader, given migrations that are imported already."""

    def __init__(self, migrations):
        self.given = migrations
        super().__init__(None, load=False)

    def load_disk(self):
        self.disk_migrations = self.given
        self.migrated_apps = {app for app, _ in self.given}
        named = [one for migration in self.given.values() for one in (*migration.dependencies, *migration.run_before)]
        self.unmigrated_apps = {app for app, _ in named} - self.migrated_apps
        for migration in self.given.values():
            migration.dependencies = [one for one in migration.dependencies if one[0] in self.migrated_apps]
            migration.run_before = [one for one in migration.run_before if one[0] in self.migrated_apps]


def main():
    folder = Path(sys.argv[1])
    given = dict(pair.split("=", 1) for pair in sys.argv[2:])
    apps = ["contenttypes", "auth", "sites", "sessions", "flatpages", "redirects"]
    settings.configure(
        Settings({}),
        INSTALLED_APPS=[f"django.contrib.{app}" for app in apps],
        SITE_ID=1,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )
    django.setup()
    timezone.utc = dt.UTC  # before Django 5.0
    CheckConstraint.__init__ = before_django_6(CheckConstraint.__init__)
    StorageHandler.__getitem__ = lambda self, alias: StandIn()
    for name, value in given.items():  # afterwards: the project's own models are not there
        setattr(settings, name, value)
    sys.path.insert(0, str(folder))  # what migrations import from the folders of migrations
    sys.meta_path.insert(0, Geography())
    sys.meta_path.append(Finder())
    migrations, failed = {}, {}
    for app, name, path in json.load(sys.stdin):
        try:
            migrations[app, name] = load(folder, path).Migration(name, app)
        except (Exception, SystemExit) as error:
            failed[path] = f"{type(error).__name__}: {error}"
    loader, error = Loader(migrations), ""
    try:
        loader.build_graph()
    except Exception as reason:
        error = f"{type(reason).__name__}: {reason}"
    leaves = {app: [leaf for _, leaf in loader.graph.leaf_nodes(app)] for app, _ in migrations}
    json.dump({"leaves": leaves, "failed": failed, "error": error}, sys.stdout)


def before_django_6(init):
    """A check constraint's constructor that takes its condition as `check`, too."""

    def made(self, *args, check=None, **kwargs):
        init(self, *args, **({"condition": check} if check is not None else {}), **kwargs)

    return made


def load(folder, path):
    name = path.removesuffix(".py").replace("/", ".")
    spec = importlib.util.spec_from_file_location(name, folder / path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
