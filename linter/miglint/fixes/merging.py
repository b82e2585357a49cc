"""The other remedy: a migration that depends on all leaf nodes of an app, as `makemigrations --merge` writes it."""

from __future__ import annotations

import datetime as dt

from miglint.conflict import Conflict
from miglint.fixes.remedies import NoRemedy, Remedy, refuse_unread, remedy
from miglint.history import Key
from miglint.rebase import parse_number
from miglint.scope import Scope
from miglint_rules._words import DJANGO, listed

_LONGEST = 47
"""Of leaf names joined, in Django's own `makemigrations`."""
_LEAVES_IN_NAME_SINCE = (3, 2)


def merged(conflict: Conflict, scope: Scope, now: dt.datetime) -> Remedy:
    """A new migration that joins a conflict's branches. Raises NoRemedy."""
    refuse_unread(conflict, scope)
    if scope.history.source != DJANGO:
        raise NoRemedy("only Django's migrations can be joined by another one")
    if conflict.parent is None:
        raise NoRemedy("the branches have no migration in common, and `makemigrations --merge` refuses them too")
    name = merge_name(conflict.leaves, scope.history.settings.get("DJANGO_VERSION"), now)
    path = f"{scope.history.apps[conflict.app].path}/{name}.py"
    if path in scope.change_set.tree:
        raise NoRemedy(f"{path} is there already")
    return remedy(
        f"join {listed(leaf.name for leaf in conflict.leaves)} in {name}",
        conflict,
        scope,
        created={path: merge_text(Key(conflict.app, name), conflict.leaves).encode()},
        relies_on=tuple(scope.history.migrations[leaf].path for leaf in conflict.leaves),
    )


def merge_name(leaves: tuple[Key, ...], django: str | None, now: dt.datetime) -> str:
    """The name that the project's series of Django gives: with the names of the leaf nodes where they are short."""
    numbers = [number for leaf in leaves if (number := parse_number(leaf.name)) is not None]
    names = "_".join(sorted(leaf.name for leaf in leaves))
    if len(names) > _LONGEST or _series(django) < _LEAVES_IN_NAME_SINCE:
        names = f"{now:%Y%m%d_%H%M}"
    return f"{max(numbers, default=1) + 1:04}_merge_{names}"


def merge_text(key: Key, leaves: tuple[Key, ...]) -> str:
    """The file, written by Django itself. Without the header that names a Django which is not the project's."""
    from miglint.sources.django.runtime import start

    start()
    from django.db.migrations import Migration
    from django.db.migrations.writer import MigrationWriter

    migration = Migration(key.name, key.app)
    migration.dependencies = [tuple(leaf) for leaf in leaves]
    text: str = MigrationWriter(migration, include_header=False).as_string()
    return text


def _series(django: str | None) -> tuple[int, ...]:
    """A version's first two numbers; of an unknown one those of the newest."""
    numbers = (django or "").split(".")[:2]
    return tuple(int(number) for number in numbers) if all(number.isdigit() for number in numbers) else (99,)
