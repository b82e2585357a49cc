"""Readers: each turns files of a tree into histories of migrations, and writes the SQL of these.

A source is a package here with what `Source` describes; `History.source` is its name.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol, cast

from miglint.crew import ALONE, Crew

if TYPE_CHECKING:
    from miglint.cache import Cache
    from miglint.changeset import Tree
    from miglint.config import Config
    from miglint.graph import Graph
    from miglint.history import History, Key, Target
    from miglint.sources.renderer import Renderer

SOURCES = ("django", "sql")


class Source(Protocol):
    """What a source's package offers."""

    def read(
        self, tree: Tree, config: Config, cache: Cache, crew: Crew = ALONE, studied: Collection[str] | None = None
    ) -> list[History]:
        """The histories in a tree; `studied` as in `read_histories`."""

    def bring_in(self, target: Target) -> None:
        """Import what writing statements takes, ahead of the first."""

    def renderer(
        self,
        history: History,
        graph: Graph,
        tree: Tree,
        target: Target,
        applied: Collection[Key],
        cache: Cache,
        *,
        as_printed: bool = False,
    ) -> Renderer: ...


def read_histories(
    tree: Tree, config: Config, cache: Cache, crew: Crew = ALONE, studied: Collection[str] | None = None
) -> list[History]:
    """Every history in a tree, of every source.

    `studied` are the files that are looked into for themselves, None if all are. Whether one of the others can be read
    to its end need not be known before somebody asks for its operations.
    """
    return [history for name in SOURCES for history in _source(name).read(tree, config, cache, crew, studied)]


def bring_in(target: Target) -> None:
    """Import what writing statements takes, ahead of the first."""
    for name in SOURCES:
        _source(name).bring_in(target)


def renderer_of(
    history: History,
    graph: Graph,
    tree: Tree,
    target: Target,
    applied: Collection[Key],
    cache: Cache,
    *,
    as_printed: bool = False,
) -> Renderer:
    """What writes the SQL of a history. `applied` are the migrations that databases already have.

    `as_printed`: what the framework prints without executing anything, where that is not what it executes.
    """
    return _source(history.source).renderer(history, graph, tree, target, applied, cache, as_printed=as_printed)


def _source(name: str) -> Source:
    """The source of a name, imported when it is asked for."""
    return cast("Source", importlib.import_module(f"{__name__}.{name}"))
