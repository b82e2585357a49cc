"""Plain SQL migrations: Flyway, golang-migrate, dbmate, goose, sqlx, Prisma, Diesel, Sqitch, and configured folders."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from miglint.crew import ALONE, Crew

if TYPE_CHECKING:
    from miglint.cache import Cache
    from miglint.changeset import Tree
    from miglint.config import Config
    from miglint.graph import Graph
    from miglint.history import History, Key, Target
    from miglint.sources.renderer import Renderer

PLAN = "sqitch.plan"


def read(
    tree: Tree, config: Config, cache: Cache, crew: Crew = ALONE, studied: Collection[str] | None = None
) -> list[History]:
    """One history for each folder with migrations, in the order of the folders' paths. Their names tell enough."""
    if not any(path.endswith((".sql", PLAN)) for path in tree):
        return []
    from miglint.sources.sql.reader import read as read_names

    return read_names(tree, config)


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
    from miglint.sources.sql.render import SqlRenderer

    return SqlRenderer(history, tree, target)
