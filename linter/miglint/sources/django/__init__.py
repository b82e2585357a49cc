"""Django migrations, read from their source without importing it."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Collection
from importlib import import_module
from typing import TYPE_CHECKING

from miglint.cache import NullCache
from miglint.crew import ALONE, Crew
from miglint.errors import MiglintError

if TYPE_CHECKING:
    from miglint.cache import Cache
    from miglint.changeset import Tree
    from miglint.config import Config
    from miglint.graph import Graph
    from miglint.history import History, Key, Target
    from miglint.sources.renderer import Renderer


def read(
    tree: Tree, config: Config, cache: Cache, crew: Crew = ALONE, studied: Collection[str] | None = None
) -> list[History]:
    """The histories of all Django projects in a tree. Operations are evaluated when somebody asks for them."""
    if not any(path.endswith(".py") for path in tree):
        return []
    from miglint.sources.django.looks import looking

    enabled = gc.isenabled()
    # Syntax trees are millions of small objects that live as long as the process, without cycles: collecting them takes
    # longer than parsing, and frozen ones are not looked at again by collections after this.
    gc.disable()
    try:
        with looking(tree, cache, crew, studied) as looks:
            from miglint.sources.django.histories import histories
            from miglint.sources.django.modules import Layout, Modules
            from miglint.sources.django.packages import packages
            from miglint.sources.django.projects import Projects
            from miglint.sources.django.scan import scan

            found = scan(looks())
        modules = Modules(tree, Layout(found.paths))
        modules.remember(found.contents)
        projects = Projects(modules, found, config, cache)
        return histories(packages(modules, projects, found, crew, studied), modules, projects)
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


def bring_in(target: Target) -> None:
    """Import Django and what it takes to write the target's SQL, unless it is not known yet which Django."""
    from miglint.sources.django.installed import copies

    if len(copies(os.environ)) == 1:
        from miglint.sources.django import runtime
        from miglint.sources.django.backends.connection import connect

        import_module("miglint.sources.django.render")
        runtime.start()
        with contextlib.suppress(MiglintError):  # said once there is something to write
            connect(target)


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
    """Writes SQL with Django's schema editors; Django is imported for it and not before."""

    def make() -> Renderer:
        from miglint.sources.django.render import DjangoRenderer

        return DjangoRenderer(history, graph, tree, target, applied=applied, as_printed=as_printed)

    if isinstance(cache, NullCache):
        return make()
    from miglint.sources.django.installed import copies
    from miglint.sources.django.kept import KeptRenderer, rest_of

    rest = rest_of(history, tree, target, applied, copies(os.environ), as_printed=as_printed)
    return KeptRenderer(make, history, target, cache, rest)
