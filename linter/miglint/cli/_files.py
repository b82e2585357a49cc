"""Files and folders that a run writes to: no link in the checkout sends them elsewhere.

The checkout may be a pull request's, and a link that it brings may point anywhere. A path that names a place outside is
the user's own word and is taken at it, unless it must be `confined`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
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


def read_file(path: str, root: Path) -> bytes | None:
    """A regular file of the checkout; None if there is none, or if a link is or leads to it."""
    place = root / path
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if place.parent.resolve() != place.parent or place.is_symlink():
            return None
        with os.fdopen(os.open(place, flags), "rb") as file:
            return file.read() if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except OSError:
        return None


def replace_files(
    contents: Mapping[str, bytes | None],
    before: Mapping[str, bytes | None],
    root: Path,
    moved: Mapping[str, str] | None = None,
) -> None:
    """Give files of the checkout new contents, each at once, or delete them (None); all of them or, if it can be, none.

    `before` is what must lie there. `moved`, the new path by the old one, says whose mode a new file has.
    """
    modes = _modes(contents, root, moved or {})
    ready: dict[str, Path] = {}
    try:
        for path, content in contents.items():
            if content is not None:
                ready[path] = _beside(_place_in(path, root), content, modes[path])
        for path in contents:
            if read_file(path, root) != before[path]:
                raise MiglintError(f"{path} has changed meanwhile: nothing was written")
        for path, file in ready.items():
            file.replace(root / path)
        for path, content in contents.items():
            if content is None:
                (root / path).unlink()
    except OSError as error:
        raise MiglintError(f"{error.filename} cannot be written: {error.strerror or error}") from error
    finally:
        for file in ready.values():
            with suppress(OSError):
                file.unlink(missing_ok=True)


def _place_in(path: str, root: Path) -> Path:
    place = root / path
    if folder_in(place.parent, root) != place.parent or place.is_symlink():
        raise _is_link(place)
    return place


def _modes(contents: Mapping[str, bytes | None], root: Path, moved: Mapping[str, str]) -> dict[str, int]:
    olds = {new: old for old, new in moved.items()}
    modes = {}
    for path in contents:
        modes[path] = 0o666 & ~_umask()
        for source in (path, olds.get(path, path)):
            with suppress(OSError):
                modes[path] = stat.S_IMODE((root / source).lstat().st_mode)
    return modes


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _beside(place: Path, content: bytes, mode: int) -> Path:
    """A new file with the content in the folder of another one, whose place it can take."""
    import tempfile  # few runs write a file over another

    with tempfile.NamedTemporaryFile(dir=place.parent, prefix=".miglint-", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(mode)
    return Path(file.name)


def make_folders(paths: Iterable[str], root: Path) -> None:
    """Make the folders of these files of the checkout where they are not there."""
    for path in paths:
        try:
            folder_in((root / path).parent, root).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MiglintError(f"the folder of {path} cannot be made: {error.strerror or error}") from error


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
