"""What a statement changes, in the database's words: typed, with names resolved, the same for every database.

A statement has one change or, as an ALTER TABLE, several. `location` is the offset in the statement's text, in
characters, where the part that makes the change begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from miglint.catalog import Column, Constraint, Expression, Index, Name, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that a statement does."""

    location: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChange(Change):
    """A change of one table."""

    table: Name
    if_exists: bool = False
    only: bool = False
    """ONLY: not its partitions and children."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable(TableChange):
    """CREATE TABLE, also AS SELECT and PARTITION OF."""

    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    partition_of: Name | None = None
    inherits: tuple[Name, ...] = ()
    like: tuple[Name, ...] = ()
    persistence: str = "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTable(TableChange):
    """DROP TABLE."""

    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameTable(TableChange):
    """A new name for a table."""

    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncateTable(TableChange):
    """TRUNCATE."""

    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddColumn(TableChange):
    """ADD COLUMN with the constraints written along with it."""

    column: Column
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    first: bool = False
    after: str = ""
    """MySQL's FIRST and AFTER: where among the columns it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedefineColumn(TableChange):
    """MODIFY and CHANGE: the whole definition anew, whatever of it differs. CHANGE renames in a change before."""

    column: str
    definition: Column
    constraints: tuple[Constraint, ...] = ()
    first: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropColumn(TableChange):
    """DROP COLUMN."""

    column: str
    cascade: bool = False
    column_if_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameColumn(TableChange):
    """A new name for a column."""

    column: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterColumnType(TableChange):
    """A new type for a column; `collation` as written, `using` the expression that converts."""

    column: str
    type: Type
    collation: str = ""
    using: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDefault(TableChange):
    """SET DEFAULT, or DROP DEFAULT when `default` is None."""

    column: str
    default: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNotNull(TableChange):
    """SET NOT NULL."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropNotNull(TableChange):
    """DROP NOT NULL."""

    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetIdentity(TableChange):
    """ADD GENERATED AS IDENTITY, SET GENERATED, RESTART, DROP IDENTITY: `action` is the word."""

    column: str
    action: str
    identity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetGeneration(TableChange):
    """SET EXPRESSION, or DROP EXPRESSION when `generation` is None."""

    column: str
    generation: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConstraint(TableChange):
    """ADD CONSTRAINT. `using_index` names an index that becomes the constraint's."""

    constraint: Constraint
    using_index: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropConstraint(TableChange):
    """DROP CONSTRAINT."""

    constraint: str
    cascade: bool = False
    constraint_if_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateConstraint(TableChange):
    """VALIDATE CONSTRAINT."""

    constraint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterConstraint(TableChange):
    """ALTER CONSTRAINT: deferrable, enforced, inherit."""

    constraint: str
    deferrable: bool | None = None
    enforced: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameConstraint(TableChange):
    """A new name for a constraint."""

    constraint: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIndex(TableChange):
    """CREATE INDEX."""

    index: Index
    concurrently: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DropIndex(Change):
    """DROP INDEX; `table` is None if the index is not known."""

    index: Name
    table: Name | None = None
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameIndex(Change):
    """A new name for an index."""

    index: Name
    new_name: str
    table: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindex(Change):
    """REINDEX INDEX, TABLE, SCHEMA, DATABASE: `what` is the word, `name` its object."""

    what: str
    name: Name
    concurrently: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachPartition(TableChange):
    """ATTACH PARTITION; `table` is the parent."""

    partition: Name
    bound: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetachPartition(TableChange):
    """DETACH PARTITION; `table` is the parent."""

    partition: Name
    concurrently: bool = False
    finalize: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetInheritance(TableChange):
    """INHERIT, or NO INHERIT when `inherit` is false."""

    parent: Name
    inherit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTableOption(TableChange):
    """Whatever else an ALTER TABLE sets on a table or column: `action` is the server's word (`SET LOGGED`, `OWNER TO`,
    `ENGINE`, `SET STATISTICS`), `options` its names and values."""

    action: str
    column: str = ""
    value: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSchema(TableChange):
    """SET SCHEMA."""

    schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintain(TableChange):
    """VACUUM, VACUUM FULL, CLUSTER, ANALYZE, REFRESH MATERIALIZED VIEW, OPTIMIZE TABLE: `action` is the word."""

    action: str
    concurrently: bool = False
    no_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockTable(TableChange):
    """LOCK TABLE; `mode` as pg_locks names it, or MySQL's READ and WRITE."""

    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertRows(TableChange):
    """INSERT, COPY FROM, LOAD DATA. `reads` are the tables that a SELECT in it reads."""

    reads: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRows(TableChange):
    """UPDATE. `whole_table`: no condition, or none that an index can serve."""

    columns: tuple[str, ...] = ()
    conditional: bool = False
    whole_table: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRows(TableChange):
    """DELETE. `whole_table`: no condition, or none that an index can serve."""

    conditional: bool = False
    whole_table: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRows(Change):
    """SELECT and what else only reads."""

    tables: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVariable(Change):
    """SET. `value` is None for DEFAULT and RESET; `local`: until the end of the transaction."""

    name: str
    value: str | None = None
    local: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionControl(Change):
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO: `action` is the word, `name` the savepoint."""

    action: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateObject(Change):
    """CREATE of anything else: `kind` such as `view`, `function`, `type`, `trigger`, `schema`."""

    kind: str
    name: Name
    table: Name | None = None
    replace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterObject(Change):
    """ALTER of anything else; `action` is what happens (`add value`, `rename`, `set not null`)."""

    kind: str
    name: Name
    action: str
    table: Name | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropObject(Change):
    """DROP of anything else."""

    kind: str
    name: Name
    table: Name | None = None
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCode(Change):
    """Code that the database runs and a reader of SQL cannot follow: a DO block, CALL, a function called."""

    what: str
