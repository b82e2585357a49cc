"""Offsets in a text to lines and columns, as people and findings count them."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from miglint.finding import Span

_NEWLINE = re.compile(r"\r\n|\r|\n")


class Positions:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        if "\r" in text:
            self._starts = [0, *(found.end() for found in _NEWLINE.finditer(text))]
        else:
            *lines, _ = text.split("\n")
            self._starts = [*accumulate((len(line) + 1 for line in lines), initial=0)]

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The stretch between two offsets."""
        starts = self._starts
        first = bisect_right(starts, start)
        last = bisect_right(starts, end)
        return Span(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)
