"""PostgreSQL's table lock modes and whom they make wait.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from __future__ import annotations

import enum

from miglint.effects import Access


class Mode(enum.IntEnum):
    """Lock modes in the server's own order; a greater one is called stronger."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def label(self) -> str:
        """The name in pg_locks."""
        return LABELS[self]


LABELS = {mode: "".join(word.capitalize() for word in mode.name.split("_")) + "Lock" for mode in Mode}

WRITES = frozenset({Access.INSERT, Access.UPDATE, Access.DELETE})
EVERYTHING = frozenset(Access)
NOTHING: frozenset[Access] = frozenset()


def blocked_on_table(mode: Mode) -> frozenset[Access]:
    """What waits for a lock on a table, or on an index of it: writers take ROW EXCLUSIVE, readers ACCESS SHARE."""
    if mode is Mode.ACCESS_EXCLUSIVE:
        return EVERYTHING
    return WRITES if mode >= Mode.SHARE else NOTHING


def blocked_on_sequence(mode: Mode) -> frozenset[Access]:
    """nextval() takes ROW EXCLUSIVE, so inserts that draw a number wait."""
    return frozenset({Access.INSERT}) if mode >= Mode.SHARE else NOTHING
