"""Where the configuration stands, and how its keys become a `Config`.

It is read from the work tree, from the folder in which the command runs up to the repository's root: what a person sees
is what holds. A change that edits it says so in the result's notes, so nobody silences the check unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from miglint.config import Config, DjangoConfig, Ignore, SqlSource
from miglint.config_values import Value, read_toml, read_yaml
from miglint.errors import MiglintError
from miglint.history import Target

NAMES = (".miglint.yml", ".miglint.yaml")
DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "oracle")
SEVERITIES = ("error", "warning", "notice", "off")


def load_config(start: Path, root: Path, file: Path | None = None) -> Config:
    """The configuration in `file`, else the nearest one between `start` and the repository's root, else defaults."""
    if file is not None:
        return _config(_read(file, root), file, root)
    for folder in _up(start.resolve(), root.resolve()):
        found = [(path, value) for path, value in _candidates(folder, root) if value is not None]
        if len(found) > 1:
            names = " and ".join(path.name for path, _ in found)
            raise MiglintError(f"{names} in {folder} both configure miglint: keep one")
        for path, value in found:
            return _config(value, path, root)
    return Config()


def _up(start: Path, root: Path) -> Iterator[Path]:
    yield start
    if start != root and root in start.parents:
        yield from _up(start.parent, root)


def _candidates(folder: Path, root: Path) -> Iterator[tuple[Path, Value | None]]:
    for name in NAMES:
        if (path := folder / name).is_file():
            yield path, read_yaml(path, _shown(path, root))
    if (path := folder / "pyproject.toml").is_file():
        yield path, read_toml(path, _shown(path, root))


def _read(file: Path, root: Path) -> Value:
    if not file.is_file():
        raise MiglintError(f"there is no configuration {file}")
    shown = _shown(file.resolve(), root)
    if file.suffix != ".toml":
        return read_yaml(file, shown)
    value = read_toml(file, shown)
    if value is None:
        raise MiglintError(f"{shown} has no table [tool.miglint]")
    return value


def _shown(path: Path, root: Path) -> str:
    """The path as messages and notes name it: from the repository's root where it lies there."""
    resolved = root.resolve()
    return path.relative_to(resolved).as_posix() if resolved in path.parents else str(path)


def _config(value: Value, path: Path, root: Path) -> Config:
    given = value.keys([*_FIELDS, *_TARGET])
    fields = {_FIELDS[key][0]: _FIELDS[key][1](one) for key, one in given.items() if key in _FIELDS}
    target = _target(given, "database", "database_version")
    return Config(**fields, target=target, path=_shown(path.resolve(), root), folder=path.resolve().parent)


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
    "table_stats": ("table_stats", Value.text),
    "baseline": ("baseline", Value.text),
    "released": ("released", Value.text),
    "require_reason": ("require_reason", Value.flag),
}
"""Each key at the top, the field of `Config` it sets, and how its value is read."""
