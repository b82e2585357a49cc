"""Conflicts: leaf nodes of one app that nothing joins, and the branches that lead to them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from miglint.graph import Graph
from miglint.history import Key, Migration


class Branch(Struct, frozen=True):
    """One side of a conflict: the migrations that lead to its leaf node and to none of the others, in order.

    `new` says that the leaf is not on the base. Without a base no branch is.
    """

    leaf: Key
    migrations: tuple[Key, ...]
    new: bool
    own: tuple[Key, ...]
    """Those of the migrations that are not on the base either; without a base all of them."""


class Conflict(Struct, frozen=True):
    """The leaf nodes of an app, more than one, and the nearest migration that all of them come from."""

    app: str
    parent: Key | None
    branches: tuple[Branch, ...]

    @property
    def leaves(self) -> tuple[Key, ...]:
        """The leaf nodes, sorted."""
        return tuple(branch.leaf for branch in self.branches)

    def moving(self) -> Branch:
        """The branch that should move: the change's own, and of several the one that sorts last."""
        return max(self.branches, key=lambda branch: (branch.new, branch.leaf))


def conflicts(graph: Graph, base: Graph | None) -> list[Conflict]:
    """The conflicts of a graph, by app.

    A leaf node counts only where it is certain: one that may be the parent of a migration whose own dependency could
    not be read, or leads nowhere, is not called a leaf node for what may be a slip in that other file.
    """
    uncertain = _uncertain(graph)
    found = []
    for app in graph.apps():
        leaves = graph.leaf_nodes(app)
        if len(leaves) > 1 and app in uncertain:
            after = [{*graph.descendants(key), key} for key in uncertain[app]]
            leaves = tuple(leaf for leaf in leaves if all(leaf in descendants for descendants in after))
        if len(leaves) > 1:
            found.append(_conflict(app, leaves, graph, base))
    return found


def _uncertain(graph: Graph) -> Mapping[str, set[Key]]:
    keys = (graph.opaque - graph.edges.half_read) | {
        missing.migration
        for missing in graph.missing
        if missing.dependency.key.app == missing.migration.app and not missing.run_before
    }
    by_app: dict[str, set[Key]] = {}
    for key in keys:
        by_app.setdefault(key.app, set()).add(graph.node(key) or key)
    return by_app


def _conflict(app: str, leaves: tuple[Key, ...], graph: Graph, base: Graph | None) -> Conflict:
    known: Mapping[Key, Migration] = base.history.migrations if base is not None else graph.history.migrations
    lines = {leaf: set(graph.branch(leaf, None)) for leaf in leaves}
    branches = []
    for leaf in leaves:
        others = set().union(*(line for other, line in lines.items() if other != leaf))
        migrations = tuple(key for key in graph.branch(leaf, None) if key not in others)
        new = tuple(key for key in migrations if key not in known)
        branches.append(Branch(leaf, migrations, leaf not in known, new or migrations))
    return Conflict(app, graph.common_parent(leaves), tuple(branches))
