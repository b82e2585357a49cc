"""The graph of migrations with nothing applied: parents, children, leaf nodes; framework neutral.

Only the headers of migrations are read (dependencies, run_before, replaces), never their operations. Where Django would
raise, this holds data: `missing`, `cycles`, `squash_cycles`. No set of ancestors is kept for every node.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from miglint.cycles import cycle_in, postorder, reach, strongly_connected
from miglint.history import Dependency, History, Key, Migration
from miglint.loader import FIRST, LATEST, Edges, Missing, load

__all__ = ["FIRST", "LATEST", "Graph", "Missing"]


class Graph(Struct, frozen=True, dict=True):
    """The graph of one history. Replaced migrations are not nodes of it: their squash stands in their place."""

    history: History
    edges: Edges

    @classmethod
    def of(cls, history: History) -> Graph:
        """Build the graph of a history."""
        return cls(history, load(history))

    def __contains__(self, key: object) -> bool:
        return key in self._parents

    def __iter__(self) -> Iterator[Key]:
        """Every node, sorted."""
        return iter(self._parents)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Dependencies on what is not there and is not replaced by anything either."""
        return self.edges.missing

    @property
    def squashes(self) -> Mapping[Key, frozenset[Key]]:
        """Each squash with every migration it stands for, those of nested squashes included."""
        return self.edges.squashes

    @property
    def squash_cycles(self) -> tuple[tuple[Key, ...], ...]:
        """Squashes that replace themselves or each other; Django refuses to load those."""
        return self.edges.squash_cycles

    def apps(self) -> tuple[str, ...]:
        """The labels of the apps that have nodes, sorted."""
        return tuple(self._by_app)

    def nodes(self, app: str) -> tuple[Key, ...]:
        """The nodes of an app, sorted."""
        return self._by_app.get(app, ())

    def parents(self, key: Key) -> tuple[Key, ...]:
        """The nodes that this one depends on directly, sorted; none for a key that is not a node."""
        return self._parents.get(key, ())

    def children(self, key: Key) -> tuple[Key, ...]:
        """The nodes that depend on this one directly, sorted."""
        return self._readable(self.edges.children.get(key, ()))

    def leaf_nodes(self, app: str) -> tuple[Key, ...]:
        """The nodes of an app that no migration of the same app depends on, sorted."""
        children = self.edges.children
        return tuple(key for key in self.nodes(app) if not any(child.app == app for child in children[key]))

    def root_nodes(self, app: str) -> tuple[Key, ...]:
        """The nodes of an app that depend on no migration of the same app, sorted."""
        parents = self.edges.parents
        return tuple(key for key in self.nodes(app) if not any(parent.app == app for parent in parents[key]))

    def node(self, key: Key) -> Key | None:
        """The node that stands for a migration: itself, or the squash that replaces it; None if there is neither."""
        key = self.edges.replaced.get(key, key)
        return key if key in self else None

    def resolve(self, owner: Key, dependency: Dependency) -> Key | None:
        """The node that a dependency of `owner` leads to; None if there is none (missing, external or ignored)."""
        key = dependency.key
        if key.app == owner.app and key.name == FIRST:
            return None
        return self.node(self.edges.resolved.get(key, key))

    def declarations(self, key: Key) -> Iterator[tuple[Migration, Dependency, Key]]:
        """Each parent of a node with the file and the line that make it one.

        The line stands in the node's own file, in a file that it replaces, or in the parent's `run_before`.
        """
        migrations, parents = self.history.migrations, self.edges.parents.get(key, ())
        members = [key, *sorted(self.squashes.get(key, ()))]
        declared = [
            (member, dependency, self.resolve(member, dependency))
            for member in members
            if member in migrations
            for dependency in migrations[member].dependencies
        ]
        run_before = [(owner, dependency, self.node(owner)) for owner, dependency in self._run_before.get(key, ())]
        for owner, dependency, parent in (*declared, *run_before):
            if parent is not None and parent in parents:
                yield migrations[owner], dependency, parent

    def ancestors(self, *keys: Key) -> set[Key]:
        """Everything that must be applied before the keys; of the keys only those that another one needs."""
        return reach((parent for key in keys for parent in self.parents(key)), self._parents)

    def descendants(self, *keys: Key) -> set[Key]:
        """Everything that comes after the keys."""
        children = self.edges.children
        found = reach((child for key in keys for child in children.get(key, ())), children)
        return {key for key in found if key in self}

    def is_ancestor(self, ancestor: Key, key: Key) -> bool:
        """Whether `ancestor` is applied before `key` on every database. A node is not its own ancestor."""
        floor = -1 if self.cycles else self._position.get(ancestor, -1)
        seen: set[Key] = set()
        stack = list(self.parents(key))
        while stack:
            node = stack.pop()
            if node == ancestor:
                return True
            if node not in seen and self._position[node] > floor:
                seen.add(node)
                stack.extend(self.parents(node))
        return False

    def common_parent(self, keys: Collection[Key]) -> Key | None:
        """The nearest migration of the app from which all the keys (of one app) come; None if they share none."""
        lines = [self._line(key) for key in keys]
        common = set.intersection(*lines) if lines else set()
        return max(common, key=self._position.__getitem__, default=None)

    def branch(self, leaf: Key, parent: Key | None) -> tuple[Key, ...]:
        """The migrations of the app that lead to `leaf`, it included, but not to `parent`; in order."""
        line = self._line(leaf) - (self._line(parent) if parent else set())
        return tuple(sorted(line, key=self._position.__getitem__))

    def order(self) -> tuple[Key, ...]:
        """The full plan: all nodes, each after its parents, as `migrate` applies them to an empty database."""
        return self._order

    def plan(self, *targets: Key) -> tuple[Key, ...]:
        """What must be applied for the targets, in Django's order, the targets included."""
        return tuple(postorder((key for key in targets if key in self), self._parents))

    @cached_property
    def cycles(self) -> tuple[tuple[Key, ...], ...]:
        """One shortest cycle for each group of nodes that need each other; each node depends on the next one."""
        position = self._position
        if all(position[parent] < position[key] for key, parents in self._parents.items() for parent in parents):
            return ()
        return tuple(sorted(cycle_in(group, self._parents) for group in strongly_connected(self._parents)))

    @cached_property
    def opaque(self) -> frozenset[Key]:
        """Migrations of which it is not known what they depend on: unreadable files, computed dependencies."""
        migrations = self.history.migrations
        return self.edges.unreadable | {
            key for key, migration in migrations.items() if migration.dependencies_incomplete
        }

    @cached_property
    def _parents(self) -> Mapping[Key, tuple[Key, ...]]:
        migrations, parents = self.history.migrations, self.edges.parents
        return {key: self._readable(parents[key]) for key in sorted(parents) if key in migrations}

    @cached_property
    def _order(self) -> tuple[Key, ...]:
        leaves = sorted(leaf for app in self.apps() for leaf in self.leaf_nodes(app))
        return tuple(postorder([*leaves, *self], self._parents))

    @cached_property
    def _position(self) -> Mapping[Key, int]:
        return {key: position for position, key in enumerate(self._order)}

    @cached_property
    def _by_app(self) -> Mapping[str, tuple[Key, ...]]:
        by_app: dict[str, list[Key]] = {}
        for key in self:
            by_app.setdefault(key.app, []).append(key)
        return {app: tuple(keys) for app, keys in by_app.items()}

    @cached_property
    def _run_before(self) -> Mapping[Key, list[tuple[Key, Dependency]]]:
        found: dict[Key, list[tuple[Key, Dependency]]] = {}
        for migration in self.history.migrations.values():
            for dependency in migration.run_before:
                child = self.resolve(migration.key, dependency)
                if child is not None:
                    found.setdefault(child, []).append((migration.key, dependency))
        return found

    def _readable(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        return tuple(sorted(key for key in keys if key in self.history.migrations))

    def _line(self, key: Key) -> set[Key]:
        """The key and its ancestors within its app."""
        line: set[Key] = set()
        stack = [key] if key in self else []
        while stack:
            node = stack.pop()
            if node not in line:
                line.add(node)
                stack.extend(parent for parent in self.parents(node) if parent.app == key.app)
        return line
