"""Reads ALTER TABLE into typed changes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msgspec.structs import replace

from miglint.catalog import Constraint, Expression, Index, Name
from miglint.changes import (
    AddColumn,
    AddConstraint,
    AlterConstraint,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    RedefineColumn,
    RenameColumn,
    RenameIndex,
    RenameTable,
    SetDefault,
    SetTableOption,
    TableChange,
)
from miglint.changes import Change as AnyChange
from miglint.dialects.mysql.definitions import (
    expression,
    qualified_name,
    read_column,
    read_element,
)
from miglint.dialects.mysql.options import partition_strategy, read_option
from miglint.dialects.tokens import Cursor, NotUnderstood

PARTITION_ACTIONS = (
    "ADD",
    "DROP",
    "TRUNCATE",
    "COALESCE",
    "REORGANIZE",
    "EXCHANGE",
    "ANALYZE",
    "CHECK",
    "OPTIMIZE",
    "REBUILD",
    "REPAIR",
    "DISCARD",
    "IMPORT",
    "CONVERT",
)


def read_alter_table(cursor: Cursor) -> tuple[AnyChange, ...]:
    """The changes of an ALTER TABLE, whose first two words have been read."""
    if_exists = cursor.accept("IF", "EXISTS")
    table = qualified_name(cursor)
    _skip_wait(cursor)
    changes: list[AnyChange] = []
    while not cursor.done and not cursor.sees(";"):
        found = list(_specification(cursor, table))
        if not found:
            raise NotUnderstood(f"this part of ALTER TABLE is not known: {_following(cursor)}")
        changes += found
        if not cursor.accept(",") and not _continues(cursor):
            break
    cursor.end()
    if not changes:
        changes = [SetTableOption(table=table, action="NOTHING")]
    return tuple(changes) if not if_exists else tuple(_if_exists(changes))


def _continues(cursor: Cursor) -> bool:
    """Table options and partitioning need no comma before them."""
    return not cursor.done and not cursor.sees(";")


def _if_exists(changes: list[AnyChange]) -> Iterator[AnyChange]:
    for change in changes:
        yield replace(change, if_exists=True) if isinstance(change, TableChange) else change


def _following(cursor: Cursor) -> str:
    token = cursor.peek()
    return token.text[:40] if token is not None else "nothing follows"


def _skip_wait(cursor: Cursor) -> None:
    if not cursor.accept("NOWAIT") and cursor.accept("WAIT"):
        cursor.take()


def _specification(cursor: Cursor, table: Name) -> Iterator[AnyChange]:
    at = cursor.location
    following = cursor.peek(1)
    if following is not None and following.upper in {"PARTITION", "PARTITIONING"}:
        yield from _partitioning(cursor, table, at)
    elif cursor.accept("PARTITION", "BY"):
        strategy = partition_strategy(cursor.rest())
        yield SetTableOption(table=table, action="PARTITION BY", value=strategy, location=at)
    elif cursor.accept("ADD"):
        yield from _add(cursor, table, at)
    elif cursor.accept("DROP"):
        yield from _drop(cursor, table, at)
    elif word := cursor.accept_any("MODIFY", "CHANGE"):
        yield from _redefine(cursor, table, at, word)
    elif cursor.accept("ALTER"):
        yield from _alter(cursor, table, at)
    elif cursor.accept("RENAME"):
        yield _rename(cursor, table, at)
    else:
        yield from _option(cursor, table, at)


def _partitioning(cursor: Cursor, table: Name, at: int) -> Iterator[AnyChange]:
    if cursor.accept("REMOVE", "PARTITIONING"):
        yield SetTableOption(table=table, action="REMOVE PARTITIONING", location=at)
    elif word := cursor.accept_any(*PARTITION_ACTIONS):
        cursor.expect("PARTITION")
        other = next((after.text for token, after in pairwise(cursor.rest()) if token.upper == "TABLE"), "")
        yield SetTableOption(table=table, action=f"{word} PARTITION", value=other, location=at)


def _add(cursor: Cursor, table: Name, at: int) -> Iterator[AnyChange]:
    if cursor.accept("SYSTEM", "VERSIONING"):
        yield SetTableOption(table=table, action="ADD SYSTEM VERSIONING", location=at)
        return
    if cursor.sees("PERIOD"):
        raise NotUnderstood("ADD PERIOD is not known")
    if_not_exists = any(cursor.sees(*words, "IF", "NOT", "EXISTS") for words in INDEX_WORDS)
    element = None if cursor.sees("COLUMN") else read_element(cursor)
    if element is not None:
        yield _added(table, element, at, if_not_exists=if_not_exists)
        return
    cursor.accept("COLUMN")
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    if not cursor.sees("("):
        yield _added_column(cursor, table, at, if_not_exists)
        return
    inside = cursor.inside()
    while not inside.done:
        element = read_element(inside)
        yield _added(table, element, at) if element is not None else _added_column(inside, table, at, if_not_exists)
        if not inside.done:
            inside.expect(",")


INDEX_WORDS = tuple(
    (*kind, *word)
    for kind in ((), ("UNIQUE",), ("FULLTEXT",), ("SPATIAL",))
    for word in (("INDEX",), ("KEY",), ())
    if kind or word
)
"""What an index begins with."""


def _added(table: Name, element: Index | Constraint, at: int, *, if_not_exists: bool = False) -> AnyChange:
    if isinstance(element, Index):
        return CreateIndex(table=table, index=element, if_not_exists=if_not_exists, location=at)
    return AddConstraint(table=table, constraint=element, location=at)


def _added_column(cursor: Cursor, table: Name, at: int, if_not_exists: bool) -> AddColumn:
    definition = read_column(cursor)
    return AddColumn(
        table=table,
        column=definition.column,
        constraints=definition.constraints,
        if_not_exists=if_not_exists,
        first=definition.first,
        after=definition.after,
        location=at,
    )


def _drop(cursor: Cursor, table: Name, at: int) -> Iterator[AnyChange]:
    if cursor.accept("PRIMARY", "KEY"):
        yield DropConstraint(table=table, constraint="PRIMARY", location=at)
    elif cursor.accept("SYSTEM", "VERSIONING"):
        yield SetTableOption(table=table, action="DROP SYSTEM VERSIONING", location=at)
    elif cursor.accept("FOREIGN", "KEY") or cursor.accept_any("CONSTRAINT", "CHECK"):
        missing_ok = cursor.accept("IF", "EXISTS")
        yield DropConstraint(table=table, constraint=cursor.name(), constraint_if_exists=missing_ok, location=at)
    elif cursor.accept_any("INDEX", "KEY"):
        missing_ok = cursor.accept("IF", "EXISTS")
        yield DropIndex(index=Name(table.schema, cursor.name()), table=table, if_exists=missing_ok, location=at)
    else:
        cursor.accept("COLUMN")
        missing_ok = cursor.accept("IF", "EXISTS")
        yield DropColumn(table=table, column=cursor.name(), column_if_exists=missing_ok, location=at)
        cursor.accept_any("RESTRICT", "CASCADE")


def _redefine(cursor: Cursor, table: Name, at: int, word: str) -> Iterator[AnyChange]:
    cursor.accept("COLUMN")
    cursor.accept("IF", "EXISTS")
    old = cursor.name() if word == "CHANGE" else ""
    definition = read_column(cursor)
    new = definition.column.name
    if old and old != new:
        yield RenameColumn(table=table, column=old, new_name=new, location=at)
    yield RedefineColumn(
        table=table,
        column=new,
        definition=definition.column,
        constraints=definition.constraints,
        first=definition.first,
        after=definition.after,
        location=at,
    )


def _alter(cursor: Cursor, table: Name, at: int) -> Iterator[AnyChange]:
    if cursor.accept_any("INDEX", "KEY"):
        name = cursor.name()
        cursor.accept("NOT")
        if not cursor.accept_any("IGNORED", "VISIBLE", "INVISIBLE"):
            raise NotUnderstood("VISIBLE, INVISIBLE or IGNORED was expected")
        yield SetTableOption(table=table, action="ALTER INDEX", value=name, location=at)
    elif cursor.accept_any("CHECK", "CONSTRAINT"):
        name = cursor.name()
        enforced = not cursor.accept("NOT")
        cursor.expect("ENFORCED")
        yield AlterConstraint(table=table, constraint=name, enforced=enforced, location=at)
    else:
        cursor.accept("COLUMN")
        cursor.accept("IF", "EXISTS")
        yield _alter_column(cursor, table, at)


def _alter_column(cursor: Cursor, table: Name, at: int) -> AnyChange:
    column = cursor.name()
    if cursor.accept("DROP", "DEFAULT"):
        return SetDefault(table=table, column=column, location=at)
    cursor.expect("SET")
    if cursor.accept_any("VISIBLE", "INVISIBLE"):
        return SetTableOption(table=table, action="SET VISIBLE", column=column, location=at)
    cursor.expect("DEFAULT")
    return SetDefault(table=table, column=column, default=_default(cursor), location=at)


def _default(cursor: Cursor) -> Expression:
    tokens = cursor.group() if cursor.sees("(") else [cursor.take()]
    if tokens and tokens[0].upper in {"+", "-"} and not cursor.done:
        tokens.append(cursor.take())
    if cursor.sees("("):
        cursor.group()
    return expression(cursor.sql, tokens)


def _rename(cursor: Cursor, table: Name, at: int) -> AnyChange:
    if cursor.accept("COLUMN"):
        old = cursor.name()
        cursor.expect("TO")
        return RenameColumn(table=table, column=old, new_name=cursor.name(), location=at)
    if cursor.accept_any("INDEX", "KEY"):
        old = cursor.name()
        cursor.expect("TO")
        return RenameIndex(index=Name(table.schema, old), new_name=cursor.name(), table=table, location=at)
    cursor.accept_any("TO", "AS", "=")
    return RenameTable(table=table, new_name=qualified_name(cursor).name, location=at)


def _option(cursor: Cursor, table: Name, at: int) -> Iterator[AnyChange]:
    if cursor.accept("CONVERT", "TO"):
        option = read_option(cursor)
        if option is None or option[0] != "charset":
            raise NotUnderstood("CHARACTER SET was expected after CONVERT TO")
        collation = read_option(cursor) if cursor.sees("COLLATE") else None
        options = {"charset": option[1], "collate": collation[1] if collation else ""}
        yield SetTableOption(table=table, action="CONVERT TO CHARACTER SET", options=options, location=at)
    elif cursor.accept("ORDER", "BY"):
        cursor.rest()
        yield SetTableOption(table=table, action="ORDER BY", location=at)
    elif word := cursor.accept_any("ALGORITHM", "LOCK"):
        cursor.accept("=")
        yield SetTableOption(table=table, action=word, value=cursor.string().upper(), location=at)
    elif word := cursor.accept_any("ENABLE", "DISABLE"):
        cursor.expect("KEYS")
        yield SetTableOption(table=table, action=f"{word} KEYS", location=at)
    elif word := cursor.accept_any("DISCARD", "IMPORT"):
        cursor.expect("TABLESPACE")
        yield SetTableOption(table=table, action=f"{word} TABLESPACE", location=at)
    elif cursor.accept("FORCE"):
        yield SetTableOption(table=table, action="FORCE", location=at)
    elif cursor.accept("WITH", "VALIDATION") or cursor.accept("WITHOUT", "VALIDATION"):
        yield SetTableOption(table=table, action="VALIDATION", location=at)
    elif (option := read_option(cursor)) is not None:
        yield SetTableOption(table=table, action=option[0].upper(), value=option[1], location=at)
