"""The work tree as it will be: what was read from disk once, and what has been done to it so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from miglint.changeset import ChangedPath, ChangeSet, MemoryTree, OverlayTree, PathChange
from miglint.fixes.edits import Misfit
from miglint.patch import patch

Disk = Callable[[str], bytes | None]
"""Reads a regular file of the work tree by its path; None if there is none, or if a link leads there."""


class Draft:
    """Contents by path, laid over those that were checked. Nothing is written."""

    def __init__(self, change_set: ChangeSet, disk: Disk) -> None:
        self._checked = change_set
        self._disk = disk
        self.originals: dict[str, bytes | None] = {}
        """What lay on disk at each path that was touched; None: nothing."""
        self.files: dict[str, bytes | None] = {}
        """What shall lie there; None: nothing."""
        self.moved: dict[str, str] = {}
        """The path that a file has now, by the one it had at first."""

    def content(self, path: str) -> bytes:
        """A file as it is now. Raises Misfit unless the work tree holds what was checked."""
        if path in self.files:
            content = self.files[path]
            if content is None:
                raise Misfit(f"{path} is not there any more")
            return content
        there = self._disk(path)
        if path not in self._checked.tree:
            raise Misfit(f"{path} is not there")
        if there is None:
            where = f", only on {self._checked.base.ref}" if self._checked.base else ""
            raise Misfit(f"{path} is not in the work tree{where}")
        read = self._checked.tree.read([path])[path]
        # Git may check files out with other line ends (core.autocrlf); lines and columns are the same.
        if there != read and there.replace(b"\r\n", b"\n") != read:
            raise Misfit(f"{path} in the work tree is not what was checked: bring it up to date first")
        return there

    def put(self, path: str, content: bytes) -> None:
        """Let a file have this content. One that is new must not be in anything's way."""
        self._remember(path)
        self.files[path] = content

    def move(self, renames: Mapping[str, str]) -> None:
        """Give files other names, all at once: one may take the name that another one gives up."""
        contents = {new: self.content(old) for old, new in renames.items()}
        for path in (*renames, *renames.values()):
            self._remember(path)
        firsts = {now: first for first, now in self.moved.items()}
        self.files |= dict.fromkeys(renames)
        self.files |= contents
        self.moved |= {firsts.get(old, old): new for old, new in renames.items()}

    def is_free(self, path: str) -> bool:
        """Whether nothing lies at a path, not even what git does not know of."""
        return self.files.get(path) is None if path in self.files else self._disk(path) is None

    def changes(self) -> dict[str, bytes | None]:
        """What is to be written, or deleted, by path."""
        return {path: content for path, content in self.files.items() if content != self.originals[path]}

    def patch(self) -> bytes:
        """The changes as a patch. Where a file takes another one's name both are shown by path: order is no matter."""
        changes = self.changes()
        renames = {
            old: new
            for old, new in self.moved.items()
            if changes.get(old, b"") is None and self.originals[new] is None and changes.get(new) is not None
        }
        return patch(self.originals, changes, renames)

    def change_set(self) -> ChangeSet:
        """The change as it is with all this done."""
        tree = self._checked.tree
        changes = dict(self._checked.changes)
        above = {path: content for path, content in self.files.items() if content is not None}
        gone = frozenset(path for path, content in self.files.items() if content is None)
        for path in above:
            known = self._checked.base_tree is not None and path in self._checked.base_tree
            changes.setdefault(path, ChangedPath(path, PathChange.MODIFIED if known else PathChange.ADDED))
        for path in gone:
            changes.pop(path, None)
        if self._checked.base_tree is None:
            changes = {}
        return replace(self._checked, tree=OverlayTree(tree, MemoryTree(above), gone), changes=changes)

    def _remember(self, path: str) -> None:
        if path not in self.originals:
            self.originals[path] = self._disk(path)
