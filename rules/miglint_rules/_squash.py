"""What squashes do to the graph."""

from __future__ import annotations

from miglint.graph import Graph
from miglint.history import Key


def squash_that_tears(cycle: tuple[Key, ...], graph: Graph) -> Key | None:
    """The squash that makes a cycle by leaving out a migration between those that it replaces, if one does.

    Such a squash waits for the one it left out only because something it replaces comes after that.
    """
    for squash, wanted in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        members = graph.squashes.get(squash)
        declared = [migration.key for migration, _, parent in graph.declarations(squash) if parent == wanted]
        if members and declared and all(key in members for key in declared):
            return squash
    return None
