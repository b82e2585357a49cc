"""Histories of SQL files, found by their names: no file but Sqitch's plan is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from miglint.changeset import Tree
from miglint.config import Config
from miglint.finding import Span
from miglint.globs import matches
from miglint.history import App, Dependency, History, Key, Migration
from miglint.sources.sql import PLAN
from miglint.sources.sql.layouts import Named, Tool, Version, configured, recognised
from miglint.sources.sql.sqitch import planned
from miglint.text import decode

SOURCE = "sql"
_INTERESTING = (".sql", PLAN, "__init__.py")
START = Span(1, 1, 1, 1)


def read(tree: Tree, config: Config) -> list[History]:
    """One history for each folder with migrations, in the order of the folders' paths."""
    folders: defaultdict[str, dict[str, Named]] = defaultdict(dict)
    plans: list[str] = []
    with_modules: set[str] = set()
    for path in tree:
        if not path.endswith(_INTERESTING) or matches(path, config.exclude):
            continue
        folder, _, file = path.rpartition("/")
        if file == PLAN:
            plans.append(path)
        elif file == "__init__.py":
            with_modules.add(folder)
        elif file.endswith(".sql"):
            named = configured(path) if _is_configured(folder, config) else recognised(path)
            if named is not None:
                folders[named.folder][path] = named
    histories = {
        folder: _history(tree, folder, named)
        for folder, named in folders.items()
        if not (folder in with_modules and all(each.tool is Tool.NUMBERED for each in named.values()))
    }
    for path in plans:
        history = _sqitch(tree, path)
        if history.migrations:
            histories[history.root] = history
    return [histories[folder] for folder in sorted(histories)]


def _is_configured(folder: str, config: Config) -> bool:
    """Whether a folder itself, not one above it, is meant by a configured source."""
    above = folder.rpartition("/")[0]
    for source in config.sql_sources:
        if matches(folder, [source.path]) and (source.path.endswith("**") or not matches(above, [source.path])):
            return True
    return False


def _history(tree: Tree, folder: str, named: dict[str, Named]) -> History:
    """A chain by version. Files that share a version share a parent, so that the graph has a fork there."""
    order = sorted(named, key=lambda path: (named[path].repeatable, _comparable(named[path].version), path))
    label = folder or "."
    versions: list[list[str]] = []
    for path in order:
        same = versions and _same_version(named[versions[-1][0]], named[path])
        if same:
            versions[-1].append(path)
        else:
            versions.append([path])
    migrations: dict[Key, Migration] = {}
    parent: Key | None = None
    for paths in versions:
        keys = [Key(label, named[path].name) for path in paths]
        for key, path in zip(keys, paths, strict=True):
            migrations[key] = _migration(tree, key, path, parent)
        parent = keys[0]
    return History(SOURCE, folder, {label: App(label, SOURCE, folder)}, migrations)


def _same_version(one: Named, other: Named) -> bool:
    return not one.repeatable and not other.repeatable and one.version == other.version


def _comparable(version: Version) -> tuple[tuple[int, int | str], ...]:
    """Numbers before words, so that any two versions compare."""
    return tuple((0, part) if isinstance(part, int) else (1, part) for part in version)


def _migration(tree: Tree, key: Key, path: str, parent: Key | None) -> Migration:
    dependencies = (Dependency(parent, START),) if parent is not None else ()
    return Migration(key, SOURCE, path, tree.blob(path), START, dependencies, initial=parent is None)


def _sqitch(tree: Tree, plan: str) -> History:
    folder = plan.rpartition("/")[0]
    label = folder or "."
    prefix = f"{folder}/" if folder else ""
    names: Iterable[str] = planned(decode(plan, tree.read([plan])[plan]))
    present: Sequence[tuple[str, str]] = [
        (name, path) for name in names if (path := f"{prefix}deploy/{name}.sql") in tree
    ]
    migrations: dict[Key, Migration] = {}
    parent: Key | None = None
    for name, path in present:
        key = Key(label, name)
        migrations[key] = _migration(tree, key, path, parent)
        parent = key
    return History(SOURCE, folder, {label: App(label, SOURCE, folder)}, migrations)
