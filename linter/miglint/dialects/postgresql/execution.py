"""One statement being played against the catalog: what it locks, what work it does, and the schema it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.catalog import Catalog, Index, Name, Relation, Sequence, Table, TableKind, View
from miglint.changes import Change
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.session import Session
from miglint.dialects.postgresql.tree import by_kind
from miglint.effects import Work

LAZY_BOUNDS = 14
"""The first version that works out a partition's bound only when a row is written; before, it opens the parent for each
statement that writes to the partition."""


class Impact(Struct):
    """What a statement does to one relation."""

    oid: int
    name: str
    kind: str
    table: str = ""
    mode: Mode | None = None
    work: set[Work] = field(default_factory=set)
    parents: tuple[str, ...] = ()
    partition: bool = False
    partitions: tuple[str, ...] = ()
    """Those of a partitioned table, at any depth; only where the server's version makes who writes to them wait."""
    read_only: bool = False
    """A view, or something of a materialised view: nobody writes to it."""
    emptied: bool = False
    dropped: bool = False


class NotFollowed(Exception):
    """A statement, or a part of it, whose effects cannot be told; says why."""


class Execution(Struct):
    """The state while one statement runs. Handlers call its methods; `catalog` is replaced as they go."""

    catalog: Catalog
    session: Session
    major: int
    sql: str = ""
    changes: list[Change] = field(default_factory=list)
    causes: dict[int, frozenset[Work]] = field(default_factory=dict)
    """The work that each subcommand of an ALTER TABLE asks for, by its position in `changes`."""
    impacts: dict[int, Impact] = field(default_factory=dict)
    assumptions: list[str] = field(default_factory=list)
    numbered: int = 0
    """How many numbers were given to new objects."""
    given: dict[tuple[str, Name | None], dict[str, int]] = field(default_factory=dict)
    """The numbers that were given last to names, by schema and table."""
    created: set[int] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    """Tables of which every row is written."""
    common: frozenset[str] = frozenset()
    """The common table expressions around what is written within a WITH."""
    empty_columns: frozenset[str] = frozenset()
    """The columns that an ALTER TABLE adds without a value."""
    outside_transaction: bool = False
    """It commits by itself, as CREATE INDEX CONCURRENTLY does."""
    walked: dict[int, tuple[Any, dict[str, list[Node]]]] = field(default_factory=dict)
    """The parts of the tree that were walked through, by identity, and the nodes that were met."""

    # -- the tree ----------------------------------------------------------------------------------------------------

    def nodes(self, tree: Any, kind: str) -> list[Node]:
        """The nodes of a kind below a part of the statement's tree, which is walked through once, whoever asks."""
        if not tree:
            return []
        if id(tree) not in self.walked:
            self.walked[id(tree)] = tree, by_kind(tree)
        return self.walked[id(tree)][1].get(kind, [])

    # -- names -------------------------------------------------------------------------------------------------------

    def resolve(self, node: Node) -> Name:
        """The name that a RangeVar means."""
        schema = node.get("schemaname")
        if schema is None and node.get("relpersistence") == "t":
            schema = "pg_temp"
        return self.catalog.resolve(schema, node.get("relname", ""))

    def table(self, name: Name) -> Table:
        """The table of that name; one that nothing made is assumed to be there."""
        found = self.catalog.table(name)
        if found is not None:
            return found
        table = Table(self.oid(), name, assumed=True)
        self.put(table)
        self.assume(f"nothing in the migrations makes the table {self.catalog.display(name)}: it is taken to exist")
        return table

    def assume(self, reason: str) -> None:
        """Note what the effects rest on."""
        if reason not in self.assumptions:
            self.assumptions.append(reason)

    def family(self, table: Table, *, only: bool = False) -> list[Table]:
        """The table and, unless ONLY, everything that inherits from it or is a partition of it."""
        if only or table.name not in self.catalog.children:
            return [table]
        return [table, *self.catalog.descendants(table.name)]

    def taken(self, schema: str, table: Table | None = None) -> _Taken:
        """Whether a name for a new relation or constraint is in use."""
        given = self.given.setdefault((schema, table.name if table is not None else None), {})
        return _Taken(self.catalog, schema, table, given)

    # -- effects -----------------------------------------------------------------------------------------------------

    def lock(self, relation: Relation, mode: Mode) -> Impact:
        """Lock a relation; the strongest mode counts."""
        impact = self._impact(relation)
        if impact.mode is None or impact.mode < mode:
            impact.mode = mode
        return impact

    def lock_name(self, name: Name, mode: Mode) -> None:
        """Lock whatever relation has that name, if any is known."""
        found = self.catalog.relations.get(name)
        if found is not None:
            self.lock(found, mode)

    def lock_index(self, table: Table, index: Index, mode: Mode) -> Impact:
        """Lock an index."""
        impact = self.impacts.get(index.oid)
        if impact is None:
            name = self.catalog.display(Name(table.name.schema, index.name))
            impact = Impact(index.oid, name, "index", self.catalog.display(table.name))
            impact.read_only = table.kind is TableKind.MATERIALIZED_VIEW
            self.impacts[index.oid] = impact
        impact.mode = mode if impact.mode is None else max(impact.mode, mode)
        return impact

    def work(self, table: Table, *works: Work) -> None:
        """Work on the rows of a table. A partitioned table has none, nor has a view WITH NO DATA."""
        unfilled = table.kind is TableKind.MATERIALIZED_VIEW and table.empty
        if table.kind is not TableKind.PARTITIONED and not unfilled:
            self._impact(table).work.update(works)

    def scan(self, table: Table) -> None:
        """Read a whole table."""
        self.work(table, Work.SCAN)

    def build_index(self, table: Table) -> None:
        """Build an index from a table's rows."""
        self.work(table, Work.SCAN, Work.INDEX_BUILD)

    def has_rows(self, table: Table) -> bool:
        """Whether there may be rows: not in what this transaction made and did not fill."""
        transaction = self.session.transaction
        if transaction is None or not (table.oid in transaction.private or table.oid in self.created):
            return True
        return table.oid in transaction.filled or table.oid in self.filled

    def _impact(self, relation: Relation) -> Impact:
        impact = self.impacts.get(relation.oid)
        if impact is None:
            impact = Impact(relation.oid, self.catalog.display(relation.name), "table")
            if isinstance(relation, Sequence):
                impact.kind = "sequence"
                impact.table = self.catalog.display(relation.owner[0]) if relation.owner else ""
            elif isinstance(relation, View):
                impact.kind, impact.read_only = "view", True
            else:
                impact.read_only = relation.kind is TableKind.MATERIALIZED_VIEW
                impact.kind = "view" if impact.read_only else "table"
                if relation.parents:
                    impact.parents = tuple([self.catalog.display(parent) for parent in relation.parents])
                impact.partition = relation.partition
                if self.major < LAZY_BOUNDS and relation.kind is TableKind.PARTITIONED:
                    children = self.catalog.descendants(relation.name)
                    impact.partitions = tuple(self.catalog.display(each.name) for each in children)
            self.impacts[relation.oid] = impact
        return impact

    # -- the schema --------------------------------------------------------------------------------------------------

    def oid(self) -> int:
        """A number for a new object."""
        self.numbered += 1
        return self.catalog.next_oid + self.numbered - 1

    def finish(self) -> None:
        """Note in the catalog which numbers are taken: once, not with each."""
        if self.numbered:
            self.catalog = replace(self.catalog, next_oid=self.catalog.next_oid + self.numbered)
            self.numbered = 0

    def put(self, relation: Relation) -> None:
        """Put an altered relation in its place."""
        self.catalog = self.catalog.put(relation)

    def create(self, relation: Relation) -> None:
        """Put in a new relation: what is done to it in this transaction costs nobody anything."""
        self.created.add(relation.oid)
        self.catalog = self.catalog.put(relation)

    def latest(self, table: Table) -> Table:
        """The table as it is by now; its handlers may have altered it since it was looked up."""
        return self.catalog.table(table.name) or table

    def add_index(self, table: Table, index: Index) -> None:
        """Put an index on a table."""
        table = self.latest(table)
        self.created.add(index.oid)
        self.put(replace(table, indexes=table.indexes.set(index.name, index)))

    def remove_index(self, table: Table, name: str) -> None:
        """Take an index off a table."""
        table = self.latest(table)
        self.put(replace(table, indexes=table.indexes.remove(name)))

    def sequences(self, table: Table) -> Iterator[Sequence]:
        """The sequences that a table owns."""
        return self.catalog.owned_sequences(table.name)


class _Taken(Struct):
    catalog: Catalog
    schema: str
    table: Table | None
    given: dict[str, int]

    def __call__(self, name: str) -> bool:
        full = Name(self.schema, name)
        if full in self.catalog.relations or full in self.catalog.index_tables:
            return True
        return self.table is not None and name in self.table.constraints
