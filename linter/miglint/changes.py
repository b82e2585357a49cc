"""What a statement changes, in the database's words: typed, with names resolved, the same for every database.

A statement has one change or, as an ALTER TABLE, several. `location` is the offset in the statement's text, in
characters, where the part that makes the change begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from miglint.catalog import Column, Constraint, Expression, Index, Name, Type


class Change(Struct, frozen=True, kw_only=True):
    """Something that a statement does."""

    location: int = 0


class TableChange(Change, frozen=True, kw_only=True):
    """A change of one table."""

    table: Name
    if_exists: bool = False
    only: bool = False
    """ONLY: not its partitions and children."""


class CreateTable(TableChange, frozen=True, kw_only=True):
    """CREATE TABLE, also AS SELECT and PARTITION OF."""

    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    partition_of: Name | None = None
    inherits: tuple[Name, ...] = ()
    like: tuple[Name, ...] = ()
    persistence: str = "permanent"


class DropTable(TableChange, frozen=True, kw_only=True):
    """DROP TABLE."""

    cascade: bool = False


class RenameTable(TableChange, frozen=True, kw_only=True):
    """A new name for a table."""

    new_name: str


class TruncateTable(TableChange, frozen=True, kw_only=True):
    """TRUNCATE."""

    cascade: bool = False


class AddColumn(TableChange, frozen=True, kw_only=True):
    """ADD COLUMN with the constraints written along with it."""

    column: Column
    constraints: tuple[Constraint, ...] = ()
    if_not_exists: bool = False
    first: bool = False
    after: str = ""
    """MySQL's FIRST and AFTER: where among the columns it goes."""


class RedefineColumn(TableChange, frozen=True, kw_only=True):
    """MODIFY and CHANGE: the whole definition anew, whatever of it differs. CHANGE renames in a change before."""

    column: str
    definition: Column
    constraints: tuple[Constraint, ...] = ()
    first: bool = False
    after: str = ""


class DropColumn(TableChange, frozen=True, kw_only=True):
    """DROP COLUMN."""

    column: str
    cascade: bool = False
    column_if_exists: bool = False


class RenameColumn(TableChange, frozen=True, kw_only=True):
    """A new name for a column."""

    column: str
    new_name: str


class AlterColumnType(TableChange, frozen=True, kw_only=True):
    """A new type for a column; `collation` as written, `using` the expression that converts."""

    column: str
    type: Type
    collation: str = ""
    using: Expression | None = None


class SetDefault(TableChange, frozen=True, kw_only=True):
    """SET DEFAULT, or DROP DEFAULT when `default` is None."""

    column: str
    default: Expression | None = None


class SetNotNull(TableChange, frozen=True, kw_only=True):
    """SET NOT NULL."""

    column: str


class DropNotNull(TableChange, frozen=True, kw_only=True):
    """DROP NOT NULL."""

    column: str


class SetIdentity(TableChange, frozen=True, kw_only=True):
    """ADD GENERATED AS IDENTITY, SET GENERATED, RESTART, DROP IDENTITY: `action` is the word."""

    column: str
    action: str
    identity: str = ""


class SetGeneration(TableChange, frozen=True, kw_only=True):
    """SET EXPRESSION, or DROP EXPRESSION when `generation` is None."""

    column: str
    generation: Expression | None = None


class AddConstraint(TableChange, frozen=True, kw_only=True):
    """ADD CONSTRAINT. `using_index` names an index that becomes the constraint's."""

    constraint: Constraint
    using_index: str = ""


class DropConstraint(TableChange, frozen=True, kw_only=True):
    """DROP CONSTRAINT."""

    constraint: str
    cascade: bool = False
    constraint_if_exists: bool = False


class ValidateConstraint(TableChange, frozen=True, kw_only=True):
    """VALIDATE CONSTRAINT."""

    constraint: str


class AlterConstraint(TableChange, frozen=True, kw_only=True):
    """ALTER CONSTRAINT: deferrable, enforced, inherit."""

    constraint: str
    deferrable: bool | None = None
    enforced: bool | None = None


class RenameConstraint(TableChange, frozen=True, kw_only=True):
    """A new name for a constraint."""

    constraint: str
    new_name: str


class CreateIndex(TableChange, frozen=True, kw_only=True):
    """CREATE INDEX."""

    index: Index
    concurrently: bool = False
    if_not_exists: bool = False


class DropIndex(Change, frozen=True, kw_only=True):
    """DROP INDEX; `table` is None if the index is not known."""

    index: Name
    table: Name | None = None
    concurrently: bool = False
    if_exists: bool = False
    cascade: bool = False


class RenameIndex(Change, frozen=True, kw_only=True):
    """A new name for an index."""

    index: Name
    new_name: str
    table: Name | None = None


class Reindex(Change, frozen=True, kw_only=True):
    """REINDEX INDEX, TABLE, SCHEMA, DATABASE: `what` is the word, `name` its object."""

    what: str
    name: Name
    concurrently: bool = False


class AttachPartition(TableChange, frozen=True, kw_only=True):
    """ATTACH PARTITION; `table` is the parent."""

    partition: Name
    bound: Any = None


class DetachPartition(TableChange, frozen=True, kw_only=True):
    """DETACH PARTITION; `table` is the parent."""

    partition: Name
    concurrently: bool = False
    finalize: bool = False


class SetInheritance(TableChange, frozen=True, kw_only=True):
    """INHERIT, or NO INHERIT when `inherit` is false."""

    parent: Name
    inherit: bool


class SetTableOption(TableChange, frozen=True, kw_only=True):
    """Whatever else an ALTER TABLE sets on a table or column: `action` is the server's word (`SET LOGGED`, `OWNER TO`,
    `ENGINE`, `SET STATISTICS`), `options` its names and values."""

    action: str
    column: str = ""
    value: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


class SetSchema(TableChange, frozen=True, kw_only=True):
    """SET SCHEMA."""

    schema: str


class Maintain(TableChange, frozen=True, kw_only=True):
    """VACUUM, VACUUM FULL, CLUSTER, ANALYZE, REFRESH MATERIALIZED VIEW, OPTIMIZE TABLE: `action` is the word."""

    action: str
    concurrently: bool = False
    no_data: bool = False


class LockTable(TableChange, frozen=True, kw_only=True):
    """LOCK TABLE; `mode` as pg_locks names it, or MySQL's READ and WRITE."""

    mode: str


class InsertRows(TableChange, frozen=True, kw_only=True):
    """INSERT, COPY FROM, LOAD DATA. `reads` are the tables that a SELECT in it reads."""

    reads: tuple[Name, ...] = ()


class UpdateRows(TableChange, frozen=True, kw_only=True):
    """UPDATE. `whole_table`: no condition, or none that an index can serve."""

    columns: tuple[str, ...] = ()
    conditional: bool = False
    whole_table: bool = True


class DeleteRows(TableChange, frozen=True, kw_only=True):
    """DELETE. `whole_table`: no condition, or none that an index can serve."""

    conditional: bool = False
    whole_table: bool = True


class ReadRows(Change, frozen=True, kw_only=True):
    """SELECT and what else only reads."""

    tables: tuple[Name, ...] = ()


class SetVariable(Change, frozen=True, kw_only=True):
    """SET. `value` is None for DEFAULT and RESET; `local`: until the end of the transaction."""

    name: str
    value: str | None = None
    local: bool = False


class TransactionControl(Change, frozen=True, kw_only=True):
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK TO: `action` is the word, `name` the savepoint."""

    action: str
    name: str = ""


class CreateObject(Change, frozen=True, kw_only=True):
    """CREATE of anything else: `kind` such as `view`, `function`, `type`, `trigger`, `schema`."""

    kind: str
    name: Name
    table: Name | None = None
    replace: bool = False


class AlterObject(Change, frozen=True, kw_only=True):
    """ALTER of anything else; `action` is what happens (`add value`, `rename`, `set not null`)."""

    kind: str
    name: Name
    action: str
    table: Name | None = None
    detail: str = ""


class DropObject(Change, frozen=True, kw_only=True):
    """DROP of anything else."""

    kind: str
    name: Name
    table: Name | None = None
    if_exists: bool = False
    cascade: bool = False


class RunCode(Change, frozen=True, kw_only=True):
    """Code that the database runs and a reader of SQL cannot follow: a DO block, CALL, a function called."""

    what: str
