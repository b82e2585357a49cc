"""How the values of options are read."""

from __future__ import annotations

import click

DATABASE = click.Choice(["postgresql", "mysql", "mariadb", "sqlite", "oracle"])


def words(value: str) -> tuple[str, ...]:
    """Words parted by commas."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


def version(value: str) -> tuple[int, ...]:
    """A version as numbers."""
    if not all(part.isascii() and part.isdigit() for part in value.split(".")):
        raise click.BadParameter(f"{value!r} is not a version such as 16 or 10.11")
    return tuple(int(part) for part in value.split("."))
