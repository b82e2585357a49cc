"""What MODIFY and CHANGE ask, by the column's old and new definition."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import Column, Expression, Table, Type
from miglint.changes import RedefineColumn
from miglint.dialects.mysql import tables
from miglint.dialects.mysql.demands import Demand
from miglint.dialects.mysql.server import Server
from miglint.dialects.mysql.types import (
    CHARACTERS,
    INTEGERS,
    TEXTS,
    Charset,
    byte_length,
    charset_of,
    set_bytes,
    with_charset,
)

ONE_LENGTH_BYTE = 255
"""A value of up to so many bytes has a length of one byte in its row."""
ALWAYS_ONE_LENGTH_BYTE = 127
"""And one of up to so many is stored alike under either length: MariaDB lets such a column grow past 255."""


def redefinition(change: RedefineColumn, old: Column, table: Table, server: Server) -> Demand:
    """The demands of a column's new definition."""
    new = change.definition
    demand = _position(change, old, table)
    if old.generated or new.generated:
        moved = demand & Demand.REORDER and not server.is_mariadb
        return demand | _generation(old, new) | (Demand.COPY if moved else Demand.METADATA)
    demand |= _storage(old, new, table, server)
    if new.identity and not old.identity:
        demand |= Demand.COPY_SHARED
    return demand | _nullability(old, new, table, server)


def _nullability(old: Column, new: Column, table: Table, server: Server) -> Demand:
    was, becomes = tables.is_not_null(table, old), tables.is_not_null(table, new)
    if was == becomes:
        return Demand.METADATA
    if becomes:
        copies = server.is_mariadb and old.type is not None and old.type.name == "timestamp"
        return Demand.COPY if copies else Demand.SET_NOT_NULL | Demand.DEFINITION
    key = {name.lower() for name in tables.primary_key(table)}
    return (Demand.COPY if old.name.lower() in key else Demand.DROP_NOT_NULL) | Demand.DEFINITION


def _position(change: RedefineColumn, old: Column, table: Table) -> Demand:
    order = [name.lower() for name in table.columns]
    name = old.name.lower()
    if name not in order or not (change.first or change.after):
        return Demand.METADATA
    others = [each for each in order if each != name]
    at = (
        0 if change.first else others.index(change.after.lower()) + 1 if change.after.lower() in others else len(others)
    )
    moved = [*others[:at], name, *others[at:]] != order
    return Demand.REORDER | Demand.DEFINITION if moved else Demand.METADATA


def _generation(old: Column, new: Column) -> Demand:
    """A virtual column has no storage; everything about a stored one is computed anew."""
    if old.generated == new.generated == "virtual":
        return Demand.DEFINITION
    same = old.generated == new.generated and old.type == new.type and _text(old.generation) == _text(new.generation)
    return Demand.METADATA if same else Demand.COPY


def _text(expression: Expression | None) -> str:
    return "" if expression is None else " ".join(expression.text.lower().split())


def _storage(old: Column, new: Column, table: Table, server: Server) -> Demand:
    if old.type is None or new.type is None:
        return Demand.COPY
    if ("compressed" in old.type.attributes) != ("compressed" in new.type.attributes):
        return Demand.COPY
    if old.type.name != new.type.name or not _same_values(old.type, new.type):
        return Demand.COPY
    demand = Demand.METADATA
    if new.type.name in CHARACTERS:
        demand = _charset(old, new, table, server)
    if new.type.name in {"varchar", "varbinary"}:
        demand |= _length(old.type, new.type, table, server)
    return demand


def _same_values(old: Type, new: Type) -> bool:
    """Whether what is stored under the old type stands for the same under the new one, length and charset apart."""
    unsigned = [{"unsigned", "zerofill"} & set(each.attributes) for each in (old, new)]
    if unsigned[0] != unsigned[1]:
        return False
    if old.name in INTEGERS or old.name in {"varchar", "varbinary", "year", "float", "double"}:
        return True
    if old.name in {"enum", "set"}:
        appended = new.modifiers[: len(old.modifiers)] == old.modifiers
        return appended and set_bytes(len(old.modifiers), old.name) == set_bytes(len(new.modifiers), new.name)
    return old.modifiers == new.modifiers


def conversion(table: Table, wanted: Charset, server: Server) -> Demand:
    """What CONVERT TO asks on MariaDB: each text column gets the character set, as MODIFY would give it."""
    demand = Demand.METADATA
    for column in table.columns.values():
        if column.type is not None and column.type.name in CHARACTERS | {"json"} and column.generated != "virtual":
            demand |= _converted(column, column.type, wanted, table, server)
    return demand | Demand.DEFINITION


def _converted(column: Column, kind: Type, wanted: Charset, table: Table, server: Server) -> Demand:
    inherited = Charset("utf8mb4") if kind.name == "json" else server.table_charset(table)
    before = server.resolved(charset_of(kind, inherited))
    if kind.name == "json":
        return Demand.METADATA if before.reads_as(wanted) else Demand.COPY
    if before == wanted:
        return Demand.METADATA
    grows = kind.name in TEXTS and before.bytes != wanted.bytes
    if grows or kind.name in {"enum", "set"}:
        return Demand.COPY
    new = replace(column, type=with_charset(kind, wanted))
    demand = _charset(column, new, table, server)
    return demand | _length(kind, with_charset(kind, wanted), table, server) if kind.name == "varchar" else demand


def _charset(old: Column, new: Column, table: Table, server: Server) -> Demand:
    inherited = server.table_charset(table)
    before, after = (server.resolved(charset_of(each.type, inherited)) for each in (old, new) if each.type is not None)
    if before == after:
        return Demand.METADATA
    if not before.reads_as(after):
        return Demand.COPY
    if not server.is_mariadb:
        return Demand.COPY
    return _collation(before, after, old, table)


def _collation(before: Charset, after: Charset, old: Column, table: Table) -> Demand:
    """Indexes hold the order of the collation, so they are built anew. The same collation of utf8mb3 and mb4 is one."""
    same_order = before.collation.partition("_")[2] == after.collation.partition("_")[2]
    if not same_order and old.name.lower() in {name.lower() for name in tables.primary_key(table)}:
        return Demand.COPY
    indexes = tables.indexes_of(table, old.name)
    indexed = bool(indexes)
    if not same_order and any(index.method == "fulltext" for index in indexes):
        return Demand.ADD_FULLTEXT | Demand.DEFINITION
    if indexed and old.type is not None and old.type.name in TEXTS and not same_order:
        return Demand.COPY
    return Demand.DEFINITION if same_order or not indexed else Demand.ADD_INDEX | Demand.DEFINITION


def _length(old: Type, new: Type, table: Table, server: Server) -> Demand:
    inherited = server.table_charset(table)
    before = byte_length(old, charset_of(old, inherited))
    after = byte_length(new, charset_of(new, inherited))
    if old.modifiers == new.modifiers and before == after:
        return Demand.METADATA
    if new.modifiers < old.modifiers or after < before:
        return Demand.COPY
    free = after <= ONE_LENGTH_BYTE or before > ONE_LENGTH_BYTE
    if server.is_mariadb:
        free = free or before <= ALWAYS_ONE_LENGTH_BYTE or tables.row_format(table) == "redundant"
    return Demand.IN_PLACE | Demand.DEFINITION if free else Demand.COPY
