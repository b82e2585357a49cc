"""What the user has set, from `.miglint.yml` or `[tool.miglint]` in pyproject.toml. Unknown keys are errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.config_origin import DISK, Files
from miglint.globs import matches
from miglint.history import Target


class DjangoConfig(Struct, frozen=True):
    """What cannot always be read from the project: overrides for its settings."""

    version: str | None = None
    auth_user_model: str | None = None
    migration_modules: Mapping[str, str] = field(default_factory=dict)


class SqlSource(Struct, frozen=True):
    """Folders of plain SQL files, by a glob on folder paths; each folder that matches is a history of its own."""

    path: str


class Ignore(Struct, frozen=True):
    """Findings of a rule that are suppressed by the configuration: where, why and until when."""

    rule: str
    path: str = "**"
    reason: str = ""
    until: dt.date | None = None
    line: int = 1
    """Where it stands in the configuration; 1 in a file whose format does not tell."""


_FOLDERS = {
    "mariadb": "mariadb",
    "mysql": "mysql",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
}


class Config(Struct, frozen=True):
    """Everything that can be configured, with the defaults."""

    target: Target = field(default_factory=Target)
    databases: Mapping[str, Target] = field(default_factory=dict)
    """By app label or path glob, where several databases are used."""
    django: DjangoConfig = field(default_factory=DjangoConfig)
    sql_sources: tuple[SqlSource, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    """Rule name to `error`, `warning`, `notice` or `off`."""
    plugins: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    small_tables: frozenset[str] = frozenset()
    """Those that are named, and those that the file of `table_stats` shows to be small."""
    busy_tables: frozenset[str] = frozenset()
    """Those on which even a short wait is felt."""
    table_stats: str | None = None
    lock_timeout: str | None = None
    """What the sessions that run migrations have set, where their connection says it; `0` counts as nothing."""
    baseline: str | None = None
    released: str | None = None
    require_reason: bool = False
    """Whether a suppression in a migration must say why."""
    ignore: tuple[Ignore, ...] = ()
    path: str | None = None
    """The file that was read, relative to the repository's root where it lies in it; None: nothing is configured."""
    folder: Path = field(default_factory=Path)
    """The folder of that file, from which the files that it names (plugins, baseline, table_stats) are found."""
    files: Files = DISK
    """Where these are read from: the disk, or the base's tree where the base's configuration rules."""

    def target_of(self, app: str, path: str) -> Target:
        """The database that a migration runs on: its app's or its path's, else the one for all.

        Files of SQL for several databases lie in folders of their names.
        """
        for where, target in self.databases.items():
            if where == app or matches(path, [where]):
                return target
        folders = path.split("/")[:-1] if path.endswith(".sql") else []
        named = next((_FOLDERS[each] for each in reversed(folders) if each in _FOLDERS), self.target.database)
        alike = named == self.target.database or {named, self.target.database} == {"mysql", "mariadb"}
        return self.target if alike else replace(self.target, database=named, version=())
