"""From a change to a result: read the histories, let the rules look, keep what the change introduces.

1. Read the histories of the united tree and of the base's tip, and pair them.
2. Run the rules on the united one for the migrations that the change introduces, and on the base for the same ones as
   they were (`inspection`); suppressions are applied on both sides.
3. What the base has already is not the change's doing: it is subtracted by fingerprint.
4. Apply what the configuration and the baseline suppress, keep the paths that were asked for, sort.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from miglint.cache import Cache
from miglint.changeset import ChangeSet, PathChange, Tree
from miglint.config import Config
from miglint.coverage import coverage_of
from miglint.finding import Finding, Severity, Suppressed
from miglint.globs import matches
from miglint.graph import Graph
from miglint.history import History, Key
from miglint.inspection import Inspector, Raised
from miglint.pull_requests import OpenPullRequest, proposed
from miglint.result import Result
from miglint.rule import Rule
from miglint.scope import Scope
from miglint.sources import read_histories
from miglint.statements import Statements, statements_of
from miglint.text import decode


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a check besides the change and the configuration."""

    rules: tuple[Rule, ...]
    """All rules there are."""
    active: frozenset[str]
    """The names of those that look."""
    paths: tuple[str, ...] = ()
    """Only what lies at or under one of these paths is reported; everything if there are none."""
    baseline: frozenset[str] = frozenset()
    """Fingerprints of findings that are known and accepted."""
    released: Tree | None = None
    """The files of the configured `released` ref."""
    today: dt.date = dt.date.max
    """The day for which suppressions that expire are judged."""
    open_pull_requests: Callable[[Collection[str]], Sequence[OpenPullRequest]] | None = None
    """Asked, if the change introduces migrations, for the pull requests that add files to these folders."""


def check(change_set: ChangeSet, config: Config, cache: Cache, request: Request) -> Result:
    """Check a change. Raises MiglintError where it cannot."""
    inspector = Inspector(request.rules, request.active, request.today)
    scopes = _scopes(change_set, config, cache, request.released)
    if request.open_pull_requests is not None and change_set.base_tree is not None:
        pulls = request.open_pull_requests(_folders(scopes))
        scopes = _beside(scopes, pulls, change_set.base_tree, lambda tree: read_histories(tree, config, cache))
    studied = [(scope, statements_of(scope, scope.introduced)) for scope in scopes]
    findings = [
        _finding(fingerprint, raised, config)
        for scope, statements in studied
        for fingerprint, raised in _introduced_problems(inspector, scope, statements).items()
        if _wanted(raised.problem.at.path, config, request)
    ]
    findings = [_accepted(finding, config, request) for finding in sorted(findings, key=_order)]
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
        if _touched(change_set, one.path) and _wanted(one.path, config, request)
    ]
    return Result(
        head=change_set.head,
        base=change_set.base,
        findings=tuple(findings),
        migrations=tuple(checked),
        coverage=coverage_of(checked, unreadable),
        rules=tuple(rule for rule in request.rules if rule.name in request.active),
        sources=_sources(change_set, findings),
        notes=(*change_set.notes, *_config_notes(change_set, config)),
    )


def _scopes(change_set: ChangeSet, config: Config, cache: Cache, released: Tree | None) -> list[Scope]:
    """The histories of the united tree, each with what it was on the base and what of it is released."""
    bases = _histories(change_set.base_tree, config, cache)
    shipped = _histories(released, config, cache)
    scopes = []
    for history in read_histories(change_set.tree, config, cache):
        identity = history.source, history.root
        scope = Scope(change_set, config, history, Graph.of(history))
        if released is not None:
            scope = replace(scope, released=frozenset(shipped[identity].migrations if identity in shipped else ()))
        if change_set.base_tree is None:
            scope = replace(scope, introduced=frozenset(history.migrations))
        else:
            base = bases.get(identity) or _without_migrations(history)
            introduced = _introduced(change_set, history)
            scope = replace(scope, base_history=base, base_graph=Graph.of(base), introduced=introduced)
        scopes.append(scope)
    return scopes


def _folders(scopes: Sequence[Scope]) -> frozenset[str]:
    """The folders of the migrations that the change introduces."""
    introduced = (scope.history.migrations[key] for scope in scopes for key in scope.introduced)
    return frozenset(migration.path.rpartition("/")[0] for migration in introduced)


def _beside(
    scopes: list[Scope], pulls: Sequence[OpenPullRequest], base: Tree, read: Callable[[Tree], Sequence[History]]
) -> list[Scope]:
    """The scopes with what other open pull requests add to each history."""
    found = proposed(pulls, base, read) if pulls else {}
    return [
        replace(scope, open_pull_requests=found.get((scope.history.source, scope.history.root), ())) for scope in scopes
    ]


def _histories(tree: Tree | None, config: Config, cache: Cache) -> dict[tuple[str, str], History]:
    found = [] if tree is None else read_histories(tree, config, cache)
    return {(history.source, history.root): history for history in found}


def _without_migrations(history: History) -> History:
    return replace(history, apps={}, migrations={}, unreadable=())


def _introduced(change_set: ChangeSet, history: History) -> frozenset[Key]:
    """The migrations that the change adds or modifies. One that the base got in the same words is not."""
    return frozenset(key for key, migration in history.migrations.items() if _touched(change_set, migration.path))


def _touched(change_set: ChangeSet, path: str) -> bool:
    """Whether the change makes a file differ from the base's; always under `--all`."""
    base = change_set.base_tree
    if base is None:
        return True
    changed = change_set.changes.get(path)
    if changed is None or changed.change is PathChange.DELETED:
        return False
    return path not in base or base.blob(path) != change_set.tree.blob(path)


def _introduced_problems(inspector: Inspector, scope: Scope, statements: Mapping[Key, Statements]) -> dict[str, Raised]:
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
    base = replace(
        scope,
        change_set=base_change_set,
        history=scope.base_history,
        graph=scope.base_graph,
        introduced=frozenset(),
    )
    modified = scope.introduced & base.history.migrations.keys()
    there = inspector.inspect(base, statements_of(base, modified))
    return {fingerprint: one for fingerprint, one in raised.items() if fingerprint not in there}


def _finding(fingerprint: str, raised: Raised, config: Config) -> Finding:
    rule = raised.rule
    configured = config.rules.get(rule.name)
    severity = Severity(configured) if configured in list(Severity) else raised.problem.severity or rule.severity
    return Finding(rule.name, severity, raised.problem, rule.docs, fingerprint, raised.suppressed)


def _accepted(finding: Finding, config: Config, request: Request) -> Finding:
    """The finding, marked where the configuration or the baseline suppresses it."""
    if finding.suppressed is not None:
        return finding
    for ignore in config.ignore:
        current = ignore.until is None or ignore.until >= request.today
        if current and ignore.rule == finding.rule and matches(finding.problem.at.path, [ignore.path]):
            until = ignore.until.isoformat() if ignore.until else None
            return replace(finding, suppressed=Suppressed("config", ignore.reason, until))
    if finding.fingerprint in request.baseline:
        return replace(finding, suppressed=Suppressed("baseline"))
    return finding


def _wanted(path: str, config: Config, request: Request) -> bool:
    """Whether what lies at a path is reported."""
    under = not request.paths or any(path == one or one == "." or path.startswith(f"{one}/") for one in request.paths)
    return under and not matches(path, config.exclude)


def _sources(change_set: ChangeSet, findings: Sequence[Finding]) -> Mapping[str, str]:
    """The text of the files that findings point into, deleted ones as the base has them."""
    paths = {place for finding in findings for place in _places(finding)}
    text: dict[str, str] = {}
    for tree in (change_set.tree, change_set.base_tree):
        if tree is not None:
            there = [path for path in paths if path not in text and path in tree]
            text |= {path: decode(path, content) for path, content in tree.read(there).items()}
    return text


def _places(finding: Finding) -> Iterator[str]:
    problem = finding.problem
    yield problem.at.path
    yield from (place.path for place in problem.related)
    if problem.fix is not None:
        yield from (edit.path for edit in problem.fix.edits)


def _config_notes(change_set: ChangeSet, config: Config) -> Iterator[str]:
    if config.path is not None and config.path in change_set.changes:
        yield f"this change edits {config.path}, which configures this very check"


def _order(finding: Finding) -> tuple[object, ...]:
    at = finding.problem.at
    return (at.path, at.span, -finding.severity.rank, finding.rule, finding.fingerprint)
