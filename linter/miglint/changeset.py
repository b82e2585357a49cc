"""What is compared: the tree of the base's tip united with the head, and what the change did to each path.

Sources and rules see files only through `Tree`; whether that is git, the work tree or a dictionary in a test is not
their business.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from msgspec import Struct, field


class Tree(Protocol):
    """Files by path (relative to the repository's root, `/`), read in batches."""

    def __iter__(self) -> Iterator[str]: ...

    def __contains__(self, path: object, /) -> bool: ...

    def blob(self, path: str) -> str:
        """The object id of the file's content; equal ids mean equal bytes. KeyError if it is not there."""

    def size(self, path: str) -> int:
        """The file's length in bytes. MiglintError if it is not here, as in a partial clone."""

    def sizes(self, paths: Iterable[str]) -> Mapping[str, int]:
        """The lengths of files, found in one batch; those that are not here are left out."""

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each of the paths, fetched in one batch. KeyError if one is not there."""

    def read_small(self, paths: Iterable[str], limit: int) -> Mapping[str, bytes]:
        """The content of those of the paths that are no longer than `limit` bytes and are here, fetched in one batch
        without asking for sizes first. KeyError if one is not there."""

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Take contents by path that another process has read, so that they need not be fetched again."""


class MemoryTree(Struct, frozen=True):
    """A tree held in memory."""

    files: Mapping[str, bytes]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __contains__(self, path: object, /) -> bool:
        return path in self.files

    def blob(self, path: str) -> str:
        """Git's own object id of the content."""
        content = self.files[path]
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    def size(self, path: str) -> int:
        """The file's length in bytes."""
        return len(self.files[path])

    def sizes(self, paths: Iterable[str]) -> Mapping[str, int]:
        """The lengths of files."""
        return {path: len(self.files[path]) for path in paths}

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each of the paths."""
        return {path: self.files[path] for path in paths}

    def read_small(self, paths: Iterable[str], limit: int) -> Mapping[str, bytes]:
        """The content of those that are no longer than `limit` bytes."""
        return {path: content for path in paths if len(content := self.files[path]) <= limit}

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Nothing: they are here."""


class OverlayTree(Struct, frozen=True):
    """A tree with files laid over it, and some of its own taken away."""

    below: Tree
    above: MemoryTree
    gone: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[str]:
        yield from self.above
        yield from (path for path in self.below if path not in self.above and path not in self.gone)

    def __contains__(self, path: object, /) -> bool:
        return path in self.above or (path in self.below and path not in self.gone)

    def blob(self, path: str) -> str:
        """The object id of the file's content."""
        return self._side(path).blob(path)

    def size(self, path: str) -> int:
        """The file's length in bytes."""
        return self._side(path).size(path)

    def sizes(self, paths: Iterable[str]) -> Mapping[str, int]:
        """The lengths of files."""
        ours, others = self._sides(paths)
        return {**self.below.sizes(others), **self.above.sizes(ours)}

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each of the paths."""
        ours, others = self._sides(paths)
        return {**self.below.read(others), **self.above.read(ours)}

    def read_small(self, paths: Iterable[str], limit: int) -> Mapping[str, bytes]:
        """The content of those that are no longer than `limit` bytes."""
        ours, others = self._sides(paths)
        return {**self.below.read_small(others, limit), **self.above.read_small(ours, limit)}

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Take contents of the tree below."""
        _, others = self._sides(contents)
        self.below.remember({path: contents[path] for path in others})

    def _sides(self, paths: Iterable[str]) -> tuple[list[str], list[str]]:
        wanted = list(paths)
        ours = [path for path in wanted if self._side(path) is self.above]
        return ours, [path for path in wanted if self._side(path) is not self.above]

    def _side(self, path: str) -> Tree:
        # What is taken away is not among the files above either, and says so.
        return self.above if path in self.above or path in self.gone else self.below


def digest(tree: Tree) -> str:
    """A hash of all paths of a tree and their contents."""
    listing = "".join(f"{path}\0{tree.blob(path)}\0" for path in sorted(tree))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()


class PathChange(enum.StrEnum):
    """What the change did to a path, from the merge base to the head."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


class ChangedPath(Struct, frozen=True):
    """A path that the change touched. `path` is the new one (for a deletion the old); `old_path` set on a rename."""

    path: str
    change: PathChange
    old_path: str | None = None


class Revision(Struct, frozen=True):
    """A name as the user or the event gave it, and the commit it stands for (None: the index or the work tree)."""

    ref: str
    commit: str | None


class ChangeSet(Struct, frozen=True):
    """The change from `base` to `head`.

    `tree` is base tip united with head: a three-way merge of paths from the merge base. `base_tree` is the tip of the
    base. Both None-able members are None when everything is checked (`--all`): then `tree` is the head's and `changes`
    is empty. Where both sides changed one file, the head's version stands in `tree` and the path is in `conflicted`.
    """

    head: Revision
    tree: Tree
    base: Revision | None = None
    base_tree: Tree | None = None
    merge_base: str | None = None
    changes: Mapping[str, ChangedPath] = field(default_factory=dict)
    conflicted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    """What a reader should know of how the range was found (`no base was found: everything is checked`)."""

    @property
    def touched(self) -> frozenset[str] | None:
        """Every path that the change bears on, by its old and its new name; None if everything is checked."""
        if self.base_tree is None:
            return None
        return frozenset(path for one in self.changes.values() for path in (one.path, one.old_path) if path is not None)
