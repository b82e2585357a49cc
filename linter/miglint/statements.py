"""The statements of migrations and what they do: written by the source, analysed by the database's dialect."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from miglint import dialects, sources
from miglint.analysis import Analyses, Analysis
from miglint.cache import Cache, NullCache
from miglint.config import Config
from miglint.dialects import analyse
from miglint.errors import MiglintError
from miglint.history import Confidence, Key, Migration, Rendered, Statement, Target
from miglint.result import CheckedMigration, CheckedStatement
from miglint.scope import Scope
from miglint.sources import renderer_of
from miglint.sources.renderer import Renderer

DEBUG = "MIGLINT_DEBUG"


class Statements(Struct, frozen=True):
    """What one migration sends to the database. `analyses` is empty where the dialect could not follow at all."""

    checked: CheckedMigration
    analyses: Analyses = Analyses()


def bring_in(config: Config) -> None:
    """Import what writing and analysing statements takes, ahead of the first."""
    sources.bring_in(config.target)
    dialects.bring_in(config.target)


def target_of(migration: Migration, config: Config) -> Target:
    """The database that a migration runs on."""
    return config.target_of(migration.key.app, migration.path)


def statements_of(
    scope: Scope, keys: Collection[Key], cache: Cache, *, as_printed: bool = False
) -> dict[Key, Statements]:
    """The statements of some migrations of a history, by migration, in the order in which `migrate` runs them.

    `as_printed`: those that the framework prints on request, where these are not quite the ones that it executes.
    """
    by_target: dict[Target, list[Key]] = {}
    for key in _ordered(scope, keys):
        target = target_of(scope.history.migrations[key], scope.config)
        by_target.setdefault(target, []).append(key)
    return {
        key: found
        for target, some in by_target.items()
        for key, found in _on_target(scope, some, target, cache, as_printed)
    }


def unwritten(scope: Scope, keys: Collection[Key]) -> dict[Key, Statements]:
    """The migrations in the order in which they run, without their statements."""
    migrations = ((key, scope.history.migrations[key]) for key in _ordered(scope, keys))
    return {
        key: Statements(CheckedMigration(migration, target_of(migration, scope.config).database, migration.atomic))
        for key, migration in migrations
    }


def _ordered(scope: Scope, keys: Collection[Key]) -> list[Key]:
    """The keys in the graph's order; those that it leaves out, as replaced ones, come last."""
    order = [key for key in scope.graph.order() if key in keys]
    return order + sorted(set(keys).difference(order))


def backwards_of(scope: Scope, keys: Collection[Key]) -> Iterator[CheckedMigration]:
    """The statements that take migrations back, the last one first; what they lock is not looked at."""
    for key in reversed(_ordered(scope, keys)):
        target = target_of(scope.history.migrations[key], scope.config)
        tree, applied = scope.change_set.tree, frozenset[Key]()
        writer = renderer_of(scope.history, scope.graph, tree, target, applied, NullCache(), as_printed=True)
        one = writer.render(key, backwards=True)
        seen = (CheckedStatement(statement, (), not statement.reason, statement.reason) for statement in one.statements)
        yield CheckedMigration(one.migration, one.database, one.atomic, tuple(seen))


def warnings_of(scopes: Iterable[Scope], cache: Cache) -> tuple[str, ...]:
    """Why the SQL of what a change introduces may not be what the project's own framework writes."""
    found: dict[str, None] = {}
    for scope in scopes:
        if scope.introduced:
            tree, target = scope.change_set.tree, scope.config.target
            writer = renderer_of(scope.history, scope.graph, tree, target, frozenset(), cache)
            found.update(dict.fromkeys(writer.warnings))
    return tuple(found)


def notes_of(scope: Scope) -> tuple[str, ...]:
    """What a reader should know of how the SQL of a history is written."""
    tree, target = scope.change_set.tree, scope.config.target
    return renderer_of(scope.history, scope.graph, tree, target, frozenset(), NullCache()).notes


def _on_target(
    scope: Scope, keys: Sequence[Key], target: Target, cache: Cache, as_printed: bool
) -> Iterator[tuple[Key, Statements]]:
    # A migration that the change edits is on the database as it was, not as it is now.
    applied = frozenset(scope.base_history.migrations if scope.base_history else ()).difference(keys)
    writer = renderer_of(
        scope.history, scope.graph, scope.change_set.tree, target, applied, cache, as_printed=as_printed
    )
    found: dict[Key, Statements] = {}
    for course in _courses(scope, keys, whole=writer.replays_all):
        found.update(_analysed(scope, course, target, writer))
    yield from ((key, found[key]) for key in keys)


class _Course(Struct, frozen=True):
    """Migrations that one database runs one after the other. `together`: at once, so that what an earlier one makes is
    new to a later one."""

    keys: Sequence[Key]
    together: bool


def _courses(scope: Scope, keys: Sequence[Key], *, whole: bool) -> Iterator[_Course]:
    """The migrations by what they find on a database: those that are new meet all that the base has, and one that is
    edited what stood before it, for others have run in between (where none has, several are looked at in a row). A
    squash has databases of its own.

    `whole`: replaying what comes before one means replaying everything, which is done once for all that are edited.
    """
    if scope.base_history is None:  # no change: each meets the tables of all before it as ones in use
        yield _Course(keys, together=False)
        return
    fresh = [key for key in keys if _is_for_fresh_databases(scope, key)]
    yield from (_Course([key], together=True) for key in fresh)
    on_base = scope.base_history.migrations.keys() & scope.history.migrations.keys()
    edited = on_base.intersection(keys).difference(fresh)
    order = _ordered(scope, on_base) if edited else []
    if whole and edited:
        last = max(number for number, key in enumerate(order) if key in edited)
        yield _Course(order[: last + 1], together=False)
    else:
        in_a_row = groupby(order, key=edited.__contains__)
        yield from (_Course([*some], together=False) for are_edited, some in in_a_row if are_edited)
    new = [key for key in keys if key not in edited and key not in fresh]
    if new:
        yield _Course(new, together=True)


def _is_for_fresh_databases(scope: Scope, key: Key) -> bool:
    """Whether it is a squash of what the base has: only a database that has nothing of it yet runs it."""
    replaced = {each.key for each in scope.history.migrations[key].replaces}
    on_base = scope.base_history.migrations.keys() if scope.base_history else set[Key]()
    return bool(replaced) and replaced <= on_base


def _on_unused_tables(analysis: Analysis) -> Analysis:
    return replace(analysis, effects=tuple(replace(effect, new=True) for effect in analysis.effects))


def _analysed(scope: Scope, course: _Course, target: Target, writer: Renderer) -> Iterator[tuple[Key, Statements]]:
    keys = course.keys
    rendered = [_rendered(writer, scope.history.migrations[key], target) for key in keys]
    try:
        found = analyse(writer.prelude(keys), rendered, target, together=course.together)
    except Exception as error:
        reason = _reason(error, "the statements could not be analysed")
        for key, one in zip(keys, rendered, strict=True):
            blind = tuple(CheckedStatement(statement, (), False, reason) for statement in one.statements)
            yield key, Statements(CheckedMigration(one.migration, one.database, one.atomic, blind))
        return
    if _is_for_fresh_databases(scope, keys[0]):
        found = [[*map(_on_unused_tables, analyses)] for analyses in found]
    for key, one, analyses in zip(keys, rendered, found, strict=True):
        seen = tuple(_checked(analysis) for analysis in analyses)
        yield key, Statements(CheckedMigration(one.migration, one.database, one.atomic, seen), Analyses(analyses))


def _rendered(writer: Renderer, migration: Migration, target: Target) -> Rendered:
    try:
        return writer.render(migration.key)
    except Exception as error:
        reason = _reason(error, "the SQL of this migration could not be written")
        unknown = Statement("", migration.span, confidence=Confidence.UNKNOWN, reason=reason)
        return Rendered(migration, target.database, (unknown,), migration.atomic)


def _reason(error: Exception, what: str) -> str:
    """Why nothing is known: a migration that trips miglint up is not safe, and must not hide what the others do."""
    if os.environ.get(DEBUG) == "1":
        raise error
    said = str(error) if isinstance(error, MiglintError) else f"{type(error).__name__}: {error}"
    return f"{what}: {said}"


def _checked(analysis: Analysis) -> CheckedStatement:
    """What is shown of an analysis. Of a statement that is only a guess it is not known what it does."""
    statement = analysis.statement
    understood = analysis.understood and statement.confidence is not Confidence.UNKNOWN
    reason = analysis.reason or ("" if understood else statement.reason or "what it is could not be worked out")
    return CheckedStatement(statement, analysis.effects, understood, reason)
