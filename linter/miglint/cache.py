"""What was worked out from a blob, kept for the next run as plain JSON: nothing in it can run.

One file holds everything, a line an entry, so that it is read in one go and only what is asked for is decoded. It can
be restored from anywhere: what another version wrote, or nobody, is as if it were not there.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Protocol

from miglint import __version__

_MAX_BYTES = 100_000_000
FILE = "miglint-cache.jsonl"
"""Its name in the folder."""
_HEADER = json.dumps(["miglint cache", 1, __version__]).encode()


class Cache(Protocol):
    """Data by kind and key. A key names everything that the data was made from, or the data says what else."""

    @property
    def objects(self) -> dict[tuple[str, str], Any]:
        """What this run has worked out, as it is, by kind and key: the trees of a base and a head are nearly the same.

        Nothing in it may be changed by whoever takes it out.
        """

    def get(self, kind: str, key: str) -> Any:
        """The data, or None."""

    def put(self, kind: str, key: str, data: Any) -> None:
        """Keep JSON data for the next run."""


class NullCache:
    """Keeps nothing for the next run."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Any] = {}

    def get(self, kind: str, key: str) -> None:
        """Nothing."""

    def put(self, kind: str, key: str, data: Any) -> None:
        """Forget it."""


class FileCache:
    """Data kept in a folder, the newest last.

    `save` writes what this run used and made, and as much again of what it found and did not use (another branch's,
    another command's); the oldest of that is forgotten.
    """

    def __init__(self, folder: Path) -> None:
        self.objects: dict[tuple[str, str], Any] = {}
        self._path = folder / FILE
        self._stored: dict[bytes, bytes] | None = None
        self._used: dict[bytes, bytes] = {}
        self._changed = False

    def get(self, kind: str, key: str) -> Any:
        """The data, or None if there is none or it is not JSON."""
        if self._stored is None:
            self._stored = self._load()
        name = _name(kind, key)
        raw = self._used.get(name) or self._stored.get(name)
        if raw is None:
            return None
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError):
            return None
        self._used[name] = raw
        return data

    def put(self, kind: str, key: str, data: Any) -> None:
        """Keep JSON data for the next run."""
        raw = json.dumps(data, separators=(",", ":")).encode()
        self._used[_name(kind, key)] = raw
        self._changed = True

    def save(self) -> None:
        """Write the file, all at once. A folder that cannot be written to costs the next run time and nothing else."""
        if not self._changed:
            return
        import tempfile  # not asked for where nothing is kept

        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=FILE)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_HEADER + b"\n")
                    file.writelines(b"%b\t%b\n" % entry for entry in (*self._left(), *self._used.items()))
                Path(temporary).replace(self._path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)

    def _left(self) -> list[tuple[bytes, bytes]]:
        """What this run found and did not use, the newest of it, in all no more bytes than what it used."""
        room = sum(len(name) + len(raw) for name, raw in self._used.items())
        kept = []
        for name, raw in reversed((self._stored or {}).items()):
            if name not in self._used:
                room -= len(name) + len(raw)
                if room < 0:
                    break
                kept.append((name, raw))
        return kept[::-1]

    def _load(self) -> dict[bytes, bytes]:
        try:
            if self._path.is_symlink() or not self._path.is_file() or self._path.stat().st_size > _MAX_BYTES:
                return {}
            header, *lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return {}
        if header != _HEADER:
            return {}
        return {name: raw for name, tab, raw in (line.partition(b"\t") for line in lines) if tab}


def _name(kind: str, key: str) -> bytes:
    """A name without tabs or line ends, as JSON writes text."""
    return json.dumps([kind, key]).encode()
