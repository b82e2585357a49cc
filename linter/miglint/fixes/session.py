"""Check, mend, check again, until nothing more can be mended. Everything happens in memory.

Conflicts of leaf nodes come first, by themselves: they change names that other fixes may speak of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from miglint.cache import Cache
from miglint.config import Config
from miglint.conflict import Conflict, conflicts
from miglint.engine import Request, check
from miglint.finding import Finding, Fix
from miglint.fixes.draft import Draft
from miglint.fixes.edits import Misfit, apply
from miglint.fixes.merging import merged
from miglint.fixes.rebasing import rebased
from miglint.fixes.remedies import NoRemedy, Remedy
from miglint.result import Result
from miglint.scope import Scope
from miglint.scopes import scopes_of
from miglint.sources.django.source import Unparsable, parse

ROUNDS = 10
"""How often the change is checked again at most once conflicts are mended: one fix can uncover another."""
CONFLICT = "multiple-leaf-nodes"
HINT = "--unsafe does it"


class Asked(Struct, frozen=True):
    """Which fixes are wanted."""

    merge: bool = False
    """Join conflicting branches instead of putting one behind the other."""
    unsafe: bool = False
    """Those too that a person should look at."""
    now: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))


class Done(Struct, frozen=True):
    """A finding that was mended, and how."""

    finding: Finding
    title: str


class Outcome(Struct, frozen=True):
    """What a session comes to; `result` is that of the work tree as the draft has it."""

    draft: Draft
    done: tuple[Done, ...]
    result: Result
    reasons: dict[str, str]
    """Why a finding that is left was not mended, by its fingerprint."""
    notes: tuple[str, ...]


class Session:
    """The rounds of one run of `miglint fix`."""

    def __init__(self, draft: Draft, config: Config, cache: Cache, request: Request, asked: Asked) -> None:
        self._draft = draft
        self._config = config
        self._cache = cache
        self._request = request
        self._asked = asked
        self._done: list[Done] = []
        self._joined: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._notes: list[str] = []

    def run(self) -> Outcome:
        """Mend what can be mended."""
        result = self._check()
        for _ in range(ROUNDS + sum(finding.rule == CONFLICT for finding in result.active)):
            self._reasons = {}
            if not (self._mend_conflicts(result) or self._mend_others(result)):
                break
            result = self._check()
        else:
            self._notes.append("stopped, as fixes went on making room for others: run it again")
        return Outcome(self._draft, tuple(self._done), result, self._reasons, tuple(dict.fromkeys(self._notes)))

    def _check(self) -> Result:
        return check(self._draft.change_set(), self._config, self._cache, self._request)

    def _mend_conflicts(self, result: Result) -> bool:
        """Whether a conflict was mended. One at a time: what mends the next one may have to name what moved here."""
        found = [one for one in result.active if one.rule == CONFLICT and one.fingerprint not in self._joined]
        scopes = scopes_of(self._draft.change_set(), self._config, self._cache, self._request.released) if found else []
        for finding in found:
            for scope, conflict in _conflicts(finding, scopes):
                try:
                    remedy = self._remedy(conflict, scope)
                    if not remedy.fix.safe and not self._asked.unsafe:
                        raise NoRemedy(f"{remedy.doubt}: {HINT}: {remedy.fix.title}")
                    self._take(remedy)
                except (NoRemedy, Misfit) as reason:
                    self._reasons[finding.fingerprint] = str(reason)
                else:
                    self._joined.add(finding.fingerprint)
                    self._done.append(Done(finding, remedy.fix.title))
                    return True
        return False

    def _remedy(self, conflict: Conflict, scope: Scope) -> Remedy:
        return merged(conflict, scope, self._asked.now) if self._asked.merge else rebased(conflict, scope)

    def _take(self, remedy: Remedy) -> None:
        """Do what a remedy says, or nothing of it."""
        touched = [*remedy.renames, *(edit.path for edit in remedy.fix.edits)]
        contents = {path: self._draft.content(path) for path in touched}
        for path in (*remedy.renames.values(), *remedy.created):
            if path not in remedy.renames and not self._draft.is_free(path):
                raise Misfit(f"{path} is in the way: git does not know it")
        applied = apply(contents, [remedy.fix])
        if applied.refused:
            raise Misfit(applied.refused[0].reason)
        for path in (*applied.files, *remedy.created):
            self._draft.put(path, {**applied.files, **remedy.created}[path])
        self._draft.move(remedy.renames)
        for path in remedy.relies_on:
            if self._draft.is_free(path):
                self._notes.append(
                    f"{path} is not in the work tree yet: merge or rebase before you run the migrations here"
                )

    def _mend_others(self, result: Result) -> bool:
        blind = _Blind.of(result)
        wanted: list[tuple[Finding, Fix]] = []
        for finding in result.active:
            fix = finding.problem.fix
            if fix is not None and finding.rule != CONFLICT:
                reason = self._against(fix, blind)
                if reason:
                    self._reasons[finding.fingerprint] = reason
                else:
                    wanted.append((finding, fix))
        return self._apply(wanted)

    def _against(self, fix: Fix, blind: _Blind) -> str:
        for edit in fix.edits:
            if edit.path.rpartition("/")[0] in blind.folders:
                return f"{blind.folders[edit.path.rpartition('/')[0]]} cannot be read"
            if edit.path in blind.files and not self._asked.unsafe:
                return f"{blind.files[edit.path]}; {HINT}: {fix.title}"
            try:
                self._draft.content(edit.path)
            except Misfit as reason:
                return str(reason)
        return "" if fix.safe or self._asked.unsafe else f"{HINT}: {fix.title}"

    def _apply(self, wanted: Sequence[tuple[Finding, Fix]]) -> bool:
        contents = {edit.path: self._draft.content(edit.path) for _, fix in wanted for edit in fix.edits}
        applied = apply(contents, [fix for _, fix in wanted])
        broken = {path for path, content in applied.files.items() if _breaks(path, contents[path], content)}
        if broken:
            for finding, fix in wanted:
                if any(edit.path in broken for edit in fix.edits):
                    self._reasons[finding.fingerprint] = "its edit would leave a file that cannot be parsed"
            return self._apply([(one, fix) for one, fix in wanted if not any(e.path in broken for e in fix.edits)])
        refused = {id(one.fix): one.reason for one in applied.refused}
        for finding, fix in wanted:
            if id(fix) in refused:
                self._reasons[finding.fingerprint] = refused[id(fix)]
            elif any(edit.path in applied.files for edit in fix.edits):
                self._done.append(Done(finding, fix.title))
        for path, content in applied.files.items():
            self._draft.put(path, content)
        return bool(applied.files)


class _Blind(Struct, frozen=True):
    """What the check could not read: operations, by file, and whole files, by the folder they lie in.

    Not what runs but cannot be followed, such as RunPython: no fix needs to know that.
    """

    files: dict[str, str]
    folders: dict[str, str]

    @classmethod
    def of(cls, result: Result) -> _Blind:
        migrations = [checked.migration for checked in result.migrations]
        lost = [(one.path, problem) for one in migrations for problem in one.not_understood]
        read = {one.path for one in migrations}
        unread = [one.path for one in result.coverage.unknown if one.path not in read]
        return cls(
            {path: f"{path}:{problem.span.line} is not understood ({problem.reason})" for path, problem in lost},
            {path.rpartition("/")[0]: path for path in unread},
        )


def _conflicts(finding: Finding, scopes: Sequence[Scope]) -> Iterator[tuple[Scope, Conflict]]:
    """The conflict that a finding is about."""
    for scope in scopes:
        for conflict in conflicts(scope.graph, scope.base_graph):
            paths = {scope.history.migrations[key].path for branch in conflict.branches for key in branch.own}
            if conflict.app == finding.problem.app and finding.problem.at.path in paths:
                yield scope, conflict


def _breaks(path: str, before: bytes, after: bytes) -> bool:
    """Whether a file could be parsed and no longer can be."""
    return path.endswith(".py") and _parses(path, before) and not _parses(path, after)


def _parses(path: str, content: bytes) -> bool:
    try:
        parse(content, path)
    except Unparsable:
        return False
    return True
