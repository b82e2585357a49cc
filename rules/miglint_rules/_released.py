"""Migrations that databases may have applied, and what a change does to the files of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from miglint.changeset import PathChange
from miglint.history import Key, Migration
from miglint.scope import Scope


def released(scope: Scope) -> Iterator[Migration]:
    """The migrations that count as shipped: those of the base, or of the `released` ref where one is configured."""
    for key, migration in (scope.base_history.migrations if scope.base_history else {}).items():
        if scope.released is None or key in scope.released:
            yield migration


def is_released(key: Key, scope: Scope) -> bool:
    """Whether a migration counts as shipped."""
    on_base = scope.base_history is not None and key in scope.base_history.migrations
    return on_base and (scope.released is None or key in scope.released)


def deleted_by_change(key: Key, scope: Scope) -> bool:
    """Whether a released migration is gone at the head, by deletion or under another name."""
    return is_released(key, scope) and key not in scope.history.migrations and not _unreadable(key, scope)


def renames(scope: Scope) -> Mapping[str, str]:
    """The new path of each file that the change renames, by the old one."""
    return {
        change.old_path: change.path
        for change in scope.change_set.changes.values()
        if change.change is PathChange.RENAMED and change.old_path is not None
    }


def app_is_gone(app: str, scope: Scope) -> bool:
    """Whether the change takes an app out of the repository: nothing of its package is left."""
    if scope.base_history is None or app not in scope.base_history.apps:
        return False
    package = PurePosixPath(scope.base_history.apps[app].path).parent
    return not any(
        path.endswith(".py") and package in PurePosixPath(path).parents for path in scope.change_set.tree
    ) and not any(key.app == app for key in scope.history.migrations)


def _unreadable(key: Key, scope: Scope) -> bool:
    return any(file.app == key.app and PurePosixPath(file.path).stem == key.name for file in scope.history.unreadable)
