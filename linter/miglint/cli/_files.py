"""Files and folders that a run writes to: no link in the checkout sends them elsewhere.

The checkout may be a pull request's, and a link that it brings may point anywhere. A path that names a place outside is
the user's own word and is taken at it, unless it must be `confined`.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from miglint.errors import MiglintError


def write_file(path: Path, text: str, root: Path, *, confined: bool = False) -> None:
    """Write text to a file, made if it is not there; `root` is the checkout's."""
    place, flags = _absolute(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    if _lies_in(place, root):
        place = _followed(path, place.parent, root) / place.name
        flags |= getattr(os, "O_NOFOLLOW", 0)
        if place.is_symlink():
            raise _is_link(path)
    elif confined:
        raise MiglintError(f"{path} is outside of the checkout")
    try:
        with os.fdopen(os.open(place, flags, 0o666), "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _is_link(path) from error
        raise MiglintError(f"{path} cannot be written: {error.strerror or error}") from error


def folder_in(path: Path, root: Path) -> Path:
    """The folder of that name in the checkout, with links followed."""
    place = _absolute(path)
    if not _lies_in(place, root):
        raise MiglintError(f"{path} is outside of the checkout")
    return _followed(path, place, root)


def _followed(path: Path, place: Path, root: Path) -> Path:
    found = place.resolve()
    if not _lies_in(found, root):
        raise MiglintError(f"{path} leads out of the checkout: a folder on its way is a link")
    return found


def _absolute(path: Path) -> Path:
    """The path as it is written, with `..` taken out but no link followed."""
    return Path(os.path.normpath(Path.cwd() / path))


def _lies_in(place: Path, root: Path) -> bool:
    resolved = root.resolve()
    return place == resolved or resolved in place.parents


def _is_link(path: Path) -> MiglintError:
    return MiglintError(f"{path} is a link, which is not written through")
