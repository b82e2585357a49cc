"""Other open pull requests against the same base: the files they add, and the migrations in those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from miglint.changeset import MemoryTree, Tree
from miglint.history import History, Migration


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    """Another open pull request, and the content of the migration files that it adds, by path."""

    number: int
    url: str
    head: str
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ProposedMigrations:
    """What another open pull request adds to one history."""

    number: int
    url: str
    migrations: tuple[Migration, ...]


@dataclass(frozen=True, slots=True)
class OverlayTree:
    """A tree with files laid over it."""

    below: Tree
    above: MemoryTree

    def __iter__(self) -> Iterator[str]:
        yield from self.above
        yield from (path for path in self.below if path not in self.above)

    def __contains__(self, path: object, /) -> bool:
        return path in self.above or path in self.below

    def blob(self, path: str) -> str:
        """The object id of the file's content."""
        return self._side(path).blob(path)

    def size(self, path: str) -> int:
        """The file's length in bytes."""
        return self._side(path).size(path)

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each of the paths."""
        wanted = list(paths)
        ours = [path for path in wanted if path in self.above]
        return {**self.below.read(path for path in wanted if path not in self.above), **self.above.read(ours)}

    def _side(self, path: str) -> Tree:
        return self.above if path in self.above else self.below


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
