"""The rules of installed packages, by the entry points that these declare.

Most environments have none, and importing importlib.metadata to hear so takes longer than reading the few files that it
would read: so these are looked into for the group's name first.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "miglint.rules"
"""The entry point group in which an installed package names its rule modules, or packages of them."""
_METADATA = (".dist-info", ".egg-info")


def declared() -> list[EntryPoint]:
    """The entry points that installed packages declare for rules, by name."""
    if not _may_be_declared(tuple(sys.path)):
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


@cache
def _may_be_declared(path: tuple[str, ...]) -> bool:
    """Whether a package in one of the folders may declare some. False only if none does."""
    others = [finder for finder in sys.meta_path if getattr(finder, "__module__", "") != "_frozen_importlib_external"]
    return any(hasattr(finder, "find_distributions") for finder in others) or any(map(_may_declare, path))


def _may_declare(folder: str) -> bool:
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.name for entry in entries]
    except NotADirectoryError:
        return True  # an archive
    except OSError:
        return False
    return any(name.endswith(".egg") for name in names) or any(
        GROUP.encode() in _entry_points(Path(folder, name)) for name in names if name.endswith(_METADATA)
    )


def _entry_points(metadata: Path) -> bytes:
    with suppress(OSError):
        return (metadata / "entry_points.txt").read_bytes()
    return b""
