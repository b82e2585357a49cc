"""Recognises the remake of a table: SQLite cannot alter most things, so the table is copied to a new one.

    CREATE TABLE new; INSERT INTO new SELECT … FROM old; DROP TABLE old; ALTER TABLE new RENAME TO old

That is what SQLite's own documentation advises and Django's schema editor writes. It is known by its structure, not by
the new table's name. The first CREATE and the INSERT stay what they are; the DROP drops nothing that anyone misses.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from miglint.catalog import Name
from miglint.changes import Change, CreateTable, DropTable, InsertRows, RenameTable


class Remake(Struct, frozen=True):
    """A remake, by the positions of its statements."""

    table: Name
    copy: int
    drop: int
    rename: int


def remakes(statements: Sequence[tuple[Change, ...]]) -> list[Remake]:
    """The remakes in a migration's statements."""
    found: list[Remake] = []
    created: dict[Name, int] = {}
    copies: dict[Name, tuple[Name, int]] = {}
    drops: dict[Name, int] = {}
    for position, changes in enumerate(statements):
        for change in changes:
            if isinstance(change, CreateTable):
                created[change.table] = position
            elif isinstance(change, InsertRows) and change.table in created and len(change.reads) == 1:
                copies[change.table] = (change.reads[0], position)
            elif isinstance(change, DropTable):
                drops[change.table] = position
            elif isinstance(change, RenameTable) and change.table in copies:
                old, copy = copies[change.table]
                if old == Name(change.table.schema, change.new_name) and drops.get(old, -1) > copy:
                    found.append(Remake(old, copy, drops.pop(old), position))
                    del copies[change.table], created[change.table]
    return found
