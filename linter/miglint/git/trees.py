"""Trees as the readers and rules see them, from blobs in the repository and files in its work tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from miglint.errors import MiglintError
from miglint.git.listing import ON_DISK, Listing
from miglint.git.repository import Repository

_LARGEST = 100_000_000
"""Bytes of a file in the work tree that are read at most; what hosts of repositories accept, too."""


class Contents:
    """What stands behind the ids of a listing: blobs, and `disk:PATH` for files in the work tree."""

    def __init__(self, repository: Repository) -> None:
        self._objects = repository.objects
        self._root = repository.root
        self._hash = repository.hash
        self._lies: dict[str, str] = {}
        """Where on disk the content lies whose id was worked out: git need not have it."""

    def read(self, ids: Iterable[str]) -> dict[str, bytes]:
        """Contents by id."""
        on_disk, blobs = self._partition(ids)
        return self._objects.read(blobs) | {one: self._read_file(self._lies.get(one, one)) for one in on_disk}

    def read_small(self, ids: Iterable[str], limit: int) -> dict[str, bytes]:
        """Contents by id of what is here and no longer than `limit` bytes."""
        on_disk, blobs = self._partition(ids)
        small = [one for one, length in self.sizes(on_disk).items() if length <= limit]
        return self._objects.read_small(blobs, limit) | self.read(small)

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Take contents by id that another process has read; files on disk can be read again."""
        _, blobs = self._partition(contents)
        self._objects.remember({blob: contents[blob] for blob in blobs})

    def sizes(self, ids: Iterable[str]) -> dict[str, int]:
        """Lengths in bytes by id; what is not here is left out."""
        on_disk, blobs = self._partition(ids)
        lengths = self._objects.sizes(blobs) if blobs else {}
        for identity in on_disk:
            with suppress(OSError):
                lengths[identity] = self._file(self._lies.get(identity, identity)).lstat().st_size
        return lengths

    def blob(self, identity: str) -> str:
        """The id that git gives to the content."""
        if not identity.startswith(ON_DISK):
            return identity
        content = self._read_file(identity)
        blob = self._hash(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        self._lies[blob] = identity
        return blob

    def _partition(self, ids: Iterable[str]) -> tuple[list[str], list[str]]:
        on_disk: list[str] = []
        blobs: list[str] = []
        for identity in dict.fromkeys(ids):
            lies = identity.startswith(ON_DISK) or identity in self._lies
            (on_disk if lies else blobs).append(identity)
        return on_disk, blobs

    def _file(self, identity: str) -> Path:
        return self._root / identity.removeprefix(ON_DISK)

    def _read_file(self, identity: str) -> bytes:
        """Read a regular file that really lies where its path says; links are not followed, wherever they lead."""
        path = self._file(identity)
        try:
            if os.path.realpath(path.parent) != str(path.parent):
                raise OSError("a folder on its path is a link")
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise OSError("it is not a regular file")
                if status.st_size > _LARGEST:
                    raise OSError(f"it is larger than {_LARGEST:,} bytes")
                return file.read(_LARGEST)
        except OSError as error:
            name = identity.removeprefix(ON_DISK)
            raise MiglintError(f"{name!r} in the work tree cannot be read: {error.strerror or error}") from error


class GitTree:
    """The files of a listing."""

    def __init__(self, listing: Listing, contents: Contents) -> None:
        self._listing = listing
        self._contents = contents
        self._blobs: dict[str, str] = {}
        self._sizes: dict[str, int] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._listing)

    def __contains__(self, path: object, /) -> bool:
        return path in self._listing

    def blob(self, path: str) -> str:
        """The object id of the file's content."""
        identity = self._listing[path]
        if not identity.startswith(ON_DISK):
            return identity
        if path not in self._blobs:
            self._blobs[path] = self._contents.blob(identity)
        return self._blobs[path]

    def size(self, path: str) -> int:
        """The file's length in bytes. The first question asks git for the sizes of all files at once."""
        identity = self._listing[path]
        if not self._sizes:
            self._sizes = self._contents.sizes(self._listing.values())
        if identity not in self._sizes:
            raise MiglintError(f"the content of {path!r} is not here: check out without a `filter`")
        return self._sizes[identity]

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """The lengths of files, found in one batch; those that are not here are left out."""
        wanted = {path: self._listing[path] for path in paths}
        lengths = self._contents.sizes(wanted.values())
        return {path: lengths[identity] for path, identity in wanted.items() if identity in lengths}

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each of the paths, in one batch."""
        wanted = {path: self._listing[path] for path in paths}
        contents = self._contents.read(wanted.values())
        return {path: contents[identity] for path, identity in wanted.items()}

    def read_small(self, paths: Iterable[str], limit: int) -> Mapping[str, bytes]:
        """The content of those of the paths that are here and no longer than `limit` bytes, in one batch."""
        wanted = {path: self._listing[path] for path in paths}
        contents = self._contents.read_small(wanted.values(), limit)
        return {path: contents[identity] for path, identity in wanted.items() if identity in contents}

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Take contents by path that another process has read, so that git is not asked for them again."""
        self._contents.remember({self._listing[path]: content for path, content in contents.items()})
