"""What each change of an ALTER TABLE asks of the storage engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch

from msgspec.structs import replace

from miglint.catalog import Column, Constraint, ConstraintKind, Index, Table
from miglint.changes import (
    AddColumn,
    AddConstraint,
    AlterConstraint,
    Change,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    RedefineColumn,
    RenameColumn,
    RenameIndex,
    RenameTable,
    SetTableOption,
)
from miglint.dialects.mysql import tables
from miglint.dialects.mysql.compare import conversion, redefinition
from miglint.dialects.mysql.definitions import is_constant
from miglint.dialects.mysql.demands import VIRTUAL_COLUMNS, Demand
from miglint.dialects.mysql.options import OPTIONS
from miglint.dialects.mysql.server import Server
from miglint.dialects.mysql.types import BLOBS, CHARACTERS, TEXTS, charset_named, charset_of, with_charset

REBUILDING_OPTIONS = frozenset(
    {
        "ROW_FORMAT",
        "KEY_BLOCK_SIZE",
        "FORCE",
        "PAGE_COMPRESSED",
        "PAGE_COMPRESSION_LEVEL",
        "ENCRYPTED",
        "ENCRYPTION_KEY_ID",
    }
)
COPYING_OPTIONS = frozenset({"ADD SYSTEM VERSIONING", "SYSTEM_VERSIONING", "PARTITION BY", "REMOVE PARTITIONING"})
PARTITION_METADATA = frozenset({"DROP PARTITION", "TRUNCATE PARTITION", "ANALYZE PARTITION", "CHECK PARTITION"})
TABLESPACE_SWAPS = frozenset(
    {"IMPORT TABLESPACE", "DISCARD TABLESPACE", "IMPORT PARTITION", "DISCARD PARTITION", "ENABLE KEYS", "DISABLE KEYS"}
)
OF_THE_FILE = frozenset({"AUTO_INCREMENT", "CHARSET", "CHECKSUM", "COLLATE"})
"""Options for which MyISAM and Aria, which keep them in the table's file, copy the table."""
STATISTICS = frozenset(
    {"AUTO_INCREMENT", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "CHARSET", "COLLATE"}
)


def demand_of(changes: Sequence[Change], table: Table, server: Server) -> Demand:
    """The demands of all changes of one statement together."""
    former, renames_index = former_names(changes), _index_renames(changes, table)
    in_charset = _with_new_charset(changes)
    kept = [in_charset(former(change)) for change in changes if not renames_index(change)]
    demand = Demand.METADATA
    beside = beside_drop = False
    for change in kept:
        asked = asks(change, table, server)
        demand |= asked
        if _is_plain_index(change) or _is_clause(change):
            continue
        beside = beside or not asked & VIRTUAL_COLUMNS
        beside_drop = beside_drop or not isinstance(change, DropColumn)
    if (beside and demand & VIRTUAL_COLUMNS) or (beside_drop and demand & Demand.SHIFT_VIRTUAL_BY_DROP):
        demand |= Demand.BESIDE_VIRTUAL
    if _indexes_new_virtual_column(kept):
        demand |= Demand.INDEX_NEW_VIRTUAL
    if len(kept) < len(changes) and _gives_new_name(changes):
        demand |= Demand.IN_PLACE
    return demand | _key_change(kept, table, server)


def _is_clause(change: Change) -> bool:
    """ALGORITHM=, LOCK= and the like say how, not what."""
    return isinstance(change, SetTableOption) and change.action in {"ALGORITHM", "LOCK", "WAIT", "NOTHING"}


def _is_plain_index(change: Change) -> bool:
    return isinstance(change, DropIndex) or (isinstance(change, CreateIndex) and not change.index.unique)


def _indexes_new_virtual_column(changes: Sequence[Change]) -> bool:
    added = [each.column for each in changes if isinstance(each, AddColumn)]
    new = {column.name.lower() for column in added if column.generated == "virtual"}
    indexes = [each.index for each in changes if isinstance(each, CreateIndex)]
    return any(key.column.lower() in new for index in indexes for key in index.keys if key.column)


def former_names(changes: Sequence[Change]) -> Callable[[Change], Change]:
    """What gives the new definition of a column that CHANGE also renames its former name, under which it is found."""
    names = {change.new_name.lower(): change.column for change in changes if isinstance(change, RenameColumn)}

    def with_former_name(change: Change) -> Change:
        if isinstance(change, RedefineColumn) and change.column.lower() in names:
            return replace(change, column=names[change.column.lower()])
        return change

    return with_former_name


def _with_new_charset(changes: Sequence[Change]) -> Callable[[Change], Change]:
    """What gives the new definition of a text column the character set that the same statement gives to the table."""
    options: dict[str, str] = {}
    for change in changes:
        if isinstance(change, SetTableOption) and change.action in {"CHARSET", "COLLATE"}:
            options[change.action.lower()] = change.value
        elif isinstance(change, SetTableOption) and change.action == "CONVERT TO CHARACTER SET":
            options |= change.options
    given = charset_named(options.get("charset", ""), options.get("collate", ""))

    def with_charset_given(change: Change) -> Change:
        if not isinstance(change, RedefineColumn) or change.definition.type is None or not given.name:
            return change
        kind = change.definition.type
        if kind.name not in CHARACTERS or any("=" in each for each in kind.attributes):
            return change
        return replace(change, definition=replace(change.definition, type=with_charset(kind, given)))

    return with_charset_given


def _index_renames(changes: Sequence[Change], table: Table) -> Callable[[Change], bool]:
    """Tells the halves of DROP INDEX a, ADD INDEX b of the same definition: the server only renames the index."""
    dropped = [tables.find(table.indexes, each.index.name) for each in changes if isinstance(each, DropIndex)]
    added = [each.index for each in changes if isinstance(each, CreateIndex)]

    def renames(change: Change) -> bool:
        if isinstance(change, CreateIndex):
            return any(index is not None and _same_index(index, change.index) for index in dropped)
        if isinstance(change, DropIndex):
            index = tables.find(table.indexes, change.index.name)
            return index is not None and any(_same_index(index, other) for other in added)
        return False

    return renames


def _gives_new_name(changes: Sequence[Change]) -> bool:
    """Whether an index dropped and made again gets another name: with the same one, only its type can have changed."""
    dropped = {each.index.name.lower() for each in changes if isinstance(each, DropIndex)}
    return any(each.index.name.lower() not in dropped for each in changes if isinstance(each, CreateIndex))


def _same_index(one: Index, other: Index) -> bool:
    return (one.keys, one.method, one.unique) == (other.keys, other.method, other.unique)


def _key_change(changes: Sequence[Change], table: Table, server: Server) -> Demand:
    """The table is stored in the order of its primary key: taking it away copies, another one rebuilds."""
    adds = any(each.kind is ConstraintKind.PRIMARY_KEY for change in changes for each in _constraints(change))
    takes = any(_takes_key(change, table) for change in changes)
    if takes and server.is_mariadb and not table.partition_strategy and _same_key(changes, table):
        return Demand.METADATA
    if adds and not (takes and table.partition_strategy and server.is_mariadb):
        return Demand.REBUILD | Demand.DEFINITION
    return Demand.COPY if takes else Demand.METADATA


def _same_key(changes: Sequence[Change], table: Table) -> bool:
    """Whether the primary key is only declared anew."""
    new = [
        each.columns for change in changes for each in _constraints(change) if each.kind is ConstraintKind.PRIMARY_KEY
    ]
    key = [name.lower() for name in tables.primary_key(table)]
    return len(new) == 1 and [name.lower() for name in new[0]] == key


def _constraints(change: Change) -> tuple[Constraint, ...]:
    if isinstance(change, AddConstraint):
        return (change.constraint,)
    return change.constraints if isinstance(change, AddColumn | RedefineColumn) else ()


def _takes_key(change: Change, table: Table) -> bool:
    key = {name.lower() for name in tables.primary_key(table)}
    if isinstance(change, DropConstraint):
        return change.constraint.upper() == "PRIMARY"
    if isinstance(change, DropColumn):
        return change.column.lower() in key
    if isinstance(change, DropIndex):
        index = tables.find(table.indexes, change.index.name)
        declared = tables.declared_primary_key(table)
        if index is None or not tables.is_implicit_key(table, index) or declared is not None:
            return change.index.name.upper() == "PRIMARY"
        return {name.lower() for name in index.columns} == key
    return False


@singledispatch
def asks(change: Change, table: Table, server: Server) -> Demand:
    """The demands of one change; of those that are only metadata, none."""
    return Demand.METADATA


@asks.register
def _(change: AddColumn, table: Table, server: Server) -> Demand:
    if change.if_not_exists and tables.find(table.columns, change.column.name) is not None:
        return Demand.METADATA
    column = change.column
    demand = _extras(change.constraints, table, server, new_column=True) | Demand.DEFINITION
    inside = change.first or (change.after and change.after.lower() != _last(table))
    if column.default is not None and "nextval" in column.default.functions:
        return demand | Demand.COPY_SHARED
    if column.generated == "stored" or not (column.generated or is_constant(column.default, mariadb=server.is_mariadb)):
        return demand | Demand.COPY
    if column.generated == "virtual":
        return demand | Demand.ADD_VIRTUAL
    if inside and tables.precedes_virtual(table, "" if change.first else change.after):
        demand |= Demand.SHIFT_VIRTUAL_BY_ADD
    if column.identity:
        return demand | Demand.REBUILD_SHARED
    return demand | Demand.ADD_COLUMN | (Demand.ADD_INSIDE if inside else Demand.METADATA)


def _last(table: Table) -> str:
    return [*table.columns][-1].lower() if table.columns else ""


def _extras(constraints: Sequence[Constraint], table: Table, server: Server, *, new_column: bool) -> Demand:
    """What is written along with a column. A CHECK there is not checked on the rows, unlike one of the table."""
    demand = Demand.METADATA
    for constraint in constraints:
        if constraint.kind is ConstraintKind.UNIQUE:
            demand |= Demand.ADD_INDEX
        elif constraint.kind is ConstraintKind.FOREIGN_KEY and server.is_mariadb:
            demand |= _foreign_key(constraint, table, server)
        elif constraint.kind is ConstraintKind.CHECK and not server.is_mariadb and not new_column:
            demand |= Demand.COPY if server.has_checks else Demand.METADATA
    return demand


def _foreign_key(constraint: Constraint, table: Table, server: Server) -> Demand:
    if server.foreign_key_checks:
        return Demand.COPY_SHARED
    columns = [name.lower() for name in constraint.columns]
    keys = [tables.primary_key(table), *(index.columns for index in table.indexes.values())]
    indexed = any([name.lower() for name in key[: len(columns)]] == columns for key in keys)
    return Demand.IN_PLACE if indexed else Demand.ADD_INDEX | Demand.IN_PLACE


@asks.register
def _(change: DropColumn, table: Table, server: Server) -> Demand:
    column = tables.find(table.columns, change.column)
    if column is None and change.column_if_exists and not table.assumed:
        return Demand.METADATA
    demand = Demand.DEFINITION
    if tables.indexes_of(table, change.column):
        demand |= Demand.CHANGE_INDEXES
    if column is not None and column.generated == "virtual":
        return demand | Demand.DROP_VIRTUAL
    if column is not None and column.generated == "stored" and not server.is_mariadb:
        demand |= Demand.REBUILD
    if tables.precedes_virtual(table, change.column):
        demand |= Demand.SHIFT_VIRTUAL_BY_DROP
    return demand | Demand.DROP_COLUMN


@asks.register
def _(change: RedefineColumn, table: Table, server: Server) -> Demand:
    old = tables.find(table.columns, change.column)
    if old is None:
        return Demand.COPY
    return redefinition(change, old, table, server) | _extras(change.constraints, table, server, new_column=False)


@asks.register
def _(change: RenameColumn, table: Table, server: Server) -> Demand:
    return Demand.RENAME_COLUMN


@asks.register
def _(change: AddConstraint, table: Table, server: Server) -> Demand:
    kind = change.constraint.kind
    if kind is ConstraintKind.FOREIGN_KEY:
        return _foreign_key(change.constraint, table, server)
    if kind is ConstraintKind.CHECK and (server.is_mariadb or (change.constraint.enforced and server.has_checks)):
        return Demand.COPY
    return Demand.METADATA


@asks.register
def _(change: DropConstraint, table: Table, server: Server) -> Demand:
    if tables.find(table.indexes, change.constraint) is not None and not tables.find(
        table.constraints, change.constraint
    ):
        return Demand.CHANGE_INDEXES | Demand.DEFINITION
    known = tables.find(table.constraints, change.constraint)
    return Demand.METADATA if known is not None and known.kind is ConstraintKind.CHECK else Demand.IN_PLACE


@asks.register
def _(change: AlterConstraint, table: Table, server: Server) -> Demand:
    return Demand.COPY if change.enforced else Demand.IN_PLACE


@asks.register
def _(change: CreateIndex, table: Table, server: Server) -> Demand:
    if change.if_not_exists and tables.find(table.indexes, change.index.name) is not None:
        return Demand.METADATA
    if change.index.method == "fulltext":
        return Demand.ADD_FULLTEXT | Demand.DEFINITION
    if change.index.method == "spatial":
        return Demand.ADD_SPATIAL | Demand.DEFINITION
    if change.index.unique and any(_is_long(table, key.column) and key.length is None for key in change.index.keys):
        return Demand.COPY
    return Demand.ADD_INDEX | Demand.DEFINITION


def _is_long(table: Table, column: str) -> bool:
    """Whether unique values of a column can only be told apart by a hash, for which MariaDB makes a hidden column."""
    found = tables.find(table.columns, column)
    return found is not None and found.type is not None and found.type.name in BLOBS | TEXTS


@asks.register
def _(change: DropIndex, table: Table, server: Server) -> Demand:
    missing = change.if_exists and tables.find(table.indexes, change.index.name) is None and not table.assumed
    return Demand.METADATA if missing else Demand.CHANGE_INDEXES | Demand.DEFINITION


@asks.register
def _(change: RenameIndex, table: Table, server: Server) -> Demand:
    return Demand.IN_PLACE


@asks.register
def _(change: RenameTable, table: Table, server: Server) -> Demand:
    return Demand.EXCLUSIVE


@asks.register
def _(change: SetTableOption, table: Table, server: Server) -> Demand:
    action = change.action
    if action == "ENGINE":
        return (
            Demand.REBUILD | Demand.DEFINITION if change.value.lower() == tables.engine(table) else Demand.COPY_SHARED
        )
    if action == "ORDER BY":
        return Demand.COPY_SHARED
    if action in COPYING_OPTIONS or (action == "ENCRYPTION" and not server.is_mariadb):
        return Demand.COPY
    if action == "KEY_BLOCK_SIZE" and server.is_mariadb and tables.engine(table) != "innodb":
        return Demand.METADATA
    if action in REBUILDING_OPTIONS:
        return Demand.REBUILD | Demand.DEFINITION
    if action == "DROP SYSTEM VERSIONING":
        return Demand.REBUILD_SHARED | Demand.DEFINITION
    if action == "CONVERT TO CHARACTER SET":
        return _conversion(change, table, server)
    if action in TABLESPACE_SWAPS:
        return Demand.EXCLUSIVE
    return _written_down(change, table, server)


WRITTEN_OPTIONS = frozenset({*OPTIONS, "CHARSET", "COLLATE"})


def _written_down(change: SetTableOption, table: Table, server: Server) -> Demand:
    """Options that leave rows and indexes alone."""
    action = change.action
    if action in {"CHARSET", "COLLATE"} and not server.is_mariadb:
        return _default_charset(change, table, server)
    if action == "ALTER INDEX":
        return Demand.IN_PLACE if server.is_mariadb else Demand.METADATA
    demand = Demand.DEFINITION if action in OF_THE_FILE else Demand.METADATA
    if action in PARTITION_METADATA or (action in STATISTICS and not server.is_mariadb):
        return demand | Demand.IN_PLACE
    return demand | (Demand.OPTION if action in WRITTEN_OPTIONS else Demand.METADATA)


def _default_charset(change: SetTableOption, table: Table, server: Server) -> Demand:
    """The manual: "rebuilds the table if the new character encoding is different"."""
    name = change.value if change.action == "CHARSET" else change.value.partition("_")[0]
    same = not table.assumed and server.table_charset(table).name == charset_named(name).name
    return Demand.IN_PLACE if same else Demand.REBUILD | Demand.DEFINITION


def _conversion(change: SetTableOption, table: Table, server: Server) -> Demand:
    """Converting is free where every column already has the character set."""
    if table.assumed:
        return Demand.COPY
    wanted = server.resolved(charset_named(change.options.get("charset", ""), change.options.get("collate", "")))
    if server.is_mariadb:
        return conversion(table, wanted, server)
    inherited = server.table_charset(table)
    types = [column.type for column in table.columns.values() if _is_text(column)]
    unchanged = all(server.resolved(charset_of(each, inherited)) == wanted for each in types if each is not None)
    return Demand.DEFINITION | Demand.IN_PLACE if unchanged else Demand.COPY


def _is_text(column: Column) -> bool:
    return column.type is not None and (
        column.type.name in {"char", "varchar", "enum", "set"} or column.type.name in TEXTS
    )
