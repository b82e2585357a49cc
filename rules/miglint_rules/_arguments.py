"""Edits to the arguments of the call that makes an operation."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from miglint.changeset import Tree
from miglint.finding import Edit, Fix, Span
from miglint.history import Migration, Operation
from miglint.sources.django.functions import module_source
from miglint.sources.django.source import Source

_INVISIBLE = frozenset((tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT))
Place = tuple[int, int]
"""A line, counted from 1, and a column, counted from 0: how tokens are placed."""


def noop(operation: Operation, migration: Migration, tree: Tree, keyword: str) -> Fix | None:
    """Give RunPython or RunSQL its class's own `noop` for the way back; None where the call's text does not allow it.

    Never safe: whether nothing is to be undone is for a person to say.
    """
    source = module_source(tree, migration)
    if source is None or not operation.target.startswith("django."):
        return None
    call = _call(source, operation.span)
    if call is None:
        return None
    value = f"{ast.unparse(call.func)}.noop"
    edit = _second(call, source, keyword, value)
    return Fix(f"say that going back undoes nothing: {value}", safe=False, edits=(edit,)) if edit else None


def _call(source: Source, span: Span) -> ast.Call | None:
    """The call that a span covers, where its class is named and each argument stands for itself."""
    call = _calls(source).get(span)
    if call is None or not isinstance(call.func, ast.Name | ast.Attribute):
        return None
    unpacked = any(isinstance(one, ast.Starred) for one in call.args) or None in [one.arg for one in call.keywords]
    return None if unpacked else call


@lru_cache(maxsize=4)
def _calls(source: Source) -> Mapping[Span, ast.Call]:
    """All calls of a file: it may hold thousands of operations that ask."""
    return {source.span(node): node for node in ast.walk(source.tree) if isinstance(node, ast.Call)}


def _second(call: ast.Call, source: Source, keyword: str, value: str) -> Edit | None:
    """The edit that makes `value` the second argument: in place of a None, or as a new one behind the first."""
    given = {one.arg: one.value for one in call.keywords}
    present = given.get(keyword) or (call.args[1] if len(call.args) > 1 else None)
    if present is not None:
        is_none = isinstance(present, ast.Constant) and present.value is None
        return Edit(source.path, source.span(present), value) if is_none else None
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    return _behind(arguments[0], call, source, f"{keyword}={value}") if arguments else None


def _behind(argument: ast.expr | ast.keyword, call: ast.Call, source: Source, text: str) -> Edit | None:
    """Put one more argument behind another, on a line of its own where the other has one."""
    ending = _ending(argument, call, source)
    if ending is None:
        return None
    before = source.line(argument.lineno).encode()[: argument.col_offset].decode()
    end_of_line = ending.comment or (ending.last if ending.closes else ending.delimiter)
    if argument.lineno == call.lineno or before.strip(" \t(") or ending.following[0] == end_of_line[0]:
        return _insertion(source, ending.last, f", {text}")
    indent = before[: len(before) - len(before.lstrip())]
    new = f"\n{indent}{text}"
    if not ending.closes:
        return _insertion(source, end_of_line, f"{new},")
    kept = _span(ending.last, end_of_line)
    return Edit(source.path, kept, f",{source.segment(kept)}{new}")


class _Ending(Struct, frozen=True):
    """The surroundings of an argument's end."""

    last: Place
    """Where it ends, brackets around it included."""
    delimiter: Place
    """The end of the comma behind it, or of the call's closing bracket."""
    closes: bool
    """Whether that is the bracket."""
    comment: Place | None
    """The end of a comment on the line of its end."""
    following: Place
    """Where the code goes on, if with the closing bracket."""


def _ending(argument: ast.expr | ast.keyword, call: ast.Call, source: Source) -> _Ending | None:
    value = source.span(argument.value if isinstance(argument, ast.keyword) else argument)
    whole = source.span(call)
    last, delimiter, comment = (value.end_line, value.end_column - 1), None, None
    for token, start, end in _tokens(source, whole, last):
        if token.type == tokenize.COMMENT and start[0] == (delimiter or last)[0]:
            comment = end
        if token.type in _INVISIBLE:
            continue
        if delimiter is not None:
            return _Ending(last, delimiter, False, comment, start)
        if end == (whole.end_line, whole.end_column - 1):
            return _Ending(last, end, True, comment, start)
        if token.string == ",":
            delimiter = end
        else:
            last = end
    return None


def _tokens(source: Source, whole: Span, after: Place) -> Iterator[tuple[tokenize.TokenInfo, Place, Place]]:
    """The tokens of a call behind a place, each with where it begins and ends in the file."""

    def placed(place: Place) -> Place:
        line, column = place
        return whole.line + line - 1, column + (whole.column - 1 if line == 1 else 0)

    for token in tokenize.generate_tokens(io.StringIO(source.segment(whole)).readline):
        start, end = placed(token.start), placed(token.end)
        if start >= after:
            yield token, start, end


def _insertion(source: Source, place: Place, text: str) -> Edit:
    return Edit(source.path, _span(place, place), text)


def _span(start: Place, end: Place) -> Span:
    return Span(start[0], start[1] + 1, end[0], end[1] + 1)
