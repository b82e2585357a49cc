"""What a check comes to: everything a reporter needs, and nothing it has to ask elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from miglint.changeset import Revision
from miglint.effects import Effect
from miglint.finding import Finding, Severity
from miglint.history import Migration, Statement
from miglint.rule import Rule


class CheckedStatement(Struct, frozen=True):
    """A statement of a checked migration and what it does to relations that existed before."""

    statement: Statement
    effects: tuple[Effect, ...] = ()
    understood: bool = True
    reason: str = ""
    """Why it was not understood."""


class CheckedMigration(Struct, frozen=True):
    """A migration that the change introduces, as the database sees it."""

    migration: Migration
    database: str
    atomic: bool
    statements: tuple[CheckedStatement, ...] = ()


class Blind(Struct, frozen=True):
    """A place that could not be understood, and why: what lies there is not known to be safe."""

    path: str
    line: int
    reason: str


class Coverage(Struct, frozen=True):
    """How much of the checked migrations was understood."""

    migrations: int = 0
    operations: int = 0
    operations_understood: int = 0
    statements: int = 0
    statements_understood: int = 0
    unknown: tuple[Blind, ...] = ()


class Result(Struct, frozen=True):
    """A finished check. `findings` are sorted by place and hold the suppressed ones too."""

    head: Revision
    base: Revision | None = None
    findings: tuple[Finding, ...] = ()
    migrations: tuple[CheckedMigration, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    rules: Sequence[Rule] = ()
    """The rules that looked, whether or not they found anything."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The text of the files that findings point into, by path."""
    notes: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[Finding, ...]:
        """The findings that nothing suppresses."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)

    def count(self, severity: Severity) -> int:
        """How many findings of a severity are not suppressed."""
        return sum(finding.severity is severity for finding in self.active)
