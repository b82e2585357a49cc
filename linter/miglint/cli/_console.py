"""Standard output: what it is, and writing to it."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from miglint.errors import MiglintError
from miglint.reporters import Console


def console() -> Console:
    """Colour on a terminal unless NO_COLOR is set, elsewhere only if FORCE_COLOR is (no-color.org, force-color.org)."""
    environment = os.environ
    terminal = sys.stdout is not None and sys.stdout.isatty()
    if environment.get("NO_COLOR"):
        colour = False
    elif environment.get("FORCE_COLOR"):
        colour = environment["FORCE_COLOR"] not in ("0", "false")
    else:
        colour = terminal and environment.get("TERM") != "dumb"
    width = shutil.get_terminal_size((100, 24)).columns if terminal else 100
    return Console(colour, max(width, 40))


def write(text: str) -> None:
    """Write to standard output, whatever its encoding can hold."""
    stdout = _stdout()
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(errors="backslashreplace")
    with _said_in_one_line():
        stdout.write(text)
        stdout.flush()


def write_bytes(content: bytes) -> None:
    """Write to standard output as it is."""
    stdout = _stdout()
    with _said_in_one_line():
        stdout.buffer.write(content)
        stdout.flush()


def _stdout() -> TextIO:
    if sys.stdout is None:  # Python's own sign that it was closed before the start
        raise MiglintError("standard output is closed: there is nowhere to write to")
    return sys.stdout


@contextmanager
def _said_in_one_line() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried again at exit
        raise MiglintError(f"standard output cannot be written: {error.strerror or error}") from error
