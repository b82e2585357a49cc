"""What outlives a statement: the transaction with its locks, settings, and the relations that nobody else can see."""

from __future__ import annotations

from msgspec import Struct, field

from miglint.catalog import EMPTY, Catalog, Name, Shelf
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node


class PendingCheck(Struct, frozen=True):
    """A deferred foreign key's look-ups that are still to be made in a transaction."""

    constraint: str
    relation: Name
    """Where rows are looked for."""
    whole: bool
    """No index serves, or there are many rows: it is read whole."""


class Savepoint(Struct):
    """The state to which ROLLBACK TO returns."""

    name: str
    catalog: Catalog
    held: Shelf[int, Mode]
    shown: Shelf[str, str]
    private: Shelf[int, None]
    blocking: Shelf[int, None]
    timing: Shelf[str, bool]
    pending: tuple[PendingCheck, ...]


class Transaction(Struct):
    """An open transaction: locks by oid, and relations made or truncated in it, where work costs nobody anything."""

    number: int
    start: Catalog
    held: Shelf[int, Mode] = EMPTY
    private: Shelf[int, None] = EMPTY
    filled: set[int] = field(default_factory=set)
    """Relations made in it that got rows since."""
    names: dict[int, str] = field(default_factory=dict)
    """What the locked relations are called."""
    named: dict[str, int] = field(default_factory=dict)
    """The locked relation that was last called so."""
    shown: Shelf[str, str] = EMPTY
    """The locks by those names, as they are shown."""
    blocking: Shelf[int, None] = EMPTY
    """The locked relations that existed before and that others wait for."""
    local_settings: set[str] = field(default_factory=set)
    """The names of the settings that end with it."""
    savepoints: list[Savepoint] = field(default_factory=list)
    timing: Shelf[str, bool] = EMPTY
    """What SET CONSTRAINTS made deferred (or not), by the constraint's name; empty for ALL."""
    pending: tuple[PendingCheck, ...] = ()
    rewritten: set[int] = field(default_factory=set)
    """Tables that it rewrote or updated as a whole: all their rows are its own."""


class Session(Struct):
    """One migration's connection. `transaction` is None between transactions."""

    time_zone: str
    transaction: Transaction | None = None
    settings: Shelf[str, str] = EMPTY
    """Every setting in force that was set in sight."""
    lasting: Shelf[str, str] = EMPTY
    """Those of them that outlive the transaction, and what local ones hide."""
    transactions: int = 0
    prepared: dict[str, Node] = field(default_factory=dict)
    """The statements that PREPARE gave a name."""

    def begin(self, catalog: Catalog) -> Transaction:
        """Open a transaction, or go on with the open one."""
        if self.transaction is None:
            self.transaction = Transaction(self.transactions, catalog)
            self.transactions += 1
        return self.transaction

    def end(self) -> None:
        """COMMIT or ROLLBACK: locks and local settings go."""
        self.transaction = None
        self.settings = self.lasting

    def set(self, name: str, value: str | None, *, local: bool) -> None:
        """SET, SET LOCAL or, without a value, RESET."""
        hidden = self.transaction.local_settings if self.transaction is not None else set[str]()
        if local:
            if self.transaction is None:
                return
            hidden.discard(name) if value is None else hidden.add(name)
            value = self.lasting.get(name) if value is None else value
        else:
            self.lasting = self.lasting.remove(name) if value is None else self.lasting.set(name, value)
        if local or name not in hidden:
            self.settings = self.settings.remove(name) if value is None else self.settings.set(name, value)

    @property
    def zone(self) -> str:
        """The time zone in force."""
        return self.settings.get("timezone") or self.time_zone
