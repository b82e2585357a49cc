"""From a change to a result: read the histories, let the rules look, keep what the change introduces.

1. Read the histories of the united tree and of the base's tip, and pair them.
2. Run the rules on the united one for the migrations that the change introduces, and on the base for the same ones as
   they were (`inspection`); suppressions are applied on both sides.
3. What the base has already is not the change's doing: it is subtracted by fingerprint.
4. Apply what the configuration and the baseline suppress, keep the paths that were asked for, say once what a rule says
   of the whole change, sort.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from miglint import configured
from miglint.cache import Cache
from miglint.changeset import ChangeSet, Tree
from miglint.config import Config, Ignore
from miglint.coverage import coverage_of
from miglint.crew import Crew
from miglint.ending import keep
from miglint.excerpts import excerpts
from miglint.finding import Finding, Severity, Suppressed
from miglint.fingerprint import fingerprints
from miglint.globs import matches
from miglint.grouping import grouped
from miglint.history import History, Key
from miglint.inspection import Inspector, Raised, identity_as
from miglint.result import Result
from miglint.rule import Kind, Rule
from miglint.scope import Scope
from miglint.scopes import Ask, beside, scopes_of, touched
from miglint.statements import Statements, bring_in, statements_of, unwritten, warnings_of


class Request(Struct, frozen=True):
    """What is asked of a check besides the change and the configuration."""

    rules: Sequence[Rule]
    """All rules there are."""
    active: Collection[str]
    """The names of those that look. Importing them can wait until the files are being read."""
    paths: tuple[str, ...] = ()
    """Only what lies at or under one of these paths is reported; everything if there are none."""
    baseline: frozenset[str] = frozenset()
    """Fingerprints of findings that are known and accepted."""
    released: Tree | None = None
    """The files of the configured `released` ref."""
    today: dt.date = dt.date.max
    """The day for which suppressions that expire are judged."""
    open_pull_requests: Ask | None = None
    """Asked, if the change introduces migrations, for the pull requests that add files to these folders."""
    notes: tuple[str, ...] = ()
    """What a reader should know of the configuration."""
    statements: bool = True
    """Whether the statements are to be shown; without that they are written only if an active rule looks at them."""
    jobs: int = 1
    """How many processes may read migrations at once."""

    @property
    def judges_statements(self) -> bool:
        """Whether a rule looks at statements."""
        return any(rule.kind is Kind.STATEMENT and rule.name in self.active for rule in self.rules)


def check(change_set: ChangeSet, config: Config, cache: Cache, request: Request) -> Result:
    """Check a change. Raises MiglintError where it cannot."""

    @functools.cache
    def written() -> bool:
        return request.judges_statements or request.statements

    @functools.cache
    def meanwhile() -> None:
        if written() and _brings_migrations(change_set):
            bring_in(config)

    scopes = scopes_of(change_set, config, cache, request.released, Crew(request.jobs, meanwhile))
    if request.open_pull_requests is not None and change_set.base_tree is not None:
        scopes = beside(scopes, config, cache, request.open_pull_requests)
    inspector = Inspector(request.rules, request.active, request.today)
    studied = [
        (scope, statements_of(scope, scope.introduced, cache) if written() else unwritten(scope, scope.introduced))
        for scope in scopes
    ]
    keep(studied)
    findings = [
        _finding(fingerprint, raised, config)
        for scope, statements in studied
        for fingerprint, raised in _introduced_problems(inspector, scope, statements, cache, request).items()
        if _wanted(raised.problem.at.path, config, request)
    ]
    used = {ignore for finding in findings if (ignore := _ignore(finding, config, request))}
    idle = configured.problems(inspector, scopes, used, whole=not request.paths)
    findings += [
        _finding(fingerprint, raised, config)
        for fingerprint, raised in idle.items()
        if _wanted(raised.problem.at.path, config, request)
    ]
    findings = sorted(
        grouped(_accepted(finding, config, request) for finding in sorted(findings, key=_order)), key=_order
    )
    checked = [
        one.checked
        for _, statements in studied
        for one in statements.values()
        if _wanted(one.checked.migration.path, config, request)
    ]
    unreadable = [
        one
        for scope in scopes
        for one in scope.history.unreadable
        if touched(change_set, one.path) and _wanted(one.path, config, request)
    ]
    return Result(
        head=change_set.head,
        base=change_set.base,
        findings=tuple(findings),
        migrations=tuple(checked),
        coverage=coverage_of(checked, unreadable),
        rules=tuple(rule for rule in request.rules if rule.name in request.active),
        sources=excerpts(change_set, findings),
        notes=(*change_set.notes, *request.notes, *(warnings_of(scopes, cache) if written() else ())),
    )


def _brings_migrations(change_set: ChangeSet) -> bool:
    """Whether the change probably has migrations, told from names alone."""
    return change_set.base_tree is None or any("migrations/" in path for path in change_set.changes)


def _introduced_problems(
    inspector: Inspector, scope: Scope, statements: Mapping[Key, Statements], cache: Cache, request: Request
) -> dict[str, Raised]:
    """What the rules see in the united history and not on the base."""
    raised = inspector.inspect(scope, statements)
    if not raised or scope.base_history is None or scope.base_graph is None or scope.change_set.base_tree is None:
        return raised
    base_change_set = ChangeSet(
        head=scope.change_set.base or scope.change_set.head,
        tree=scope.change_set.base_tree,
        base=scope.change_set.base,
        base_tree=scope.change_set.base_tree,
    )
    moved = _moved(scope, scope.base_history)
    modified = scope.introduced & scope.base_history.migrations.keys() | moved.keys()
    base = replace(
        scope,
        change_set=base_change_set,
        history=scope.base_history,
        graph=scope.base_graph,
        introduced=modified,
    )
    judged = statements_of(base, modified, cache) if request.judges_statements else unwritten(base, modified)
    there = inspector.inspect(base, judged)
    renamed = fingerprints(identity_as(one, moved) for one in there.values()) if moved else ()
    known = there.keys() | set(renamed)
    return {fingerprint: one for fingerprint, one in raised.items() if fingerprint not in known}


def _moved(scope: Scope, base: History) -> dict[Key, Key]:
    """The migrations of the base that the change only gives another name: what is found in them is no news."""
    old_paths = {change.path: change.old_path for change in scope.change_set.changes.values() if change.old_path}
    if not old_paths:
        return {}
    before = {migration.path: key for key, migration in base.migrations.items()}
    now = {old_paths.get(scope.history.migrations[key].path): key for key in scope.introduced}
    return {before[path]: key for path, key in now.items() if path in before and before[path].app == key.app}


_SEVERITIES: dict[str, Severity] = {severity.value: severity for severity in Severity}


def _finding(fingerprint: str, raised: Raised, config: Config) -> Finding:
    rule = raised.rule
    severity = _SEVERITIES.get(config.rules.get(rule.name, "")) or raised.problem.severity or rule.severity
    return Finding(rule.name, severity, raised.problem, rule.docs, fingerprint, raised.suppressed)


def _accepted(finding: Finding, config: Config, request: Request) -> Finding:
    """The finding, marked where the configuration or the baseline suppresses it."""
    if finding.suppressed is not None:
        return finding
    ignore = _ignore(finding, config, request)
    if ignore is not None:
        return replace(finding, suppressed=configured.mark(ignore))
    if finding.fingerprint in request.baseline:
        return replace(finding, suppressed=Suppressed("baseline"))
    return finding


def _ignore(finding: Finding, config: Config, request: Request) -> Ignore | None:
    return configured.ignore_of(finding.rule, finding.problem.at.path, config, request.today)


def _wanted(path: str, config: Config, request: Request) -> bool:
    """Whether what lies at a path is reported."""
    under = not request.paths or any(path == one or one == "." or path.startswith(f"{one}/") for one in request.paths)
    return under and not matches(path, config.exclude)


def _order(finding: Finding) -> tuple[object, ...]:
    at = finding.problem.at
    return (at.path, at.span, -finding.severity.rank, finding.rule, finding.fingerprint)
