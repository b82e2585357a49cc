"""Standard output: what it is, and writing to it."""

from __future__ import annotations

import io
import os
import shutil
import sys

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
    if sys.stdout is None:  # Python's own sign that it was closed before the start
        raise MiglintError("standard output is closed: there is nowhere to write to")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is not tried again at exit
        raise MiglintError(f"standard output cannot be written: {error.strerror or error}") from error
