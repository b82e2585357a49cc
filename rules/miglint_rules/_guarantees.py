"""What is certain to be applied before a migration, other apps and installed ones included."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from miglint.graph import FIRST, LATEST, Graph
from miglint.history import History, Key
from miglint_rules._needs import Need, created

_CONTRIB: Mapping[str, frozenset[str]] = {
    "admin": frozenset({"auth", "contenttypes", "AUTH_USER_MODEL"}),
    "auth": frozenset({"contenttypes"}),
    "contenttypes": frozenset(),
    "flatpages": frozenset({"sites"}),
    "redirects": frozenset({"sites"}),
    "sessions": frozenset(),
    "sites": frozenset(),
}
"""Django's own apps with migrations, and what those depend on."""
_ANYTHING = "*"
"""Stands for the dependencies of an installed app, which cannot be read here."""


class Guarantees:
    """Answers for one history; what is worked out for one question serves the next."""

    def __init__(self, history: History, graph: Graph) -> None:
        self._history = history
        self._graph = graph
        self._created: dict[Key, frozenset[str]] = {}

    def lacking(self, key: Key, need: Need) -> Key | None:
        """The migration that `key` should depend on for a need; None if the need is met, or cannot be judged."""
        before = self._before.get(key, frozenset())
        if need.setting is not None and (need.setting in before or _ANYTHING in before):
            return None
        if need.app in self._graph.apps():
            return self._lacking_here(key, need, before)
        if need.app in before or _ANYTHING in before or need.app not in self._migrated_elsewhere:
            return None
        return Key(need.app, FIRST)

    def _lacking_here(self, key: Key, need: Need, before: frozenset[str]) -> Key | None:
        if need.app in before and all(self._graph.is_ancestor(leaf, key) for leaf in self._graph.leaf_nodes(need.app)):
            return None
        makers = []
        for node in self._graph.nodes(need.app):
            if need.model.lower() in self._creates(node):
                if self._graph.is_ancestor(node, key):
                    return None
                makers.append(node)
        return next((node for node in makers if not self._graph.is_ancestor(key, node)), None)

    def _creates(self, key: Key) -> frozenset[str]:
        if key not in self._created:
            self._created[key] = frozenset(created(self._history.migrations[key].operations))
        return self._created[key]

    @cached_property
    def _migrated_elsewhere(self) -> frozenset[str]:
        """Installed apps that have migrations for certain: Django's own, and those of which one is named here."""
        named = {
            dependency.key.app
            for migration in self._history.migrations.values()
            for dependency in migration.dependencies
            if dependency.key.app not in self._history.apps and dependency.key.name not in (FIRST, LATEST)
        }
        return frozenset(named | _CONTRIB.keys())

    @cached_property
    def _before(self) -> Mapping[Key, frozenset[str]]:
        """For each node the labels of the apps, and the settings, of which something comes before it."""
        found: dict[Key, frozenset[str]] = {}
        for key in self._graph.order():
            labels: set[str] = set()
            for member in (key, *self._graph.squashes.get(key, ())):
                labels |= self._declared(member)
            for parent in self._graph.parents(key):
                labels |= found.get(parent, frozenset())
                labels.add(parent.app)
            found[key] = frozenset(labels)
        return found

    def _declared(self, key: Key) -> set[str]:
        migration = self._history.migrations.get(key)
        labels: set[str] = set()
        for dependency in migration.dependencies if migration else ():
            app = dependency.key.app
            if dependency.swappable:
                labels.add(dependency.swappable)
            if app not in self._graph.apps():
                labels |= {app, *_CONTRIB.get(app, {_ANYTHING})}
        return labels
