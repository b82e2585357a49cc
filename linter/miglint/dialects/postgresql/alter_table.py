"""ALTER TABLE: one lock for all subcommands, subcommands in the server's passes, then one walk over the rows.

After AlterTableGetLockLevel, ATController and ATRewriteTables in tablecmds.c: the strongest lock that any subcommand
needs is taken first; whatever asks for a rewrite or a check is then done in a single pass per table.
"""

from __future__ import annotations

from msgspec import Struct, field

from miglint.catalog import Constraint, ConstraintKind, Name, Sequence, Table, TableKind, View
from miglint.changes import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
    AttachPartition,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropNotNull,
    SetDefault,
    SetGeneration,
    SetIdentity,
    SetNotNull,
    SetTableOption,
    TableChange,
    ValidateConstraint,
)
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.words import words
from miglint.effects import Work


class TablePlan(Struct):
    """What the walk over one table's rows has to do."""

    rewrite: bool = False
    scan: bool = False
    build: set[str] = field(default_factory=set)


class Plan(Struct):
    """The work that an ALTER TABLE has gathered, by table."""

    mode: Mode
    tables: dict[Name, TablePlan] = field(default_factory=dict)
    foreign_keys: list[tuple[Name, Constraint]] = field(default_factory=list)
    """Foreign keys to be checked, with their tables."""
    remade_keys: list[tuple[Name, Name, Constraint]] = field(default_factory=list)
    """Foreign keys that a new type made again: the table altered, the key's table. Checked if the former is rewritten
    for a new type.
    """
    retyped: set[Name] = field(default_factory=set)
    """Tables that a new type of a column rewrites: what is rewritten for another reason remakes no key."""
    null_keys: list[Name] = field(default_factory=list)
    """Tables of foreign keys that are checked though null in every row: the referenced table is not looked into."""

    def of(self, table: Table) -> TablePlan:
        """The plan of one table."""
        return self.tables.setdefault(table.name, TablePlan())

    def work(self) -> frozenset[Work]:
        """The work that is in it, whatever the table."""
        work: set[Work] = {Work.SCAN} if self.foreign_keys or self.null_keys else set()
        for of_table in self.tables.values():
            if of_table.rewrite:
                work.add(Work.REWRITE)
            if of_table.scan:
                work.add(Work.SCAN)
            if of_table.build:
                work |= {Work.SCAN, Work.INDEX_BUILD}
        return frozenset(work)

    def add(self, other: Plan) -> None:
        """Put the work of another plan to this one's."""
        for name, theirs in other.tables.items():
            mine = self.tables.setdefault(name, TablePlan())
            mine.rewrite |= theirs.rewrite
            mine.scan |= theirs.scan
            mine.build |= theirs.build
        self.foreign_keys += other.foreign_keys
        self.remade_keys += other.remade_keys
        self.retyped |= other.retyped
        self.null_keys += other.null_keys


def lock_level(command: Command, major: int) -> Mode:
    """The lock that one subcommand needs on its table."""
    change = command.change
    match change:
        case AddConstraint(constraint=Constraint(kind=ConstraintKind.FOREIGN_KEY)):
            return Mode.SHARE_ROW_EXCLUSIVE
        case ValidateConstraint() | AttachPartition():
            return Mode.SHARE_UPDATE_EXCLUSIVE
        case DetachPartition(concurrently=concurrently, finalize=finalize):
            return Mode.SHARE_UPDATE_EXCLUSIVE if concurrently or finalize else Mode.ACCESS_EXCLUSIVE
        case SetTableOption(action=action):
            return _option_level(action, command.options, column=bool(change.column))
    return Mode.ACCESS_EXCLUSIVE


_BRIEF_OPTIONS = frozenset(
    {"SET STATISTICS", "CLUSTER ON", "SET WITHOUT CLUSTER"},
)
EXCLUSIVE_STORAGE = words(
    """
    user_catalog_table fastupdate gin_pending_list_limit buffering autosummarize pages_per_range
    security_barrier security_invoker check_option
    """
)


def _option_level(action: str, names: tuple[str, ...], *, column: bool) -> Mode:
    if action in _BRIEF_OPTIONS:
        return Mode.SHARE_UPDATE_EXCLUSIVE
    if action in ("SET", "RESET"):
        exclusive = not column and any(name in EXCLUSIVE_STORAGE for name in names)
        return Mode.ACCESS_EXCLUSIVE if exclusive else Mode.SHARE_UPDATE_EXCLUSIVE
    if "TRIGGER" in action:
        return Mode.SHARE_ROW_EXCLUSIVE
    return Mode.ACCESS_EXCLUSIVE


KEYS_OF_PARTITIONED = 15
"""The first version in which a partitioned table has triggers of its foreign keys and of those that refer to it."""
_ALWAYS_RECURSING = frozenset({AddColumn, DropColumn, AlterColumnType, SetDefault, SetNotNull, SetGeneration})
_RECURSING_OPTIONS = frozenset({"SET STATISTICS", "SET STORAGE", "SET COMPRESSION"})


def _is_void(change: TableChange, table: Table, major: int) -> bool:
    """Whether there is nothing to do, which the server sees before it goes on to the children."""
    match change:
        case AddColumn(column=new, if_not_exists=True):
            return new.name in table.columns
        case DropColumn(column=name, column_if_exists=True):
            return name not in table.columns and not table.assumed
        case ValidateConstraint(constraint=name):
            known = table.constraints.get(name)
            return known is not None and known.valid
        case SetNotNull(column=name):
            column = table.columns.get(name)
            already = column is not None and column.not_null and column.not_null_valid
            return already and (table.kind is TableKind.PARTITIONED or major >= 18)
    return False


def _recurses(change: TableChange, table: Table, execution: Execution) -> bool:
    if isinstance(change, SetTableOption) and "TRIGGER" in change.action:
        return _switches_triggers(change.action, table, execution)
    return type(change) in _ALWAYS_RECURSING or _may_recurse(change, table, execution.major)


def _may_recurse(change: TableChange, table: Table, major: int) -> bool:
    partitioned = table.kind is TableKind.PARTITIONED
    match change:
        case SetTableOption(action=action):
            return action in _RECURSING_OPTIONS
        case AddConstraint(constraint=constraint):
            if major >= 18:
                return True
            if constraint.kind is ConstraintKind.PRIMARY_KEY:
                return any(_may_be_null(table, column) for column in constraint.columns)
            if constraint.kind in (ConstraintKind.CHECK, ConstraintKind.NOT_NULL):
                return not constraint.no_inherit
            return partitioned and constraint.kind is ConstraintKind.FOREIGN_KEY
        case DropConstraint(constraint=name) | ValidateConstraint(constraint=name):
            known = table.constraints.get(name)
            return known is None or (known.kind is ConstraintKind.CHECK and not known.no_inherit) or partitioned
        case DropNotNull(column=name):
            column = table.columns.get(name)
            return major < 18 or column is None or column.not_null
        case SetIdentity():
            return partitioned and major >= 17
        case AlterConstraint():
            return partitioned
    return False


def _switches_triggers(action: str, table: Table, execution: Execution) -> bool:
    """Whether a partitioned table has triggers for each row to switch, which its partitions have too. Among ALL are
    those of foreign keys, its own and those that refer to it."""
    if table.kind is not TableKind.PARTITIONED:
        return False
    keys = any(each.kind is ConstraintKind.FOREIGN_KEY for each in table.constraints.values())
    keys = keys or any(True for _ in execution.catalog.foreign_keys_reaching(table))
    of_rows = any(each.for_each_row for each in table.triggers.values())
    return of_rows or (keys and action.endswith(" ALL") and execution.major >= KEYS_OF_PARTITIONED)


def _may_be_null(table: Table, column: str) -> bool:
    known = table.columns.get(column)
    return known is None or not known.not_null


def _looks_at_children(change: TableChange, table: Table) -> bool:
    """Whether the server locks the children with ONLY too: they no longer inherit what is dropped."""
    if isinstance(change, DropConstraint):
        known = table.constraints.get(change.constraint)
        return known is None or (known.kind is ConstraintKind.CHECK and not known.no_inherit)
    return isinstance(change, DropColumn)


def take_locks(commands: list[Command], table: Table, execution: Execution) -> Mode:
    """Lock the table, and what its subcommands recurse to, at the strongest level of all."""
    mode = max([lock_level(command, execution.major) for command in commands])
    execution.lock(table, mode)
    if table.name not in execution.catalog.children:
        return mode
    doing = [each for each in commands if not _is_void(each.change, table, execution.major)]
    if any(not each.change.only and _recurses(each.change, table, execution) for each in doing):
        for child in execution.catalog.descendants(table.name):
            execution.lock(child, mode)
    elif any(_looks_at_children(each.change, table) for each in doing):
        for name in execution.catalog.children.get(table.name, ()):
            execution.lock_name(name, mode)
    return mode


_PASSES: dict[type[TableChange], int] = {
    DropColumn: 0,
    DropConstraint: 0,
    DropNotNull: 0,
    AlterColumnType: 1,
    AddColumn: 2,
    SetGeneration: 2,
    SetNotNull: 4,
    SetDefault: 4,
    SetIdentity: 4,
}
_PASSES_OF_CONSTRAINTS = {ConstraintKind.CHECK: 3, ConstraintKind.NOT_NULL: 4, ConstraintKind.FOREIGN_KEY: 6}


def pass_of(command: Command) -> int:
    """The server's order: drops, types, new columns, checks, column properties, indexes, foreign keys, the rest."""
    change = command.change
    if isinstance(change, AddConstraint):
        return _PASSES_OF_CONSTRAINTS.get(change.constraint.kind, 5)
    return _PASSES.get(type(change), 7)


def work_through(plan: Plan, execution: Execution) -> None:
    """Walk over the rows: rewrite or check each table once, then check foreign keys."""
    for name, of_table in plan.tables.items():
        table = execution.catalog.table(name)
        if table is not None and table.kind is not TableKind.PARTITIONED:
            _walk_rows(table, of_table, execution)
    for name in plan.null_keys:
        table = execution.catalog.table(name)
        for each in with_partitions(table, execution) if table is not None else ():
            execution.scan(each)
    remade = [(table, key) for altered, table, key in plan.remade_keys if altered in plan.retyped]
    for name, constraint in (*plan.foreign_keys, *remade):
        table = execution.catalog.table(name)
        if table is not None:
            check_foreign_key(table, constraint, execution)


def _walk_rows(table: Table, plan: TablePlan, execution: Execution) -> None:
    if plan.rewrite:
        _rewrite(table, execution)
    elif plan.scan:
        execution.scan(table)
    if any(index in table.indexes for index in plan.build):
        execution.build_index(table)


def _rewrite(table: Table, execution: Execution) -> None:
    execution.work(table, Work.REWRITE, Work.SCAN)
    execution.updated.add(table.oid)
    for index in table.indexes.values():
        if index.oid not in execution.created:
            execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE)
        execution.build_index(table)


def check_foreign_key(table: Table, constraint: Constraint, execution: Execution) -> None:
    """Join all rows of the referencing table with the referenced one."""
    if not execution.has_rows(table):
        return
    for each in with_partitions(table, execution):
        execution.scan(each)
    target = execution.catalog.table(constraint.references) if constraint.references is not None else None
    for each in with_partitions(target, execution) if target is not None else ():
        execution.scan(each)


def with_partitions(table: Table, execution: Execution) -> list[Table]:
    """The table and its partitions; what merely inherits from it is not meant by a foreign key or an index."""
    return execution.family(table, only=table.kind is not TableKind.PARTITIONED)


def readers(table: Table, execution: Execution) -> list[View | Table]:
    """Views and materialised views that read a table, at any depth."""
    found: dict[Name, View | Table] = {}
    pending = list(execution.catalog.readers.get(table.name, ()))
    while pending:
        name = pending.pop()
        relation = execution.catalog.relations.get(name)
        if name in found or relation is None or isinstance(relation, Sequence):
            continue
        found[name] = relation
        pending.extend(execution.catalog.readers.get(name, ()))
    return list(found.values())
