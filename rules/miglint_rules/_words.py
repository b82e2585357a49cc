"""Phrases that several rules share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from miglint.history import Key, Migration
from miglint.scope import Scope

DJANGO = "django"


def listed(words: Iterable[str], limit: int = 6) -> str:
    """`a`, `a and b`, `a, b and c`, `a, b and 3 more`."""
    given = list(words)
    if len(given) > limit:
        given = [*given[: limit - 1], f"{len(given) - limit + 1} more"]
    return " and ".join([", ".join(given[:-1]), given[-1]] if len(given) > 1 else given)


def counted(number: int, noun: str) -> str:
    """`1 migration`, `2 migrations`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def base_name(scope: Scope) -> str:
    """What a reader calls the base: `main`; a commit by its first twelve digits."""
    base = scope.change_set.base
    if base is None:
        return "the base"
    return base.ref[:12] if base.ref == base.commit else base.ref


def subjects(scope: Scope) -> Sequence[Migration]:
    """The migrations that the change introduces, by key; all of them when everything is checked."""
    migrations = scope.history.migrations
    return [migrations[key] for key in sorted(scope.introduced) if key in migrations]


def is_new(key: Key, scope: Scope) -> bool:
    """Whether the change adds the migration: not without a base, nor where the base has a file that cannot be read."""
    if scope.base_history is None or scope.base_graph is None:
        return False
    return key not in scope.base_history.migrations and key not in scope.base_graph.edges.unreadable


def loading_fails(source: str, error: str) -> str:
    """What happens to every command when the graph cannot be built."""
    return f"every command that loads migrations stops with {error}" if source == DJANGO else "nothing can be applied"
