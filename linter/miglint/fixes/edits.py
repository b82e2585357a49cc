"""Edits put into files: encoding, byte order mark and line ends stay; a fix goes in whole or not at all."""

from __future__ import annotations

import codecs
import io
import itertools
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from miglint.finding import Edit, Fix
from miglint.text import line_break, lines


class Refused(Struct, frozen=True):
    """A fix that was not applied, and why."""

    fix: Fix
    reason: str


class Applied(Struct, frozen=True):
    """The new contents of the files that fixes changed, the fixes that went in, and those that did not."""

    files: Mapping[str, bytes]
    fixes: tuple[Fix, ...] = ()
    refused: tuple[Refused, ...] = ()


class Misfit(Exception):
    """Why an edit cannot be put into a file."""


class _Text(Struct, frozen=True):
    """A file's text without its byte order mark, and how it becomes bytes again."""

    text: str
    encoding: str
    mark: bytes

    def bytes_of(self, text: str) -> bytes:
        return self.mark + text.encode(self.encoding)


class _Change(Struct, frozen=True, order=True):
    """An edit by offsets into a file's text."""

    start: int
    end: int
    text: str

    def overlaps(self, other: _Change) -> bool:
        """Whether both touch the same characters, or insert at the same place."""
        if self.start == other.start:
            return True
        first, second = sorted((self, other))
        return second.start < first.end


def apply(files: Mapping[str, bytes], fixes: Iterable[Fix]) -> Applied:
    """Put fixes into files, given by path. Of fixes that touch the same place the first wins.

    Spans are those of `files` throughout, however many fixes go before. The same edit asked for twice is made once.
    """
    texts: dict[str, _Text] = {}
    taken: dict[str, set[_Change]] = {}
    accepted: list[Fix] = []
    refused: list[Refused] = []
    for fix in fixes:
        try:
            wanted = [(edit.path, _change(edit, _text(edit.path, files, texts))) for edit in fix.edits]
            _refuse_overlaps(wanted, taken)
        except Misfit as misfit:
            refused.append(Refused(fix, str(misfit)))
            continue
        for path, change in wanted:
            taken.setdefault(path, set()).add(change)
        accepted.append(fix)
    made = {path: texts[path].bytes_of(_edited(texts[path].text, changes)) for path, changes in taken.items()}
    changed = {path: content for path, content in made.items() if content != files[path]}
    return Applied(changed, tuple(accepted), tuple(refused))


def _text(path: str, files: Mapping[str, bytes], read: dict[str, _Text]) -> _Text:
    if path not in read:
        if path not in files:
            raise Misfit(f"{path} is not there")
        read[path] = _decoded(path, files[path])
    return read[path]


def _decoded(path: str, content: bytes) -> _Text:
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    encoding = "utf-8"
    try:
        if path.endswith(".py") and not mark:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return _Text(content.removeprefix(mark).decode(encoding), encoding, mark)
    except (SyntaxError, LookupError, UnicodeError):
        raise Misfit(f"the encoding of {path} cannot be read") from None


def _change(edit: Edit, text: _Text) -> _Change:
    start, end = _offsets(edit, text.text)
    written = line_break(text.text).join(lines(edit.text))
    try:
        text.bytes_of(written)
    except UnicodeError:
        raise Misfit(f"{edit.path} cannot hold {edit.text!r} in its encoding, {text.encoding}") from None
    return _Change(start, end, written)


def _offsets(edit: Edit, text: str) -> tuple[int, int]:
    starts, ends = _line_bounds(text)
    span = edit.span
    offsets = []
    for line, column in ((span.line, span.column), (span.end_line, span.end_column)):
        if not 1 <= line <= len(starts) or not 1 <= column <= ends[line - 1] - starts[line - 1] + 1:
            raise Misfit(f"{edit.path} has no line {line}, column {column}")
        offsets.append(starts[line - 1] + column - 1)
    start, end = offsets
    if end < start:
        raise Misfit(f"an edit of {edit.path} ends before it begins")
    return start, end


def _line_bounds(text: str) -> tuple[list[int], list[int]]:
    """Where each line begins and ends, its line break left out."""
    starts, ends, offset = [], [], 0
    for line in lines(text):
        starts.append(offset)
        ends.append(offset + len(line))
        offset = ends[-1] + (2 if text.startswith("\r\n", ends[-1]) else 1)
    return starts, ends


def _refuse_overlaps(wanted: Sequence[tuple[str, _Change]], taken: Mapping[str, set[_Change]]) -> None:
    for path, change in wanted:
        there = taken.get(path, set())
        if change not in there and any(change.overlaps(other) for other in there):
            raise Misfit(f"another fix edits the same place in {path}")
    for (path, one), (other_path, other) in itertools.combinations(wanted, 2):
        if path == other_path and one != other and one.overlaps(other):
            raise Misfit(f"its own edits of {path} overlap")


def _edited(text: str, changes: Iterable[_Change]) -> str:
    return "".join(_pieces(text, sorted(changes)))


def _pieces(text: str, changes: Sequence[_Change]) -> Iterator[str]:
    done = 0
    for change in changes:
        yield text[done : change.start]
        yield change.text
        done = change.end
    yield text[done:]
