"""The histories of a change: as they are once it is merged, as they were on the base, and what of them is new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec.structs import replace

from miglint.cache import Cache
from miglint.changeset import ChangeSet, PathChange, Tree
from miglint.config import Config
from miglint.crew import ALONE, Crew
from miglint.graph import Graph
from miglint.history import History, Key
from miglint.pull_requests import OpenPullRequest, proposed
from miglint.scope import Scope
from miglint.sources import read_histories


def scopes_of(
    change_set: ChangeSet, config: Config, cache: Cache, released: Tree | None, crew: Crew = ALONE
) -> list[Scope]:
    """The histories of the united tree, each with what it was on the base and what of it is released."""
    scopes = []
    studied = change_set.touched
    united = read_histories(change_set.tree, config, cache, crew, studied)
    bases = _histories(change_set.base_tree, config, cache, studied)
    shipped = _histories(released, config, cache, frozenset())
    left = [base for base in bases.values() if not any(_same(base, history) for history in united)]
    for history in [*united, *map(_without_migrations, left)]:
        identity = history.source, history.root
        scope = Scope(change_set, config, history, Graph.of(history))
        if released is not None:
            scope = replace(scope, released=frozenset(shipped[identity].migrations if identity in shipped else ()))
        if change_set.base_tree is None:
            scope = replace(scope, introduced=frozenset(history.migrations))
        else:
            base = _on_base(history, bases)
            introduced = _introduced(change_set, history)
            scope = replace(scope, base_history=base, base_graph=Graph.of(base), introduced=introduced)
        scopes.append(scope)
    return scopes


Ask = Callable[[Collection[str]], Sequence[OpenPullRequest]]
"""Finds the pull requests that add files to some folders."""


def beside(scopes: list[Scope], config: Config, cache: Cache, ask: Ask) -> list[Scope]:
    """The scopes with what other open pull requests add to each history, if the change introduces migrations."""
    introduced = (scope.history.migrations[key] for scope in scopes for key in scope.introduced)
    pulls = ask(frozenset(migration.path.rpartition("/")[0] for migration in introduced))
    base = next((scope.change_set.base_tree for scope in scopes), None)
    if not pulls or base is None:
        return scopes
    found = proposed(pulls, base, lambda tree: read_histories(tree, config, cache, studied=frozenset()))
    return [
        replace(scope, open_pull_requests=found.get((scope.history.source, scope.history.root), ())) for scope in scopes
    ]


def _histories(
    tree: Tree | None, config: Config, cache: Cache, studied: Collection[str] | None
) -> dict[tuple[str, str], History]:
    found = [] if tree is None else read_histories(tree, config, cache, studied=studied)
    return {(history.source, history.root): history for history in found}


def _same(one: History, other: History) -> bool:
    """Whether two histories are the same before and after a change: by their root, or by a folder that both hold."""
    folders = {app.path for app in one.apps.values()}
    same_root = (one.source, one.root) == (other.source, other.root)
    return same_root or (one.source == other.source and any(app.path in folders for app in other.apps.values()))


def _on_base(history: History, bases: Mapping[tuple[str, str], History]) -> History:
    """What a history was on the base, where it may have been several that the change joins, or none."""
    found = [base for base in bases.values() if _same(base, history)]
    if not found:
        return _without_migrations(history)
    joined = found[0]
    for other in found[1:]:
        joined = replace(
            joined,
            apps={**other.apps, **joined.apps},
            migrations={**other.migrations, **joined.migrations},
            unreadable=(*joined.unreadable, *other.unreadable),
        )
    return joined


def _without_migrations(history: History) -> History:
    return replace(history, apps={}, migrations={}, unreadable=())


def _introduced(change_set: ChangeSet, history: History) -> frozenset[Key]:
    """The migrations that the change adds or modifies. One that the base got in the same words is not."""
    return frozenset(key for key, migration in history.migrations.items() if touched(change_set, migration.path))


def touched(change_set: ChangeSet, path: str) -> bool:
    """Whether the change makes a file differ from the base's; always under `--all`."""
    base = change_set.base_tree
    if base is None:
        return True
    changed = change_set.changes.get(path)
    if changed is None or changed.change is PathChange.DELETED:
        return False
    return path not in base or base.blob(path) != change_set.tree.blob(path)
