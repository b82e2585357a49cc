"""How each tool names its files: which belong to it, in what order they run, and where the way back is."""

from __future__ import annotations

import enum
import re

from msgspec import Struct

Version = tuple[int | str, ...]


class Tool(enum.StrEnum):
    """The conventions that are known. `NUMBERED` is shared by dbmate, goose, sqlx and others: marks inside tell."""

    FLYWAY = "flyway"
    UP_DOWN = "up-down"
    NUMBERED = "numbered"
    FOLDERS = "folders"
    SQITCH = "sqitch"
    CONFIGURED = "configured"


class Named(Struct, frozen=True):
    """A migration by its file name: the order it has among the folder's others, and its name."""

    tool: Tool
    folder: str
    version: Version
    name: str
    repeatable: bool = False
    """Runs after everything else, whenever it changes."""


_FLYWAY = re.compile(r"(?P<kind>[VBR])(?P<version>\d+(?:[._]\d+)*)?__(?P<name>[^/]+)\.sql\Z")
_UP = re.compile(r"(?P<version>\d+)_(?P<name>[^/]*)\.up\.sql\Z")
_NUMBERED = re.compile(r"(?P<version>\d+)[_-](?P<name>[^/]+)\.sql\Z")
_TIMESTAMPED = re.compile(r"(?P<version>\d{4}-?\d{2}-?\d{2}-?\d{6}|\d{14}|\d{4,})[_-](?P<name>[^/]+)\Z")
_DOWN = re.compile(r"\.down\.sql\Z|\A[U]\d[^/]*__[^/]*\.sql\Z")
_MIGRATION_FOLDERS = frozenset({"migrations", "migration", "migrate", "versions"})


def recognised(path: str) -> Named | None:
    """The migration that a path is by its name alone, without configuration."""
    folder, _, file = path.rpartition("/")
    if not file.endswith(".sql"):
        return None
    if (found := _FLYWAY.match(file)) is not None:
        return _flyway(found, folder)
    if (found := _UP.match(file)) is not None:
        return Named(Tool.UP_DOWN, folder, (int(found["version"]),), file.removesuffix(".up.sql"))
    if file in ("migration.sql", "up.sql"):
        return _in_folder(folder)
    if file.endswith(".down.sql") or _MIGRATION_FOLDERS.isdisjoint(folder.split("/")):
        return None
    numbered = _NUMBERED.match(file)
    version = int(numbered["version"]) if numbered is not None else None
    return Named(Tool.NUMBERED, folder, (version,), file.removesuffix(".sql")) if version is not None else None


def _flyway(found: re.Match[str], folder: str) -> Named | None:
    name = found.string.removesuffix(".sql")
    if found["kind"] == "R":
        return None if found["version"] else Named(Tool.FLYWAY, folder, (found["name"],), name, repeatable=True)
    if found["version"] is None:
        return None
    version: list[int] = [int(part) for part in re.split(r"[._]", found["version"])]
    while len(version) > 1 and version[-1] == 0:
        version.pop()
    return Named(Tool.FLYWAY, folder, tuple(version), name)


def _in_folder(folder: str) -> Named | None:
    parent, _, name = folder.rpartition("/")
    found = _TIMESTAMPED.match(name)
    if found is None:
        return None
    return Named(Tool.FOLDERS, parent, (int(found["version"].replace("-", "")),), name)


def configured(path: str) -> Named | None:
    """The migration that a file of a configured folder is: by its tool's convention, else by its place in the order."""
    known = recognised(path)
    folder, _, file = path.rpartition("/")
    if known is not None and known.tool is not Tool.FOLDERS:
        return known
    if not file.endswith(".sql") or _DOWN.search(file):
        return None
    return Named(Tool.CONFIGURED, folder, natural(file), file.removesuffix(".sql"))


def natural(name: str) -> Version:
    """An order in which `2_a` comes before `10_b`. Numbers and words alternate, so that the parts compare."""
    parts = re.split(r"(\d+)", name.removesuffix(".sql"))
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts))


def way_back(path: str) -> str | None:
    """The file that undoes a migration, where the tool keeps one beside it."""
    folder, _, file = path.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    if file.endswith(".up.sql"):
        return f"{prefix}{file.removesuffix('.up.sql')}.down.sql"
    if file == "up.sql":
        return f"{prefix}down.sql"
    if file.startswith("V") and "__" in file:
        return f"{prefix}U{file[1:]}"
    above, _, last = folder.rpartition("/")
    if last == "deploy":
        return f"{above}/revert/{file}" if above else f"revert/{file}"
    return None
