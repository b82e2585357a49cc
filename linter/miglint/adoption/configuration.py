"""The text of a new `.miglint.yml`: only what is not so by itself."""

from __future__ import annotations

from collections.abc import Sequence

from miglint.escape import line
from miglint.history import Target

NAME = ".miglint.yml"
BASELINE = ".miglint-baseline.json"
PAGE = "https://github.com/miglint/miglint/blob/main/docs/configuration.md"
_SHOWN = 12


def configuration(database: str, apps: Sequence[str], *, baseline: bool) -> str:
    """The file for a database and for the apps whose migrations were found."""
    names = [line(app, 60) for app in apps[:_SHOWN]]
    if len(apps) > _SHOWN:
        names.append(f"{len(apps) - _SHOWN} more")
    said = f" The migrations of: {', '.join(names)}." if names else ""
    lines = [f"# How miglint checks this repository.{said}", f"# What is not said here: {PAGE}"]
    if database != Target().database:
        lines.append(f"database: {database}")
    if baseline:
        lines.append(f"baseline: {BASELINE}")
    return "\n".join(lines) + "\n"
