"""Where the configuration stands, and how its keys become a `Config`.

It is looked for from the folder in which the command runs up to the repository's root: among the files on disk, where
what a person sees is what holds, or in a tree, where CI lets the base's configuration rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from miglint.config import Config, DjangoConfig, Ignore, SqlSource
from miglint.config_origin import DISK, Files, read_at_most
from miglint.config_values import Value, read_toml, read_yaml
from miglint.errors import MiglintError
from miglint.history import Target
from miglint.table_stats import small_tables

NAMES = (".miglint.yml", ".miglint.yaml")
MAX_BYTES = 1_000_000
DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "oracle")
SEVERITIES = ("error", "warning", "notice", "off")


def load_config(start: Path, root: Path, file: Path | None = None, files: Files = DISK) -> Config:
    """The configuration in `file`, else the nearest one between `start` and the repository's root, else defaults."""
    if file is not None:
        return _config(_read(file, root, files), file, root, files)
    for folder in _up(start.resolve(), root.resolve()):
        found = [(path, value) for path, value in _candidates(folder, root, files) if value is not None]
        if len(found) > 1:
            names = " and ".join(path.name for path, _ in found)
            raise MiglintError(f"{names} in {folder} both configure miglint: keep one")
        for path, value in found:
            return _config(value, path, root, files)
    return Config(files=files)


def _up(start: Path, root: Path) -> Iterator[Path]:
    yield start
    if start != root and root in start.parents:
        yield from _up(start.parent, root)


def _candidates(folder: Path, root: Path, files: Files) -> Iterator[tuple[Path, Value | None]]:
    for name in (*NAMES, "pyproject.toml"):
        path = folder / name
        if files.is_file(path):
            yield path, _value(path, shown_path(path, root), files)


def _read(file: Path, root: Path, files: Files) -> Value:
    if not files.is_file(file):
        raise MiglintError(f"there is no configuration {file}")
    shown = shown_path(files.absolute(file), root)
    value = _value(file, shown, files)
    if value is None:
        raise MiglintError(f"{shown} has no table [tool.miglint]")
    return value


def _value(path: Path, shown: str, files: Files) -> Value | None:
    content = read_at_most(files, path, shown, MAX_BYTES)
    return read_toml(content, shown) if path.suffix == ".toml" else read_yaml(content, shown)


def shown_path(path: Path, root: Path) -> str:
    """The path as messages and notes name it: from the repository's root where it lies there."""
    resolved = root.resolve()
    return path.relative_to(resolved).as_posix() if resolved in path.parents else str(path)


def _config(value: Value, path: Path, root: Path, files: Files) -> Config:
    given = value.keys([*_FIELDS, *_TARGET])
    fields = {_FIELDS[key][0]: _FIELDS[key][1](one) for key, one in given.items() if key in _FIELDS}
    target = _target(given, "database", "database_version")
    resolved = files.absolute(path)
    config = Config(**fields, target=target, path=shown_path(resolved, root), folder=resolved.parent, files=files)
    if config.table_stats is None:
        return config
    counted = small_tables(config.folder / config.table_stats, files)
    return replace(config, small_tables=config.small_tables | counted)


def _target(given: Mapping[str, Value], database: str, version: str) -> Target:
    default = Target()
    return Target(
        database=given[database].one_of(DATABASES) if database in given else default.database,
        version=given[version].version() if version in given else default.version,
        time_zone=given["time_zone"].text() if "time_zone" in given else default.time_zone,
    )


def _databases(value: Value) -> dict[str, Target]:
    """Targets by app or path: a name (`mysql`), or a mapping with the keys of the top level."""
    targets = {}
    for where, one in value.mapping().items():
        given = {"database": one} if isinstance(one.data, str) else one.keys(_TARGET)
        targets[where] = _target(given, "database", "database_version")
    return targets


def _django(value: Value) -> DjangoConfig:
    given = value.keys(["version", "auth_user_model", "migration_modules"])
    modules = given["migration_modules"].mapping() if "migration_modules" in given else {}
    return DjangoConfig(
        version=given["version"].text() if "version" in given else None,
        auth_user_model=given["auth_user_model"].text() if "auth_user_model" in given else None,
        migration_modules={app: module.text() for app, module in modules.items()},
    )


def _sources(value: Value) -> tuple[SqlSource, ...]:
    return tuple(_source(one) for one in value.sequence())


def _source(value: Value) -> SqlSource:
    given = value.keys(["type", "path"])
    for key in ("type", "path"):
        if key not in given:
            raise value.error(f'it lacks {key}: write {{type: sql, path: "db/*"}}')
    given["type"].one_of(["sql"])
    return SqlSource(given["path"].text())


def _severities(value: Value) -> dict[str, str]:
    return {rule: one.one_of(SEVERITIES) for rule, one in value.mapping().items()}


def _ignores(value: Value) -> tuple[Ignore, ...]:
    return tuple(_ignore(one) for one in value.sequence())


def _ignore(value: Value) -> Ignore:
    given = value.keys(["rule", "path", "reason", "until"])
    if "rule" not in given:
        raise value.error("it lacks rule: the name of the rule to ignore")
    return Ignore(
        rule=given["rule"].text(),
        path=given["path"].text() if "path" in given else "**",
        reason=given["reason"].text() if "reason" in given else "",
        until=given["until"].date() if "until" in given else None,
        line=value.line or 1,
    )


_TARGET = ("database", "database_version", "time_zone")
_FIELDS: Mapping[str, tuple[str, Callable[[Value], Any]]] = {
    "databases": ("databases", _databases),
    "django": ("django", _django),
    "sources": ("sql_sources", _sources),
    "rules": ("rules", _severities),
    "ignore": ("ignore", _ignores),
    "plugins": ("plugins", Value.texts),
    "exclude": ("exclude", Value.texts),
    "small_tables": ("small_tables", lambda value: frozenset(value.texts())),
    "busy_tables": ("busy_tables", lambda value: frozenset(value.texts())),
    "table_stats": ("table_stats", Value.text),
    "lock_timeout": ("lock_timeout", Value.text),
    "baseline": ("baseline", Value.text),
    "released": ("released", Value.text),
    "require_reason": ("require_reason", Value.flag),
}
"""Each key at the top, the field of `Config` it sets, and how its value is read."""
