"""The schema at one moment: every change gives a new `Catalog`, and the old one stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from miglint.catalog.objects import (
    Constraint,
    ConstraintKind,
    Function,
    Index,
    Name,
    Relation,
    Sequence,
    Table,
    UserType,
    View,
)
from miglint.catalog.shelf import EMPTY, Shelf

Links = Shelf[Name, Shelf[Name, int]]
"""For a relation those that refer to it, and how often."""


TEMPORARY = "pg_temp"
"""The schema of temporary relations, which is looked into before those of the search path."""


class Catalog(Struct, frozen=True):
    """Relations, types and functions by name, and who refers to whom.

    `search_path` resolves names without a schema; its first entry is where new objects go. What is not found is not
    known to be absent: `assume_table` puts in a stand-in.
    """

    search_path: tuple[str, ...] = ("public",)
    default_schema: str = "public"
    """The schema that is left out of a name when it is shown."""
    relations: Shelf[Name, Relation] = EMPTY
    types: Shelf[Name, UserType] = EMPTY
    functions: Shelf[Name, Function] = EMPTY
    index_tables: Shelf[Name, Name] = EMPTY
    """The table of each index, for databases where indexes share the relations' namespace."""
    referencing: Links = EMPTY
    """Tables with foreign keys to this one, and how many each has."""
    children: Links = EMPTY
    """Partitions and inheriting tables, in the order of their making."""
    default_partitions: Links = EMPTY
    """The default partition of a partitioned table."""
    readers: Links = EMPTY
    """Views and materialised views that read this relation."""
    owned: Links = EMPTY
    """Sequences that a table owns."""
    temporary: bool = False
    """Whether there was ever a temporary relation, which hides others of its name."""
    extensions: frozenset[str] = frozenset()
    next_oid: int = 1

    # -- names -------------------------------------------------------------------------------------------------------

    def resolve(self, schema: str | None, name: str) -> Name:
        """The name that a reference means: the first match on the search path, else where it would be made."""
        if schema is not None:
            return Name(schema, name)
        for candidate in (TEMPORARY, *self.search_path) if self.temporary else self.search_path:
            found = Name(candidate, name)
            if found in self.relations or found in self.index_tables:
                return found
        return Name(self.creation_schema, name)

    @property
    def creation_schema(self) -> str:
        """Where an object without a schema in its name is made."""
        return self.search_path[0] if self.search_path else self.default_schema

    def resolve_type(self, schema: str | None, name: str) -> Name | None:
        """The user's type that a reference means, or None: then it is one of the database's own, or not known."""
        if not self.types:
            return None
        candidates = (schema,) if schema is not None else self.search_path
        return next((found for found in (Name(each, name) for each in candidates) if found in self.types), None)

    def resolve_function(self, schema: str | None, name: str) -> Function | None:
        """The user's function of that name."""
        candidates = (schema,) if schema is not None else self.search_path
        names = (Name(each, name) for each in candidates)
        return next((self.functions[found] for found in names if found in self.functions), None)

    def display(self, name: Name) -> str:
        """The name as a user would write it: the default schema left out."""
        return name.name if name.schema in ("", self.default_schema) else f"{name.schema}.{name.name}"

    def displayed(self, shown: str) -> Name | None:
        """The relation that `display` calls so."""
        for schema in (self.default_schema, ""):
            if (found := Name(schema, shown)) in self.relations:
                return found
        dots = (place for place, sign in enumerate(shown) if sign == ".")
        with_schema = (Name(shown[:place], shown[place + 1 :]) for place in dots)
        return next((each for each in with_schema if each in self.relations), None)

    # -- looking -----------------------------------------------------------------------------------------------------

    def table(self, name: Name) -> Table | None:
        """The table or materialised view of that name."""
        found = self.relations.get(name)
        return found if isinstance(found, Table) else None

    def index(self, name: Name) -> tuple[Table, Index] | None:
        """The index of that name and its table."""
        owner = self.index_tables.get(name)
        table = self.table(owner) if owner is not None else None
        index = table.indexes.get(name.name) if table is not None else None
        return (table, index) if table is not None and index is not None else None

    def descendants(self, name: Name) -> Iterator[Table]:
        """Partitions and inheriting tables, at any depth, parents before children."""
        for child in self.children.get(name, ()):
            table = self.table(child)
            if table is not None:
                yield table
                yield from self.descendants(child)

    def referencing_tables(self, name: Name) -> frozenset[Name]:
        """The other tables with foreign keys to a table."""
        linked = self.referencing.get(name)
        return frozenset(linked) - {name} if linked else frozenset()

    def foreign_keys_to(self, name: Name) -> Iterator[tuple[Table, Constraint]]:
        """The foreign keys that reference a table, its own to itself included."""
        for other in self.referencing.get(name, ()):
            table = self.table(other)
            if table is not None:
                yield from ((table, each) for each in table.constraints.derived(_by_target).get(name, ()))

    def foreign_keys_reaching(self, table: Table) -> Iterator[tuple[Table, Constraint]]:
        """The foreign keys that reference a table or, of a partition, what it is a partition of."""
        yield from self.foreign_keys_to(table.name)
        for parent in table.parents if table.partition else ():
            found = self.table(parent)
            if found is not None:
                yield from self.foreign_keys_reaching(found)

    def owned_sequences(self, name: Name) -> Iterator[Sequence]:
        """The sequences that a table's columns own."""
        for sequence in self.owned.get(name, ()):
            found = self.relations.get(sequence)
            if isinstance(found, Sequence):
                yield found

    def tables(self) -> Iterator[Table]:
        """Every table and materialised view."""
        return (relation for relation in self.relations.values() if isinstance(relation, Table))

    # -- changing ----------------------------------------------------------------------------------------------------

    def put(self, relation: Relation) -> Catalog:
        """The catalog with a relation added, or put in place of the one of the same name."""
        old = self.relations.get(relation.name)
        if isinstance(old, Table) and isinstance(relation, Table) and _same_to_others(old, relation):
            return replace(self, relations=self.relations.set(relation.name, relation))
        links = self._links(relation.name, old, relation)
        temporary = self.temporary or relation.name.schema == TEMPORARY
        return replace(self, relations=self.relations.set(relation.name, relation), temporary=temporary, **links)

    def drop(self, name: Name) -> Catalog:
        """The catalog without a relation. What refers to it stays: the dialect decides what a CASCADE takes along."""
        old = self.relations.get(name)
        if old is None:
            return self
        return replace(self, relations=self.relations.remove(name), **self._links(name, old, None))

    def assume_table(self, name: Name) -> tuple[Catalog, Table]:
        """A stand-in for a table that statements use though nothing made it."""
        catalog, oid = self.with_oid()
        table = Table(oid, name, assumed=True)
        return catalog.put(table), table

    def with_oid(self) -> tuple[Catalog, int]:
        """A catalog in which the next number is taken, and the number."""
        return replace(self, next_oid=self.next_oid + 1), self.next_oid

    def _links(self, name: Name, old: Relation | None, new: Relation | None) -> dict[str, Any]:
        """The references to other relations that change when `old` goes and `new` comes, as fields of the catalog."""
        changed: dict[str, Any] = {}
        for field_name, names_in in _LINKS if not _same_links(old, new) else ():
            before, after = names_in(old), names_in(new)
            if before != after:
                changed[field_name] = _relinked(getattr(self, field_name), name, before - after, after - before)
        was = old if isinstance(old, Table) else _NO_TABLE
        now = new if isinstance(new, Table) else _NO_TABLE
        if was.constraints is not now.constraints:
            gone, come = (_targets(some) for some in was.constraints.differences(now.constraints))
            if gone or come:
                changed["referencing"] = _relinked(self.referencing, name, gone, come)
        if was.indexes is not now.indexes:
            changed["index_tables"] = _reindexed(self.index_tables, name, *was.indexes.differences(now.indexes))
        return changed


_NO_TABLE = Table(0, Name("", ""))


def _relinked(links: Links, name: Name, gone: Iterable[Name], come: Iterable[Name]) -> Links:
    for target in gone:
        linked = links.get(target, EMPTY)
        left = linked.get(name, 0) - 1
        links = links.set(target, linked.set(name, left) if left > 0 else linked.remove(name))
    for target in come:
        linked = links.get(target, EMPTY)
        links = links.set(target, linked.set(name, linked.get(name, 0) + 1))
    return links


def _reindexed(
    owners: Shelf[Name, Name], name: Name, gone: Mapping[str, Index], come: Mapping[str, Index]
) -> Shelf[Name, Name]:
    for index in gone.keys() - come.keys():
        owners = owners.remove(Name(name.schema, index))
    for index in come.keys() - gone.keys():
        owners = owners.set(Name(name.schema, index), name)
    return owners


def _targets(constraints: Mapping[str, Constraint]) -> list[Name]:
    keys = (each for each in constraints.values() if each.kind is ConstraintKind.FOREIGN_KEY)
    return [key.references for key in keys if key.references is not None]


def _by_target(constraints: Mapping[str, Constraint]) -> dict[Name, list[Constraint]]:
    """The foreign keys by the table that they reference."""
    found: dict[Name, list[Constraint]] = {}
    for each in constraints.values():
        if each.references is not None:
            found.setdefault(each.references, []).append(each)
    return found


def _parents(relation: Relation | None) -> frozenset[Name]:
    return frozenset(relation.parents) if isinstance(relation, Table) else frozenset()


def _default_of(relation: Relation | None) -> frozenset[Name]:
    return _parents(relation) if isinstance(relation, Table) and relation.default_partition else frozenset()


def _sources(relation: Relation | None) -> frozenset[Name]:
    return relation.sources if isinstance(relation, Table | View) else frozenset()


def _owner(relation: Relation | None) -> frozenset[Name]:
    return frozenset({relation.owner[0]}) if isinstance(relation, Sequence) and relation.owner else frozenset()


def _same_to_others(old: Table, new: Table) -> bool:
    """Whether it is plain that nothing differs but columns and what concerns the table alone."""
    return old.constraints is new.constraints and old.indexes is new.indexes and _same_links(old, new)


def _same_links(old: Relation | None, new: Relation | None) -> bool:
    """Whether it is plain that two tables name the same others: most statements alter columns, indexes, constraints."""
    return (
        isinstance(old, Table)
        and isinstance(new, Table)
        and old.parents is new.parents
        and old.sources is new.sources
        and old.default_partition is new.default_partition
    )


_LINKS = (
    ("children", _parents),
    ("default_partitions", _default_of),
    ("readers", _sources),
    ("owned", _owner),
)
