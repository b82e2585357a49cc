"""What outlives a statement: the transaction with its locks, settings, and the relations that nobody else can see."""

from __future__ import annotations

from dataclasses import dataclass, field

from miglint.catalog import Catalog
from miglint.dialects.postgresql.locks import Mode


@dataclass(slots=True)
class Savepoint:
    """The state to which ROLLBACK TO returns."""

    name: str
    catalog: Catalog
    held: dict[int, Mode]
    private: set[int]


@dataclass(slots=True)
class Transaction:
    """An open transaction: locks by oid, and relations made or truncated in it, where work costs nobody anything."""

    number: int
    start: Catalog
    held: dict[int, Mode] = field(default_factory=dict)
    private: set[int] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)
    """Relations made in it that got rows since."""
    names: dict[int, str] = field(default_factory=dict)
    """What the locked relations are called."""
    blocking: set[int] = field(default_factory=set)
    """The locked relations that existed before and that others wait for."""
    local_settings: dict[str, str] = field(default_factory=dict)
    savepoints: list[Savepoint] = field(default_factory=list)


@dataclass(slots=True)
class Session:
    """One migration's connection. `transaction` is None between transactions."""

    time_zone: str
    transaction: Transaction | None = None
    settings: dict[str, str] = field(default_factory=dict)
    transactions: int = 0

    def begin(self, catalog: Catalog) -> Transaction:
        """Open a transaction, or go on with the open one."""
        if self.transaction is None:
            self.transaction = Transaction(self.transactions, catalog)
            self.transactions += 1
        return self.transaction

    def end(self) -> None:
        """COMMIT or ROLLBACK: locks and local settings go."""
        self.transaction = None

    def setting(self, name: str) -> str | None:
        """A setting in force that was set in sight."""
        local = self.transaction.local_settings if self.transaction is not None else {}
        return local.get(name, self.settings.get(name))

    def all_settings(self) -> dict[str, str]:
        """Every setting in force that was set in sight."""
        local = self.transaction.local_settings if self.transaction is not None else {}
        return {**self.settings, **local}

    def set(self, name: str, value: str | None, *, local: bool) -> None:
        """SET, SET LOCAL or, without a value, RESET."""
        target = self.settings
        if local:
            if self.transaction is None:
                return
            target = self.transaction.local_settings
        if value is None:
            target.pop(name, None)
        else:
            target[name] = value

    @property
    def zone(self) -> str:
        """The time zone in force."""
        return self.setting("timezone") or self.time_zone
