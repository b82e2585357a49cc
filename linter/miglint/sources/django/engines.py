"""Which database a project's settings name, as far as they say it in so many words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from miglint.cache import NullCache
from miglint.changeset import Tree
from miglint.config import Config
from miglint.crew import ALONE

_ENDINGS = {
    "postgresql": "postgresql",
    "postgresql_psycopg2": "postgresql",
    "postgis": "postgresql",
    "mysql": "mysql",
    "sqlite3": "sqlite",
    "spatialite": "sqlite",
    "oracle": "oracle",
}
"""By the last name of an engine's path, which packages that wrap one of Django's keep."""


def databases(tree: Tree) -> frozenset[str]:
    """The databases of the projects in a tree, by what `DATABASES["default"]["ENGINE"]` is.

    `mysql` may be MariaDB: Django has one engine for both.
    """
    from miglint.sources.django.looks import looking
    from miglint.sources.django.modules import Layout, Modules
    from miglint.sources.django.projects import Projects
    from miglint.sources.django.scan import scan

    cache = NullCache()
    with looking(tree, cache, ALONE, None) as looks:
        found = scan(looks())
    modules = Modules(tree, Layout(found.paths))
    modules.remember(found.contents)
    projects = Projects(modules, found, Config(), cache)
    values = (projects.of(path).written_setting("DATABASES") for path in [*found.managers, *found.settings])
    return frozenset(database for value in values for database in _engine(value))


def _engine(value: Any) -> Iterator[str]:
    default = value.get("default") if isinstance(value, Mapping) else None
    engine = default.get("ENGINE") if isinstance(default, Mapping) else None
    if isinstance(engine, str):
        name = engine.rpartition(".")[2]
        if name in _ENDINGS:
            yield _ENDINGS[name]
