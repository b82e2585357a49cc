"""A piece of a source file with carets under what a finding is about.

 9 | /         migrations.AlterField(
10 | |             model_name="order",
   | ...
14 | |         ),
   | |_________^
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from miglint.finding import Span
from miglint.reporters._paint import BLUE, Paint, cells, shown

TAB = 4
LONGEST = 6
"""A span of more lines than this is shown by its first three and its last one."""
ENDLESS = 10_000
"""Characters of a line beyond which only those near what is marked are looked at."""
BEFORE = 24
"""How many columns stay in sight before the start of what is marked where a long line is cut."""


class Snippet(Struct, frozen=True):
    """How source is drawn: the width of line numbers, the columns there are, colours."""

    number_width: int
    columns: int
    paint: Paint
    mark: str
    """The colour of carets."""

    def draw(self, source: Sequence[str], span: Span) -> list[str]:
        """The span's lines with their numbers and carets; nothing if the file has no such line."""
        if not 1 <= span.line <= len(source) or not any(source[span.line - 1 : span.end_line]):
            return []
        end = min(span.end_line, len(source))
        if end == span.line:
            last = max(span.end_column, span.column + 1)
            return [self.gutter(""), *self._line(span.line, source[span.line - 1], span.column, last)]
        return [self.gutter(""), *self._block(source, span, end)]

    def plain(self, source: Sequence[str], line: int) -> list[str]:
        """One line with its number and nothing marked."""
        if not 1 <= line <= len(source) or not source[line - 1].strip():
            return []
        text, _, _ = self._cut(source[line - 1], 1, 1)
        return [self.gutter(str(line), text)]

    def gutter(self, number: str, text: str = "") -> str:
        """A line number, the bar, and what follows it."""
        bar = self.paint(f"{number.rjust(self.number_width)} |", BLUE)
        return f"{bar} {text}" if text else bar

    def _line(self, number: int, text: str, start: int, end: int) -> list[str]:
        drawn, first, last = self._cut(text, start, end)
        carets = " " * first + self.paint("^" * max(last - first, 1), self.mark)
        return [self.gutter(str(number), drawn), self.gutter("", carets)]

    def _block(self, source: Sequence[str], span: Span, end: int) -> Iterator[str]:
        numbers = range(span.line, end + 1)
        shortened = len(numbers) > LONGEST
        for number in (*numbers[:3], end) if shortened else numbers:
            if shortened and number == end:
                yield self.gutter("", self.paint("...", BLUE))
            text, _, _ = self._cut(source[number - 1], 1, 1)
            side = self.paint("/" if number == span.line else "|", self.mark)
            yield self.gutter(str(number), f"{side} {text}".rstrip())
        _, _, last = self._cut(source[end - 1], 1, span.end_column if end == span.end_line else 1)
        yield self.gutter("", self.paint("|" + "_" * max(last, 1) + "^", self.mark))

    def _cut(self, text: str, start: int, end: int) -> tuple[str, int, int]:
        """The line as drawn, and the columns (from 0) in it of the characters `start` and `end` (from 1)."""
        room = max(self.columns - self.number_width - 5, 20)
        text, start, end = _near(text, start, end, room)
        if _is_plain(text):
            return _cut_plain(text, start, end, room)
        pieces = list(_pieces(text))
        starts = [0, *accumulate(map(cells, pieces))]
        first, last = starts[min(start - 1, len(pieces))], starts[min(end - 1, len(pieces))]
        if starts[-1] <= room:
            return "".join(pieces).rstrip(), first, last
        left = 0 if first < room - BEFORE else first - BEFORE
        kept = [index for index, at in enumerate(starts[:-1]) if left <= at and starts[index + 1] <= left + room - 2]
        lead = "…" if kept and kept[0] else ""
        offset = starts[kept[0]] - len(lead) if kept else 0
        tail = "…" if kept and kept[-1] < len(pieces) - 1 else ""
        drawn = lead + "".join(pieces[index] for index in kept) + tail
        return drawn, first - offset, min(last - offset, cells(drawn))


def _near(text: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """Of an endless line what may be drawn of it, and `start` and `end` in that."""
    if len(text) <= ENDLESS:
        return text, start, end
    first = max(start - 1 - 2 * room, 0)
    near = text[first : start - 1 + 2 * room]
    return near, start - first, min(end - first, len(near) + 1)


def _cut_plain(text: str, start: int, end: int, room: int) -> tuple[str, int, int]:
    """As `Snippet._cut`, for a line whose characters take a column each."""
    first, last = min(start - 1, len(text)), min(end - 1, len(text))
    if len(text) <= room:
        return text.rstrip(), first, last
    left = 0 if first < room - BEFORE else first - BEFORE
    right = min(left + room - 2, len(text))
    lead = "…" if left else ""
    drawn = f"{lead}{text[left:right]}{'…' if right < len(text) else ''}"
    offset = left - len(lead)
    return drawn, first - offset, min(last - offset, len(drawn))


def _is_plain(text: str) -> bool:
    """Whether each character is drawn as it is, as in most lines."""
    return text.isascii() and text.isprintable() and "##[" not in text


def _pieces(text: str) -> Iterator[str]:
    """What is drawn for each character: tabs as spaces to the next stop, what cannot be seen as its escape."""
    column = 0
    for index, char in enumerate(text):
        piece = " " * (TAB - column % TAB) if char == "\t" else shown(char)
        if char == "[" and text[max(index - 2, 0) : index] == "##":
            piece = "\\x5b"
        column += cells(piece)
        yield piece
