"""The rules at work on one side of a change: every problem they see there, with the suppressions that meet it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from miglint.analysis import Analyses, Analysis
from miglint.changes import Change
from miglint.coverage import operations_in
from miglint.errors import MiglintError
from miglint.escape import line
from miglint.finding import Problem, Span, Suppressed
from miglint.fingerprint import fingerprints
from miglint.history import Key, Migration, Operation, Statement
from miglint.rule import Kind, Rule
from miglint.scope import Scope
from miglint.statements import Statements
from miglint.suppress import Suppression, SuppressionUse, Written, enclosing, suppressions

Kinds = frozenset[type[Change]]


class Raised(Struct, frozen=True):
    """A problem that a rule saw, and what identifies it."""

    rule: Rule
    problem: Problem
    identity: tuple[str, ...]
    suppressed: Suppressed | None = None


class Inspector(Struct, frozen=True):
    """The rules there are, the names of those that look, and the day on which suppressions expire."""

    rules: Sequence[Rule]
    active: Collection[str]
    today: dt.date

    def inspect(self, scope: Scope, statements: Mapping[Key, Statements]) -> dict[str, Raised]:
        """Everything the rules see in a history, by fingerprint; within migrations only where statements are given."""
        keys = statements.keys()
        raised = [*self._graph(scope), *self._migrations(scope, keys), *self._operations(scope, keys)]
        raised += self._statements(scope, [statements[key] for key in sorted(keys)])
        raised = self._suppressed(scope, keys, list(dict.fromkeys(raised)))
        raised.sort(key=_place)
        return dict(zip(fingerprints(one.identity for one in raised), raised, strict=True))

    def _looking(self, kind: Kind) -> list[Rule]:
        return [rule for rule in self.rules if rule.kind is kind and rule.name in self.active]

    def _graph(self, scope: Scope) -> Iterator[Raised]:
        by_path = {migration.path: migration for migration in scope.history.migrations.values()}
        for rule in self._looking(Kind.GRAPH):
            for problem in _problems(rule, scope.history.root or "the repository", scope):
                # What the rule itself says identifies the problem: a conflict is the same from either of its files.
                identity = _identity(rule, scope, problem)
                yield Raised(rule, _completed(problem, by_path.get(problem.at.path)), identity)

    def _migrations(self, scope: Scope, keys: Collection[Key]) -> Iterator[Raised]:
        rules = self._looking(Kind.MIGRATION)
        for key in sorted(keys) if rules else ():
            migration = scope.history.migrations[key]
            for rule in rules:
                for problem in _problems(rule, migration.path, migration, scope):
                    completed = _completed(problem, migration)
                    yield Raised(rule, completed, _identity(rule, scope, completed))

    def _operations(self, scope: Scope, keys: Collection[Key]) -> Iterator[Raised]:
        rules = self._looking(Kind.OPERATION)
        for key in sorted(keys):
            migration = scope.history.migrations[key]
            for operation in operations_in(migration):
                for rule in rules:
                    if not rule.operations or operation.name in rule.operations:
                        yield from _on_operation(rule, operation, migration, scope)

    def _statements(self, scope: Scope, found: Sequence[Statements]) -> Iterator[Raised]:
        """What rules say of statements; a fallback rule only where none has named the cause of a statement's work."""
        rules = [rule for rule in self.rules if rule.kind is Kind.STATEMENT]
        looking = [rule for rule in rules if rule.name in self.active]
        # A rule that is switched off still explains: its statement is accepted, not unexplained.
        silent = [rule for rule in rules if rule.explains_work and rule not in looking]
        asked: dict[object, tuple[list[Rule], list[Rule]]] = {}
        for one in found:
            if one.analyses:
                migration, analyses = one.checked.migration, one.analyses
                held = (analyses[0].target.database, analyses.kinds, analyses.blamed_kinds)
                if held not in asked:
                    asked[held] = _concerned(looking, held), _concerned(silent, held)
                for rule, problem in _on_statements(*asked[held], migration, analyses, scope):
                    completed = _completed(problem, migration)
                    yield Raised(rule, completed, _identity(rule, scope, completed))

    def _suppressed(self, scope: Scope, keys: Collection[Key], raised: Sequence[Raised]) -> list[Raised]:
        """The same problems with what suppresses them, and those that suppressions themselves raise."""
        checked = {scope.history.migrations[key].path: scope.history.migrations[key] for key in keys}
        written = _written(scope, checked.keys() | {one.problem.at.path for one in raised})
        by_path = {migration.path: migration for migration in scope.history.migrations.values()} if written else {}
        marked: list[Raised] = []
        used: set[tuple[Suppression, str]] = set()
        for one in raised:
            suppression = self._suppression(one, written, by_path.get(one.problem.at.path))
            if suppression is not None:
                used.add((suppression, one.rule.name))
                one = replace(one, suppressed=suppression.mark())
            marked.append(one)
        for path, migration in checked.items():
            for suppression in written[path].suppressions if path in written else ():
                marked.extend(self.on_suppression(self._use(suppression, used), migration, scope))
        return marked

    def _suppression(
        self, raised: Raised, written: Mapping[str, Written], migration: Migration | None
    ) -> Suppression | None:
        candidates = written.get(raised.problem.at.path)
        if candidates is None:
            return None
        places = enclosing(migration, raised.problem.at.span) if migration else ()
        for suppression in candidates.about(raised.problem.at.span, places):
            if suppression.matches(raised.rule.name, raised.problem, places) and not self._expired(suppression):
                return suppression
        return None

    def _use(self, suppression: Suppression, used: Collection[tuple[Suppression, str]]) -> SuppressionUse:
        unused = [name for name in suppression.names if (suppression, name) not in used]
        return self.use(suppression, unused)

    def use(self, suppression: Suppression, unused: Iterable[str]) -> SuppressionUse:
        """What came of a suppression, of which some names met no problem."""
        known = tuple(rule.name for rule in self.rules)
        expired = self._expired(suppression)
        judged = not expired and not suppression.error
        return SuppressionUse(
            suppression,
            unused=tuple(name for name in unused if judged and name in self.active),
            unknown=tuple(name for name in suppression.names if name not in known),
            known=known,
            expired=expired,
        )

    def _expired(self, suppression: Suppression) -> bool:
        return suppression.expires is not None and suppression.expires < self.today

    def on_suppression(self, use: SuppressionUse, migration: Migration | None, scope: Scope) -> Iterator[Raised]:
        """What the rules say of a suppression, which stands in a migration or in the configuration."""
        for rule in self._looking(Kind.SUPPRESSION):
            for problem in _problems(rule, use.suppression.path, use, scope):
                completed = _completed(problem, migration)
                yield Raised(rule, completed, _identity(rule, scope, completed))


def _concerned(rules: Iterable[Rule], held: tuple[str, Kinds, Kinds]) -> list[Rule]:
    """Those that look at what a migration holds: its database, its changes, those that cause dangerous work."""
    return [rule for rule in rules if rule.concerns.any_in(*held)]


def _on_operation(rule: Rule, operation: Operation, migration: Migration, scope: Scope) -> Iterator[Raised]:
    for problem in _problems(rule, migration.path, operation, migration, scope):
        index = operation.index if problem.operation is None else problem.operation
        completed = replace(_completed(problem, migration), operation=index)
        yield Raised(rule, completed, _identity(rule, scope, completed))


def _on_statements(
    looking: Sequence[Rule], silent: Sequence[Rule], migration: Migration, analyses: Analyses, scope: Scope
) -> Iterator[tuple[Rule, Problem]]:
    placed = _Placed(analyses)

    def said(rules: Iterable[Rule], some: Analyses) -> list[tuple[Rule, Problem]]:
        return [
            (rule, _of_statement(problem, placed))
            for rule in rules
            for problem in _problems(rule, migration.path, some, scope)
        ]

    spoken = said((rule for rule in looking if not rule.fallback), analyses)
    yield from spoken
    explained = {_cause(problem) for rule, problem in spoken if rule.explains_work}
    left = Analyses(each for each in analyses if _cause_in(each) not in explained) if explained else analyses
    fallen_back = said((rule for rule in looking if rule.fallback), left) if left else []
    if fallen_back:
        explained = {_cause(problem) for _, problem in said(silent, analyses)}
        yield from ((rule, problem) for rule, problem in fallen_back if _cause(problem) not in explained)


class _Placed:
    """The statements of a migration by where they stand; of several at one place the first counts."""

    def __init__(self, analyses: Sequence[Analysis]) -> None:
        self._statements = [analysis.statement for analysis in reversed(analyses)]
        self.have_operations = any(statement.operation is not None for statement in self._statements)

    def statement(self, span: Span, sql: str | None) -> Statement | None:
        """The statement at a place, of that text if there is one."""
        return self._at.get(span) if sql is None else self._with_text.get((span, sql))

    @cached_property
    def _at(self) -> dict[Span, Statement]:
        return {statement.span: statement for statement in self._statements}

    @cached_property
    def _with_text(self) -> dict[tuple[Span, str], Statement]:
        return {(statement.span, statement.sql): statement for statement in self._statements}


def _of_statement(problem: Problem, placed: _Placed) -> Problem:
    """The problem with the operation and the text of the statement that it stands at, where it does not say them."""
    if problem.statement and (problem.operation is not None or not placed.have_operations):
        return problem
    statement = placed.statement(problem.at.span, problem.statement)
    if statement is None:
        return problem
    operation = statement.operation if problem.operation is None else problem.operation
    return replace(problem, operation=operation, statement=problem.statement or statement.sql)


def _cause(problem: Problem) -> object:
    """What a problem is about: the operation that made the statement, or else the statement's place in its file."""
    return problem.at.span if problem.operation is None else problem.operation


def _cause_in(analysis: Analysis) -> object:
    """The same of a statement."""
    statement = analysis.statement
    return statement.span if statement.operation is None else statement.operation


def _problems(rule: Rule, where: str, *subject: object) -> list[Problem]:
    """What a rule yields. One that fails, a plugin too, is named in an error of one line."""
    try:
        problems = [*rule.check(*subject)]
        for problem in problems:
            if not isinstance(problem, Problem):
                raise TypeError(f"it yielded {type(problem).__name__}, not Problem")
    except MiglintError:
        raise
    except Exception as error:
        said = line(f"{type(error).__name__}: {error}", 300)
        raise MiglintError(f"the rule {rule.name} failed on {line(where)}: {said}") from error
    return problems


def _completed(problem: Problem, migration: Migration | None) -> Problem:
    if migration is None:
        return problem
    return replace(
        problem,
        source=problem.source or migration.source,
        app=problem.app or migration.key.app,
        migration=problem.migration or migration.key.name,
    )


def identity_as(raised: Raised, moved: Mapping[Key, Key]) -> tuple[str, ...]:
    """What identifies a problem once its migration has another name."""
    rule, root, app, name, *words = raised.identity
    return (rule, root, app, moved[key].name if (key := Key(app, name)) in moved else name, *words)


def _identity(rule: Rule, scope: Scope, problem: Problem) -> tuple[str, ...]:
    return (rule.name, scope.history.root, problem.app or "", problem.migration or "", *problem.identity)


def _written(scope: Scope, paths: Collection[str]) -> dict[str, Written]:
    """The suppressions in some files of the scope's tree, by path; files without one are left out."""
    there = sorted(path for path in paths if path in scope.change_set.tree)
    found = {path: suppressions(path, content) for path, content in scope.change_set.tree.read(there).items()}
    return {path: Written(written) for path, written in found.items() if written}


def _place(raised: Raised) -> tuple[object, ...]:
    at = raised.problem.at
    return (at.path, at.span, raised.rule.name, raised.problem.message)
