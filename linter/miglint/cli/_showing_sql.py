"""What `miglint sql` does, once its options are read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from miglint.cache import NullCache
from miglint.cli._console import console, write
from miglint.cli._options import targeted
from miglint.config_file import load_config
from miglint.coverage import coverage_of
from miglint.errors import MiglintError
from miglint.escape import line
from miglint.git import change_set, open_repository
from miglint.history import Key
from miglint.reporters._paint import Paint
from miglint.result import CheckedMigration
from miglint.scope import Scope
from miglint.scopes import scopes_of
from miglint.sql_view import json_text, text
from miglint.statements import backwards_of, notes_of, statements_of
from miglint.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, as click names it."""

    migrations: tuple[str, ...]
    everything: bool
    base: str | None
    head: str | None
    database: str | None
    database_version: tuple[int, ...] | None
    locks: bool
    backwards: bool
    output: str
    config: Path | None


def run(options: Options) -> None:
    """Write the statements."""
    if options.backwards and options.locks:
        raise MiglintError("--backwards and --locks exclude each other: locks are known for the way forward only")
    if options.everything and (options.migrations or options.base):
        raise MiglintError("--all leaves no choice: give it neither migrations nor --base")
    repository = open_repository(Path.cwd())
    config = load_config(Path.cwd(), repository.root, options.config)
    config = targeted(config, options.database, options.database_version)
    changes = change_set(
        repository,
        base=options.base,
        head=options.head,
        staged=False,
        everything=options.everything or (bool(options.migrations) and options.base is None),
        environment=os.environ,
    )
    scopes = scopes_of(changes, config, NullCache(), None)
    chosen = _chosen(scopes, options, repository.root)
    for note in dict.fromkeys(note for scope, keys in chosen if keys for note in notes_of(scope)):
        click.echo(f"miglint: {line(note)}", err=True)
    checked = [one for scope, keys in chosen for one in _checked(scope, keys, options)]
    if options.output == "json":
        write(json_text(checked, coverage_of(checked, ())))
    else:
        write(text(checked, locks=options.locks, paint=Paint(console().colour)) or "-- no migrations\n")


def _checked(scope: Scope, keys: frozenset[Key], options: Options) -> Iterable[CheckedMigration]:
    if options.backwards:
        return backwards_of(scope, keys)
    return (one.checked for one in statements_of(scope, keys, NullCache(), as_printed=True).values())


def _chosen(scopes: Sequence[Scope], options: Options, root: Path) -> list[tuple[Scope, frozenset[Key]]]:
    if not options.migrations:
        return [(scope, scope.introduced) for scope in scopes]
    found: dict[int, set[Key]] = {}
    for name in options.migrations:
        named = [(index, key) for index, scope in enumerate(scopes) for key in _named(name, scope, root)]
        if not named:
            raise _unknown(name, [key for scope in scopes for key in scope.history.migrations])
        for index, key in named:
            found.setdefault(index, set()).add(key)
    return [(scopes[index], frozenset(keys)) for index, keys in sorted(found.items())]


def _unknown(name: str, keys: Sequence[Key]) -> MiglintError:
    """The error for a name that means nothing, with what comes near it."""
    app, dot, start = name.partition(".")
    apps = sorted({key.app for key in keys})
    if app in apps and not dot:
        return MiglintError(
            f"{name} is an app: name one of its migrations ({name}.0001), or its folder for all of them"
        )
    guess = did_you_mean(name, [str(key) for key in keys])
    if not guess and app not in apps and dot:
        guess = did_you_mean(name, [f"{one}.{start}" for one in apps])
    return MiglintError(f"there is no migration {name}{guess}")


def _named(name: str, scope: Scope, root: Path) -> list[Key]:
    """The migrations of a history that a name means: a path, a whole name, or the start of only one."""
    migrations = scope.history.migrations
    path = _relative(name, root)
    by_path = [key for key, one in migrations.items() if one.path == path or one.path.startswith(f"{path}/")]
    if by_path:
        return by_path
    app, _, start = name.partition(".")
    exact = [key for key in migrations if key == (app, start)]
    matching = exact or [key for key in migrations if start and key.app == app and key.name.startswith(start)]
    if len(matching) > 1:
        names = ", ".join(key.name for key in sorted(matching)[:5])
        raise MiglintError(f"{name} is the start of {len(matching)} migrations: {names}")
    return matching


def _relative(name: str, root: Path) -> str:
    path = Path(os.path.normpath(Path.cwd().resolve() / name))
    return path.relative_to(root).as_posix() if root in path.parents else name
