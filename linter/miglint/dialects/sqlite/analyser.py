"""Migrations through reader and catalog, one statement after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.analysis import Analysis
from miglint.catalog import Catalog, Name
from miglint.changes import Change, CreateTable, RunCode, SetTableOption
from miglint.dialects.sqlite.reader import read_statement
from miglint.dialects.sqlite.remake import Remake, remakes
from miglint.dialects.sqlite.replay import carry, effects_of, remade
from miglint.dialects.tokens import NotUnderstood, too_deep
from miglint.effects import Effect
from miglint.history import Rendered, Statement, Target

MAX_LENGTH = 8_000_000
"""Characters of one statement; SQLite's own limit is a default of a million bytes."""


class _Read(Struct, frozen=True):
    """A statement as read, or the reason why it was not."""

    statement: Statement
    changes: tuple[Change, ...] = ()
    reason: str = ""


def analyse(
    prelude: Iterable[Rendered], migrations: Sequence[Rendered], target: Target, *, together: bool = True
) -> list[list[Analysis]]:
    """The analyses of each migration's statements, the prelude replayed first."""
    analyser = _Analyser(target)
    for rendered in prelude:
        for _ in analyser.statements(rendered):
            pass
    analyser.new.clear()
    analyses = []
    for rendered in migrations:
        analyses.append([*analyser.statements(rendered)])
        if not together:
            analyser.new.clear()
    return analyses


class _Analyser(Struct):
    target: Target
    catalog: Catalog = field(default_factory=lambda: Catalog(search_path=("",)))
    new: set[Name] = field(default_factory=set)

    def statements(self, rendered: Rendered) -> Iterator[Analysis]:
        reads = [_read(statement) for statement in rendered.statements]
        found = remakes([each.changes for each in reads])
        by_position = {at: each for each in found for at in (each.copy, each.drop, each.rename)}
        for position, read in enumerate(reads):
            yield self._play(rendered, read, position, by_position.get(position))

    def _play(self, rendered: Rendered, read: _Read, position: int, remake: Remake | None) -> Analysis:
        before = self.catalog
        changes = read.changes
        effects = tuple(self._marked(effect) for effect in effects_of(changes, self.catalog, remake, position))
        if remake is not None and position == remake.drop:
            changes = (SetTableOption(table=remake.table, action="REMAKE"),)
        elif remake is not None and position == remake.rename:
            self.catalog = remade(changes, self.catalog)
            changes = ()
        for change in changes:
            if isinstance(change, CreateTable) and before.table(change.table) is None:
                self.new.add(change.table)
            self.catalog = carry(change, self.catalog)
        return Analysis(
            rendered.migration,
            read.statement,
            before=before,
            after=self.catalog,
            target=self.target,
            changes=changes,
            effects=effects,
            understood=not read.reason,
            reason=read.reason,
            transaction=0 if rendered.atomic else None,
        )

    def _marked(self, effect: Effect) -> Effect:
        return replace(effect, new=True) if Name("", effect.relation) in self.new else effect


def _read(statement: Statement) -> _Read:
    if statement.opaque:
        reason = f"{statement.opaque} runs code that is not followed"
        return _Read(statement, (RunCode(what=statement.opaque),), reason)
    if not statement.sql.strip():
        return _Read(statement, reason=statement.reason or "there is no SQL to read")
    if len(statement.sql) > MAX_LENGTH:
        return _Read(statement, reason=f"it has more than {MAX_LENGTH:,} characters")
    if too_deep(statement.sql) is not None:
        return _Read(statement, reason="its brackets are too deeply nested to be read")
    try:
        return _Read(statement, read_statement(statement.sql))
    except NotUnderstood as problem:
        return _Read(statement, reason=str(problem))
