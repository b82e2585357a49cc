"""One look into each Python file of a tree, by other processes where there are processors for them.

Only the content tells a migration: its folder can have any name. Looking is a search for a few words, made so that it
cannot miss: a file that defines `Migration` holds that word, unless its encoding or a compatibility character hides it.
A plain header is read at the same time, for whoever reads the file anyway.
"""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct

from miglint.cache import Cache
from miglint.changeset import Tree
from miglint.crew import Crew
from miglint.sources.django.plain_head import PlainHead, plain_head
from miglint.sources.django.source import MAX_BYTES, Unparsable, decode

MIGRATION, SETTINGS, SWAPPABLE = 1, 2, 4
"""What a file may hold, in one number."""
_BATCH = 20_000_000
"""Bytes of the files that are read at once."""
_FEWEST = 500
"""Files that are worth a process of their own."""
_USER_MODEL = b"AUTH_USER_MODEL"
_SETTING_NAMES = (b"INSTALLED_APPS", b"MIGRATION_MODULES")
_SETTINGS = re.compile(rb"^[ \t]*(?:AUTH_USER_MODEL|INSTALLED_APPS|MIGRATION_MODULES)\b[^=\n]*=", re.MULTILINE)
_SWAPPABLE = re.compile(rb"""["']swappable["']\s*:\s*["']AUTH_USER_MODEL["']""")
_KIND, _KEY = "django-scan", "python files"
_WORD = "Migration"
_PLAIN_ENCODINGS = frozenset(("utf-8", "utf-8-sig", "iso-8859-1", "ascii", "cp1252", "latin-1"))


class Look(Struct, frozen=True, array_like=True):
    """What was seen in a file."""

    interest: int = 0
    content: bytes | None = None
    """Of files of interest, and of those that hold an app's label, which had to be read to find out."""
    head: PlainHead | None = None
    """The header of a migration that is plain, if it was asked for."""
    lost: str = ""
    """Why the content cannot be had."""


@contextmanager
def looking(
    tree: Tree, cache: Cache, crew: Crew, studied: Collection[str] | None
) -> Iterator[Callable[[], Mapping[str, Look]]]:
    """For the time of the block, others look into the files. What all came to, by path, is waited for by a call.

    Looked into are those of which neither the cache nor an earlier look tells; and for their headers, migrations that
    are not `studied` (None: all are).
    """
    blobs = {path: tree.blob(path) for path in tree if path.endswith(".py")}
    known, seen, looks = _known(cache)
    for blob in blobs.values():
        interest = known.get(blob)
        if blob not in looks and isinstance(interest, int) and (studied is None or not interest & MIGRATION):
            looks[blob] = Look(interest)
    new = list({blob: path for path, blob in blobs.items() if blob not in looks}.values())

    def work(paths: Sequence[str]) -> list[Look]:
        found = dict(_looks(tree, paths, heads=studied is not None))
        return [found[path] for path in paths]

    with crew.at_work(work, new, Look, _FEWEST) as answers:

        def taken() -> Mapping[str, Look]:
            sent = dict(zip(new, answers(), strict=True))
            # What cannot be had is asked for again here, where it is noted that this clone lacks it.
            told = {path: look for path, look in sent.items() if look is not None and not look.lost}
            missing = [path for path in sent if path not in told]
            tree.remember({path: look.content for path, look in told.items() if look.content is not None})
            told |= _looks(tree, missing, heads=studied is not None)
            looks.update((blobs[path], look) for path, look in told.items())
            found = {blob: looks[blob].interest for blob in blobs.values() if not looks[blob].lost}
            fresh = not found.keys() <= known.keys()
            known.update(found)
            seen.update(found)
            if fresh:
                cache.put(_KIND, _KEY, seen)
            return {path: looks[blob] for path, blob in blobs.items()}

        yield taken


def _known(cache: Cache) -> tuple[dict[str, int], dict[str, int], dict[str, Look]]:
    """By blob: the interests that are known, those which this run has met, and what it saw itself."""
    if (_KIND, _KEY) not in cache.objects:
        kept = cache.get(_KIND, _KEY)
        cache.objects[_KIND, _KEY] = (kept if isinstance(kept, dict) else {}), {}, {}
    known, seen, looks = cache.objects[_KIND, _KEY]
    return known, seen, looks


def _looks(tree: Tree, paths: Sequence[str], *, heads: bool) -> Iterator[tuple[str, Look]]:
    """What is seen in each file, now and here."""
    sizes = tree.sizes(paths)
    lost = {path: reason for path in paths if (reason := _lost(path, sizes.get(path)))}
    yield from ((path, Look(lost=reason)) for path, reason in lost.items())
    for batch in _batches([path for path in paths if path not in lost], sizes):
        yield from ((path, _look(path, content, heads=heads)) for path, content in tree.read(batch).items())


def _batches(paths: Sequence[str], sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The paths in groups that are no larger than is read at once, but for the last file of each."""
    batch: list[str] = []
    room = _BATCH
    for path in paths:
        batch.append(path)
        room -= sizes[path]
        if room < 0:
            yield batch
            batch, room = [], _BATCH
    yield batch


def _lost(path: str, size: int | None) -> str:
    """Why a file is not read; nothing if it is."""
    if size is None:  # a partial clone lacks it; that matters only among migrations
        return f"the content of {path!r} is not here: check out without a `filter`"
    return f"the file is larger than {MAX_BYTES // 1_000_000} MB" if size > MAX_BYTES else ""


def _look(path: str, content: bytes, *, heads: bool) -> Look:
    interest = 0
    if may_hold_migration(content):
        interest |= MIGRATION
    of_user = _USER_MODEL in content
    if (of_user or any(name in content for name in _SETTING_NAMES)) and _SETTINGS.search(content):
        interest |= SETTINGS
    if of_user and _SWAPPABLE.search(content):
        interest |= SWAPPABLE
    if not interest and not path.endswith("/apps.py"):
        return Look()
    return Look(interest, content, plain_head(content) if heads and interest & MIGRATION else None)


def may_hold_migration(content: bytes) -> bool:
    """Whether Python could find a class `Migration` in these bytes. False only if it cannot."""
    if b"Migration" in content:
        return True
    head = content[:400]
    if b"coding" not in head and content.isascii():
        return False
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if encoding in _PLAIN_ENCODINGS and content.isascii():
            return False
        text = decode(content)
    except (SyntaxError, Unparsable):
        return False
    return _WORD in unicodedata.normalize("NFKC", text)  # as the parser does with identifiers
