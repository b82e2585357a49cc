"""Renames among what was deleted and added, by content, as git finds them, but also for files that git does not track.

Only pairs are looked at that could be one migration: files of one folder, or of one name. Git's own threshold is used
for lines; where a formatter has broken them anew on the way, nearly all words must be the same.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath

from miglint.git.listing import Diff
from miglint.git.trees import Contents

_SIMILAR = 0.5
_SAME_WORDS = 0.9
_WORD = re.compile(rb"\w+")
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
    texts = {blob: _Text(content) for blob, content in contents.read(readable).items()}
    scores = [
        (_similarity(texts[deleted[old]], texts[added[new]]), old, new)
        for old, new in pairs
        if deleted[old] in texts and added[new] in texts
    ]
    for score, old, new in sorted(scores, key=lambda entry: (-entry[0], entry[1:])):
        if score >= _SIMILAR and old in deleted and new in added:
            del deleted[old], added[new]
            yield old, new


def _plausible(old: str, new: str) -> bool:
    if PurePosixPath(old).suffix != PurePosixPath(new).suffix:
        return False
    return _folder(old) == _folder(new) or _name(old) == _name(new)


class _Text:
    """The lines of a file and its words, each with how often it stands there."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @cached_property
    def lines(self) -> Counter[bytes]:
        return Counter(self._content.splitlines(keepends=True))

    @cached_property
    def words(self) -> Counter[bytes]:
        return Counter(_WORD.findall(self._content))

    @cached_property
    def length(self) -> int:
        """Of all words together."""
        return _length(self.words)


def _similarity(old: _Text, new: _Text) -> float:
    """How much of the larger file is in both, by lines, or by words if nearly all are."""
    by_lines = _share(old.lines, new.lines)
    if by_lines >= _SIMILAR or min(old.length, new.length) < _SAME_WORDS * max(old.length, new.length):
        return by_lines
    by_words = _share(old.words, new.words)
    return by_words if by_words >= _SAME_WORDS else by_lines


def _share(old: Counter[bytes], new: Counter[bytes]) -> float:
    """The share of the larger file's bytes that stand in parts common to both."""
    largest = max(_length(old), _length(new))
    return _length(old & new) / largest if largest else 0.0


def _length(parts: Counter[bytes]) -> int:
    return sum(len(part) * count for part, count in parts.items())


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
