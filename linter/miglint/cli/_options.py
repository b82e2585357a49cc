"""How the values of options are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from miglint.config import Config

DATABASE = click.Choice(["postgresql", "mysql", "mariadb", "sqlite", "oracle"])


Command = TypeVar("Command", bound=Callable[..., Any])


def caching(command: Command) -> Command:
    """Add the options that say where what was read is kept."""
    command = click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")(command)
    return click.option(
        "--cache-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Where what was read is kept for the next run; the user's cache folder if not given.",
    )(command)


def ruling(command: Command) -> Command:
    """Add the options that say which rules look, and by which configuration."""
    command = click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The configuration to read instead of the nearest one.",
    )(command)
    for name, effect in (("--ignore", "These rules do not look"), ("--select", "Only these rules look")):
        command = click.option(name, multiple=True, type=words, metavar="RULE,...", help=f"{effect}. Repeatable.")(
            command
        )
    return command


def words(value: str) -> tuple[str, ...]:
    """Words parted by commas."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


def version(value: str) -> tuple[int, ...]:
    """A version as numbers."""
    if not all(part.isascii() and part.isdigit() for part in value.split(".")):
        raise click.BadParameter(f"{value!r} is not a version such as 16 or 10.11")
    return tuple(int(part) for part in value.split("."))


def targeted(config: Config, database: str | None, database_version: tuple[int, ...] | None) -> Config:
    """The configuration with the database that the command line names."""
    target = config.target
    if database is not None and database != target.database:
        # A version from the configuration is of the database that it names.
        target = replace(target, database=database, version=())
    if database_version is not None:
        target = replace(target, version=database_version)
    return replace(config, target=target)
