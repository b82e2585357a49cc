"""The names that PostgreSQL gives what a statement leaves unnamed.

After makeObjectName, ChooseRelationName, ChooseIndexNameAddition and FigureColname in the server's source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from miglint.catalog import IndexKey
from miglint.dialects.numbering import first_free
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import qualified, strings, unwrap

LIMIT = 63
"""Bytes in an identifier (NAMEDATALEN - 1)."""


def truncated(name: str) -> str:
    """An identifier as the server stores it: cut at 63 bytes, never inside a character."""
    if len(name) <= LIMIT and name.isascii():
        return name
    encoded = name.encode("utf-8")
    return name if len(encoded) <= LIMIT else encoded[:LIMIT].decode("utf-8", "ignore")


def object_name(first: str, second: str, label: str) -> str:
    """`first_second_label`, the longer of the first two cut until it fits."""
    overhead = len(label.encode()) + 1 + (1 if second else 0)
    one, two = first.encode(), second.encode()
    one_size, two_size = len(one), len(two)
    while one_size + two_size > LIMIT - overhead:
        if one_size > two_size:
            one_size -= 1
        else:
            two_size -= 1
    parts = [
        one[:one_size].decode("utf-8", "ignore"),
        two[:two_size].decode("utf-8", "ignore") if second else "",
        label,
    ]
    return "_".join(part for part in parts if part)


class Taken(Protocol):
    """Whether a name is in use."""

    given: dict[str, int]
    """The number that was given last to a name of one object."""

    def __call__(self, name: str, /) -> bool: ...


def choose(first: str, second: str, label: str, taken: Taken) -> str:
    """The first of `…_label`, `…_label1`, … that nothing has."""

    def name(number: int) -> str:
        return object_name(first, second, label + (str(number) if number else ""))

    plain = name(0)
    if not taken(plain):
        return plain
    # A statement that adds thousands of constraints need not look for each among those that it has named already.
    last = taken.given.get(plain, 0)
    start = last + 1 if last and taken(name(last)) else 1
    number = taken.given[plain] = first_free(start, lambda number: taken(name(number)))
    return name(number)


def index_name(table: str, keys: Iterable[IndexKey], label: str, taken: Taken) -> str:
    """The name of an index or of the constraint on it: `users_email_idx`, `users_lower_key`."""
    return choose(table, index_addition(keys), label, taken)


def index_addition(keys: Iterable[IndexKey]) -> str:
    """The columns' part of an index's name; an expression goes by its function, a repeated word gets a number."""
    words: list[str] = []
    for key in keys:
        word = base = key.column or (figured(key.expression.tree) if key.expression else "") or "expr"
        number = 1
        while word in words:
            word, number = f"{base}{number}", number + 1
        words.append(word)
    joined = ""
    for word in words:
        joined = f"{joined}_{word}" if joined else word
        if len(joined.encode()) > LIMIT:
            break
    return joined


def figured(tree: Node | None) -> str:
    """The word that names an expression: its column, function or type."""
    kind, node = unwrap(tree)
    match kind:
        case "ColumnRef":
            return (strings(node.get("fields")) or [""])[-1]
        case "FuncCall":
            return qualified(node.get("funcname"))[1]
        case "TypeCast":
            return figured(node.get("arg")) or qualified(node["typeName"].get("names"))[1]
        case "CollateClause" | "A_Indirection":
            return figured(node.get("arg"))
        case "CoalesceExpr":
            return "coalesce"
        case "CaseExpr":
            return figured(node.get("defresult")) or "case"
    return ""
