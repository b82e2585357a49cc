"""Which migrations the words of a command line mean: apps, names and their starts, files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from miglint.errors import MiglintError
from miglint.history import Key
from miglint.scope import Scope
from miglint.suggest import did_you_mean


def named(words: Sequence[str], scopes: Sequence[Scope], root: Path) -> list[tuple[Scope, frozenset[Key]]]:
    """The migrations that are named, by history. Raises MiglintError for a word that means none, or too many."""
    keys = [key for scope in scopes for key in scope.history.migrations]
    found: dict[int, set[Key]] = {}
    for name in _names(words, {key.app for key in keys}):
        meant = [(index, key) for index, scope in enumerate(scopes) for key in _meant(name, scope, root)]
        if not meant:
            raise _unknown(name, keys, root)
        for index, key in meant:
            found.setdefault(index, set()).add(key)
    return [(scopes[index], frozenset(keys)) for index, keys in sorted(found.items())]


def _names(words: Sequence[str], apps: set[str]) -> Iterator[str]:
    """The words, an app with the start of a name behind it, as `manage.py sqlmigrate` takes them, made one."""
    left = list(words)
    while left:
        word = left.pop(0)
        if word in apps and left and left[0] not in apps and not any(mark in left[0] for mark in "./\\"):
            word = f"{word}.{left.pop(0)}"
        yield word


def _meant(name: str, scope: Scope, root: Path) -> list[Key]:
    """The migrations of a history that a name means: an app, a path, a whole name, or the start of only one."""
    migrations = scope.history.migrations
    of_app = [key for key in migrations if key.app == name]
    if of_app:
        return of_app
    path = _relative(name, root)
    by_path = [key for key, one in migrations.items() if one.path == path or one.path.startswith(f"{path}/")]
    if by_path or path == ".":
        return by_path or list(migrations)
    app, _, start = name.partition(".")
    exact = [key for key in migrations if key == (app, start)]
    matching = exact or [key for key in migrations if start and key.app == app and key.name.startswith(start)]
    if len(matching) > 1:
        names = ", ".join(key.name for key in sorted(matching)[:5])
        more = ", …" if len(matching) > 5 else ""
        raise MiglintError(f"{name} is the start of {len(matching)} migrations: {names}{more}")
    return matching


def _relative(name: str, root: Path) -> str:
    path = Path(os.path.normpath(Path.cwd().resolve() / name))
    return path.relative_to(root).as_posix() if root in (path, *path.parents) else name


def _unknown(name: str, keys: Sequence[Key], root: Path) -> MiglintError:
    """The error for a name that means nothing, with what comes near it."""
    if (Path.cwd() / name).exists():
        return MiglintError(f"{name} holds no migration that was found: miglint graph shows those that were")
    app, dot, start = name.partition(".")
    apps = sorted({key.app for key in keys})
    if not dot:
        guess = did_you_mean(name, apps) or did_you_mean(name, [key.name for key in keys])
        return MiglintError(f"there is no app and no file {name}{guess}")
    guess = did_you_mean(name, [str(key) for key in keys])
    if not guess and app not in apps:
        guess = did_you_mean(name, [f"{one}.{start}" for one in apps])
    return MiglintError(f"there is no migration {name}{guess}")
