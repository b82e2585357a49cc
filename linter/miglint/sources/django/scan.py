"""Which files of a tree matter, found by looking into every Python file once.

Only the content tells a migration: its folder can have any name. Looking is a search for a few words, made so that it
cannot miss: a file that defines `Migration` holds that word, unless its encoding or a compatibility character hides it.
"""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator

from msgspec import Struct, field

from miglint.cache import Cache
from miglint.changeset import Tree
from miglint.errors import MiglintError
from miglint.sources.django.source import MAX_BYTES, Unparsable, decode

_BATCH = 20_000_000
"""Bytes of the files that are read at once."""
_USER_MODEL = b"AUTH_USER_MODEL"
_SETTING_NAMES = (b"INSTALLED_APPS", b"MIGRATION_MODULES")
_SETTINGS = re.compile(rb"^[ \t]*(?:AUTH_USER_MODEL|INSTALLED_APPS|MIGRATION_MODULES)\b[^=\n]*=", re.MULTILINE)
USUAL = "migrations"
"""The usual name of a folder of migrations: everything in it is looked at."""
_SWAPPABLE = re.compile(rb"""["']swappable["']\s*:\s*["']AUTH_USER_MODEL["']""")
_KIND, _KEY = "django-scan", "python files"
_WORD = "Migration"
_PLAIN_ENCODINGS = frozenset(("utf-8", "utf-8-sig", "iso-8859-1", "ascii", "cp1252", "latin-1"))


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
    """Of files of interest, and of those that hold an app's label, which had to be read to find out."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Files whose content cannot be had, and why."""


MIGRATION, SETTINGS, SWAPPABLE = 1, 2, 4
"""What a file may hold, in one number."""


def scan(tree: Tree, cache: Cache) -> Scan:
    """Look into all Python files; only into new ones where the cache tells of the others."""
    result = Scan(sorted(path for path in tree if path.endswith(".py")))
    result.files = frozenset(result.paths)
    known, seen = _known(cache)
    blobs = {path: tree.blob(path) for path in result.paths}
    interests = {path: interest for path, blob in blobs.items() if isinstance(interest := known.get(blob), int)}
    new = len(interests) < len(result.paths)
    for path, content in _contents(tree, [path for path in result.paths if path not in interests], result):
        interests[path] = _interest(content)
        if interests[path] or path.endswith("/apps.py"):
            result.contents[path] = content
    for path in result.paths:
        interest = interests.get(path)
        if interest is None:
            continue
        if interest & MIGRATION or is_usual(path):
            result.migrations.append(path)
        if interest & SETTINGS:
            result.settings.append(path)
        if interest & SWAPPABLE:
            result.swappable.append(path)
        if path.endswith("manage.py") and path.rpartition("/")[2] == "manage.py":
            result.managers.append(path)
    found = {blobs[path]: interest for path, interest in interests.items()}
    known.update(found)
    seen.update(found)
    if new:
        cache.put(_KIND, _KEY, seen)
    return result


def _known(cache: Cache) -> tuple[dict[str, int], dict[str, int]]:
    """The interests of blobs as far as they are known, and those which this run has met."""
    if (_KIND, _KEY) not in cache.objects:
        kept = cache.get(_KIND, _KEY)
        cache.objects[_KIND, _KEY] = (kept if isinstance(kept, dict) else {}), {}
    known, seen = cache.objects[_KIND, _KEY]
    return known, seen


def _interest(content: bytes) -> int:
    found = 0
    if may_hold_migration(content):
        found |= MIGRATION
    of_user = _USER_MODEL in content
    if (of_user or any(name in content for name in _SETTING_NAMES)) and _SETTINGS.search(content):
        found |= SETTINGS
    if of_user and _SWAPPABLE.search(content):
        found |= SWAPPABLE
    return found


def _contents(tree: Tree, paths: list[str], result: Scan) -> Iterator[tuple[str, bytes]]:
    batch: list[str] = []
    room = _BATCH
    for path in paths:
        try:
            size = tree.size(path)
        except MiglintError as error:  # a partial clone lacks it; that matters only among migrations
            result.unreadable[path] = str(error)
            continue
        if size > MAX_BYTES:
            result.unreadable[path] = f"the file is larger than {MAX_BYTES // 1_000_000} MB"
            continue
        batch.append(path)
        room -= size
        if room < 0:
            yield from tree.read(batch).items()
            batch, room = [], _BATCH
    yield from tree.read(batch).items()


def is_usual(path: str) -> bool:
    """Whether a file lies directly in a folder that has the usual name."""
    return USUAL in path and path.rpartition("/")[0].rpartition("/")[2] == USUAL


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
