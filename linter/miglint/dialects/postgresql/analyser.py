"""Migrations through parser, catalog and verdict, one statement after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.analysis import Analysis
from miglint.catalog import Catalog, Shelf, Table
from miglint.changes import RunCode, TransactionControl
from miglint.dialects.postgresql.control import apply_settings, apply_transaction
from miglint.dialects.postgresql.execution import Execution, NotFollowed
from miglint.dialects.postgresql.parser import Parsed, SyntaxProblem, parse
from miglint.dialects.postgresql.session import Session
from miglint.dialects.postgresql.statements import play
from miglint.dialects.postgresql.verdict import causes_of, effects_of
from miglint.history import Rendered, Statement, Target

NEWEST = 18

_MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What reading a tree of an unexpected shape raises; the statement is then not understood."""
_NOTHING: Shelf[str, str] = Shelf()


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
    catalog: Catalog = field(default_factory=Catalog)
    new: set[int] = field(default_factory=set)
    """What the migrations of the change have made so far."""

    @property
    def major(self) -> int:
        return self.target.version[0] if self.target.version else NEWEST

    def statements(self, rendered: Rendered) -> Iterator[Analysis]:
        session = Session(self.target.time_zone)
        self.catalog = replace(self.catalog, search_path=("public",))
        if rendered.atomic:
            session.begin(self.catalog)
        for statement in rendered.statements:
            yield from self._statement(rendered, statement, session)
        session.end()

    def _statement(self, rendered: Rendered, statement: Statement, session: Session) -> Iterable[Analysis]:
        if not statement.sql or statement.sql.isspace():
            return [self._blank(rendered, statement, session)]
        try:
            parsed = parse(statement.sql)
        except SyntaxProblem as problem:
            return [self._unreadable(rendered, statement, session, problem)]
        if len(parsed) == 1:
            return [self._play(rendered, statement, parsed[0], session)]
        parts = (replace(statement, sql=statement.sql[each.start : each.end].strip()) for each in parsed)
        return (self._play(rendered, part, each, session) for part, each in zip(parts, parsed, strict=True))

    def _blank(self, rendered: Rendered, statement: Statement, session: Session) -> Analysis:
        reason = statement.reason or "there is no SQL to read"
        if statement.opaque:
            reason = f"{statement.opaque} runs code that is not followed"
        analysis = self._analysis(rendered, statement, session)
        changes = (RunCode(what=statement.opaque),) if statement.opaque else ()
        return replace(analysis, changes=changes, understood=False, reason=reason)

    def _unreadable(
        self, rendered: Rendered, statement: Statement, session: Session, problem: SyntaxProblem
    ) -> Analysis:
        line = statement.sql.count("\n", 0, problem.position) + 1
        column = problem.position - (statement.sql.rfind("\n", 0, problem.position) + 1) + 1
        where = f" (line {line}, column {column} of the statement)"
        analysis = self._analysis(rendered, statement, session)
        return replace(analysis, understood=False, reason=f"{problem}{where}")

    def _analysis(self, rendered: Rendered, statement: Statement, session: Session) -> Analysis:
        transaction = session.transaction
        timeout = session.settings.get("lock_timeout")
        return Analysis(
            rendered.migration,
            statement,
            before=self.catalog,
            after=self.catalog,
            target=self.target,
            transaction=transaction.number if transaction is not None else None,
            held=transaction.shown if transaction is not None else _NOTHING,
            lock_timeout=None if timeout in (None, "0", "0s", "0ms") else timeout,
            settings=session.settings,
        )

    def _play(self, rendered: Rendered, statement: Statement, parsed: Parsed, session: Session) -> Analysis:
        analysis = self._analysis(rendered, statement, session)
        execution = Execution(self.catalog, session, self.major, statement.sql)
        reason = ""
        try:
            play(parsed, execution)
        except NotFollowed as problem:
            reason = str(problem)
        except _MISSHAPEN as problem:
            reason = f"the statement is of an unexpected shape ({type(problem).__name__}: {problem})"
        return self._concluded(analysis, execution, reason)

    def _concluded(self, analysis: Analysis, execution: Execution, reason: str) -> Analysis:
        execution.finish()
        effects = effects_of(execution, self.new)
        for change in execution.changes:
            if isinstance(change, TransactionControl):
                apply_transaction(change, execution)
        apply_settings(execution)
        self._mark_filled(execution)
        self.new |= execution.created
        self.catalog = execution.catalog
        return replace(
            analysis,
            understood=not reason,
            reason=reason,
            after=execution.catalog,
            changes=tuple(execution.changes),
            effects=effects,
            causes=causes_of(execution, effects),
            assumptions=tuple(execution.assumptions),
            transaction=None if execution.outside_transaction else analysis.transaction,
        )

    def _mark_filled(self, execution: Execution) -> None:
        for oid in execution.filled:
            for change in execution.changes:
                name = getattr(change, "table", None)
                table = execution.catalog.table(name) if name is not None else None
                if isinstance(table, Table) and table.oid == oid and table.empty:
                    execution.put(replace(table, empty=False))
