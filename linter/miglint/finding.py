"""What a rule says about a migration, from the problem it sees to the finding that is reported.

A rule yields a `Problem`; the engine turns it into a `Finding` by adding what it knows (rule, severity, docs page,
fingerprint); suppression may mark that finding. Nothing in here knows of a framework, a database or a reporter.
"""

from __future__ import annotations

import enum

from msgspec import Struct, field


class Severity(enum.StrEnum):
    """How bad a finding is; ordered by `rank`, the most severe highest."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def rank(self) -> int:
        """3 for an error, 2 for a warning, 1 for a notice."""
        return {"error": 3, "warning": 2, "notice": 1}[self.value]


class Span(Struct, frozen=True, order=True):
    """A stretch of a text file. Lines and columns count from 1; columns are characters; the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Location(Struct, frozen=True):
    """A span in a file, the path relative to the repository's root with `/`."""

    path: str
    span: Span


class Related(Struct, frozen=True):
    """Another place that the reader of a finding wants to see."""

    path: str
    line: int
    message: str


class Edit(Struct, frozen=True):
    """Replace `span` of `path` by `text`; an empty span inserts."""

    path: str
    span: Span
    text: str


class Fix(Struct, frozen=True):
    """Edits that mend a finding. `safe`: they change nothing but what the finding is about."""

    title: str
    safe: bool
    edits: tuple[Edit, ...]


class DiagramNode(Struct, frozen=True):
    """A migration in the picture of a conflict: on which side it stands and on what.

    `side` is what a reader calls it: the base's ref (`main`), `this change`, another pull request's number (`#12`).
    """

    name: str
    side: str
    parents: tuple[str, ...] = ()


class Problem(Struct, frozen=True):
    """What a rule yields.

    `message` (lower case, no full stop) says what will happen to which object, by name, and why here; `help` gives the
    safe way in the user's own names and may hold several lines of code. `identity` makes the fingerprint: words that
    stay the same when lines move or the wording improves (table, column, leaf names ...).
    """

    at: Location
    message: str
    help: str
    identity: tuple[str, ...]
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    severity: Severity | None = None
    """Where it is not the rule's own, as for a small table."""
    source: str | None = None
    app: str | None = None
    migration: str | None = None
    operation: int | None = None
    statement: str | None = None
    diagram: tuple[DiagramNode, ...] = ()
    """The part of the graph that a conflict is about, for reporters that can draw."""
    together: str = ""
    """Of a rule that says one thing of a whole change: how this one is told, in a few words, where another leads."""


class Suppressed(Struct, frozen=True):
    """Who silenced a finding (`comment`, `config` or `baseline`), why, and until when (ISO date)."""

    by: str
    reason: str = ""
    expires: str | None = None


class Finding(Struct, frozen=True):
    """A problem with the rule's name, its severity here and a fingerprint that survives moves of the line."""

    rule: str
    severity: Severity
    problem: Problem
    docs: str
    fingerprint: str
    suppressed: Suppressed | None = field(default=None)
    others: tuple[Finding, ...] = ()
    """Findings of the same rule that are reported with this one (`Problem.together`)."""
