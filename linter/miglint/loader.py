"""The edges between migrations as django.db.migrations.loader.MigrationLoader makes them with nothing applied.

Where Django raises, what it would say is kept as data. A key that something depends on but that is not there is kept as
a phantom until the squashes are applied, since one of them may replace it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from msgspec import Struct

from miglint.cycles import cycle_in, postorder, strongly_connected
from miglint.history import Dependency, History, Key, Migration, Unreadable

FIRST, LATEST = "__first__", "__latest__"


class Missing(Struct, frozen=True):
    """A dependency (or `run_before`) of a migration on something that is not there."""

    migration: Key
    dependency: Dependency
    run_before: bool = False


class Edges(Struct, frozen=True):
    """What a history's dependencies come to. Files that could not be read are nodes too."""

    parents: Mapping[Key, Collection[Key]]
    children: Mapping[Key, Collection[Key]]
    missing: tuple[Missing, ...]
    squashes: Mapping[Key, frozenset[Key]]
    replaced: Mapping[Key, Key]
    squash_cycles: tuple[tuple[Key, ...], ...]
    unreadable: frozenset[Key]
    half_read: frozenset[Key]
    """Those of the unreadable whose class by itself says what they depend on."""
    resolved: Mapping[Key, Key]
    """What `__first__` and `__latest__` of an app were taken for."""


def load(history: History) -> Edges:
    """Follow the dependencies of a history."""
    loader = _Loader(history)
    for key in (*history.migrations, *loader.unreadable):
        loader.add_node(key)
    for migration in history.migrations.values():
        loader.add_internal(migration)
    for file in history.unreadable:
        loader.add_remains(file)
    for migration in history.migrations.values():
        loader.add_external(migration)
    squashes, squash_cycles = loader.apply_squashes()
    missing = loader.missing()
    loader.drop_phantoms()
    return Edges(
        parents=loader.parents,
        children=loader.children,
        missing=missing,
        squashes=squashes,
        replaced={key: loader.final(key) for key in loader.replaced},
        squash_cycles=squash_cycles,
        unreadable=loader.unreadable,
        half_read=frozenset(_key_of(one) for one in history.unreadable if one.app and one.dependencies is not None),
        resolved=loader.resolved,
    )


class _Loader:
    def __init__(self, history: History) -> None:
        self.history = history
        self.parents: dict[Key, set[Key]] = {}
        self.children: dict[Key, set[Key]] = {}
        self.by_app: dict[str, list[Key]] = {}
        self.wanted: list[tuple[Key | None, Missing]] = []
        self.resolved: dict[Key, Key] = {}
        self.shifted = False
        self.replaced: dict[Key, Key] = {}
        self.unreadable = frozenset(_key_of(file) for file in history.unreadable if file.app is not None)

    def add_node(self, key: Key) -> None:
        if key not in self.parents:
            self.parents[key] = set()
            self.children[key] = set()
            self.by_app.setdefault(key.app, []).append(key)

    def add_edge(self, parent: Key, child: Key) -> None:
        self.add_node(parent)
        self.add_node(child)
        self.parents[child].add(parent)
        self.children[parent].add(child)

    def add_internal(self, migration: Migration) -> None:
        """Edges within the app come first, so that `__first__` finds the right root node."""
        for dependency in migration.dependencies:
            if dependency.key.app == migration.key.app and dependency.key.name != FIRST:
                self.wanted.append((dependency.key, Missing(migration.key, dependency)))
                self.add_edge(dependency.key, migration.key)

    def add_remains(self, file: Unreadable) -> None:
        """What is known of a file that could not be read: edges within its app to what is there."""
        for parent in file.dependencies or ():
            if parent.app == file.app and parent in self.parents:
                self.add_edge(parent, _key_of(file))

    def add_external(self, migration: Migration) -> None:
        for dependency in migration.dependencies:
            if dependency.key.app != migration.key.app:
                parent = self.check_key(migration, dependency, run_before=False)
                if parent is not None:
                    self.add_edge(parent, migration.key)
        for dependency in migration.run_before:
            child = self.check_key(migration, dependency, run_before=True)
            if child is not None:
                self.add_edge(migration.key, child)
                self.shifted |= child.app == migration.key.app

    def check_key(self, migration: Migration, dependency: Dependency, *, run_before: bool) -> Key | None:
        """The key that an edge leads to. An app whose migrations are elsewhere has no edges."""
        key, missing = dependency.key, Missing(migration.key, dependency, run_before)
        if key.app in self.history.external and key not in self.parents:
            return None
        if key.name not in (FIRST, LATEST) or key in self.parents:
            self.wanted.append((key, missing))
            return key
        if key.app == migration.key.app:
            return None
        found = self.first_or_latest(key)
        if found is None:
            self.wanted.append((None, missing))
        return found

    def first_or_latest(self, key: Key) -> Key | None:
        """What `__first__` or `__latest__` means by the edges that are there so far; None if the app has no nodes."""
        if key not in self.resolved or self.shifted:
            edges = self.parents if key.name == FIRST else self.children
            ends = [node for node in self.by_app.get(key.app, ()) if all(other.app != key.app for other in edges[node])]
            if not ends:
                return None
            self.resolved[key] = min(ends)
        return self.resolved[key]

    def apply_squashes(self) -> tuple[dict[Key, frozenset[Key]], tuple[tuple[Key, ...], ...]]:
        """Put each squash in the place of what it replaces, inner squashes first as Django 6.0 and later do."""
        replaces = {
            key: tuple(dict.fromkeys(dependency.key for dependency in migration.replaces))
            for key, migration in self.history.migrations.items()
            if migration.replaces
        }
        nested = {squash: [key for key in keys if key in replaces] for squash, keys in replaces.items()}
        cycles = tuple(cycle_in(group, nested) for group in strongly_connected(nested))
        refused = {key for cycle in cycles for key in cycle}
        members: dict[Key, frozenset[Key]] = {}
        for squash in postorder(nested, nested):
            if squash not in refused:
                members[squash] = frozenset(replaces[squash]).union(*(members.get(key, ()) for key in nested[squash]))
                self.replace(squash, replaces[squash])
        return members, cycles

    def replace(self, squash: Key, keys: Collection[Key]) -> None:
        """`MigrationGraph.remove_replaced_nodes`."""
        for key in keys:
            self.replaced.setdefault(key, squash)
            parents, children = self.remove(key)
            for child in children:
                if child not in keys:
                    self.add_edge(squash, child)
            for parent in parents:
                if parent not in keys:
                    self.add_edge(parent, squash)

    def remove(self, key: Key) -> tuple[set[Key], set[Key]]:
        """Take a node out; its parents and children."""
        parents, children = self.parents.pop(key, set()), self.children.pop(key, set())
        for parent in parents - {key}:
            self.children[parent].discard(key)
        for child in children - {key}:
            self.parents[child].discard(key)
        return parents, children

    def final(self, key: Key) -> Key:
        while key in self.replaced:
            key = self.replaced[key]
        return key

    def is_phantom(self, key: Key) -> bool:
        return key not in self.history.migrations and key not in self.unreadable

    def missing(self) -> tuple[Missing, ...]:
        return tuple(
            missing for key, missing in self.wanted if key is None or (key in self.parents and self.is_phantom(key))
        )

    def drop_phantoms(self) -> None:
        for key in [key for key in self.parents if self.is_phantom(key)]:
            self.remove(key)


def _key_of(file: Unreadable) -> Key:
    return Key(file.app or "", PurePosixPath(file.path).stem)
