"""Objects by id, through `git cat-file`: a long-lived process for a few of them, one of its own for many."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from subprocess import Popen
from typing import IO

from msgspec import Struct

from miglint.errors import MiglintError
from miglint.git.command import GitCommand, GitError

_FEW = 80
"""Requests sent before an answer is read: few enough to fit in every system's pipe, so that nobody waits for ever."""

_MANY = 1_000
"""Requests that fit in the pipe of every system that has one of 64 KiB, as all but old macOS have."""

_KEPT = 8 * 1024 * 1024
"""Bytes of contents that are kept at most, so that what is read again need not be asked for again."""

Answer = tuple[str, int, bytes] | None
"""An object's id, size and (where it was asked for) content; None where there is no such object."""

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

    def read_small(self, blobs: Iterable[str], limit: int) -> dict[str, bytes]:
        """The contents by id of those blobs that are here and no longer than `limit` bytes.

        What is longer is passed over in git's output, so nobody needs to ask for sizes first.
        """
        wanted = dict.fromkeys(blobs)
        contents = {blob: self._kept[blob] for blob in wanted if blob in self._kept and len(self._kept[blob]) <= limit}
        missing = [blob for blob in wanted if blob not in self._kept and self._sizes.get(blob, 0) <= limit]
        for start in range(0, len(missing), _MANY):
            contents |= self._read_small(missing[start : start + _MANY], limit)
        return contents

    def _read_small(self, blobs: list[str], limit: int) -> dict[str, bytes]:
        contents = {}
        with self._command.start("cat-file", "--batch", "--buffer") as process, suppress(BrokenPipeError, EOFError):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(_lines(blobs))
            process.stdin.close()
            for blob in blobs:
                answer = _answer(process.stdout, longest=limit)
                if answer is not None:
                    self._sizes[blob] = answer[1]
                if answer is not None and answer[1] <= limit:
                    contents[blob] = answer[2]
                    self._keep(blob, answer[2])
        return contents

    def remember(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents by id that another process has read, as far as there is room."""
        for blob, content in contents.items():
            if blob not in self._kept:
                self._keep(blob, content)

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

    def _ask(self, mode: str, names: list[str]) -> Iterator[Answer]:
        """The answer for each name, with contents if the mode is `--batch`."""
        if not names:
            return iter(())
        return self._ask_many(mode, names) if len(names) > _FEW else self._ask_few(mode, names)

    def _ask_many(self, mode: str, names: list[str]) -> Iterator[Answer]:
        """Ask a process of its own, which need not say anything before it has heard everything."""
        try:
            output = self._command.run("cat-file", mode, "--buffer", given=_lines(names))
            yield from _answers(output, len(names), with_content=mode == "--batch")
        except (GitError, EOFError):
            raise MiglintError(_STOPPED) from None

    def _ask_few(self, mode: str, names: list[str]) -> Iterator[Answer]:
        """Ask the process that is there, which knows already where objects are."""
        if os.getpid() != self._owner:  # a copy of the process that started them, which goes on asking them itself
            self._inherited, self._processes, self._owner = self._processes, {}, os.getpid()
        process = self._processes.get(mode)
        if process is None:
            process = self._processes[mode] = self._command.start("cat-file", mode)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(_lines(names))
            process.stdin.flush()
            longest = sys.maxsize if mode == "--batch" else -1
            answers = [_answer(process.stdout, longest=longest) for _ in names]
        except (BrokenPipeError, EOFError):
            self.close()
            raise MiglintError(_STOPPED) from None
        yield from answers


def _lines(names: list[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")


def _answer(stream: IO[bytes], *, longest: int) -> Answer:
    """The next answer; content that is longer is passed over. `longest` is -1 where git sends none."""
    header = stream.readline()
    if not header.endswith(b"\n"):
        raise EOFError
    identity, *_, size = header.split()
    if not size.isdigit():  # `NAME missing`, `NAME ambiguous`
        return None
    length = int(size)
    content = b""
    if longest >= length:
        content = stream.read(length + 1)[:-1]
    elif longest >= 0:
        _pass_over(stream, length + 1)
    return identity.decode("ascii", "replace"), length, content


def _pass_over(stream: IO[bytes], length: int) -> None:
    while length > 0:
        passed = len(stream.read(min(length, _KEPT)))
        if not passed:
            raise EOFError
        length -= passed


def _answers(output: bytes, count: int, *, with_content: bool) -> Iterator[Answer]:
    """The answers that stand one after the other in an output."""
    start = 0
    for _ in range(count):
        end = output.find(b"\n", start)
        if end < 0:
            raise EOFError
        identity, *_, size = output[start:end].split()
        start = end + 1
        if not size.isdigit():
            yield None
            continue
        length = int(size) if with_content else 0
        if len(output) < start + length:
            raise EOFError
        yield identity.decode("ascii", "replace"), int(size), output[start : start + length]
        start += length + with_content
