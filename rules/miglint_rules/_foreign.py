"""Apps whose migrations begin in another distribution."""

from __future__ import annotations

from collections.abc import Mapping

from miglint.graph import Missing
from miglint.history import Key
from miglint.scope import Scope


def foreign_apps(scope: Scope) -> Mapping[str, list[Missing]]:
    """Apps of which only later migrations are here, with what those want of the part that is not.

    The first migration of such an app, the one that depends on no other of it, is neither here nor on the base.
    """
    wanted: dict[str, list[Missing]] = {}
    for missing in scope.graph.missing:
        if missing.dependency.key.app == missing.migration.app and not missing.run_before:
            wanted.setdefault(missing.migration.app, []).append(missing)
    return {app: found for app, found in wanted.items() if not _has_root(app, scope)}


def _has_root(app: str, scope: Scope) -> bool:
    histories = [scope.history, *([scope.base_history] if scope.base_history else [])]
    if any(file.app == app for history in histories for file in history.unreadable):
        return True
    return any(
        key.app == app and not any(_is_own(dependency.key, key) for dependency in migration.dependencies)
        for history in histories
        for key, migration in history.migrations.items()
    )


def _is_own(dependency: Key, key: Key) -> bool:
    return dependency.app == key.app
