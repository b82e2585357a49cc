"""Where a configuration and the files that it names are read from: the disk, or a tree.

What rules a check in CI comes from the base's tree. Nothing that a change brings may stand in for it, so a tree never
looks at the disk for what lies in the repository.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from miglint.changeset import Tree
from miglint.errors import MiglintError


class Files(Protocol):
    """Files by absolute path, or by a path from the current folder."""

    def is_file(self, path: Path) -> bool: ...

    def absolute(self, path: Path) -> Path:
        """The path that names the file from everywhere."""

    def read(self, path: Path, most: int = -1) -> bytes:
        """The first `most` bytes of a file, all of them if it is negative. OSError if it cannot be read."""

    def listing(self, folder: Path) -> list[Path] | None:
        """The files right in a folder, sorted; None if there is no such folder."""


def read_at_most(files: Files, path: Path, shown: str, most: int) -> bytes:
    """A whole file, which messages call `shown`. MiglintError if it cannot be read or is larger than `most` bytes."""
    try:
        content = files.read(path, most + 1)
    except OSError as error:
        raise MiglintError(f"{shown} cannot be read: {error.strerror or error}") from error
    if len(content) > most:
        raise MiglintError(f"{shown} is larger than {most:,} bytes")
    return content


class Disk(Struct, frozen=True):
    """The files that everybody sees."""

    def is_file(self, path: Path) -> bool:
        return path.is_file()

    def absolute(self, path: Path) -> Path:
        """The path with links followed."""
        return path.resolve()

    def read(self, path: Path, most: int = -1) -> bytes:
        """The first bytes of a file."""
        with path.open("rb") as file:
            return file.read(most)

    def listing(self, folder: Path) -> list[Path] | None:
        """The files right in a folder."""
        return sorted(file for file in folder.iterdir() if file.is_file()) if folder.is_dir() else None


DISK = Disk()


class TreeFiles(Struct, frozen=True):
    """What lies in the repository, as a tree has it; the disk for what lies elsewhere."""

    tree: Tree
    root: Path
    _disk: Disk = DISK

    def is_file(self, path: Path) -> bool:
        inside = self.inside(path)
        return self._disk.is_file(path) if inside is None else inside in self.tree

    def absolute(self, path: Path) -> Path:
        """The path as it is written: a link on the disk is nothing to the tree."""
        return Path(os.path.normpath(Path.cwd().resolve() / path))

    def read(self, path: Path, most: int = -1) -> bytes:
        """The first bytes of a file."""
        inside = self.inside(path)
        if inside is None:
            return self._disk.read(path, most)
        if inside not in self.tree:
            raise FileNotFoundError(f"{inside} is not there")
        content = self.tree.read([inside])[inside]
        return content if most < 0 else content[:most]

    def listing(self, folder: Path) -> list[Path] | None:
        """The files right in a folder."""
        inside = self.inside(folder)
        if inside is None:
            return self._disk.listing(folder)
        start = "" if inside == "." else f"{inside}/"
        under = [path for path in self.tree if path.startswith(start)]
        files = sorted(self.root / path for path in under if "/" not in path[len(start) :])
        return files if under else None

    def inside(self, path: Path) -> str | None:
        """The path as the tree names it; None if it lies outside of the repository, by its name and in truth."""
        for place in self._places(path):
            if place == self.root or self.root in place.parents:
                return place.relative_to(self.root).as_posix()
        return None

    def _places(self, path: Path) -> Iterator[Path]:
        yield self.absolute(path)
        yield path.resolve()
