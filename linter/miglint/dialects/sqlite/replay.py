"""Carries changes into the catalog, and says what they write."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from miglint.catalog import Catalog, Name, Shelf, Table
from miglint.changes import (
    AddColumn,
    Change,
    CreateIndex,
    CreateTable,
    DeleteRows,
    DropColumn,
    DropIndex,
    DropTable,
    InsertRows,
    Maintain,
    ReadRows,
    Reindex,
    RenameColumn,
    RenameTable,
    TableChange,
    UpdateRows,
)
from miglint.dialects.sqlite.remake import Remake
from miglint.effects import Access, Effect, Work

WRITES = frozenset({Access.INSERT, Access.UPDATE, Access.DELETE})
RESERVED = "RESERVED"
"""SQLite's lock of the one writer; readers go on until it commits."""


def effects_of(changes: Sequence[Change], catalog: Catalog, remake: Remake | None, position: int) -> tuple[Effect, ...]:
    """The tables that a statement writes or reads in full. In a remake, the copy is the old table's."""
    if remake is not None:
        work = frozenset({Work.COPY}) if position == remake.copy else frozenset[Work]()
        return (Effect(remake.table.name, RESERVED, work=work, blocks=WRITES, taken=RESERVED),)
    return tuple(effect for change in changes for effect in _effects(change, catalog))


def _effects(change: Change, catalog: Catalog) -> list[Effect]:
    if isinstance(change, ReadRows):
        return [_reading(name) for name in change.tables]
    if isinstance(change, DropIndex):
        found = catalog.index(change.index)
        return [_writing(found[0].name)] if found is not None else []
    if isinstance(change, Reindex):
        return [_writing(change.name, Work.INDEX_BUILD)] if change.name.name else []
    if not isinstance(change, TableChange) or isinstance(change, CreateTable):
        return []
    effect = _writing(change.table, *_work(change))
    if isinstance(change, DropTable):
        effect = replace(effect, dropped=True)
    reads = change.reads if isinstance(change, InsertRows) else ()
    return [effect, *(_reading(name) for name in reads)] if change.table.name else []


def _work(change: TableChange) -> tuple[Work, ...]:
    """ADD COLUMN looks at the rows where it must check them; DROP COLUMN and VACUUM write the table anew."""
    if isinstance(change, CreateIndex):
        return (Work.SCAN, Work.INDEX_BUILD)
    if isinstance(change, DropColumn | Maintain):
        return (Work.SCAN,) if isinstance(change, Maintain) and change.action == "ANALYZE" else (Work.REWRITE,)
    if isinstance(change, UpdateRows | DeleteRows):
        return (Work.SCAN,) if change.whole_table else ()
    checks = isinstance(change, AddColumn) and (change.constraints or change.column.generated)
    return (Work.SCAN,) if checks else ()


def _writing(name: Name, *work: Work) -> Effect:
    return Effect(name.name, RESERVED, work=frozenset(work), blocks=WRITES, taken=RESERVED)


def _reading(name: Name) -> Effect:
    return Effect(name.name, "SHARED", work=frozenset({Work.SCAN}), taken="SHARED")


def carry(change: Change, catalog: Catalog) -> Catalog:
    """The catalog after a change."""
    if isinstance(change, CreateTable):
        return _created(change, catalog)
    if isinstance(change, DropTable):
        return catalog.drop(change.table)
    if isinstance(change, DropIndex):
        found = catalog.index(change.index)
        return catalog if found is None else catalog.put(_without_index(found[0], change.index.name))
    if not isinstance(change, AddColumn | DropColumn | RenameColumn | RenameTable | CreateIndex):
        return catalog
    table = catalog.table(change.table)
    if table is None:
        catalog, table = catalog.assume_table(change.table)
    if isinstance(change, RenameTable):
        return catalog.drop(table.name).put(replace(table, name=Name(table.name.schema, change.new_name)))
    return catalog.put(_altered(change, table))


def remade(changes: Sequence[Change], catalog: Catalog) -> Catalog:
    """The catalog once the new table has taken the old one's place and number."""
    for change in changes:
        new = catalog.table(change.table) if isinstance(change, RenameTable) else None
        if new is not None and isinstance(change, RenameTable):
            name = Name(new.name.schema, change.new_name)
            old = catalog.table(name)
            oid = old.oid if old is not None else new.oid
            catalog = catalog.drop(new.name).drop(name).put(replace(new, name=name, oid=oid, empty=False))
    return catalog


def _created(change: CreateTable, catalog: Catalog) -> Catalog:
    if change.if_not_exists and catalog.table(change.table) is not None:
        return catalog
    catalog, oid = catalog.with_oid()
    named = ((each.name or f"{change.table.name}_{number}", each) for number, each in enumerate(change.constraints))
    constraints = Shelf((name, replace(constraint, name=name)) for name, constraint in named)
    columns = Shelf((column.name, column) for column in change.columns)
    return catalog.put(Table(oid, change.table, columns, constraints=constraints, persistence=change.persistence))


def _altered(change: AddColumn | DropColumn | RenameColumn | CreateIndex, table: Table) -> Table:
    if isinstance(change, AddColumn):
        return replace(table, columns=table.columns.set(change.column.name, change.column))
    if isinstance(change, CreateIndex):
        return replace(table, indexes=table.indexes.set(change.index.name, change.index))
    columns = table.columns
    for name in columns.folded(change.column):
        if isinstance(change, DropColumn):
            columns = columns.remove(name)
        else:
            columns = columns.renamed(name, change.new_name, replace(columns[name], name=change.new_name))
    return replace(table, columns=columns)


def _without_index(table: Table, name: str) -> Table:
    return replace(table, indexes=table.indexes.remove(name))
