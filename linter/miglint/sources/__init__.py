"""Readers: each turns files of a tree into histories of migrations.

A source is a package here with `read(tree, config, cache) -> list[History]`; `History.source` is its name.
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from miglint.cache import Cache
from miglint.changeset import Tree
from miglint.config import Config
from miglint.history import History

SOURCES = ("django",)


class Source(Protocol):
    """What a source's package offers."""

    def read(self, tree: Tree, config: Config, cache: Cache) -> list[History]: ...


def read_histories(tree: Tree, config: Config, cache: Cache) -> list[History]:
    """Every history in a tree, of every source."""
    return [history for name in SOURCES for history in source(name).read(tree, config, cache)]


def source(name: str) -> Source:
    """The source of a name, imported when it is asked for."""
    return cast("Source", importlib.import_module(f"{__name__}.{name}"))
