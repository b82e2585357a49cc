"""Which files of a tree matter, by what was seen in each."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from miglint.sources.django.looks import MIGRATION, SETTINGS, SWAPPABLE, Look
from miglint.sources.django.plain_head import PlainHead

USUAL = "migrations"
"""The usual name of a folder of migrations: everything in it is looked at."""


class Scan(Struct):
    """The Python files of a tree, and those which may hold something of interest."""

    paths: list[str] = field(default_factory=list)
    files: frozenset[str] = frozenset()
    migrations: list[str] = field(default_factory=list)
    """Files that may define a class `Migration`."""
    settings: list[str] = field(default_factory=list)
    managers: list[str] = field(default_factory=list)
    """Files called manage.py."""
    swappable: list[str] = field(default_factory=list)
    """Migrations that create a model which may be the user model."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """What was read already."""
    heads: dict[str, PlainHead] = field(default_factory=dict)
    """The headers that are plain, where they were asked for."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Files whose content cannot be had, and why."""


def scan(looks: Mapping[str, Look]) -> Scan:
    """Sort the files by what was seen in them."""
    result = Scan(sorted(looks), frozenset(looks))
    for path in result.paths:
        look = looks[path]
        if look.lost:
            result.unreadable[path] = look.lost
            continue
        if look.content is not None:
            result.contents[path] = look.content
        if look.head is not None:
            result.heads[path] = look.head
        if look.interest & MIGRATION or is_usual(path):
            result.migrations.append(path)
        if look.interest & SETTINGS:
            result.settings.append(path)
        if look.interest & SWAPPABLE:
            result.swappable.append(path)
        if path.endswith("manage.py") and path.rpartition("/")[2] == "manage.py":
            result.managers.append(path)
    return result


def is_usual(path: str) -> bool:
    """Whether a file lies directly in a folder that has the usual name."""
    return USUAL in path and path.rpartition("/")[0].rpartition("/")[2] == USUAL
