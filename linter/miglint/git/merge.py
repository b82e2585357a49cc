"""The base's tip united with the head: a three-way merge of paths, file by file, contents untouched.

Git's own merge would write objects into the repository and needs contents; what migrations need is to know which files
stand next to each other after the merge. Where both sides changed one file, the head's version stands and is named.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from miglint.changeset import ChangedPath, PathChange
from miglint.git.listing import Delta, Diff, Listing


class Merge(Struct):
    """What the head brings to the base's tip."""

    listing: dict[str, str]
    """The united tree; starts as the base's."""
    changes: dict[str, ChangedPath] = field(default_factory=dict)
    conflicted: set[str] = field(default_factory=set)

    def put(self, path: str, blob: str | None) -> None:
        """Let the united tree hold this at the path; None: nothing."""
        if blob is None:
            self.listing.pop(path, None)
        else:
            self.listing[path] = blob

    def note(self, path: str, change: PathChange, *, old_path: str | None = None, conflict: bool = False) -> None:
        """Note what the head did to a path."""
        self.changes[path] = ChangedPath(path, change, old_path)
        if conflict:
            self.conflicted.add(path)


class Side(Struct, frozen=True):
    """What one side did since the merge base; `renames` from old path to new."""

    diff: Diff
    renames: Mapping[str, str]

    def whereabouts(self, path: str, ancestor: str | None) -> tuple[str | None, str | None]:
        """Where a file of the merge base stands on this side, and with what content."""
        place = self.renames.get(path, path)
        blob = self.diff[place].new if place in self.diff else ancestor
        return (place, blob) if blob else (None, None)


def merge(base_listing: Listing, base: Side, head: Side) -> Merge:
    """Unite both sides. What both did alike is no change of the head's."""
    merged = Merge(dict(base_listing))
    targets = set(head.renames.values())
    for path, delta in head.diff.items():
        if path in targets:
            continue
        if delta.old is None:
            _add(merged, path, delta.new)
        elif path in head.renames:
            new = head.renames[path]
            _rename(merged, base, path, new, Delta(delta.old, head.diff[new].new))
        else:
            _change(merged, base, path, delta)
    return merged


def _add(merged: Merge, path: str, blob: str | None) -> None:
    theirs = merged.listing.get(path)
    if theirs != blob:
        merged.put(path, blob)
        merged.note(path, PathChange.ADDED, conflict=theirs is not None)


def _change(merged: Merge, base: Side, path: str, delta: Delta) -> None:
    """The head modified or deleted a file where it was."""
    place, theirs = base.whereabouts(path, delta.old)
    if theirs == delta.new:
        return
    place = place or path
    merged.put(place, delta.new)
    merged.note(
        place,
        PathChange.MODIFIED if delta.new else PathChange.DELETED,
        old_path=None if place == path else path,
        conflict=theirs != delta.old or (place != path and delta.new is None),
    )


def _rename(merged: Merge, base: Side, old: str, new: str, delta: Delta) -> None:
    place, theirs = base.whereabouts(old, delta.old)
    both_edited = delta.old not in (theirs, delta.new) and theirs != delta.new
    ours = theirs if delta.new == delta.old and theirs else delta.new
    if place == new and theirs == ours:
        return
    taken = place != new and new in merged.listing
    if place:
        merged.put(place, None)
    merged.put(new, ours)
    merged.note(
        new,
        PathChange.RENAMED,
        old_path=old,
        conflict=both_edited or taken or theirs is None or place not in (old, new),
    )
