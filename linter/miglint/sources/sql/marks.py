"""What tools write into comments: where up and down begin, and that a file runs outside a transaction."""

from __future__ import annotations

import re

from msgspec import Struct

_MARK = re.compile(
    r"^[ \t]*--[ \t]*(?:(?P<dbmate>migrate:(?:up|down))(?P<options>[^\n]*)|\+goose[ \t]+(?P<goose>[^\n]*)|"
    r"(?P<bare>no-transaction)[ \t]*)\r?$",
    re.MULTILINE,
)


class Section(Struct, frozen=True):
    """A stretch of a file that runs one way. `whole` marks places where statements must not be split."""

    start: int
    end: int
    transaction: bool = True
    tool: str = ""
    """The tool whose marks these are, where they tell: `dbmate` or `goose`."""
    whole: tuple[tuple[int, int], ...] = ()


def sections(text: str) -> tuple[Section, Section | None]:
    """The way forth and, if the file holds it too, the way back."""
    marks = list(_MARK.finditer(text)) if "--" in text else []
    if any(mark["dbmate"] for mark in marks):
        return _dbmate(text, marks)
    if any(mark["goose"] is not None for mark in marks):
        return _goose(text, marks)
    bare = any(mark["bare"] for mark in marks)
    return Section(0, len(text), transaction=not bare), None


def _dbmate(text: str, marks: list[re.Match[str]]) -> tuple[Section, Section | None]:
    own = [mark for mark in marks if mark["dbmate"]]
    found: dict[str, Section] = {}
    for mark, following in zip(own, [*own[1:], None], strict=True):
        end = following.start() if following is not None else len(text)
        transaction = "transaction:false" not in mark["options"].replace(" ", "")
        found.setdefault(mark["dbmate"], Section(mark.end(), end, transaction, "dbmate"))
    return found.get("migrate:up", Section(0, 0)), found.get("migrate:down")


def _goose(text: str, marks: list[re.Match[str]]) -> tuple[Section, Section | None]:
    words = [(mark, " ".join((mark["goose"] or "").upper().split())) for mark in marks]
    transaction = all(word != "NO TRANSACTION" for _, word in words)
    down = next((mark for mark, word in words if word == "DOWN"), None)
    up = next((mark for mark, word in words if word == "UP"), None)
    middle = down.start() if down is not None else len(text)
    begins = [mark.end() for mark, word in words if word == "STATEMENTBEGIN"]
    ends = [mark.start() for mark, word in words if word == "STATEMENTEND"]
    whole = tuple(zip(begins, ends, strict=False))
    forth = Section(up.end() if up is not None else 0, middle, transaction, "goose", whole)
    back = Section(down.end(), len(text), transaction, "goose", whole) if down is not None else None
    return forth, back
