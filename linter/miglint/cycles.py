"""Walks over a directed graph without recursion: histories of migrations are thousands deep."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeVar

Node = TypeVar("Node", bound=Any)


def postorder(starts: Iterable[Node], edges: Mapping[Node, Sequence[Node]]) -> Iterator[Node]:
    """Every node that the starts lead to, once, after all that it leads to; on a cycle the walk turns back.

    Of the edges of a node the last is followed first, as in Django's `MigrationGraph.iterative_dfs`.
    """
    entered: set[Node] = set()
    for start in starts:
        stack = [(start, False)]
        while stack:
            node, left = stack.pop()
            if left:
                yield node
            elif node not in entered:
                entered.add(node)
                stack.append((node, True))
                stack += [(other, False) for other in edges.get(node, ()) if other not in entered]


def reach(
    starts: Iterable[Node], edges: Mapping[Node, Iterable[Node]], *, without: AbstractSet[Node] = frozenset()
) -> set[Node]:
    """The starts and everything that they lead to, not going through `without`."""
    seen: set[Node] = set()
    stack = list(starts)
    while stack:
        node = stack.pop()
        if node not in seen and node not in without:
            seen.add(node)
            stack.extend(edges.get(node, ()))
    return seen


def strongly_connected(edges: Mapping[Node, Sequence[Node]]) -> list[set[Node]]:
    """The groups of nodes that reach each other (Kosaraju's algorithm); a single node only if it leads to itself."""
    backwards: dict[Node, list[Node]] = {}
    for node, others in edges.items():
        for other in others:
            backwards.setdefault(other, []).append(node)
    assigned: set[Node] = set()
    found: list[set[Node]] = []
    for node in reversed(list(postorder(edges, edges))):
        if node not in assigned:
            group = reach([node], backwards, without=assigned)
            assigned |= group
            if len(group) > 1 or node in edges.get(node, ()):
                found.append(group)
    return found


def cycle_in(group: Collection[Node], edges: Mapping[Node, Sequence[Node]]) -> tuple[Node, ...]:
    """A shortest cycle through the smallest node of a strongly connected group; each node leads to the next."""
    start = min(group)
    came_from: dict[Node, Node] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other in edges.get(node, ()):
            if other == start:
                path = [node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return tuple(reversed(path))
            if other in group and other not in came_from:
                came_from[other] = node
                queue.append(other)
    raise ValueError("the nodes do not reach each other")
