"""What is read from a repository: migrations, their operations and statements, and where each stands.

Framework neutral. A `History` is one universe of migrations whose dependencies refer to each other: the apps of one
Django project, or one folder of SQL files. A repository can hold several.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, field

from miglint.finding import Span


class Key(NamedTuple):
    """A migration's identity within its history."""

    app: str
    name: str

    def __str__(self) -> str:
        return f"{self.app}.{self.name}"


class Dependency(Struct, frozen=True):
    """A reference to another migration, where it is written. `key.name` can be `__first__` or `__latest__`.

    `swappable` holds the setting's name (`AUTH_USER_MODEL`) when the app was found through it.
    """

    key: Key
    span: Span
    swappable: str | None = None


class NotUnderstood(Struct, frozen=True):
    """Something that could not be read, and why. Counted in coverage, never treated as safe."""

    reason: str
    span: Span


class Literal(Struct, frozen=True):
    """A string literal that went into an operation's SQL: its value, and where and how it is written.

    `source` is the literal's text in the file, quotes and prefix included. `path` is set where the text stands in
    another file of the repository; the span is then of that file.
    """

    text: str
    span: Span
    source: str
    path: str | None = None


class Operation(Struct, frozen=True):
    """One operation of a migration, its arguments by the framework's own parameter names.

    `index` is the position of the top-level operation in `Migration.operations`, shared by operations nested in it.
    `name` is the class's name (`AddField`), `target` its dotted path as imported. A value that could not be evaluated
    is in `arguments` as the source's own unknown marker. `not_understood` is set when the class itself is not known.
    """

    index: int
    name: str
    target: str
    span: Span
    arguments: Mapping[str, Any] = field(default_factory=dict)
    database_operations: tuple[Operation, ...] = ()
    state_operations: tuple[Operation, ...] = ()
    not_understood: NotUnderstood | None = None
    overridden: tuple[str, ...] = ()
    """Where `name` is the known base of a class in the repository: what that class replaces of it."""
    assumptions: tuple[str, ...] = ()
    """What was taken to be so, for it could not be worked out (`a condition …`), and bears on the arguments."""
    literals: tuple[Literal, ...] = ()
    """The string literals that its SQL is made of, in the order they stand."""
    schema_words: tuple[str, ...] = ()
    """Of code that changes tables itself: every word of its strings, in lower case, or one that is empty."""


class Migration(Struct, frozen=True):
    """One migration file. `span` is what stands for the whole of it (Django: the `class Migration` line)."""

    key: Key
    source: str
    path: str
    blob: str
    span: Span
    dependencies: tuple[Dependency, ...] = ()
    run_before: tuple[Dependency, ...] = ()
    replaces: tuple[Dependency, ...] = ()
    operations: Sequence[Operation] = ()
    """May be evaluated on first use."""
    atomic: bool = True
    initial: bool = False
    dependencies_span: Span | None = None
    """The list of dependencies as written, brackets included; what a rebase edits."""
    dependencies_incomplete: bool = False
    """Whether something in the list of dependencies that may name a migration of the same app was not understood."""
    not_understood: Sequence[NotUnderstood] = ()
    """Everything in the file that was not understood, operations' own included."""


class App(Struct, frozen=True):
    """A set of migrations with one line of history: a Django app, or a folder of SQL files."""

    label: str
    source: str
    path: str
    """The folder of its migrations."""


class Unreadable(Struct, frozen=True):
    """A file that should hold a migration but could not be read at all (syntax, encoding, size)."""

    path: str
    reason: str
    span: Span
    app: str | None = None
    dependencies: tuple[Key, ...] | None = None
    """What its class depends on, where that could be read by itself."""


class History(Struct, frozen=True):
    """All migrations of one universe, and what of it could not be read.

    `external` are apps that dependencies may name without their migrations being here (Django's own contrib apps and
    installed packages): an edge to them is neither missing nor followed.
    """

    source: str
    root: str
    apps: Mapping[str, App]
    migrations: Mapping[Key, Migration]
    unreadable: tuple[Unreadable, ...] = ()
    external: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    """What the project says of matters that its migrations leave to it (`DEFAULT_AUTO_FIELD`, `DJANGO_VERSION` …)."""


class Confidence(enum.StrEnum):
    """How sure the text of a statement is: exact, assumed (a stand-in was used, see the reason) or unknown."""

    EXACT = "exact"
    ASSUMED = "assumed"
    UNKNOWN = "unknown"


class Statement(Struct, frozen=True):
    """One SQL statement of a migration and the place in the file that made it."""

    sql: str
    span: Span
    operation: int | None = None
    confidence: Confidence = Confidence.EXACT
    reason: str = ""
    """Why it is not exact."""
    opaque: str = ""
    """Not SQL but something that runs (`RunPython`): its name. `sql` is then empty."""


class Rendered(Struct, frozen=True):
    """A migration as the database sees it: statements in order, and whether one transaction holds them."""

    migration: Migration
    database: str
    statements: tuple[Statement, ...]
    atomic: bool


class Target(Struct, frozen=True):
    """The database that the migrations run on. `version` such as (16,) or (10, 11); empty means the newest known."""

    database: str = "postgresql"
    version: tuple[int, ...] = ()
    time_zone: str = "UTC"
