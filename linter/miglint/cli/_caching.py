"""Where what was read is kept between runs."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from miglint.cache import FILE, Cache, FileCache, NullCache
from miglint.errors import MiglintError
from miglint.git import Repository
from miglint.git.command import GitError


@contextmanager
def cache_of(repository: Repository, folder: Path | None, *, off: bool) -> Iterator[Cache]:
    """The cache in a folder, by default the repository's own in the user's cache folder; kept when all went well."""
    if folder and off:
        raise click.UsageError("--cache-dir and --no-cache exclude each other", click.get_current_context(silent=True))
    if off:
        yield NullCache()
        return
    if folder:
        _refuse_committed(repository, folder)
    cache = FileCache(folder or _folder(repository.root))
    yield cache
    cache.save()


def _refuse_committed(repository: Repository, folder: Path) -> None:
    """What a change brings may not stand in for what would be read of it."""
    root, place = repository.root.resolve(), folder.resolve()
    if repository.work_tree is None or (place != root and root not in place.parents):
        return
    name = place.relative_to(root).as_posix()
    cache = FILE if name == "." else name
    try:
        committed = repository.run("ls-files", "-z", "--", f":(top,literal){cache}")
    except GitError:
        committed = b"a submodule's"
    if committed:
        raise MiglintError(f"the cache folder {folder} holds files of the repository: name one that git does not track")


def _folder(root: Path) -> Path:
    """A folder for each repository: a cache forgets what a run did not use."""
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return _users_folder() / "miglint" / name


def _users_folder() -> Path:
    """Where the system's users expect caches (XDG base directories, Apple's and Microsoft's guidelines)."""
    environment = os.environ
    if environment.get("XDG_CACHE_HOME"):
        return Path(environment["XDG_CACHE_HOME"])
    if sys.platform == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"])
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 -- Path.home raises where there is none
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
