"""ALTER TABLE's subcommands on columns: adding, dropping, NOT NULL, defaults, identity."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from miglint.catalog import Column, Expression, Name, Sequence, Table, View, Volatility
from miglint.changes import (
    AddColumn,
    DropColumn,
    DropNotNull,
    SetDefault,
    SetGeneration,
    SetIdentity,
    SetNotNull,
)
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.alter_table import Plan
from miglint.dialects.postgresql.constraints import KeyCheck, add_constraint, drop_constraint_of
from miglint.dialects.postgresql.definitions import ColumnDefinition, proves_default
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.functions import volatility
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.names import choose
from miglint.dialects.postgresql.not_null import require_not_null
from miglint.dialects.postgresql.queries import sequences_in
from miglint.dialects.postgresql.types import domain_constrained, domain_default


def add_column(command: Command, change: AddColumn, table: Table, plan: Plan, execution: Execution) -> None:
    """ADD COLUMN: free, unless its value differs from row to row or has to be checked."""
    definition = command.column
    if definition is None or (change.if_not_exists and change.column.name in table.columns):
        return
    rewritten = rewrites(definition, execution)
    for each in execution.family(table, only=change.only):
        checked = _must_be_checked(definition, each, execution)
        if rewritten or checked:
            of_table = plan.of(each)
            of_table.rewrite |= rewritten
            of_table.scan |= checked
        execution.put(replace(each, columns=each.columns.set(change.column.name, change.column)))
    if definition.serial or definition.column.identity:
        make_sequence(execution.latest(table), change.column.name, execution)
    lock_sequences_used(change.column, execution)
    for constraint in definition.constraints:
        add_constraint(constraint, execution.latest(table), plan, execution, key_check=_key_check(definition))


def _key_check(definition: ColumnDefinition) -> KeyCheck:
    """A foreign key on a new column is not checked unless a default is written, be it NULL."""
    if definition.serial or proves_default(definition.column.default):
        return KeyCheck.JOIN
    return KeyCheck.NULLS if definition.column.default is not None else KeyCheck.NONE


def rewrites(definition: ColumnDefinition, execution: Execution) -> bool:
    """Whether a new column's value must be written into every row."""
    column = definition.column
    if definition.serial or column.identity or column.generated == "stored":
        return True
    if column.generated == "virtual" or column.type is None:
        return False
    default = _default(column, execution)
    constrained = domain_constrained(column.type, execution.catalog)
    if constrained is None:
        execution.assume(f"the type {column.type.schema}.{column.type.name} is not known: it is taken to be no domain")
    if constrained:
        return True
    if default is None:
        return False
    worst = volatility(default.tree, execution.catalog)
    if worst is Volatility.UNKNOWN:
        called = ", ".join(sorted(default.functions))
        execution.assume(f"the volatility of a function in the default ({called}) is not known: taken to be volatile")
    return worst in (Volatility.VOLATILE, Volatility.UNKNOWN)


def _default(column: Column, execution: Execution) -> Expression | None:
    """A column's default, or its domain's: version 12 does not take that into account."""
    if column.default is not None or column.type is None or not column.type.schema or execution.major < 13:
        return column.default
    inherited = domain_default(column.type, execution.catalog)
    return inherited.default if inherited is not None else None


def _must_be_checked(definition: ColumnDefinition, table: Table, execution: Execution) -> bool:
    """NOT NULL on a column that has no value of its own: virtual ones are computed, others fail at the first row."""
    column = definition.column
    if not column.not_null or definition.serial or column.identity:
        return False
    if proves_default(_default(column, execution)):
        return False
    return column.generated == "virtual" or not table.empty


def make_sequence(table: Table, column: str, execution: Execution) -> None:
    """The sequence that a serial or identity column owns."""
    schema = table.name.schema
    name = choose(table.name.name, column, "seq", execution.taken(schema))
    sequence = Sequence(execution.oid(), Name(schema, name), (table.name, column), table.persistence)
    execution.create(sequence)
    latest = execution.latest(table)
    owned = replace(latest.columns[column], sequence=sequence.name)
    execution.put(replace(latest, columns=latest.columns.set(column, owned)))


def lock_sequences_used(column: Column, execution: Execution) -> None:
    """nextval('s') in a default opens the sequence when rows are written."""
    for sequence in sequences_in(column.default.tree, execution) if column.default is not None else ():
        execution.lock(sequence, Mode.ROW_EXCLUSIVE)


def record_default(default: Expression | None, execution: Execution) -> None:
    """From version 18 on a stored expression locks what it refers to while that is noted."""
    if default is not None and execution.major >= 18:
        for sequence in sequences_in(default.tree, execution):
            execution.lock(sequence, Mode.ACCESS_SHARE)


def drop_column(command: Command, change: DropColumn, table: Table, plan: Plan, execution: Execution) -> None:
    """DROP COLUMN, with the indexes, constraints, sequences and, on CASCADE, views that need it."""
    for each in execution.family(table, only=change.only):
        column = each.columns.get(change.column)
        gone = {change.column, *_generated_from(each, change.column)}
        for name in sorted(gone):
            _drop_what_needs(each, replace(change, column=name), execution)
        if column is not None:
            _drop_sequence(each, change.column, execution)
        latest = execution.latest(each)
        columns = latest.columns
        for name in gone:
            columns = columns.remove(name)
        execution.put(replace(latest, columns=columns))


def _generated_from(table: Table, column: str) -> list[str]:
    generated = table.columns.matching(_is_generated).values()
    return [each.name for each in generated if each.generation is not None and column in each.generation.columns]


def _is_generated(column: Column) -> bool:
    return column.generation is not None


def _drop_what_needs(table: Table, change: DropColumn, execution: Execution) -> None:
    for constraint in list(table.constraints.values()):
        if change.column in constraint.columns:
            drop_constraint_of(table, constraint, execution)
    for index in list(execution.latest(table).indexes.values()):
        uses = set(index.columns) | set(index.include)
        expressions = [key.expression for key in index.keys if key.expression] + [index.predicate]
        if change.column in uses or any(each and change.column in each.columns for each in expressions):
            execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE).dropped = True
            execution.remove_index(table, index.name)
    for name in execution.catalog.readers.get(table.name, ()) if change.cascade else ():
        _drop_reader(name, change.column, execution)


def _drop_reader(name: Name, column: str | None, execution: Execution) -> None:
    """Drop a view that reads the column, and whatever reads that view."""
    view = execution.catalog.relations.get(name)
    if not isinstance(view, View | Table):
        return
    if column is not None and view.source_columns.isdisjoint({column, "*"}):
        return
    execution.lock(view, Mode.ACCESS_EXCLUSIVE).dropped = True
    if isinstance(view, Table):
        for index in view.indexes.values():
            execution.lock_index(view, index, Mode.ACCESS_EXCLUSIVE).dropped = True
    execution.catalog = execution.catalog.drop(name)
    for reader in execution.catalog.readers.get(name, ()):
        _drop_reader(reader, None, execution)


def _drop_sequence(table: Table, column: str, execution: Execution) -> None:
    for sequence in list(execution.sequences(table)):
        if sequence.owner is not None and sequence.owner[1] == column:
            execution.lock(sequence, Mode.ACCESS_EXCLUSIVE).dropped = True
            execution.catalog = execution.catalog.drop(sequence.name)


def set_not_null(command: Command, change: SetNotNull, table: Table, plan: Plan, execution: Execution) -> None:
    """SET NOT NULL reads the table unless a valid CHECK proves it, or it is so already."""
    for each in execution.family(table, only=change.only):
        require_not_null(each, change.column, plan, execution)


def drop_not_null(command: Command, change: DropNotNull, table: Table, plan: Plan, execution: Execution) -> None:
    """DROP NOT NULL."""
    for each in execution.family(table, only=change.only):
        _alter(each, change.column, execution, not_null=False)


def set_default(command: Command, change: SetDefault, table: Table, plan: Plan, execution: Execution) -> None:
    """SET DEFAULT and DROP DEFAULT: for rows to come."""
    record_default(change.default, execution)
    for each in execution.family(table, only=change.only):
        _alter(each, change.column, execution, default=change.default)


def set_identity(command: Command, change: SetIdentity, table: Table, plan: Plan, execution: Execution) -> None:
    """ADD, SET and DROP IDENTITY: the sequence is altered, rows are not."""
    if change.action == "add":
        _alter(table, change.column, execution, identity=change.identity)
        if change.column in execution.latest(table).columns:
            make_sequence(execution.latest(table), change.column, execution)
        return
    known = table.columns.get(change.column)
    if known is not None and not known.identity:
        return  # DROP IDENTITY IF EXISTS
    mode = Mode.SHARE_ROW_EXCLUSIVE if change.action == "set" else Mode.ACCESS_EXCLUSIVE
    for sequence in list(execution.sequences(table)):
        if sequence.owner is not None and sequence.owner[1] == change.column:
            execution.lock(sequence, mode)
            if change.action == "drop":
                execution.catalog = execution.catalog.drop(sequence.name)
    if change.action == "drop":
        _alter(table, change.column, execution, identity="")


def set_generation(command: Command, change: SetGeneration, table: Table, plan: Plan, execution: Execution) -> None:
    """SET EXPRESSION rewrites a stored column; DROP EXPRESSION leaves its values."""
    for each in execution.family(table, only=change.only):
        known = each.columns.get(change.column)
        stored = known is None or known.generated == "stored"
        if change.generation is None:
            _alter(each, change.column, execution, generated="", generation=None)
            continue
        plan.of(each).rewrite |= stored
        _alter(each, change.column, execution, generation=change.generation)


def _alter(table: Table, column: str, execution: Execution, **fields: Any) -> None:
    latest = execution.latest(table)
    known = latest.columns.get(column)
    if known is not None:
        execution.put(replace(latest, columns=latest.columns.set(column, replace(known, **fields))))
