"""The end of a process that does one thing and is gone: what it made is not given back piece by piece.

To give back the schemas after each of thousands of statements takes a twentieth of the time of a large check.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

_kept: list[object] | None = None
"""None where the process goes on, as a test's does."""


def will_end() -> None:
    """From now on keep what is handed to `keep`."""
    global _kept
    _kept = []


def keep(thing: object) -> None:
    """Let something last as long as the process, if that is known to end soon."""
    if _kept is not None:
        _kept.append(thing)


def end(status: int) -> NoReturn:
    """End the process at once.

    Nothing waits for the interpreter's own end: files are closed, and other processes ended, where they were opened.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(status)
