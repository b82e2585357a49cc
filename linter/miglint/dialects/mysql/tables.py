"""What is asked of a table: its columns and keys by name, whatever their case, and what InnoDB makes of it."""

from __future__ import annotations

from typing import TypeVar

from miglint.catalog import Column, Constraint, ConstraintKind, Index, Shelf, Table

T = TypeVar("T")


def find(mapping: Shelf[str, T], name: str) -> T | None:
    """The entry of that name; columns, indexes and constraints have names without case."""
    found = mapping.get(name)
    if found is not None:
        return found
    return next((mapping[key] for key in mapping.folded(name)), None)


def without(mapping: Shelf[str, T], name: str) -> Shelf[str, T]:
    """The mapping without the entry of that name."""
    for key in mapping.folded(name):
        mapping = mapping.remove(key)
    return mapping


def engine(table: Table) -> str:
    """The storage engine, in lower case."""
    return table.options.get("engine", "innodb").lower()


def row_format(table: Table) -> str:
    """The row format, in lower case."""
    if table.options.get("key_block_size") not in (None, "0"):
        return "compressed"
    return table.options.get("row_format", "dynamic").lower()


def has_fulltext(table: Table) -> bool:
    """Whether it has a FULLTEXT index."""
    return bool(table.indexes.matching(_is_fulltext))


def has_document_ids(table: Table) -> bool:
    """Whether a FULLTEXT index finds the column FTS_DOC_ID that InnoDB adds for the first one."""
    return has_fulltext(table) or find(table.columns, "FTS_DOC_ID") is not None


def has_spatial(table: Table) -> bool:
    """Whether it has a SPATIAL index."""
    return bool(table.indexes.matching(_is_spatial))


def has_cascades(table: Table) -> bool:
    """Whether a foreign key of it changes its rows when those it points to change."""
    return bool(table.constraints.matching(_cascades))


def virtual_columns(table: Table) -> tuple[Column, ...]:
    """Its virtual generated columns."""
    return tuple(table.columns.matching(_is_virtual).values())


def has_indexed_virtual_column(table: Table) -> bool:
    """Whether an index holds a virtual column."""
    names = {column.name.lower() for column in virtual_columns(table)}
    if not names:
        return False
    return any(key.column.lower() in names for index in table.indexes.values() for key in index.keys if key.column)


def has_stored_column(table: Table) -> bool:
    """Whether it has a stored generated column."""
    return bool(table.columns.matching(_is_stored))


def indexes_of(table: Table, column: str) -> list[Index]:
    """The indexes that hold a column, the primary key apart."""
    lowered = column.lower()
    return [
        index
        for index in table.indexes.values()
        if any(key.column.lower() == lowered for key in index.keys if key.column)
    ]


def primary_key(table: Table) -> tuple[str, ...]:
    """The columns of its primary key, or of the unique index that InnoDB takes for one; none if it has neither."""
    declared = declared_primary_key(table)
    if declared is not None:
        return declared.columns
    unique = table.indexes.matching(_is_unique).values()
    return next((index.columns for index in unique if is_implicit_key(table, index)), ())


def declared_primary_key(table: Table) -> Constraint | None:
    """Its PRIMARY KEY."""
    return next(iter(table.constraints.matching(is_primary_key).values()), None)


def is_implicit_key(table: Table, index: Index) -> bool:
    """Whether a unique index could stand for a missing primary key: all of its columns are NOT NULL."""
    if not index.unique or declared_primary_key(table) is not None or len(index.columns) != len(index.keys):
        return False
    columns = [find(table.columns, name) for name in index.columns]
    return all(column is not None and column.not_null for column in columns)


def is_not_null(table: Table, column: Column) -> bool:
    """Whether a column is NOT NULL, as columns of a primary key are without saying so."""
    declared = declared_primary_key(table)
    return column.not_null or (
        declared is not None and column.name.lower() in {name.lower() for name in declared.columns}
    )


def precedes_virtual(table: Table, name: str) -> bool:
    """Whether a virtual column stands after the column of that name (after the table's start, if it is empty)."""
    if not virtual_columns(table):
        return False
    order = [column.name.lower() for column in table.columns.values()]
    start = order.index(name.lower()) + 1 if name.lower() in order else 0
    return any(column.generated == "virtual" for column in list(table.columns.values())[start:])


def is_primary_key(constraint: Constraint) -> bool:
    """Whether a constraint is a PRIMARY KEY."""
    return constraint.kind is ConstraintKind.PRIMARY_KEY


def _cascades(constraint: Constraint) -> bool:
    is_key = constraint.kind is ConstraintKind.FOREIGN_KEY
    return is_key and not {constraint.on_delete, constraint.on_update} <= {"no action", "restrict"}


def _is_fulltext(index: Index) -> bool:
    return index.method == "fulltext"


def _is_spatial(index: Index) -> bool:
    return index.method == "spatial"


def _is_unique(index: Index) -> bool:
    return index.unique


def _is_virtual(column: Column) -> bool:
    return column.generated == "virtual"


def _is_stored(column: Column) -> bool:
    return column.generated == "stored"
