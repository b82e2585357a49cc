"""Migrations through reader, catalog and verdict, one statement after the other.

Every statement that changes the schema commits what was done before it, and itself: whatever a migration says of its
transaction, only rows can be rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.analysis import Analysis
from miglint.catalog import EMPTY, Catalog, Shelf
from miglint.changes import (
    Change,
    CreateTable,
    DeleteRows,
    InsertRows,
    ReadRows,
    RunCode,
    SetVariable,
    TransactionControl,
    UpdateRows,
)
from miglint.dialects.mysql.replay import carry
from miglint.dialects.mysql.server import Server
from miglint.dialects.mysql.statements import read_statement
from miglint.dialects.mysql.tokens import tokenize
from miglint.dialects.mysql.verdict import causes_of, effects_of
from miglint.dialects.tokens import NotUnderstood, too_deep
from miglint.effects import Effect
from miglint.history import Rendered, Statement, Target

ROUTINES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"})
NO_COMMIT = InsertRows | UpdateRows | DeleteRows | ReadRows | SetVariable | RunCode
FALSE = frozenset({"0", "OFF", "FALSE"})
MAX_LENGTH = 8_000_000
"""Characters of one statement; MySQL's own limit (max_allowed_packet) is a default of 16 MiB or 64 MiB."""


def analyse(
    prelude: Iterable[Rendered], migrations: Sequence[Rendered], target: Target, *, together: bool = True
) -> list[list[Analysis]]:
    """The analyses of each migration's statements, the prelude replayed first."""
    analyser = _Analyser(target, Server.of(target))
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
    server: Server
    catalog: Catalog = field(default_factory=lambda: Catalog(search_path=("",)))
    new: set[int] = field(default_factory=set)
    """What the migrations of the change have made so far."""
    settings: Shelf[str, str] = EMPTY
    transaction: int | None = None

    def statements(self, rendered: Rendered) -> Iterator[Analysis]:
        self.settings = Shelf()
        self.server = replace(self.server, foreign_key_checks=True)
        self.transaction = 0 if rendered.atomic else None
        for statement in rendered.statements:
            yield from self._statement(rendered, statement)

    def _statement(self, rendered: Rendered, statement: Statement) -> Iterator[Analysis]:
        if not statement.sql.strip():
            yield self._blank(rendered, statement)
            return
        try:
            if len(statement.sql) > MAX_LENGTH:
                raise NotUnderstood(f"it has more than {MAX_LENGTH:,} characters")
            if too_deep(statement.sql) is not None:
                raise NotUnderstood("its brackets are too deeply nested to be read")
            parts = split(statement.sql)
        except NotUnderstood as problem:
            yield self._not_understood(rendered, statement, str(problem))
            return
        for start, end in parts:
            part = statement if len(parts) == 1 else replace(statement, sql=statement.sql[start:end])
            yield self._play(rendered, part)

    def _blank(self, rendered: Rendered, statement: Statement) -> Analysis:
        reason = statement.reason or "there is no SQL to read"
        if statement.opaque:
            reason = f"{statement.opaque} runs code that is not followed"
        changes = (RunCode(what=statement.opaque),) if statement.opaque else ()
        return replace(self._not_understood(rendered, statement, reason), changes=changes)

    def _not_understood(self, rendered: Rendered, statement: Statement, reason: str) -> Analysis:
        return replace(self._analysis(rendered, statement), understood=False, reason=reason)

    def _analysis(self, rendered: Rendered, statement: Statement) -> Analysis:
        return Analysis(
            rendered.migration,
            statement,
            before=self.catalog,
            after=self.catalog,
            target=self.target,
            transaction=self.transaction,
            lock_timeout=self.settings.get("lock_wait_timeout"),
            settings=self.settings,
        )

    def _play(self, rendered: Rendered, statement: Statement) -> Analysis:
        analysis = self._analysis(rendered, statement)
        try:
            changes = read_statement(statement.sql)
        except NotUnderstood as problem:
            return replace(analysis, understood=False, reason=str(problem))
        verdict = effects_of(changes, self.catalog, self.server)
        causes = causes_of(changes, self.catalog, self.server, verdict.effects)
        effects = tuple(self._marked(effect) for effect in verdict.effects)
        self._carry(changes)
        commits = any(not isinstance(change, NO_COMMIT | TransactionControl) for change in changes)
        if commits and self.transaction is not None:
            self.transaction += 1
        opaque = next((change.what for change in changes if isinstance(change, RunCode)), "")
        return replace(
            analysis,
            after=self.catalog,
            changes=changes,
            effects=effects,
            causes=causes,
            assumptions=verdict.assumptions,
            transaction=None if commits else analysis.transaction,
            understood=not opaque,
            reason=f"{opaque} runs code that is not followed" if opaque else "",
        )

    def _marked(self, effect: Effect) -> Effect:
        """The effect, marked where its table was made by the same change."""
        table = self.catalog.table(self.catalog.resolve(None, effect.relation))
        return replace(effect, new=True) if table is not None and table.oid in self.new else effect

    def _carry(self, changes: Sequence[Change]) -> None:
        for change in changes:
            before = self.catalog
            self.catalog = carry(change, self.catalog, self.server)
            if isinstance(change, CreateTable) and before.table(change.table) is None:
                made = self.catalog.table(change.table)
                self.new |= {made.oid} if made is not None else set()
            if isinstance(change, SetVariable) and change.name:
                self._set(change.name, change.value or "")

    def _set(self, name: str, value: str) -> None:
        self.settings = self.settings.set(name, value)
        if name == "foreign_key_checks":
            self.server = replace(self.server, foreign_key_checks=value.upper() not in FALSE)


def split(sql: str) -> list[tuple[int, int]]:
    """Where the statements of a text begin and end. The body of a routine or trigger is not taken apart."""
    if ";" not in sql:
        return [(0, len(sql))]
    parts: list[tuple[int, int]] = []
    start: int | None = None
    words: list[str] = []
    end = 0
    for token in tokenize(sql):
        routine = words[:1] == ["CREATE"] and not ROUTINES.isdisjoint(words)
        if token.upper == ";" and not routine:
            if start is not None:
                parts.append((start, end))
            start, words = None, []
            continue
        if start is None:
            start = token.start
        if len(words) < 12:
            words.append(token.upper)
        end = token.end
    if start is not None:
        parts.append((start, end))
    return parts or [(0, len(sql))]
