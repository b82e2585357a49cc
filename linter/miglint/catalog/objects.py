"""The objects of a schema, as plain data. Neutral: PostgreSQL, MySQL and SQLite fill the fields that they have.

Mappings inside are never changed in place: an altered table is a new `Table`. `oid` identifies an object through
renames; it is the catalog's own number and no server's.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from miglint.catalog.shelf import EMPTY, Shelf


class Name(NamedTuple):
    """A schema and a name in it. Databases without schemas use the empty string."""

    schema: str
    name: str


class Volatility(enum.StrEnum):
    """When an expression gives another value. `UNKNOWN` may be any of them."""

    IMMUTABLE = "immutable"
    STABLE = "stable"
    VOLATILE = "volatile"
    UNKNOWN = "unknown"


class Expression(Struct, frozen=True, eq=False):
    """An expression in a default, a check, an index or a USING clause. Where it is written does not count."""

    text: str = ""
    """As written, where the reader kept it."""
    columns: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    tree: Any = None
    """The parser's own tree, for the dialect; it says where each part stands, so it is not compared."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return (self.text, self.columns, self.functions) == (other.text, other.columns, other.functions)

    def __ne__(self, other: object) -> bool:
        return not self == other  # a struct's own would go by identity

    def __hash__(self) -> int:
        return hash((self.text, self.columns, self.functions))


class Type(Struct, frozen=True):
    """A data type: `varchar(50)[]` is `Type("varchar", (50,), array=True)`.

    `name` is the database's canonical one (`int4`, `varchar`, `timestamptz`; in MySQL `int`). `schema` is set for types
    that the user made. `attributes` holds words that belong to it (`unsigned`, `charset=utf8mb4`, `collate=…`).
    """

    name: str
    modifiers: tuple[int | str, ...] = ()
    array: bool = False
    schema: str = ""
    attributes: tuple[str, ...] = ()


class Column(Struct, frozen=True):
    """A column. `type` is None where it is not known."""

    name: str
    type: Type | None = None
    not_null: bool = False
    not_null_valid: bool = True
    """False for a NOT NULL constraint that was added NOT VALID."""
    default: Expression | None = None
    collation: str = ""
    identity: str = ""
    """`always` or `by default`; in MySQL `auto_increment`."""
    generated: str = ""
    """`stored` or `virtual`; the expression is then in `generation`."""
    generation: Expression | None = None
    sequence: Name | None = None
    """The sequence that an identity or serial column owns."""


class IndexKey(Struct, frozen=True):
    """A column or an expression of an index."""

    column: str = ""
    expression: Expression | None = None
    operator_class: str = ""
    collation: str = ""
    length: int | None = None
    descending: bool = False


class Index(Struct, frozen=True):
    """An index. `constraint` names the constraint that it backs."""

    oid: int
    name: str
    keys: tuple[IndexKey, ...]
    method: str = "btree"
    unique: bool = False
    include: tuple[str, ...] = ()
    predicate: Expression | None = None
    valid: bool = True
    constraint: str = ""
    parent: Name | None = None
    """The partitioned index that it belongs to."""
    only: bool = False
    """Made ON ONLY a partitioned table: partitions made later get one, the present ones have none."""
    tablespace: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain columns among its keys."""
        return tuple(key.column for key in self.keys if key.column)


class ConstraintKind(enum.StrEnum):
    """The kinds of constraints that have a name."""

    CHECK = "check"
    FOREIGN_KEY = "foreign key"
    UNIQUE = "unique"
    PRIMARY_KEY = "primary key"
    EXCLUSION = "exclusion"
    NOT_NULL = "not null"


class Constraint(Struct, frozen=True):
    """A constraint of a table. `references` and what follows it are a foreign key's."""

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...] = ()
    expression: Expression | None = None
    valid: bool = True
    enforced: bool = True
    deferrable: bool = False
    deferred: bool = False
    no_inherit: bool = False
    index: str = ""
    references: Name | None = None
    referenced_columns: tuple[str, ...] = ()
    on_delete: str = "no action"
    on_update: str = "no action"


class Trigger(Struct, frozen=True):
    """A trigger; `events` such as `insert`, `update`, `delete`, `truncate`."""

    name: str
    function: str = ""
    timing: str = ""
    events: frozenset[str] = frozenset()
    for_each_row: bool = False


class Rule(Struct, frozen=True):
    """A rewrite rule: what is done where rows are written, beside that or instead of it."""

    name: str
    event: str = ""
    """`insert`, `update` or `delete`."""
    instead: bool = False
    """Without a condition: with one the rows that it does not hold for are written all the same."""
    actions: Any = None
    """The statements, in the parser's own trees."""
    relations: frozenset[Name] = frozenset()
    """What they name."""
    enabled: bool = True


class TableKind(enum.StrEnum):
    """What kind of relation with rows (or without, if partitioned) it is."""

    TABLE = "table"
    PARTITIONED = "partitioned table"
    MATERIALIZED_VIEW = "materialized view"
    FOREIGN = "foreign table"


class Table(Struct, frozen=True):
    """A relation with columns and indexes. `assumed`: seen only in use, so what is not recorded may still be there."""

    oid: int
    name: Name
    columns: Shelf[str, Column] = EMPTY
    indexes: Shelf[str, Index] = EMPTY
    constraints: Shelf[str, Constraint] = EMPTY
    triggers: Shelf[str, Trigger] = EMPTY
    rules: Shelf[str, Rule] = EMPTY
    kind: TableKind = TableKind.TABLE
    persistence: str = "permanent"
    """`permanent`, `unlogged` or `temporary`."""
    parents: tuple[Name, ...] = ()
    """What it inherits from, or is a partition of."""
    partition: bool = False
    default_partition: bool = False
    bound: Any = None
    """The partition's bound, in the parser's own tree."""
    partition_key: tuple[str, ...] = ()
    partition_strategy: str = ""
    """`range`, `list` or `hash`; in MySQL also `key`."""
    sources: frozenset[Name] = frozenset()
    """What a materialised view reads."""
    source_columns: frozenset[str] = frozenset()
    """Every column name that its query mentions, `*` among them."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Engine, charset, row format, tablespace, access method and the like, by the database's own words."""
    unchecked: bool = False
    """DISABLE TRIGGER ALL is in force: foreign keys are not looked at where its rows are written."""
    empty: bool = False
    """Known to hold no rows: nothing was written to it since it was made or truncated."""
    assumed: bool = False


class View(Struct, frozen=True):
    """A view, and the relations that it reads."""

    oid: int
    name: Name
    sources: frozenset[Name] = frozenset()
    source_columns: frozenset[str] = frozenset()
    """Every column name that its query mentions, in whatever relation, `*` among them."""
    query: Any = None
    assumed: bool = False


class Sequence(Struct, frozen=True):
    """A sequence, and the table and column that own it."""

    oid: int
    name: Name
    owner: tuple[Name, str] | None = None
    persistence: str = "permanent"
    assumed: bool = False


Relation = Table | View | Sequence


class Domain(Struct, frozen=True):
    """A domain over a base type. `constraints` holds its CHECKs by name."""

    name: Name
    base: Type
    not_null: bool = False
    default: Expression | None = None
    constraints: Shelf[str, Constraint] = EMPTY
    collation: str = ""


class Enum(Struct, frozen=True):
    """An enumerated type and its labels in order."""

    name: Name
    labels: tuple[str, ...]


class Composite(Struct, frozen=True):
    """A composite, range or base type of the user's: its name is all that matters here."""

    name: Name


UserType = Domain | Enum | Composite


class Function(Struct, frozen=True):
    """A user's function; all overloads of one name share an entry, with the worst volatility of them."""

    name: Name
    volatility: Volatility
    language: str = ""
    body: Expression | None = None
    """For an SQL function the expression that inlining puts in its place, if there is a simple one."""
