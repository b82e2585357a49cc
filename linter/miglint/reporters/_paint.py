"""Colour for a terminal, and text from the repository made fit for one."""

from __future__ import annotations

import unicodedata

from msgspec import Struct

from miglint import escape
from miglint.finding import Severity

BOLD, DIM, RED, YELLOW, BLUE, CYAN, GREEN = "1", "2", "1;31", "1;33", "1;34", "1;36", "1;32"
OF_SEVERITY = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.NOTICE: CYAN}


class Paint(Struct, frozen=True):
    """Wraps text in colour, or leaves it as it is."""

    colour: bool

    def __call__(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.colour and text and code else text


def shown(text: str, limit: int | None = None) -> str:
    """Text on one line that is no command to a terminal or to GitHub's runner, which reads `##[error]` anywhere."""
    if text.isprintable() and (limit is None or len(text) <= limit) and "##[" not in text:
        return text
    return escape.line(text, limit).replace("##[", "##\\x5b")


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
