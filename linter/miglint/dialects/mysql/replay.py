"""Carries changes into the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from msgspec.structs import replace

from miglint.catalog import Catalog, Column, Constraint, ConstraintKind, Index, IndexKey, Name, Shelf, Table, Type, View
from miglint.changes import (
    AddColumn,
    AddConstraint,
    Change,
    CreateIndex,
    CreateObject,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropObject,
    DropTable,
    InsertRows,
    RedefineColumn,
    RenameColumn,
    RenameIndex,
    RenameTable,
    SetDefault,
    SetTableOption,
    TruncateTable,
)
from miglint.dialects.mysql.server import Server
from miglint.dialects.mysql.statements import unique_index
from miglint.dialects.mysql.tables import find, is_primary_key, without
from miglint.dialects.mysql.types import CHARACTERS, Charset, charset_of
from miglint.dialects.numbering import first_free

TABLE_OPTIONS = frozenset(
    {"ENGINE", "CHARSET", "COLLATE", "ROW_FORMAT", "KEY_BLOCK_SIZE", "COMMENT", "SYSTEM_VERSIONING"}
)


def known_table(catalog: Catalog, name: Name) -> Table:
    """The table of that name, or a stand-in for one that nothing made."""
    return catalog.table(name) or Table(0, name, assumed=True)


@singledispatch
def carry(change: Change, catalog: Catalog, server: Server) -> Catalog:
    """The catalog after a change; most that have no entry here leave the schema as it was."""
    return catalog


@carry.register
def _(change: CreateTable, catalog: Catalog, server: Server) -> Catalog:
    if change.if_not_exists and catalog.table(change.table) is not None:
        return catalog
    catalog, oid = catalog.with_oid()
    like = catalog.table(change.like[0]) if change.like else None
    table = Table(oid, change.table, persistence=change.persistence, empty=True)
    if like is not None:
        constraints = like.constraints.items()
        kept = Shelf((name, each) for name, each in constraints if each.kind is not ConstraintKind.FOREIGN_KEY)
        table = replace(table, columns=like.columns, indexes=like.indexes, constraints=kept, options=like.options)
    table = replace(table, columns=table.columns.update({column.name: column for column in change.columns}))
    for constraint in change.constraints:
        table = _constrained(table, constraint)
    return catalog.put(table)


@carry.register
def _(change: DropTable, catalog: Catalog, server: Server) -> Catalog:
    return catalog.drop(change.table)


@carry.register
def _(change: RenameTable, catalog: Catalog, server: Server) -> Catalog:
    table = catalog.table(change.table)
    if table is None:
        return catalog
    name = Name(change.table.schema, change.new_name)
    catalog = catalog.drop(change.table).put(replace(table, name=name))
    for other, constraint in list(catalog.foreign_keys_to(change.table)):
        current = catalog.table(other.name)
        if current is not None:
            moved = replace(constraint, references=name)
            catalog = catalog.put(replace(current, constraints=current.constraints.set(constraint.name, moved)))
    return catalog


@carry.register
def _(change: TruncateTable, catalog: Catalog, server: Server) -> Catalog:
    table = catalog.table(change.table)
    return catalog.put(replace(table, empty=True)) if table is not None else catalog


@carry.register
def _(change: InsertRows, catalog: Catalog, server: Server) -> Catalog:
    table = catalog.table(change.table)
    return catalog.put(replace(table, empty=False)) if table is not None and table.empty else catalog


@carry.register
def _(change: AddColumn, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    if find(table.columns, change.column.name) is not None:
        return catalog
    column = _with_charset(change.column, table, server)
    table = replace(table, columns=_placed(table.columns, column, first=change.first, after=change.after))
    return catalog.put(_with_extras(table, change.constraints))


@carry.register
def _(change: RedefineColumn, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    column = _with_charset(change.definition, table, server)
    if change.first or change.after or find(table.columns, change.column) is None:
        others = without(table.columns, change.column)
        columns = _placed(others, column, first=change.first, after=change.after)
    else:
        columns = table.columns
        for name in columns.folded(change.column):
            columns = columns.renamed(name, column.name, column)
    return catalog.put(_with_extras(replace(table, columns=columns), change.constraints))


@carry.register
def _(change: DropColumn, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    indexes = table.indexes
    for name, index in table.indexes.items():
        left = _without_key(index, change.column)
        if left is not index:
            indexes = indexes.set(name, left) if left.keys else indexes.remove(name)
    return catalog.put(replace(table, columns=without(table.columns, change.column), indexes=indexes))


@carry.register
def _(change: RenameColumn, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    old, new = change.column.lower(), change.new_name
    columns = table.columns
    for name in columns.folded(old):
        columns = columns.renamed(name, new, replace(columns[name], name=new))
    indexes = {
        name: _with_key_renamed(index, old, new)
        for name, index in table.indexes.items()
        if old in _lowered(index.columns)
    }
    constraints = {
        name: replace(each, columns=tuple(new if column.lower() == old else column for column in each.columns))
        for name, each in table.constraints.items()
        if old in _lowered(each.columns)
    }
    constrained = table.constraints.update(constraints)
    return catalog.put(replace(table, columns=columns, indexes=table.indexes.update(indexes), constraints=constrained))


@carry.register
def _(change: SetDefault, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    column = find(table.columns, change.column)
    if column is None:
        return catalog
    return catalog.put(replace(table, columns=table.columns.set(column.name, replace(column, default=change.default))))


@carry.register
def _(change: AddConstraint, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    return catalog.put(_constrained(table, change.constraint))


@carry.register
def _(change: DropConstraint, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    constraints = without(table.constraints, change.constraint)
    indexes = table.indexes
    if len(constraints) == len(table.constraints):
        indexes = without(table.indexes, change.constraint)
    return catalog.put(replace(table, constraints=constraints, indexes=indexes))


@carry.register
def _(change: CreateIndex, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    return catalog.put(_indexed(table, change.index))


@carry.register
def _(change: DropIndex, catalog: Catalog, server: Server) -> Catalog:
    table = catalog.table(change.table) if change.table is not None else None
    if table is None:
        return catalog
    return catalog.put(replace(table, indexes=without(table.indexes, change.index.name)))


@carry.register
def _(change: RenameIndex, catalog: Catalog, server: Server) -> Catalog:
    table = catalog.table(change.table) if change.table is not None else None
    index = find(table.indexes, change.index.name) if table is not None else None
    if table is None or index is None:
        return catalog
    kept = without(table.indexes, change.index.name)
    return catalog.put(replace(table, indexes=kept.set(change.new_name, replace(index, name=change.new_name))))


@carry.register
def _(change: SetTableOption, catalog: Catalog, server: Server) -> Catalog:
    catalog, table = _table(catalog, change.table)
    options = {**table.options}
    action = change.action
    if action in TABLE_OPTIONS:
        if action in {"CHARSET", "COLLATE"} and table.columns:
            table = _with_charsets_kept(table, server)
        options[action.lower()] = change.value
    elif action == "ADD SYSTEM VERSIONING":
        options["system_versioning"] = "1"
    elif action == "DROP SYSTEM VERSIONING":
        options.pop("system_versioning", None)
    elif action == "CONVERT TO CHARACTER SET":
        options |= change.options
        columns = Shelf((name, _without_charset(column)) for name, column in table.columns.items())
        table = replace(table, columns=columns)
    strategy = table.partition_strategy
    if action in {"PARTITION BY", "PARTITION"}:
        strategy = change.value or "unknown"
    elif action == "REMOVE PARTITIONING":
        strategy = ""
    return catalog.put(replace(table, options=options, partition_strategy=strategy))


@carry.register
def _(change: CreateObject, catalog: Catalog, server: Server) -> Catalog:
    if change.kind != "view":
        return catalog
    catalog, oid = catalog.with_oid()
    return catalog.put(View(oid, change.name))


@carry.register
def _(change: DropObject, catalog: Catalog, server: Server) -> Catalog:
    return catalog.drop(change.name) if change.kind == "view" else catalog


# -- parts of a table ------------------------------------------------------------------------------------------------


def _table(catalog: Catalog, name: Name) -> tuple[Catalog, Table]:
    table = catalog.table(name)
    return (catalog, table) if table is not None else catalog.assume_table(name)


def _placed(columns: Shelf[str, Column], column: Column, *, first: bool, after: str) -> Shelf[str, Column]:
    if first:
        return Shelf({column.name: column, **columns})
    if not after or find(columns, after) is None:
        return columns.set(column.name, column)
    placed: dict[str, Column] = {}
    for name, each in columns.items():
        placed[name] = each
        if name.lower() == after.lower():
            placed[column.name] = column
    return Shelf(placed)


def _with_charset(column: Column, table: Table, server: Server) -> Column:
    """The column with the character set that it takes from its table: a later change of the table leaves it alone."""
    if column.type is None or column.type.name not in CHARACTERS:
        return column
    charset = server.resolved(charset_of(column.type, server.table_charset(table)))
    return replace(column, type=_charset_type(column.type, charset))


def _charset_type(type_: Type, charset: Charset) -> Type:
    kept = tuple(each for each in type_.attributes if "=" not in each)
    return replace(type_, attributes=(*kept, f"charset={charset.name}", f"collate={charset.collation}"))


def _with_charsets_kept(table: Table, server: Server) -> Table:
    if table.empty:
        return table
    columns = Shelf((name, _with_charset(column, table, server)) for name, column in table.columns.items())
    return replace(table, columns=columns)


def _without_charset(column: Column) -> Column:
    if column.type is None:
        return column
    kept = tuple(each for each in column.type.attributes if "=" not in each)
    return replace(column, type=replace(column.type, attributes=kept))


def _with_extras(table: Table, constraints: tuple[Constraint, ...]) -> Table:
    for constraint in constraints:
        if constraint.kind is ConstraintKind.UNIQUE:
            table = _indexed(table, unique_index(constraint))
        else:
            table = _constrained(table, constraint)
    return table


def _constrained(table: Table, constraint: Constraint) -> Table:
    number = len(table.constraints) + 1
    suffix = "ibfk" if constraint.kind is ConstraintKind.FOREIGN_KEY else "chk"
    name = constraint.name or f"{table.name.name}_{suffix}_{number}"
    table = replace(table, constraints=table.constraints.set(name, replace(constraint, name=name)))
    if constraint.kind is not ConstraintKind.FOREIGN_KEY or _serves(table, constraint.columns):
        return table
    keys = tuple(IndexKey(column) for column in constraint.columns)
    return _indexed(table, Index(0, constraint.name or (constraint.columns or ("",))[0], keys))


def _serves(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether an index begins with these columns, so that a foreign key needs none of its own."""
    wanted = [name.lower() for name in columns]
    first = wanted[0] if wanted else ""
    keys = [index.columns for index in table.indexes.group(_first_column, first).values()]
    keys += [each.columns for each in table.constraints.matching(is_primary_key).values()]
    return any([name.lower() for name in key[: len(wanted)]] == wanted for key in keys)


def _first_column(index: Index) -> str:
    return index.columns[0].lower() if index.columns else ""


def _indexed(table: Table, index: Index) -> Table:
    name = index.name or _free_name(table, index)
    return replace(table, indexes=table.indexes.set(name, replace(index, name=name)))


def _free_name(table: Table, index: Index) -> str:
    """The name that the server gives: the first column's, with a number if that is taken."""
    base = index.columns[0] if index.columns else "functional_index"
    if not table.indexes.folded(base):
        return base
    return f"{base}_{first_free(2, lambda number: bool(table.indexes.folded(f'{base}_{number}')))}"


def _without_key(index: Index, column: str) -> Index:
    keys = tuple(key for key in index.keys if key.column.lower() != column.lower() or not key.column)
    return index if len(keys) == len(index.keys) else replace(index, keys=keys)


def _lowered(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _with_key_renamed(index: Index, old: str, new: str) -> Index:
    keys = (replace(key, column=new) if key.column.lower() == old else key for key in index.keys)
    return replace(index, keys=tuple(keys))
