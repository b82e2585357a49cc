"""Django migrations, read from their source without importing it."""

from __future__ import annotations

import gc

from miglint.cache import Cache
from miglint.changeset import Tree
from miglint.config import Config
from miglint.history import History
from miglint.sources.django.histories import histories
from miglint.sources.django.modules import Layout, Modules
from miglint.sources.django.packages import packages
from miglint.sources.django.projects import Projects
from miglint.sources.django.scan import scan


def read(tree: Tree, config: Config, cache: Cache) -> list[History]:
    """The histories of all Django projects in a tree. Operations are evaluated when somebody asks for them."""
    enabled = gc.isenabled()
    gc.disable()  # syntax trees are millions of small objects without cycles: collecting them takes longer than parsing
    try:
        found = scan(tree)
        modules = Modules(tree, Layout(found.paths))
        for contents in (found.migrations, found.settings, found.configs, found.managers):
            modules.remember(contents)
        projects = Projects(modules, found, config)
        return histories(packages(modules, projects, found), modules, projects)
    finally:
        if enabled:
            gc.enable()
