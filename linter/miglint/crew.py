"""Other processes that work out a share each, where there are processors for them.

They are forked, so that they have at once what was read so far, and send plain data back. A worker is a help and never
a condition: what one does not send, because it failed or was killed, is worked out here, and what fails here is said as
ever. So the answers are the same for any number of workers.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")
A = TypeVar("A")
Work = Callable[[Sequence[T]], Sequence[A]]
"""Gives an answer for each item of a share, as data or structs."""
FEWEST = 100
"""Items that are worth a process of their own: to parse a file takes a third of a millisecond, a process ten."""


def processors() -> int:
    """How many processes can run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _nothing() -> None: ...


class Crew(Struct, frozen=True):
    """How many workers there may be, and what this process does while they work."""

    jobs: int = 1
    meanwhile: Callable[[], None] = _nothing

    def answers(self, work: Work[T, A], items: Sequence[T], kind: type[A], fewest: int = FEWEST) -> list[A | None]:
        """What `work` gives for each item, of that kind; None where that is still to be worked out."""
        with self.at_work(work, items, kind, fewest) as answers:
            return answers()

    @contextmanager
    def at_work(
        self, work: Work[T, A], items: Sequence[T], kind: type[A], fewest: int = FEWEST
    ) -> Iterator[Callable[[], list[A | None]]]:
        """Workers for the time of the block. The answers are waited for by calling what it gives."""
        count = min(self.jobs, len(items) // fewest)
        workers: list[_Worker | None] = []
        try:
            if count > 1 and _can_fork():
                for number in range(count):
                    workers.append(_hire(work, items[number::count]))  # noqa: PERF401 -- known before the next is hired
            yield lambda: self._collected(workers, len(items), kind)
        finally:
            for worker in workers:
                if worker is not None:
                    worker.dismiss()

    def _collected(self, workers: Sequence[_Worker | None], count: int, kind: type[A]) -> list[A | None]:
        found: list[A | None] = [None] * count
        if workers:
            self.meanwhile()
        for number, worker in enumerate(workers):
            if worker is not None and (sent := worker.sent(kind)) is not None:
                found[number :: len(workers)] = sent
        return found


ALONE = Crew()


def _can_fork() -> bool:
    """Whether a copy of this process could go on: not on macOS, whose libraries do not bear it, nor with threads."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


class _Worker(Struct, frozen=True):
    process: int
    pipe: int
    expected: int
    """How many answers it is to send."""

    def sent(self, kind: type[A]) -> list[A] | None:
        """All its answers, once it has ended; None if it did not send them all."""
        with os.fdopen(self.pipe, "rb", closefd=False) as pipe:
            content = pipe.read()
        try:
            answers: list[A] = msgspec.msgpack.decode(content, type=list[kind])  # type: ignore[valid-type]
        except ValueError:
            return None
        return answers if len(answers) == self.expected else None

    def dismiss(self) -> None:
        """End it, whatever it does."""
        os.close(self.pipe)
        with suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)


def _hire(work: Work[T, Any], share: Sequence[T]) -> _Worker | None:
    """A worker for a share; None where the system has no room for another process."""
    here, there = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(here)
        os.close(there)
        return None
    if process == 0:
        _serve(there, work, share)
    os.close(there)
    return _Worker(process, here, len(share))


def _serve(pipe: int, work: Work[T, Any], share: Sequence[T]) -> NoReturn:
    """Send the answers and end at once: what else there is to end is the parent's."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        gc.disable()  # it does not live long enough
        with os.fdopen(pipe, "wb") as file:
            file.write(msgspec.msgpack.encode(work(share)))
        status = 0
    finally:
        os._exit(status)
