"""Plain SQL migrations: Flyway, golang-migrate, dbmate, goose, sqlx, Prisma, Diesel, Sqitch, and configured folders."""

from __future__ import annotations

from collections.abc import Collection

from miglint.cache import Cache
from miglint.changeset import Tree
from miglint.graph import Graph
from miglint.history import History, Key, Target
from miglint.sources.renderer import Renderer
from miglint.sources.sql.literal import literal_position
from miglint.sources.sql.reader import read
from miglint.sources.sql.renderer import SqlRenderer
from miglint.sources.sql.split import Piece, split

__all__ = ["Piece", "SqlRenderer", "bring_in", "literal_position", "read", "renderer", "split"]


def bring_in(target: Target) -> None:
    """Nothing: the statements are there already."""


def renderer(
    history: History,
    graph: Graph,
    tree: Tree,
    target: Target,
    applied: Collection[Key],
    cache: Cache,
    *,
    as_printed: bool = False,
) -> Renderer:
    """Cuts the files into statements."""
    return SqlRenderer(history, tree, target)
