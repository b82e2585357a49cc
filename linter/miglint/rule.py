"""What a rule is: one module whose name is its identity, whose docstring is its page, and whose `check` looks.

    @operation_rule("RunPython", severity=Severity.WARNING)
    def check(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]: ...

A check is a stateless generator. There are five kinds: `graph_rule` sees a history once, `migration_rule` each changed
migration, `operation_rule` each operation of it (nested ones too), `statement_rule` its statements with their effects,
all at once and in order, `suppression_rule` each suppression in it once all others looked.
"""

from __future__ import annotations

import enum
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from miglint.finding import Problem, Severity

if TYPE_CHECKING:  # who only shows an outcome that was kept needs neither
    from miglint.changes import Change

DOCS = "https://github.com/miglint/miglint/blob/main/docs/rules/"
"""Where the pages of the built-in rules are."""

Check = Callable[..., Iterator[Problem]]


class Kind(enum.StrEnum):
    """What a rule's check is called with."""

    GRAPH = "graph"
    MIGRATION = "migration"
    OPERATION = "operation"
    STATEMENT = "statement"
    SUPPRESSION = "suppression"


class Concerns(Struct, frozen=True):
    """What a statement rule looks at: it is not asked about a migration without. Empty: whatever there is."""

    databases: frozenset[str] = frozenset()
    changes: frozenset[type[Change]] = frozenset()
    blamed: frozenset[type[Change]] = frozenset()
    """Changes that cause dangerous work."""

    def any_in(self, database: str, changes: frozenset[type[Change]], blamed: frozenset[type[Change]]) -> bool:
        """Whether something of it is in a migration for a database with changes of these kinds."""
        if self.databases and database not in self.databases:
            return False
        return not (self.changes or self.blamed) or not (
            self.changes.isdisjoint(changes) and self.blamed.isdisjoint(blamed)
        )


EVERYTHING = Concerns()


class Registration(Struct, frozen=True):
    """What the decorators note on a check."""

    kind: Kind
    severity: Severity
    operations: frozenset[str]
    default: bool
    explains_work: bool = False
    fallback: bool = False
    concerns: Concerns = EVERYTHING


class Rule(Struct, frozen=True):
    """A rule as the engine and the documentation see it."""

    name: str
    summary: str
    page: str
    kind: Kind
    severity: Severity
    operations: frozenset[str]
    default: bool
    explains_work: bool
    fallback: bool
    check: Check
    docs: str = ""
    """Where its page can be read; empty for a plugin's."""
    concerns: Concerns = EVERYTHING


def graph_rule(*, severity: Severity, default: bool = True) -> Callable[[Check], Check]:
    """Mark `check(scope)`: called once a history."""
    return _register(Registration(Kind.GRAPH, severity, frozenset(), default))


def migration_rule(*, severity: Severity, default: bool = True) -> Callable[[Check], Check]:
    """Mark `check(migration, scope)`: called once for each changed migration, for what is about its file as a whole."""
    return _register(Registration(Kind.MIGRATION, severity, frozenset(), default))


def operation_rule(*names: str, severity: Severity, default: bool = True) -> Callable[[Check], Check]:
    """Mark `check(operation, migration, scope)`: called for operations of these class names (all, if none is given)."""
    return _register(Registration(Kind.OPERATION, severity, frozenset(names), default))


def statement_rule(
    *,
    severity: Severity,
    default: bool = True,
    explains_work: bool = False,
    fallback: bool = False,
    databases: Iterable[str] = (),
    changes: Iterable[type[Change]] = (),
    blamed: Iterable[type[Change]] = (),
) -> Callable[[Check], Check]:
    """Mark `check(analyses, scope)`: called once for each changed migration with the analyses of all its statements.

    `explains_work`: its findings name the cause of a statement's dangerous work. Of a statement that such a rule has
    spoken of (or of the same operation, where one made it) a `fallback` rule is not asked, and not heard. With
    `databases`, or with `changes` of these very classes or `blamed` ones, which cause dangerous work, it is called only
    where there are such.
    """
    concerns = Concerns(frozenset(databases), frozenset(changes), frozenset(blamed))
    return _register(Registration(Kind.STATEMENT, severity, frozenset(), default, explains_work, fallback, concerns))


def suppression_rule(*, severity: Severity, default: bool = True) -> Callable[[Check], Check]:
    """Mark `check(use, scope)`: called for each suppression with what came of it (a `SuppressionUse`)."""
    return _register(Registration(Kind.SUPPRESSION, severity, frozenset(), default))


def _register(registration: Registration) -> Callable[[Check], Check]:
    def mark(check: Check) -> Check:
        check.__miglint_rule__ = registration  # type: ignore[attr-defined]
        return check

    return mark


def rule_of(module: ModuleType) -> Rule | None:
    """The rule that a module holds, or None if it holds none."""
    check: Any = getattr(module, "check", None)
    registration: Registration | None = getattr(check, "__miglint_rule__", None)
    if registration is None:
        return None
    page = (module.__doc__ or "").strip()
    name = module.__name__.rpartition(".")[2].replace("_", "-")
    return Rule(
        name=name,
        summary=page.partition("\n")[0].rstrip("."),
        page=page,
        kind=registration.kind,
        severity=registration.severity,
        operations=registration.operations,
        default=registration.default,
        explains_work=registration.explains_work,
        fallback=registration.fallback,
        check=check,
        docs=f"{DOCS}{name}.md" if module.__name__.startswith("miglint_rules.") else "",
        concerns=registration.concerns,
    )


def rules_in(package: ModuleType) -> Iterator[Rule]:
    """The rules of all modules in a package, by name. Modules that start with `_` are helpers."""
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if not info.name.startswith("_"):
            rule = rule_of(importlib.import_module(f"{package.__name__}.{info.name}"))
            if rule is not None:
                yield rule
