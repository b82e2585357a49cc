"""A file cut into its statements, as the renderer and the rules that look at files as their tools do see it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from miglint.finding import Span
from miglint.sources.sql.marks import Section, sections
from miglint.sources.sql.pieces import pieces
from miglint.sources.sql.positions import Positions
from miglint.sources.sql.split import Piece
from miglint.text import decode

SHORT = 16 * 1024
"""Bytes of a file whose statements are kept for a while: several ask for them one after the other."""
_ALONE = frozenset(
    {
        ("VACUUM",),
        ("ALTER", "SYSTEM"),
        ("CREATE", "DATABASE"),
        ("DROP", "DATABASE"),
        ("CREATE", "TABLESPACE"),
        ("DROP", "TABLESPACE"),
    }
)


class Cut(Struct, frozen=True):
    """The statements of one way in a file, where each stands, and whether PostgreSQL refuses it in a transaction."""

    section: Section
    pieces: Sequence[Piece] = ()
    spans: Sequence[Span] = ()
    alone: Sequence[bool] = ()


def cut(path: str, content: bytes, database: str, *, back: bool = False) -> Cut:
    """What runs when the file is applied; with `back`, what takes it back, where that is in the same file."""
    return (_kept if len(content) <= SHORT else _cut)(path, content, database, back)


def _cut(path: str, content: bytes, database: str, back: bool) -> Cut:
    text = decode(path, content)
    section = sections(text)[back]
    if section is None:
        return Cut(Section(0, 0))
    found = tuple(pieces(text, section, database))
    positions = Positions(text)
    spans = [positions.span(each.start, each.end) for each in found]
    return Cut(section, found, spans, [*map(_runs_alone, found)])


_kept = lru_cache(maxsize=1024)(_cut)


def _runs_alone(piece: Piece) -> bool:
    """Whether the server refuses a statement inside a transaction block."""
    words = piece.words
    if "CONCURRENTLY" in words:
        return words[0] in ("CREATE", "DROP", "REINDEX", "ALTER", "VACUUM")
    return words[:1] in _ALONE or words[:2] in _ALONE
