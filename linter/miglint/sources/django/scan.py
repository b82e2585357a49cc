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
from dataclasses import dataclass, field

from miglint.changeset import Tree
from miglint.errors import MiglintError
from miglint.sources.django.source import MAX_BYTES, Unparsable, decode

_BATCH = 1_000
"""Files read at once: bounds the memory that contents take."""
_SETTINGS = re.compile(rb"^[ \t]*(?:AUTH_USER_MODEL|INSTALLED_APPS|MIGRATION_MODULES)\b[^=\n]*=", re.MULTILINE)
USUAL = "migrations"
"""The usual name of a folder of migrations: everything in it is looked at."""
_WORD = "Migration"
_PLAIN_ENCODINGS = frozenset(("utf-8", "utf-8-sig", "iso-8859-1", "ascii", "cp1252", "latin-1"))


@dataclass(slots=True)
class Scan:
    """The Python files of a tree, and those which may hold something of interest."""

    paths: list[str] = field(default_factory=list)
    migrations: dict[str, bytes] = field(default_factory=dict)
    """Files that may define a class `Migration`."""
    settings: dict[str, bytes] = field(default_factory=dict)
    configs: dict[str, bytes] = field(default_factory=dict)
    """Files that may define an AppConfig."""
    managers: dict[str, bytes] = field(default_factory=dict)
    """Files called manage.py."""
    files: frozenset[str] = frozenset()
    unreadable: dict[str, str] = field(default_factory=dict)
    """Files whose content cannot be had, and why."""


def scan(tree: Tree) -> Scan:
    """Look into all Python files."""
    result = Scan([path for path in tree if path.endswith(".py")])
    result.paths.sort()
    result.files = frozenset(result.paths)
    for path, content in _contents(tree, result):
        if is_usual(path) or may_hold_migration(content):
            result.migrations[path] = content
        if _SETTINGS.search(content):
            result.settings[path] = content
        if b"AppConfig" in content or b"default_app_config" in content:
            result.configs[path] = content
        if path.rpartition("/")[2] == "manage.py":
            result.managers[path] = content
    return result


def _contents(tree: Tree, result: Scan) -> Iterator[tuple[str, bytes]]:
    readable: list[str] = []
    for path in result.paths:
        try:
            too_big = tree.size(path) > MAX_BYTES
        except MiglintError as error:  # a partial clone lacks it; that matters only among migrations
            result.unreadable[path] = str(error)
            continue
        if too_big:
            result.unreadable[path] = f"the file is larger than {MAX_BYTES // 1_000_000} MB"
        else:
            readable.append(path)
    for start in range(0, len(readable), _BATCH):
        yield from tree.read(readable[start : start + _BATCH]).items()


def is_usual(path: str) -> bool:
    """Whether a file lies directly in a folder that has the usual name."""
    return path.split("/")[-2:-1] == [USUAL]


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
