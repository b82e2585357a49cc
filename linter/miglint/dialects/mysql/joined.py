"""UPDATE and DELETE: the tables that are written, and those that are only read beside them.

https://mariadb.com/kb/en/update/ and https://mariadb.com/kb/en/delete/: several tables may be joined, and rows are then
changed in those that SET, or the list before FROM or USING, names by what the statement calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from miglint.catalog import Name
from miglint.changes import Change, DeleteRows, ReadRows, UpdateRows
from miglint.dialects.tokens import Cursor, Kind, NotUnderstood, Token

_AFTER_A_TABLE = frozenset(
    """
    AS CROSS FORCE FOR IGNORE INNER JOIN LEFT LIMIT NATURAL ON ORDER OUTER PARTITION RETURNING RIGHT SET STRAIGHT_JOIN
    USE USING WHERE
    """.split()
)
"""Words that are no alias."""


def read_update(cursor: Cursor) -> tuple[Change, ...]:
    """What follows UPDATE."""
    while cursor.accept_any("LOW_PRIORITY", "IGNORE"):
        pass
    tokens = cursor.rest()
    at = _first(tokens, "SET")
    tables = _tables(tokens[:at])
    conditional = _first(tokens, "WHERE") < len(tokens)
    named = [name for name, _ in _qualified(tokens[at + 1 : _first(tokens, "WHERE")])]
    written = [tables[name] for name in named if name in tables] or list(tables.values())[:1]
    changes = [
        UpdateRows(table=table, conditional=conditional, whole_table=not conditional) for table in _once(written)
    ]
    return (*changes, *_read(tables, written))


def read_delete(cursor: Cursor) -> tuple[Change, ...]:
    """What follows DELETE."""
    while cursor.accept_any("LOW_PRIORITY", "QUICK", "IGNORE"):
        pass
    from_first = cursor.accept("FROM")
    tokens = cursor.rest()
    conditional = _first(tokens, "WHERE") < len(tokens)
    parting = _first(tokens, "USING" if from_first else "FROM")
    end = min(_first(tokens, word) for word in ("WHERE", "ORDER", "LIMIT", "RETURNING"))
    if parting >= end:
        only = list(_tables(tokens[:end]).values())[:1]
        return tuple(DeleteRows(table=one, conditional=conditional, whole_table=not conditional) for one in _once(only))
    tables = _tables(tokens[parting + 1 : end])
    named = [each.text.lower() for each in tokens[:parting] if each.kind in {Kind.WORD, Kind.NAME}]
    written = [tables[name] for name in named if name in tables]
    changes = [
        DeleteRows(table=table, conditional=conditional, whole_table=not conditional) for table in _once(written)
    ]
    return (*changes, *_read(tables, written))


def _read(tables: Mapping[str, Name], written: Sequence[Name]) -> tuple[ReadRows, ...]:
    others = [table for table in dict.fromkeys(tables.values()) if table not in written]
    return (ReadRows(tables=tuple(others)),) if others else ()


def _once(names: Iterable[Name]) -> list[Name]:
    found = list(dict.fromkeys(names))
    if not found:
        raise NotUnderstood("whose rows are changed is not known")
    return found


def _first(tokens: Sequence[Token], word: str) -> int:
    """Where a word stands outside of parentheses; behind the end if it does not."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.upper == "(") - (token.upper == ")")
        if depth == 0 and token.upper == word:
            return at
    return len(tokens)


def _tables(tokens: Sequence[Token]) -> dict[str, Name]:
    """The tables of a join by what they are called in lower case; subqueries are left out."""
    found: dict[str, Name] = {}
    depth, wanted, at = 0, True, 0
    while at < len(tokens):
        token = tokens[at]
        depth += (token.upper == "(") - (token.upper == ")")
        if token.upper in {",", "JOIN", "STRAIGHT_JOIN"} and depth == 0:
            wanted = True
        elif wanted and depth == 0 and token.kind in {Kind.WORD, Kind.NAME} and token.upper != ")":
            name, at = _name(tokens, at)
            found[_alias(tokens, at) or name.name.lower()] = name
            wanted = False
            continue
        elif wanted and token.upper == "(":
            wanted = False
        at += 1
    return found


def _name(tokens: Sequence[Token], at: int) -> tuple[Name, int]:
    if [each.upper for each in tokens[at + 1 : at + 2]] == ["."] and at + 2 < len(tokens):
        return Name(tokens[at].text, tokens[at + 2].text), at + 3
    return Name("", tokens[at].text), at + 1


def _alias(tokens: Sequence[Token], at: int) -> str:
    at += [each.upper for each in tokens[at : at + 1]] == ["AS"]
    following = tokens[at] if at < len(tokens) else None
    if following is None or following.kind not in {Kind.WORD, Kind.NAME} or following.upper in _AFTER_A_TABLE:
        return ""
    return following.text.lower()


def _qualified(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """The columns that SET gives values to, each with the table's name before it (or none)."""
    found: list[tuple[str, str]] = []
    depth, start = 0, True
    for at, token in enumerate(tokens):
        depth += (token.upper == "(") - (token.upper == ")")
        if start and depth == 0:
            dotted = [each.upper for each in tokens[at + 1 : at + 2]] == ["."]
            further = [each.upper for each in tokens[at + 3 : at + 4]] == ["."]
            owner = tokens[at + 2 if further else at].text.lower() if dotted and at + 2 < len(tokens) else ""
            found.append((owner, token.text))
        start = depth == 0 and token.upper == ","
    return found
