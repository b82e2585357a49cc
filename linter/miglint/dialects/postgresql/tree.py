"""Reading PostgreSQL's parse tree: names, types, expressions, as the catalog's plain data.

A node is `{"Kind": {…fields…}}`; fields with a zero value are left out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from miglint.catalog import Expression, Type
from miglint.dialects.postgresql.parser import Node


def walk(tree: Any) -> Iterator[tuple[str, Node]]:
    """Every node below a tree, itself included, with its kind; of constants and names nothing that is inside.

    Deep trees do not use Python's stack.
    """
    if not tree:
        return
    pending = [tree]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            for key, value in item.items():
                if isinstance(value, dict):
                    if key < _FIELDS:
                        yield key, value
                    if key not in _LEAVES:
                        pending.append(value)
                elif isinstance(value, list):
                    pending.append(value)
        elif isinstance(item, list):
            pending.extend(item)


_FIELDS = "a"
"""Kinds are written with a capital, which comes before every small letter that a field begins with."""
_LEAVES = frozenset({"A_Const", "String"})
"""What a list may have hundreds of thousands of."""


def by_kind(tree: Any) -> dict[str, list[Node]]:
    """The nodes below a tree by their kind, in the order of `walk`, but for constants and names."""
    found: dict[str, list[Node]] = {}
    pending = [tree]
    while pending:
        item = pending.pop()
        if type(item) is list:
            pending.extend(item)
        elif type(item) is dict:
            for key, value in item.items():
                if type(value) is list:
                    pending.append(value)
                elif type(value) is dict and key not in _LEAVES:
                    if key < _FIELDS:
                        found.setdefault(key, []).append(value)
                    pending.append(value)
    return found


def unwrap(tree: Node | None) -> tuple[str, Node]:
    """The kind and the fields of a node; ("", {}) for none."""
    return next(iter(tree.items())) if tree else ("", {})


def strings(items: list[Node] | None) -> list[str]:
    """The values of a list of String nodes."""
    return [item["String"].get("sval", "") for item in items or () if "String" in item]


def qualified(items: list[Node] | None) -> tuple[str | None, str]:
    """A list of name parts as schema and name; a database in front is dropped."""
    parts = strings(items)
    return (parts[-2] if len(parts) > 1 else None, parts[-1] if parts else "")


def function_name(call: Node) -> tuple[str | None, str]:
    """The schema and name that a FuncCall calls; the database's own schema counts as none."""
    schema, name = qualified(call.get("funcname"))
    return (None if schema == "pg_catalog" else schema), name


def data_type(node: Node) -> Type:
    """A TypeName as a type: `pg_catalog` taken off, `char` without a length left as the parser made it (char(1))."""
    schema, name = qualified(node.get("names"))
    array = bool(node.get("arrayBounds"))
    if name.startswith("_") and schema == "pg_catalog":
        name, array = name[1:], True
    modifiers = tuple(_modifier(each) for each in node.get("typmods", ()))
    if name == "interval":
        modifiers = _interval_modifiers(modifiers)
    own = "" if schema in (None, "pg_catalog") else str(schema)
    return Type(name if schema else ALIASES.get(name, name), modifiers, array, own)


ALIASES = {
    "int": "int4",
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "boolean": "bool",
    "decimal": "numeric",
    "float": "float8",
    "real": "float4",
}
SERIALS = {
    "serial": "int4",
    "serial4": "int4",
    "bigserial": "int8",
    "serial8": "int8",
    "smallserial": "int2",
    "serial2": "int2",
}

_INTERVAL_FULL_RANGE = 0x7FFF


def _interval_modifiers(modifiers: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """`interval(3)` has the fields' mask and the precision; without fields the precision alone is kept."""
    if len(modifiers) == 2 and modifiers[0] == _INTERVAL_FULL_RANGE:
        return (modifiers[1],)
    if len(modifiers) == 1:
        return (f"fields {modifiers[0]}",)
    return (f"fields {modifiers[0]}", modifiers[1]) if modifiers else ()


def _modifier(node: Node) -> int | str:
    constant = node.get("A_Const", {})
    if "ival" in constant:
        return int(constant["ival"].get("ival", 0))
    if "sval" in constant:
        return str(constant["sval"].get("sval", ""))
    columns = list(columns_of(node))
    return columns[0] if columns else ""


def columns_of(tree: Any) -> Iterator[str]:
    """The column names that an expression mentions (the last part of each reference)."""
    for kind, node in walk(tree):
        if kind == "ColumnRef":
            names = strings(node.get("fields"))
            if names:
                yield names[-1]


def expression(tree: Node | None) -> Expression | None:
    """An expression with the columns and functions that it uses."""
    if not tree:
        return None
    columns: set[str] = set()
    functions: set[str] = set()
    for kind, node in walk(tree):
        if kind == "ColumnRef":
            columns.update(strings(node.get("fields"))[-1:])
        elif kind == "FuncCall":
            functions.add(function_name(node)[1])
    return Expression(columns=_shared(frozenset(columns)), functions=_shared(frozenset(functions)), tree=tree)


@lru_cache(maxsize=256)
def _shared(names: frozenset[str]) -> frozenset[str]:
    """The same set for the same names: thousands of checks mention the same column."""
    return names


def is_null(tree: Node | None) -> bool:
    """Whether an expression is the constant NULL, casts seen through."""
    kind, node = unwrap(tree)
    while kind == "TypeCast":
        kind, node = unwrap(node.get("arg"))
    return kind == "A_Const" and bool(node.get("isnull"))


def text_of(tree: Node | None) -> str:
    """A constant, or a bare word, as text: what SET and options hold."""
    kind, node = unwrap(tree)
    match kind:
        case "TypeCast":
            return text_of(node.get("arg"))
        case "A_Const":
            return next((_scalar(key, value) for key, value in node.items() if key in _SCALARS), "")
        case "String" | "Integer" | "Float" | "Boolean":
            return next((_scalar(key, node) for key in node), "0" if kind == "Integer" else "")
        case "TypeName":
            return strings(node.get("names"))[-1]
    return ""


_SCALARS = {"ival": "0", "fval": "0", "sval": "", "boolval": "false"}
"""The fields that hold a value, and what stands for one that is left out."""


def _scalar(key: str, node: Node) -> str:
    value = node.get(key, _SCALARS.get(key, ""))
    return str(value).lower() if isinstance(value, bool) else str(value)
