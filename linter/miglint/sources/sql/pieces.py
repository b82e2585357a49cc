"""The statements of one section of a file."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.sources.sql.marks import Section
from miglint.sources.sql.split import Piece, split


def pieces(text: str, section: Section, database: str) -> Iterator[Piece]:
    """The statements of a section, those marked as whole kept whole."""
    position = section.start
    inside = [(start, end) for start, end in section.whole if section.start <= start and end <= section.end]
    for start, end in (*inside, (section.end, section.end)):
        yield from _split_between(text, database, position, start)
        body = text[start:end]
        if body.strip():
            lead = len(body) - len(body.lstrip())
            trimmed = body.strip()
            words = tuple(trimmed.upper().split()[:3])
            yield Piece(trimmed, start + lead, start + lead + len(trimmed), words)
        position = end


def _split_between(text: str, database: str, start: int, end: int) -> Iterator[Piece]:
    found = split(text[start:end], database)
    if start == 0:
        return iter(found)
    return (Piece(each.sql, each.start + start, each.end + start, each.words) for each in found)
