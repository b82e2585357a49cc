"""Trees of commits, whole or of some folders, and scopes made of two of them, without the command around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from miglint.cache import NullCache
from miglint.changeset import ChangedPath, ChangeSet, PathChange, Revision, Tree
from miglint.config import Config
from miglint.finding import Problem
from miglint.git import Repository
from miglint.git.listing import tree_listing
from miglint.git.trees import Contents
from miglint.graph import Graph
from miglint.history import History
from miglint.registry import built_in_rules
from miglint.rule import Kind
from miglint.scope import Scope
from miglint.sources.django import read

MAX_BYTES = 3_000_000


@dataclass(frozen=True)
class Listed:
    """Blobs of a repository by path. What a partial clone lacks is left out."""

    files: Mapping[str, str]
    contents: Contents
    lacking: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __contains__(self, path: object, /) -> bool:
        return path in self.files

    def blob(self, path: str) -> str:
        return self.files[path]

    def size(self, path: str) -> int:
        return self.contents.sizes([self.files[path]]).get(self.files[path], MAX_BYTES * 10)

    def sizes(self, paths: Iterable[str]) -> Mapping[str, int]:
        ids = {path: self.files[path] for path in paths}
        lengths = self.contents.sizes(set(ids.values()))
        return {path: lengths.get(identity, MAX_BYTES * 10) for path, identity in ids.items()}

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        ids = {path: self.files[path] for path in paths}
        found = self.contents.read(set(ids.values()))
        return {path: found[identity] for path, identity in ids.items()}

    def remember(self, contents: Mapping[str, bytes]) -> None: ...


class Project:
    """A repository and its trees, each listed once."""

    def __init__(self, git_dir: Path) -> None:
        self.repository = Repository(git_dir, None, index_file=None, object_format="sha1")
        self.contents = Contents(self.repository)
        self._listings: dict[str, dict[str, str]] = {}

    def git(self, *arguments: str) -> str:
        return self.repository.run(*arguments).decode(errors="replace")

    def listing(self, commit: str) -> dict[str, str]:
        if commit not in self._listings:
            if len(self._listings) > 8:
                self._listings.clear()
            self._listings[commit] = tree_listing(self.repository, commit)
        return self._listings[commit]

    def tree(self, files: Mapping[str, str]) -> Listed:
        return Listed(files, self.contents)


def around(files: Mapping[str, str], folders: Iterable[str]) -> dict[str, str]:
    """The files in some folders, and those around them that say what the apps are called."""
    wanted = set(folders)
    parents = {str(PurePosixPath(folder).parent) for folder in wanted}
    return {
        path: blob
        for path, blob in files.items()
        if (folder := path.rpartition("/")[0]) in wanted
        or (path.endswith((".py", "manage.py")) and folder in parents and path.endswith(("apps.py", "__init__.py")))
        or path.rpartition("/")[2] in ("manage.py", "pyproject.toml", "setup.py")
    }


def histories(tree: Tree) -> list[History]:
    return read(tree, Config(), NullCache())


def changes(base: Mapping[str, str], head: Mapping[str, str]) -> dict[str, ChangedPath]:
    """What differs; a file that moved unchanged is a rename."""
    found = {path: ChangedPath(path, PathChange.ADDED) for path in head.keys() - base.keys()}
    moved = {head[path]: path for path in found}
    for path in head.keys() & base.keys():
        if head[path] != base[path]:
            found[path] = ChangedPath(path, PathChange.MODIFIED)
    for path in base.keys() - head.keys():
        new = moved.pop(base[path], None)
        if new is None:
            found[path] = ChangedPath(path, PathChange.DELETED)
        else:
            found[new] = ChangedPath(new, PathChange.RENAMED, path)
    return found


def scopes(project: Project, base: Mapping[str, str], head: Mapping[str, str]) -> Iterator[Scope]:
    """What the rules would be given: `head` is the united tree."""
    base_tree, tree = project.tree(base), project.tree(head)
    change_set = ChangeSet(
        Revision("head", "head"), tree, Revision("main", "base"), base_tree, "base", changes(base, head)
    )
    before = histories(base_tree)
    for history in histories(tree):
        old = next((one for one in before if one.apps.keys() & history.apps.keys()), None)
        known = old.migrations if old else {}
        introduced = frozenset(
            key
            for key, migration in history.migrations.items()
            if key not in known or known[key].blob != migration.blob
        )
        graph, old_graph = Graph.of(history), Graph.of(old) if old else None
        yield Scope(change_set, Config(), history, graph, old, old_graph, introduced)


def findings(scope: Scope, *names: str) -> list[tuple[str, Problem]]:
    """What the graph rules say that they do not say of the base alone."""
    rules = [rule for rule in built_in_rules() if rule.kind is Kind.GRAPH and (not names or rule.name in names)]
    found = [(rule.name, problem) for rule in rules for problem in rule.check(scope)]
    if not found or scope.base_history is None or scope.base_graph is None:
        return found
    base_change_set = replace(scope.change_set, tree=scope.change_set.base_tree or scope.change_set.tree, changes={})
    modified = scope.introduced & scope.base_history.migrations.keys()
    alone = replace(
        scope, change_set=base_change_set, history=scope.base_history, graph=scope.base_graph, introduced=modified
    )
    said = {
        (rule.name, problem.app, problem.migration, problem.identity)
        for rule in rules
        if rule.name in {name for name, _ in found}
        for problem in rule.check(alone)
    }
    return [(name, one) for name, one in found if (name, one.app, one.migration, one.identity) not in said]
