"""Renames among what was deleted and added, by content, as git finds them, but also for files that git does not track.

Only pairs are looked at that could be one migration: files of one folder, or of one name. Git's own threshold is used.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from miglint.git.listing import Diff
from miglint.git.trees import Contents

_SIMILAR = 0.5
_LARGEST = 1_000_000
_PAIRS = 2_000
_EMPTY = frozenset(hashlib.new(name, b"blob 0\0").hexdigest() for name in ("sha1", "sha256"))


def renames(diff: Diff, contents: Contents) -> dict[str, str]:
    """The renames in a diff, from old path to new."""
    deleted = {path: delta.old for path, delta in sorted(diff.items()) if delta.old and not delta.new}
    added = {path: delta.new for path, delta in sorted(diff.items()) if delta.new and not delta.old}
    found = dict(_exact(deleted, added))
    taken = set(found.values())
    left = {path: blob for path, blob in deleted.items() if path not in found}
    free = {path: blob for path, blob in added.items() if path not in taken}
    found.update(_similar(left, free, contents))
    return found


def _exact(deleted: dict[str, str], added: dict[str, str]) -> Iterator[tuple[str, str]]:
    places = defaultdict(list)
    for path, blob in added.items():
        places[blob].append(path)
    for old, blob in deleted.items():
        candidates = places[blob]
        if candidates and blob not in _EMPTY:
            new = min(candidates, key=lambda path: (_name(path) != _name(old), _folder(path) != _folder(old), path))
            candidates.remove(new)
            yield old, new


def _similar(deleted: dict[str, str], added: dict[str, str], contents: Contents) -> Iterator[tuple[str, str]]:
    pairs = [(old, new) for old in deleted for new in added if _plausible(old, new)][:_PAIRS]
    blobs = {deleted[old] for old, _ in pairs} | {added[new] for _, new in pairs}
    readable = [blob for blob, size in contents.sizes(blobs).items() if size <= _LARGEST] if blobs else []
    lines = {blob: Counter(content.splitlines(keepends=True)) for blob, content in contents.read(readable).items()}
    scores = [
        (_similarity(lines[deleted[old]], lines[added[new]]), old, new)
        for old, new in pairs
        if deleted[old] in lines and added[new] in lines
    ]
    for score, old, new in sorted(scores, key=lambda entry: (-entry[0], entry[1:])):
        if score >= _SIMILAR and old in deleted and new in added:
            del deleted[old], added[new]
            yield old, new


def _plausible(old: str, new: str) -> bool:
    if PurePosixPath(old).suffix != PurePosixPath(new).suffix:
        return False
    return _folder(old) == _folder(new) or _name(old) == _name(new)


def _similarity(old: Counter[bytes], new: Counter[bytes]) -> float:
    """The share of the larger file's bytes that stand in lines common to both."""
    largest = max(_length(old), _length(new))
    return _length(old & new) / largest if largest else 0.0


def _length(lines: Counter[bytes]) -> int:
    return sum(len(line) * count for line, count in lines.items())


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
