"""How a server does what is asked: the algorithm, and what others can do meanwhile.

MariaDB's answers are measured (`evaluation/locks`); MySQL's are those of its manual, "Online DDL Operations".
"""

from __future__ import annotations

from msgspec import Struct

from miglint.catalog import Table
from miglint.dialects.mysql import tables
from miglint.dialects.mysql.demands import INDEX_BUILDS, INSTANT_COLUMNS, NULLABILITY, VIRTUAL_COLUMNS, Demand
from miglint.dialects.mysql.server import Server
from miglint.effects import Work


class Plan(Struct, frozen=True):
    """`lock` is the least that is needed: NONE, SHARED (nobody writes) or EXCLUSIVE."""

    algorithm: str
    lock: str = "NONE"
    work: frozenset[Work] = frozenset()


LOCKING_BUILDS = Demand.ADD_FULLTEXT | Demand.ADD_SPATIAL | Demand.INDEX_NEW_VIRTUAL


def plan(demand: Demand, table: Table, server: Server) -> Plan:
    """How the demands are met on a table."""
    if tables.engine(table) != "innodb":
        return copying(demand, table, server) if demand & ~_METADATA else _metadata(demand)
    return _mariadb(demand, table, server) if server.is_mariadb else _mysql(demand, table, server)


def copying(demand: Demand, table: Table, server: Server) -> Plan:
    """A copy of the table, during which nobody writes, except where MariaDB copies online."""
    held = demand & (Demand.COPY_SHARED | Demand.REBUILD_SHARED) or "system_versioning" in table.options
    online = server.copies_online and tables.engine(table) == "innodb" and not (held or tables.has_cascades(table))
    return Plan("COPY", _lock(not online), frozenset({Work.COPY}))


_METADATA = Demand.RENAME_COLUMN | Demand.IN_PLACE | Demand.EXCLUSIVE | Demand.OPTION


def _metadata(demand: Demand) -> Plan:
    return Plan("INSTANT", "EXCLUSIVE" if demand == Demand.EXCLUSIVE else "NONE")


def _mariadb(demand: Demand, table: Table, server: Server) -> Plan:
    indexed_virtual = tables.has_indexed_virtual_column(table)
    rebuilds = _mariadb_rebuilds(demand, table, indexed_virtual=indexed_virtual)
    if _mariadb_copies(demand, table, rebuilds=rebuilds, indexed_virtual=indexed_virtual):
        return copying(demand, table, server)
    locks = bool(demand & (LOCKING_BUILDS | Demand.REBUILD_SHARED))
    if rebuilds:
        locks = locks or tables.has_fulltext(table) or indexed_virtual
        return Plan("INPLACE", _lock(locks), _rebuilding(demand))
    if demand & (INDEX_BUILDS | Demand.CHANGE_INDEXES):
        return Plan("NOCOPY", _lock(locks), _building(demand))
    if demand & Demand.OPTION and demand & (Demand.RENAME_COLUMN | Demand.IN_PLACE):
        return Plan("NOCOPY")
    return _metadata(demand)


def _mariadb_rebuilds(demand: Demand, table: Table, *, indexed_virtual: bool) -> bool:
    if demand & (Demand.REBUILD | Demand.REBUILD_SHARED | Demand.SET_NOT_NULL):
        return True
    if demand & Demand.DROP_NOT_NULL and tables.row_format(table) != "redundant":
        return True
    if demand & Demand.ADD_FULLTEXT and not tables.has_document_ids(table):
        return True
    never_instant = tables.row_format(table) == "compressed" or tables.has_fulltext(table) or indexed_virtual
    return bool(demand & INSTANT_COLUMNS) and (never_instant or bool(demand & INDEX_BUILDS))


def _mariadb_copies(demand: Demand, table: Table, *, rebuilds: bool, indexed_virtual: bool) -> bool:
    if demand & (Demand.COPY | Demand.COPY_SHARED | Demand.SHIFT_VIRTUAL_BY_ADD | Demand.BESIDE_VIRTUAL):
        return True
    if demand & Demand.SET_NOT_NULL and (tables.has_stored_column(table) or indexed_virtual):
        return True
    if demand & Demand.ADD_FULLTEXT and "system_versioning" in table.options:
        return True
    if demand & Demand.ADD_VIRTUAL and (rebuilds or table.partition_strategy or demand & INSTANT_COLUMNS):
        return True
    return bool(demand & Demand.SHIFT_VIRTUAL_BY_DROP) and (rebuilds or bool(table.partition_strategy))


def _mysql(demand: Demand, table: Table, server: Server) -> Plan:
    rebuilds = _mysql_rebuilds(demand, table, server)
    if _mysql_copies(demand, table, rebuilds=rebuilds):
        return copying(demand, table, server)
    # "LOCK=NONE is not permitted if there are ON...CASCADE or ON...SET NULL constraints on the table": 17.12.8,
    # https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-limitations.html. What is instant takes no lock.
    locks = bool(demand & (LOCKING_BUILDS | Demand.REBUILD_SHARED)) or tables.has_cascades(table)
    if rebuilds:
        return Plan("INPLACE", _lock(locks or tables.has_spatial(table)), _rebuilding(demand))
    in_place = INDEX_BUILDS | Demand.CHANGE_INDEXES | Demand.IN_PLACE
    if demand & Demand.RENAME_COLUMN and not server.at_least(8, 0, 28):
        in_place |= Demand.RENAME_COLUMN
    if demand & in_place or not server.at_least(8, 0, 12):
        locks = locks or bool(demand & Demand.ADD_VIRTUAL and demand & Demand.ADD_INDEX)
        return Plan("INPLACE", "EXCLUSIVE" if demand == Demand.EXCLUSIVE else _lock(locks), _building(demand))
    return _metadata(demand)


def _mysql_copies(demand: Demand, table: Table, *, rebuilds: bool) -> bool:
    """Virtual columns come and go in place by themselves only, and no table with a FULLTEXT index is rebuilt so."""
    if demand & (Demand.COPY | Demand.COPY_SHARED):
        return True
    if demand & VIRTUAL_COLUMNS and (rebuilds or table.partition_strategy or demand & Demand.RENAME_COLUMN):
        return True
    return rebuilds and tables.has_fulltext(table)


def _mysql_rebuilds(demand: Demand, table: Table, server: Server) -> bool:
    if demand & (Demand.REBUILD | Demand.REBUILD_SHARED | NULLABILITY | Demand.REORDER):
        return True
    if demand & Demand.ADD_FULLTEXT and not tables.has_document_ids(table):
        return True
    if not demand & INSTANT_COLUMNS:
        return False
    never_instant = tables.row_format(table) == "compressed" or tables.has_fulltext(table)
    beyond_old = demand & (Demand.DROP_COLUMN | Demand.ADD_INSIDE) and not server.at_least(8, 0, 29)
    others = demand & (INDEX_BUILDS | Demand.CHANGE_INDEXES | Demand.IN_PLACE)
    return never_instant or bool(beyond_old or others) or not server.at_least(8, 0, 12)


def _lock(locks: bool) -> str:
    return "SHARED" if locks else "NONE"


def _rebuilding(demand: Demand) -> frozenset[Work]:
    return frozenset({Work.REWRITE}) | _building(demand)


def _building(demand: Demand) -> frozenset[Work]:
    return frozenset({Work.INDEX_BUILD}) if demand & INDEX_BUILDS else frozenset()
