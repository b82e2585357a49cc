"""What a statement does to relations that exist: locks, work, and who waits meanwhile.

The vocabulary of the result only; the dialects compute it. `lock` is PostgreSQL's name of the mode as in pg_locks, or
for MySQL and MariaDB the LOCK= level with `algorithm`.
"""

from __future__ import annotations

import enum

from msgspec import Struct


class Work(enum.StrEnum):
    """Work in proportion to the size of a relation."""

    REWRITE = "rewrite"
    SCAN = "scan"
    INDEX_BUILD = "index-build"
    COPY = "copy"


class Access(enum.StrEnum):
    """What another session can do to a table; those in `Effect.blocks` wait."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Effect(Struct, frozen=True):
    """One relation that existed before the transaction began, and what a statement does to it.

    `lock` is the strongest mode that the transaction holds on it once the statement has run, `taken` the one that the
    statement itself asks for: a VALIDATE CONSTRAINT after an ADD CONSTRAINT in one transaction scans under the latter's
    lock.
    """

    relation: str
    lock: str
    work: frozenset[Work] = frozenset()
    blocks: frozenset[Access] = frozenset()
    algorithm: str | None = None
    dangerous: bool = False
    taken: str = ""
    kind: str = "table"
    """`table`, `index`, `sequence` or `view` (materialised or not)."""
    table: str = ""
    """The table that an index belongs to, or that owns a sequence."""
    new: bool = False
    """Made by an earlier transaction of the same change: nothing uses it yet."""
    emptied: bool = False
    dropped: bool = False
