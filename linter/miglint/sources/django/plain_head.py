"""The header of a migration whose file is written as Django writes it, without parsing the file.

A change rests on a few migrations and on the edges between all of them. Most files of a history are plain up to
`operations = [`: comments, imports, functions without defaults, the class line, and lists of literal edges. Of those,
the bytes before `operations` are matched from the first to the last, so nothing of them is guessed; and what follows
must hold no word that could bind `Migration` or one of its attributes again. Whatever is not exactly so is for the
evaluator. What comes after the header is not looked at: a file that is looked into for itself is to be parsed.

All repetitions are possessive: the time is proportional to the file's length, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from miglint.finding import Span

_NAME = rb"[A-Za-z_]\w*+"
_DOTTED = rb"[A-Za-z_][\w.]*+"
_COMMENT = rb"\#[^\n]*+"
_BLANK = rb"[ ]*+(?:%b)?+\n" % _COMMENT
_GAP = rb"(?:[ \n]++|%b\n)*+" % _COMMENT
"""What may stand between two tokens inside of brackets."""
_ALIAS = rb"%b(?:[ ]as[ ]%b)?+" % (_NAME, _NAME)
_ALIASES = rb"%b(?:,[ ]%b)*+" % (_ALIAS, _ALIAS)
_ALIASES_IN_BRACKETS = rb"\(%b%b%b(?:,%b%b%b)*+,?+%b\)" % (_GAP, _ALIAS, _GAP, _GAP, _ALIAS, _GAP, _GAP)
_IMPORT = rb"import[ ]%b(?:[ ]as[ ]%b)?+%b" % (_DOTTED, _NAME, _BLANK)
_IMPORT_FROM = rb"from[ ]\.*+(?:%b)?+[ ]import[ ](?:%b|%b)%b" % (_DOTTED, _ALIASES_IN_BRACKETS, _ALIASES, _BLANK)
_FUNCTION = rb"def[ ]%b\(%b(?:,[ ]%b)*+\):\n(?:[ ]++[^ \n][^\n]*+\n|\n)++" % (_NAME, _NAME, _NAME)
_TEXT = rb"""(?:"[^"\\\n]++"|'[^'\\\n]++')"""
_PAIR = rb"\(%b(?P<app>%b)%b,%b(?P<name>%b)%b,?+%b\)" % (_GAP, _TEXT, _GAP, _GAP, _TEXT, _GAP, _GAP)
_SWAPPABLE = rb"migrations\.swappable_dependency\(settings\.AUTH_USER_MODEL\)"
_NAMED_EDGE = rb"(?P<edge>%b|%b)" % (_PAIR, _SWAPPABLE)
_EDGE = re.sub(rb"\?P<\w+>", b"?:", _NAMED_EDGE)
_EDGES = rb"\[%b(?:%b%b(?:,%b|(?=\])))*+\]" % (_GAP, _EDGE, _GAP, _GAP)
_ATTRIBUTE = rb"[ ]{4}(?:(?:initial|atomic)[ ]=[ ](?:True|False)|(?:dependencies|replaces|run_before)[ ]=[ ]%b)%b" % (
    _EDGES,
    _BLANK,
)
_HEAD = re.compile(
    rb"(?P<module>(?:%b|%b|%b|%b)*+)" % (_BLANK, _IMPORT, _IMPORT_FROM, _FUNCTION)
    + rb"class[ ]Migration\(migrations\.Migration\):\n"
    + rb"(?P<attributes>(?:%b|%b)*+)[ ]{4}operations[ ]=[ ]\[\]?+%b" % (_BLANK, _ATTRIBUTE, _BLANK)
)
_ASSIGNED = re.compile(rb"^[ ]{4}(?P<name>\w+)[ ]=[ ](?P<value>%b|\w+)" % _EDGES, re.MULTILINE)
_NEXT_EDGE = re.compile(rb"%b%b%b,?+" % (_GAP, _NAMED_EDGE, _GAP))

_MIGRATIONS = re.compile(rb"^from[ ]django\.db[ ]import[ ](?:models,[ ])?migrations(?:,[ ]\w+)*+[ ]*+$", re.MULTILINE)
_SETTINGS = re.compile(rb"^from[ ]django\.conf[ ]import[ ]settings[ ]*+$", re.MULTILINE)
_WORD_MIGRATIONS, _WORD_SETTINGS = re.compile(rb"\bmigrations\b"), re.compile(rb"\bsettings\b")
_UNSURE_BEFORE = re.compile(rb"coding|\"\"\"|'''|\\\n")
"""In front of the class: an encoding of its own, and what could carry text over the end of a line."""
_STATEMENT = re.compile(rb"\n(?:[ ]{4})?+[^ \n\#\])}]|\n(?:[ ]{4})?+[\])}]++(?!,?+[ ]*+\n|,?+[ ]*+\Z)")
"""After `operations = [`: a line as far to the left as statements of the class or the module that closes no bracket."""
_BINDING = tuple(b"Migration dependencies replaces run_before initial atomic".split())
"""Every word that it takes to change the header later on."""
_PLAIN = bytes(range(ord(" "), ord("~") + 1)) + b"\n"
"""Printable ASCII and line ends."""


class Edge(Struct, frozen=True):
    """An item of `dependencies`, `replaces` or `run_before`; without names it is the swappable user model."""

    span: Span
    app: str = ""
    name: str = ""


class PlainHead(Struct, frozen=True):
    """What the text in front of `operations` says."""

    span: Span
    """The line of the class."""
    dependencies: tuple[Edge, ...] = ()
    replaces: tuple[Edge, ...] = ()
    run_before: tuple[Edge, ...] = ()
    dependencies_span: Span | None = None
    atomic: bool = True
    initial: bool = False

    @property
    def swappable(self) -> bool:
        """Whether an edge leads to the user model."""
        return any(not edge.app for edge in (*self.dependencies, *self.replaces, *self.run_before))


def plain_head(content: bytes) -> PlainHead | None:
    """The header of a plain file; None for every other."""
    head = _HEAD.match(content)
    if head is None or content.translate(None, _PLAIN) or _STATEMENT.search(content, head.end() - 1):
        return None
    if any(content.find(word, head.end()) >= 0 for word in _BINDING):
        return None
    module, attributes = head["module"], head["attributes"]
    if _UNSURE_BEFORE.search(module) or not _binds(module, _WORD_MIGRATIONS, _MIGRATIONS):
        return None
    if b"settings." in attributes and not _binds(module, _WORD_SETTINGS, _SETTINGS):
        return None
    start = head.start("attributes")
    assigned = list(_ASSIGNED.finditer(content, start, head.end("attributes")))
    values = {one["name"].decode(): one for one in assigned}
    if len(values) < len(assigned):
        return None
    place = _Place(content, start)
    edges = {
        name: tuple(_edges(content, *values[name].span("value"), place)) if name in values else ()
        for name in ("dependencies", "replaces", "run_before")
    }
    return PlainHead(
        span=place.headline,
        **edges,
        dependencies_span=place.of(*values["dependencies"].span("value")) if "dependencies" in values else None,
        atomic="atomic" not in values or values["atomic"]["value"] == b"True",
        initial="initial" in values and values["initial"]["value"] == b"True",
    )


def _binds(module: bytes, word: re.Pattern[bytes], as_usual: re.Pattern[bytes]) -> bool:
    """Whether a name stands once in front of the class: where it is imported from Django."""
    return len(word.findall(module)) == 1 and as_usual.search(module) is not None


def _edges(content: bytes, start: int, end: int, place: _Place) -> Iterator[Edge]:
    start += 1
    while found := _NEXT_EDGE.match(content, start, end):
        start = found.end()
        app, name = (text[1:-1].decode() if text else "" for text in found.group("app", "name"))
        yield Edge(place.of(*found.span("edge")), app, name)


class _Place:
    """Lines and columns, counted once up to the class."""

    def __init__(self, content: bytes, attributes: int) -> None:
        self._content = content
        self._start = attributes
        self._line = content.count(b"\n", 0, attributes) + 1
        before = content.rindex(b"\n", 0, attributes - 1) + 1 if b"\n" in content[: attributes - 1] else 0
        self.headline = Span(self._line - 1, 1, self._line - 1, attributes - before)

    def of(self, start: int, end: int) -> Span:
        """Where a part of the class's attributes stands."""
        return Span(*self._at(start), *self._at(end))

    def _at(self, offset: int) -> tuple[int, int]:
        line = self._line + self._content.count(b"\n", self._start, offset)
        return line, offset - self._content.rfind(b"\n", 0, offset)
