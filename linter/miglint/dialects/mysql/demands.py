"""What a change asks of the storage engine, before the server's family decides how it is done."""

from __future__ import annotations

import enum


class Demand(enum.Flag):
    """Kinds of work. Nothing at all means that metadata is written and no more."""

    METADATA = 0
    COPY = enum.auto()
    """Only a copy of the table can do it."""
    COPY_SHARED = enum.auto()
    """Nobody may write during the copy, even on a server that otherwise lets them."""
    REBUILD = enum.auto()
    """A rebuild in place, whatever the table is like."""
    REBUILD_SHARED = enum.auto()
    """A rebuild in place during which nobody may write."""
    ADD_COLUMN = enum.auto()
    ADD_INSIDE = enum.auto()
    """A column goes before others."""
    DROP_COLUMN = enum.auto()
    REORDER = enum.auto()
    ADD_VIRTUAL = enum.auto()
    DROP_VIRTUAL = enum.auto()
    BESIDE_VIRTUAL = enum.auto()
    """Virtual columns come, go or get another place along with something else than indexes that are not unique."""
    SHIFT_VIRTUAL_BY_ADD = enum.auto()
    """Virtual columns get another place because a column is added before them."""
    SHIFT_VIRTUAL_BY_DROP = enum.auto()
    SET_NOT_NULL = enum.auto()
    DROP_NOT_NULL = enum.auto()
    RENAME_COLUMN = enum.auto()
    ADD_INDEX = enum.auto()
    ADD_FULLTEXT = enum.auto()
    ADD_SPATIAL = enum.auto()
    INDEX_NEW_VIRTUAL = enum.auto()
    """An index of a virtual column that is added along with it."""
    CHANGE_INDEXES = enum.auto()
    """Indexes are dropped."""
    IN_PLACE = enum.auto()
    """Metadata for MariaDB; MySQL calls it INPLACE."""
    EXCLUSIVE = enum.auto()
    """Metadata that nobody may look at meanwhile."""
    OPTION = enum.auto()
    """An option of the table that is only written down. MariaDB calls it NOCOPY beside what is written down too."""
    DEFINITION = enum.auto()
    """More than names, defaults and comments changes: other engines than InnoDB copy the table for it."""


INSTANT_COLUMNS = Demand.ADD_COLUMN | Demand.DROP_COLUMN | Demand.REORDER
VIRTUAL_COLUMNS = Demand.ADD_VIRTUAL | Demand.DROP_VIRTUAL
INDEX_BUILDS = Demand.ADD_INDEX | Demand.ADD_FULLTEXT | Demand.ADD_SPATIAL
NULLABILITY = Demand.SET_NOT_NULL | Demand.DROP_NOT_NULL
