"""Python's own operations on plain data, refused where the result or the way to it would be too big.

Everything here works on values that the interpreter made, so a type's own `__add__` or `__format__` is Python's.
Refusals are `GaveUp`, wrong types the ordinary exceptions (`NATIVE_ERRORS`).
"""

from __future__ import annotations

import ast
import operator
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

from miglint.sources.django.evaluator.frames import GaveUp
from miglint.sources.django.values import Call

MAX_TEXT = 1_000_000
MAX_ITEMS = 50_000
MAX_BITS = 4_096
MAX_NESTING = 50
_MAX_WIDTH = 1_000
NATIVE_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
    MemoryError,
)
SCALARS = (bool, int, float, complex, str, bytes, type(None))
CONTAINERS = (list, tuple, set, frozenset, dict, range)
PLAIN = (*SCALARS, *CONTAINERS)
_WIDTH = re.compile(r"\d{4,}|\*")
_SPEC = re.compile(r"%(?:\([^)]*\))?([^a-zA-Z%]*)[a-zA-Z%]")

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.MatMult: operator.matmul,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: lambda value: ~int(value) if isinstance(value, bool) else ~value,  # Python warns of `~True`
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def weigh(value: Any, limit: int = MAX_ITEMS) -> int:
    """How many values hang on this one, each counted as often as it is reached. Raises GaveUp above the limit.

    What is shared is counted again because comparing, hashing and printing walk it again.
    """
    count = 0
    pending = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        count += 1 + (len(item) // 64 if isinstance(item, str | bytes) else 0)
        if count > limit or depth > MAX_NESTING:
            raise GaveUp("a value is too big")
        if isinstance(item, dict):
            pending.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list | tuple | set | frozenset):
            pending.extend((part, depth + 1) for part in item)
        elif isinstance(item, Call):
            pending.extend((part, depth + 1) for part in (*item.args, *item.kwargs.values(), item.receiver))
    return count


def is_plain(value: Any) -> bool:
    """True for constants and for containers of nothing but constants, at any depth. Raises GaveUp if too big."""
    weigh(value)
    return _is_plain(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_plain(item) for item in value)
    return isinstance(value, PLAIN)


def size(value: Any) -> int:
    """Characters of a text, items of a container, 1 for anything else: what an operation on it costs."""
    return len(value) if isinstance(value, str | bytes | list | tuple | set | frozenset | dict) else 1


def check_size(value: Any) -> Any:
    """The value itself, if it is not too big."""
    if isinstance(value, str | bytes):
        too_big = len(value) > MAX_TEXT
    elif isinstance(value, int):
        too_big = value.bit_length() > MAX_BITS
    else:
        too_big = isinstance(value, CONTAINERS) and len(value) > MAX_ITEMS
    if too_big:
        raise GaveUp("a value is too big")
    return value


def binary(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """`left <op> right` for plain data."""
    if kind is ast.Mult:
        _check_repetition(left, right)
    elif kind is ast.Pow:
        _check_power(left, right)
    elif kind is ast.LShift and isinstance(right, int) and right > MAX_BITS:
        raise GaveUp("a number is too big")
    elif kind is ast.Mod and isinstance(left, str | bytes):
        check_percent(left, right)
    elif kind is ast.Add and size(left) + size(right) > MAX_TEXT:
        raise GaveUp("a value is too big")
    return check_size(BINARY[kind](left, right))


def _check_repetition(left: Any, right: Any) -> None:
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, str | bytes | list | tuple) and isinstance(times, int):
            limit = MAX_TEXT if isinstance(sequence, str | bytes) else MAX_ITEMS
            if len(sequence) * max(times, 0) > limit:
                raise GaveUp("a value is too big")


def _check_power(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and abs(exponent) * base.bit_length() > MAX_BITS:
        raise GaveUp("a number is too big")


def compare(kind: type[ast.cmpop], left: Any, right: Any) -> bool:
    """`left <op> right` for plain data."""
    weigh(left)
    weigh(right)
    return bool(COMPARE[kind](left, right))


def check_percent(template: str | bytes, values: Any) -> None:
    """Refuse a `%` format that pads without measure or prints something huge."""
    weigh(values)
    text = template.decode("latin-1") if isinstance(template, bytes) else template
    if any(_WIDTH.search(flags) for flags in _SPEC.findall(text)):
        raise GaveUp("a format pads too far")
    _check_printed(text, values)


def _check_printed(template: str, values: Any) -> None:
    if template.count("%") * max(weigh(values), 1) * 64 > MAX_TEXT * 8:
        raise GaveUp("a text is too long")


def format_value(value: Any, spec: str, conversion: str = "") -> str:
    """`format(value, spec)` of a constant, after `!r`, `!s` or `!a`."""
    if not isinstance(value, SCALARS):
        weigh(value)
    if _WIDTH.search(spec):
        raise GaveUp("a format pads too far")
    if conversion == "r":
        value = repr(value)
    elif conversion == "a":
        value = ascii(value)
    elif conversion == "s":
        value = str(value)
    return str(check_size(format(value, spec)))


def format_text(template: str, args: list[Any], kwargs: Mapping[str, Any]) -> str:
    """`template.format(*args, **kwargs)` for constants; attributes and items of them are a ValueError."""
    parts: list[str] = []
    automatic = 0
    length = 0
    for literal, name, spec, conversion in string.Formatter().parse(template):
        parts.append(literal)
        length += len(literal)
        if name is not None:
            if name == "":
                name, automatic = str(automatic), automatic + 1
            value = args[int(name)] if name.isdecimal() else kwargs[name]
            if not is_plain(value) or "{" in (spec or ""):
                raise ValueError("only constants are formatted")
            text = format_value(value, spec or "", conversion or "")
            parts.append(text)
            length += len(text)
        if length > MAX_TEXT:
            raise GaveUp("a text is too long")
    return "".join(parts)


def subscript(value: Any, index: Any) -> Any:
    """`value[index]` for plain data."""
    return value[index]
