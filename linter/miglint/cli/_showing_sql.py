"""What `miglint sql` does, once its options are read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from msgspec import Struct

from miglint.cache import Cache
from miglint.cli._caching import cache_of
from miglint.cli._console import console, write
from miglint.cli._naming_migrations import named
from miglint.cli._options import targeted
from miglint.config_file import load_config
from miglint.coverage import coverage_of
from miglint.crew import Crew, processors
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


class Options(Struct, frozen=True):
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
    cache_dir: Path | None
    no_cache: bool


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
    with cache_of(repository, options.cache_dir, off=options.no_cache) as cache:
        scopes = scopes_of(changes, config, cache, None, Crew(processors()))
        chosen = _chosen(scopes, options, repository.root)
        for note in dict.fromkeys(note for scope, keys in chosen if keys for note in notes_of(scope)):
            click.echo(f"miglint: {line(note)}", err=True)
        checked = [one for scope, keys in chosen for one in _checked(scope, keys, options, cache)]
    if options.output == "json":
        write(json_text(checked, coverage_of(checked, ())))
    else:
        write(text(checked, locks=options.locks, paint=Paint(console().colour)) or "-- no migrations\n")


def _checked(scope: Scope, keys: frozenset[Key], options: Options, cache: Cache) -> Iterable[CheckedMigration]:
    if options.backwards:
        return backwards_of(scope, keys)
    return (one.checked for one in statements_of(scope, keys, cache, as_printed=True).values())


def _chosen(scopes: Sequence[Scope], options: Options, root: Path) -> list[tuple[Scope, frozenset[Key]]]:
    if not options.migrations:
        return [(scope, scope.introduced) for scope in scopes]
    return named(options.migrations, scopes, root)
