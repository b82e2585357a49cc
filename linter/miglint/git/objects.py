"""Objects by id, through one long-lived `git cat-file --batch` process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from subprocess import Popen
from typing import IO

from msgspec import Struct

from miglint.errors import MiglintError
from miglint.git.command import GitCommand

_BATCH = 80
"""Requests sent before an answer is read: few enough to fit in every system's pipe, so that nobody waits for ever."""

_KEPT = 8 * 1024 * 1024
"""Bytes of contents that are kept at most, so that what is read again need not be asked for again."""

_STOPPED = "git stopped while it read objects: the repository is damaged, or a partial clone that lacks contents"


class Commit(Struct, frozen=True):
    """A commit and the parents that it names, even those which a shallow clone does not have."""

    id: str
    parents: tuple[str, ...]


class ObjectReader:
    """Reads commits and blobs."""

    def __init__(self, command: GitCommand) -> None:
        self._command = command
        self._processes: dict[str, Popen[bytes]] = {}
        self._owner = os.getpid()
        self._inherited: dict[str, Popen[bytes]] = {}
        self._sizes: dict[str, int] = {}
        self._kept: dict[str, bytes] = {}
        """The blobs that were read last: readers and rules ask for the same files one after the other."""
        self._room = _KEPT
        self.lacking = False
        """Whether a blob was asked for that is not in this clone."""

    def commit(self, name: str) -> Commit | None:
        """The commit that a name stands for, whatever git understands as one; None if there is none."""
        if not name or "\n" in name or "\0" in name or ".." in name:
            return None
        answer = next(self._ask("--batch", [name + "^{commit}"]))
        if answer is None:
            return None
        identity, _, content = answer
        header = content.partition(b"\n\n")[0].decode("ascii", "replace").split("\n")
        return Commit(identity, tuple(line[7:] for line in header if line.startswith("parent ")))

    def read(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs by id. MiglintError if one is not here, as in a partial clone."""
        wanted = dict.fromkeys(blobs)
        contents = {blob: self._kept[blob] for blob in wanted if blob in self._kept}
        missing = [blob for blob in wanted if blob not in contents]
        for blob, answer in zip(missing, self._ask("--batch", missing), strict=True):
            if answer is None:
                self.lacking = True
                raise MiglintError(
                    f"blob {blob} is not in this clone (partial clones leave contents out, and miglint downloads"
                    " nothing by itself): check out without a `filter`, or run `git fetch --refetch --no-filter`"
                )
            contents[blob] = answer[2]
            self._keep(blob, answer[2])
        return contents

    def _keep(self, blob: str, content: bytes) -> None:
        self._kept[blob] = content
        self._room -= len(content)
        while self._room < 0:
            self._room += len(self._kept.pop(next(iter(self._kept))))

    def sizes(self, blobs: Iterable[str]) -> dict[str, int]:
        """The lengths of blobs in bytes by id, without reading them; those that are not here are left out.

        In a partial clone, git before 2.45 stops at the first that is not here: then none is known.
        """
        wanted = dict.fromkeys(blobs)
        new = [blob for blob in wanted if blob not in self._sizes]
        with suppress(MiglintError):
            answers = zip(new, self._ask("--batch-check", new), strict=True)
            self._sizes |= {blob: answer[1] for blob, answer in answers if answer is not None}
        known = {blob: self._sizes[blob] for blob in wanted if blob in self._sizes}
        self.lacking |= len(known) < len(wanted)
        return known

    def close(self) -> None:
        """End the processes; the next question starts new ones (which see what was fetched meanwhile)."""
        for process in self._processes.values():
            process.terminate()
            with suppress(BrokenPipeError), process:
                pass
        self._processes.clear()

    def __del__(self) -> None:
        self.close()

    def _ask(self, mode: str, names: list[str]) -> Iterator[tuple[str, int, bytes] | None]:
        """For each name its object's id, size and (with `--batch`) content; None where there is no such object."""
        if os.getpid() != self._owner:  # a copy of the process that started them, which goes on asking them itself
            self._inherited, self._processes, self._owner = self._processes, {}, os.getpid()
        process = self._processes.get(mode)
        if process is None:
            process = self._processes[mode] = self._command.start("cat-file", mode)
        assert process.stdin is not None
        assert process.stdout is not None
        requests = iter(names)
        while batch := list(islice(requests, _BATCH)):
            try:
                process.stdin.write("".join(f"{name}\n" for name in batch).encode("utf-8", "surrogateescape"))
                process.stdin.flush()
                answers = [_answer(process.stdout, with_content=mode == "--batch") for _ in batch]
            except (BrokenPipeError, EOFError):
                self.close()
                raise MiglintError(_STOPPED) from None
            yield from answers


def _answer(stream: IO[bytes], *, with_content: bool) -> tuple[str, int, bytes] | None:
    header = stream.readline()
    if not header.endswith(b"\n"):
        raise EOFError
    identity, *_, size = header.decode("utf-8", "surrogateescape").split()
    if not size.isdigit():  # `NAME missing`, `NAME ambiguous`
        return None
    content = stream.read(int(size) + 1)[:-1] if with_content else b""
    return identity, int(size), content
