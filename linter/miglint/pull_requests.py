"""Other open pull requests against the same base: the files they add, and the migrations in those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from miglint.changeset import MemoryTree, OverlayTree, Tree
from miglint.history import History, Migration


class OpenPullRequest(Struct, frozen=True):
    """Another open pull request, and the content of the migration files that it adds, by path."""

    number: int
    url: str
    head: str
    files: Mapping[str, bytes]


class ProposedMigrations(Struct, frozen=True):
    """What another open pull request adds to one history."""

    number: int
    url: str
    migrations: tuple[Migration, ...]


def proposed(
    pulls: Sequence[OpenPullRequest], base: Tree, read: Callable[[Tree], Sequence[History]]
) -> dict[tuple[str, str], tuple[ProposedMigrations, ...]]:
    """What each pull request adds to each history, by the history's source and root; the files are read on the base."""
    found: dict[tuple[str, str], tuple[ProposedMigrations, ...]] = {}
    for pull in pulls:
        for history in read(OverlayTree(base, MemoryTree(pull.files))):
            added = tuple(
                migration for _, migration in sorted(history.migrations.items()) if migration.path in pull.files
            )
            if added:
                where = (history.source, history.root)
                found[where] = (*found.get(where, ()), ProposedMigrations(pull.number, pull.url, added))
    return found
