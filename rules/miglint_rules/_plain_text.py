"""Texts with values in them: `"%s!" % name`, `"{}!".format(name)` and `f"{name}!"` say the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_PERCENT = re.compile(r"%(.)", re.DOTALL)


def template(node: ast.expr) -> ast.expr:
    """The text as an f-string, or as a constant if it holds no values; whatever else it is as it is."""
    try:
        parts = list(_parts(node))
    except (ValueError, IndexError, KeyError, LookupError):  # a text that Python would refuse, or one of another kind
        return node
    joined = list(_joined(parts))
    if all(isinstance(part, ast.Constant) for part in joined):
        return joined[0] if joined else ast.Constant("")
    return ast.JoinedStr(joined)


def _joined(parts: list[str | ast.expr]) -> Iterator[ast.expr]:
    """The parts, texts that follow one another as one."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield ast.Constant(text)
        text = ""
        yield part
    if text:
        yield ast.Constant(text)


def _parts(node: ast.expr) -> Iterator[str | ast.expr]:
    """The texts and values. Raises ValueError where it is none, or shows its values in ways of its own."""
    match node:
        case ast.JoinedStr(values=values):
            for value in values:
                yield value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else _bare(value)
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_text(left) or _is_text(right):
            for side in (left, right):
                yield from _parts(side) if _is_text(side) else (_value(side),)
        case ast.Constant(value=str(text)):
            yield text
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod(), right=right):
            yield from _percent(text, list(right.elts) if isinstance(right, ast.Tuple) else [right])
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            yield from _format(text, node)
        case _:
            raise ValueError(node)


def _percent(text: str, values: list[ast.expr]) -> Iterator[str | ast.expr]:
    rest = 0
    for found in _PERCENT.finditer(text):
        yield text[rest : found.start()]
        rest = found.end()
        if found[1] == "%":
            yield "%"
        elif found[1] == "s":
            yield _value(values.pop(0))
        else:
            raise ValueError(text)
    yield text[rest:]
    if values:
        raise ValueError(text)


def _format(text: str, call: ast.Call) -> Iterator[str | ast.expr]:
    import string  # seldom asked for

    named = {one.arg: one.value for one in call.keywords}
    position = 0
    for literal, name, spec, conversion in string.Formatter().parse(text):
        yield literal
        if name is None:
            continue
        if "{" in (spec or "") or None in named or any(isinstance(one, ast.Starred) for one in call.args):
            raise ValueError(text)
        if name == "":
            name, position = str(position), position + 1
        value = call.args[int(name)] if name.isdigit() else named[name]
        shown = ast.Constant(spec) if spec else None  # as a visitor leaves the one of an f-string
        yield ast.FormattedValue(value, ord(conversion) if conversion else -1, shown)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _value(value: ast.expr) -> ast.expr:
    return _bare(ast.FormattedValue(value, -1))


def _bare(shown: ast.expr) -> ast.expr:
    """`{a}` for `{a!s}` and `{str(a)}`."""
    match shown:
        case ast.FormattedValue(value=ast.Call(func=ast.Name("str"), args=[value], keywords=[]), format_spec=None):
            return ast.FormattedValue(value, -1)
        case ast.FormattedValue(value=value, conversion=115, format_spec=None):
            return ast.FormattedValue(value, -1)
    return shown
