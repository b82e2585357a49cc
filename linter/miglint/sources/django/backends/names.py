"""A virtual catalog: the names of constraints, indexes and sequences that the statements so far have made.

Django's schema editors ask the database for the name of a constraint before they drop it. There is no database here, so
the names come from the statements that made them, and where those leave a name out, from the database's own rules:

- PostgreSQL: `table_column_key`, `_pkey`, `_check`, `_seq`, shortened as makeObjectName does.
- MySQL: an index is named after its first column, a check `table_chk_1`; MariaDB knows a column's check by the column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

UNNAMED = "CHECK of "
"""What a check in a column's definition is called here: MariaDB knows it by the column, as it may an index, too."""
IDENTIFIER_BYTES = 63
"""PostgreSQL's NAMEDATALEN less the terminator."""


class Constraint(Struct, frozen=True):
    """A constraint or an index, in the words of Django's introspection. None among the columns is an expression."""

    columns: tuple[str | None, ...]
    primary_key: bool = False
    unique: bool = False
    check: bool = False
    index: bool = False
    foreign_key: tuple[str, str] | None = None
    method: str = ""
    implicit: bool = False
    """An index that MySQL made for a foreign key by itself: it goes when another one can take its place."""

    def covers(self, other: Constraint) -> bool:
        """Whether its index can serve where the other one's does."""
        return self.index and self.columns[: len(other.columns)] == other.columns

    def renamed(self, old: str, new: str) -> Constraint:
        """The same after a column was renamed."""
        return replace(self, columns=tuple(new if column == old else column for column in self.columns))


class Table(Struct):
    """What hangs on one table, by name."""

    constraints: dict[str, Constraint] = field(default_factory=dict)
    sequences: dict[str, str] = field(default_factory=dict)
    """Column to the sequence that it owns."""

    def copy(self) -> Table:
        """A table that can be changed apart from this one."""
        return Table(dict(self.constraints), dict(self.sequences))


class Names(Struct):
    """All tables of one database, `vendor` being Django's word for it (`mariadb` apart)."""

    vendor: str
    tables: dict[str, Table] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    """Former table names, for editors that ask by the name before a rename of the same migration."""
    collations: dict[str, bool] = field(default_factory=dict)
    """Those that were created, and whether they are deterministic."""

    def table(self, name: str) -> Table:
        """The table of this name, made if it is not there."""
        return self.tables.setdefault(name, Table())

    def find(self, name: str) -> Table:
        """The table of this name or of this former name."""
        return self.tables.get(self._current(name)) or Table()

    def has(self, name: str) -> bool:
        """Whether there is a table of this name or of this former name."""
        return self._current(name) in self.tables

    def _current(self, name: str) -> str:
        while name not in self.tables and name in self.renamed:
            name = self.renamed[name]
        return name

    def add(self, table: str, name: str, constraint: Constraint) -> None:
        """Add a constraint or an index; an empty name is chosen as the database would."""
        name = name or self._choose(table, constraint)
        for other, item in list(self.table(table).constraints.items()):
            if item.implicit and constraint.covers(item):
                self._drop_implicit(table, other, item)
        self.table(table).constraints[name] = constraint

    def _drop_implicit(self, table: str, name: str, item: Constraint) -> None:
        if item.foreign_key is None:
            self.drop(table, name)
        else:
            self.table(table).constraints[name] = replace(item, index=False, method="", implicit=False)

    def add_sequence(self, table: str, column: str) -> None:
        """Note the sequence behind a serial or identity column."""
        self.table(table).sequences[column] = object_name(table, column, "seq")

    def drop(self, table: str, name: str) -> None:
        """Drop a constraint or an index of a table."""
        self.table(table).constraints.pop(name, None)

    def drop_foreign_key(self, table: str, name: str) -> None:
        """Drop a foreign key; MySQL leaves the index that it made behind."""
        constraints = self.table(table).constraints
        if name in constraints and constraints[name].index:
            constraints[name] = replace(constraints[name], foreign_key=None)
        else:
            constraints.pop(name, None)

    def drop_index(self, name: str) -> None:
        """Drop an index that is named without its table."""
        for table in self.tables.values():
            table.constraints.pop(name, None)

    def rename_index(self, old: str, new: str) -> None:
        """Rename an index that is named without its table."""
        for table in self.tables.values():
            if old in table.constraints:
                table.constraints[new] = table.constraints.pop(old)

    def rename_constraint(self, table: str, old: str, new: str) -> None:
        """Rename a constraint or an index of a table."""
        constraints = self.table(table).constraints
        if old in constraints:
            constraints[new] = constraints.pop(old)

    def rename_table(self, old: str, new: str) -> None:
        """Rename a table; what hangs on it keeps its names."""
        if old in self.tables:
            self.tables[new] = self.tables.pop(old)
        self.renamed[old] = new
        self.renamed.pop(new, None)
        for table in self.tables.values():
            for name, constraint in table.constraints.items():
                if constraint.foreign_key and constraint.foreign_key[0] == old:
                    table.constraints[name] = replace(constraint, foreign_key=(new, constraint.foreign_key[1]))

    def rename_column(self, table: str, old: str, new: str) -> None:
        """Rename a column everywhere it is named."""
        found = self.table(table)
        found.constraints = {
            f"{UNNAMED}{new}" if name == f"{UNNAMED}{old}" else name: item.renamed(old, new)
            for name, item in found.constraints.items()
        }
        if old in found.sequences:
            found.sequences[new] = found.sequences.pop(old)

    def drop_column(self, table: str, column: str) -> None:
        """Drop a column with what hangs on it; MySQL leaves a shorter index behind."""
        found = self.table(table)
        found.sequences.pop(column, None)
        for name, item in list(found.constraints.items()):
            if column in item.columns:
                rest = tuple(other for other in item.columns if other != column)
                if rest and self.vendor in {"mysql", "mariadb"} and item.index:
                    found.constraints[name] = replace(item, columns=rest)
                else:
                    del found.constraints[name]

    def drop_table(self, table: str) -> None:
        """Drop a table."""
        self.tables.pop(table, None)

    def copy(self) -> Names:
        """A catalog that can be changed apart from this one."""
        tables = {name: table.copy() for name, table in self.tables.items()}
        return Names(self.vendor, tables, dict(self.renamed), dict(self.collations))

    def _choose(self, table: str, constraint: Constraint) -> str:
        if self.vendor == "postgresql":
            base = _postgresql_name(table, constraint)
            return self._free(base, (name for found in self.tables.values() for name in found.constraints), "")
        taken = self.table(table).constraints
        if constraint.primary_key:
            return "PRIMARY"
        if constraint.check:
            if self.vendor == "mariadb" and len(constraint.columns) == 1:
                return f"{UNNAMED}{constraint.columns[0]}"
            return next(name for number in range(1, len(taken) + 2) if (name := f"{table}_chk_{number}") not in taken)
        return self._free(str(constraint.columns[0] or "functional_index"), taken, "_", first=2)

    @staticmethod
    def _free(base: str, taken: Iterable[str], joint: str, first: int = 1) -> str:
        used = set(taken)
        number, name = first, base
        while name in used:
            name = f"{base}{joint}{number}"
            number += 1
        return name


def is_built_in(collation: str) -> bool:
    """Whether PostgreSQL or the operating system brings a collation of this name; all of these are deterministic."""
    language = collation.partition(".")[0].partition("@")[0].partition("_")[0]
    named = collation in {"C", "POSIX", "default", "ucs_basic", "unicode"} or collation.endswith("-x-icu")
    return named or collation.startswith("pg_") or (2 <= len(language) <= 3 and language.isalpha())


def _postgresql_name(table: str, constraint: Constraint) -> str:
    if constraint.primary_key:
        return object_name(table, "", "pkey")
    if constraint.check:
        return object_name(table, str(constraint.columns[0]) if len(constraint.columns) == 1 else "", "check")
    columns = "_".join(column or "expr" for column in constraint.columns)
    if constraint.foreign_key:
        return object_name(table, columns, "fkey")
    return object_name(table, columns, "key" if constraint.unique and not constraint.method else "idx")


def object_name(first: str, second: str, label: str) -> str:
    """PostgreSQL's makeObjectName: the longer of the two names is shortened until all fit into an identifier."""
    heads = [name.encode() for name in (first, second) if name]
    room = IDENTIFIER_BYTES - len(label) - len(heads)
    while sum(map(len, heads)) > room:
        longest = 0 if len(heads) == 1 or len(heads[0]) > len(heads[1]) else 1
        heads[longest] = heads[longest][:-1]
    return "_".join(_parts(heads, label))


def _parts(heads: Iterable[bytes], label: str) -> Iterator[str]:
    for head in heads:
        yield head.decode(errors="ignore")
    yield label
