"""Graphs written down in a few words, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from miglint.finding import Span
from miglint.graph import Graph
from miglint.history import App, Dependency, History, Key, Migration

HERE = Span(1, 1, 1, 1)


@dataclass(frozen=True)
class Node:
    """A migration of a test: keys are written `app.name`."""

    key: str
    dependencies: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    run_before: tuple[str, ...] = ()


def key(text: str) -> Key:
    app, _, name = text.partition(".")
    return Key(app, name)


def history(*nodes: Node, external: frozenset[str] = frozenset(), **members: Any) -> History:
    migrations = {
        key(node.key): Migration(
            key=key(node.key),
            source="django",
            path=f"{key(node.key).app}/migrations/{key(node.key).name}.py",
            blob=node.key,
            span=HERE,
            dependencies=tuple(Dependency(key(text), HERE) for text in node.dependencies),
            run_before=tuple(Dependency(key(text), HERE) for text in node.run_before),
            replaces=tuple(Dependency(key(text), HERE) for text in node.replaces),
        )
        for node in nodes
    }
    labels = sorted({migration.app for migration in migrations})
    apps = {label: App(label, "django", f"{label}/migrations") for label in labels}
    return History("django", "", apps, migrations, external=external, **members)


def graph(*nodes: Node, **members: Any) -> Graph:
    return Graph.of(history(*nodes, **members))


def keys(*texts: str) -> tuple[Key, ...]:
    return tuple(key(text) for text in texts)
