"""Reads one statement into typed changes. What is not known raises NotUnderstood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from miglint.catalog import Column, Constraint, ConstraintKind, Expression, Index, IndexKey, Name, Type
from miglint.changes import (
    AddColumn,
    AlterObject,
    Change,
    CreateIndex,
    CreateObject,
    CreateTable,
    DeleteRows,
    DropColumn,
    DropIndex,
    DropObject,
    DropTable,
    InsertRows,
    Maintain,
    ReadRows,
    Reindex,
    RenameColumn,
    RenameTable,
    SetVariable,
    TransactionControl,
    UpdateRows,
)
from miglint.dialects.tokens import Cursor, Kind, NotUnderstood, Token

Changes = tuple[Change, ...]

LEXER = re.compile(
    r"""
      (?P<blank>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>(?:\b[xX])?'(?:[^']++|'')*+')
    | "(?P<name>(?:[^"]++|"")*+)" | `(?P<backticked>(?:[^`]++|``)*+)` | \[(?P<bracketed>[^\]]*+)\]
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
    | (?P<word>[\w$]+)
    | (?P<broken>['"`[])
    | (?P<symbol>.)
    """,
    re.DOTALL | re.VERBOSE,
)
COLUMN_CONSTRAINTS = frozenset(
    "CONSTRAINT PRIMARY NOT NULL UNIQUE CHECK DEFAULT COLLATE REFERENCES GENERATED AS DEFERRABLE".split()
)
TABLE_CONSTRAINTS = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


def tokenize(sql: str) -> Iterator[Token]:
    """The tokens of a text. A comment that never ends ends with the text, as in SQLite.

    A quote that never ends ends the reading: whatever came after would be looked through to the end of the text again.
    """
    for match in LEXER.finditer(sql):
        kind, text = match.lastgroup, match[0]
        start, end = match.start(), match.end()
        if kind == "broken":
            raise NotUnderstood(f"the string or quoted name that begins at character {start + 1} never ends")
        if kind == "word":
            yield Token(Kind.WORD, text, text.upper(), start, end)
        elif kind in {"name", "backticked", "bracketed"}:
            quote = text[0]
            yield Token(Kind.NAME, text[1:-1].replace(quote * 2, quote), "", start, end)
        elif kind == "string":
            yield Token(Kind.STRING, text[text.index("'") + 1 : -1].replace("''", "'"), "", start, end)
        elif kind != "blank":
            symbol = kind == "symbol"
            yield Token(Kind.SYMBOL if symbol else Kind.NUMBER, text, text if symbol else "", start, end)


def read_statement(sql: str) -> Changes:
    """The changes of a statement; none if there is nothing but comments in it."""
    cursor = Cursor(sql, tokenize(sql))
    if cursor.done or cursor.sees(";"):
        cursor.end()
        return ()
    first = cursor.take()
    reader = READERS.get(first.upper)
    if reader is None:
        raise NotUnderstood(f"a statement that begins with {first.text[:40]!r} is not known")
    return reader(cursor)


def _name(cursor: Cursor) -> Name:
    first = cursor.name()
    return Name(first, cursor.name()) if cursor.accept(".") else Name("", first)


def _create(cursor: Cursor) -> Changes:
    temporary = bool(cursor.accept_any("TEMP", "TEMPORARY"))
    if cursor.accept("TABLE"):
        return _create_table(cursor, temporary)
    unique = cursor.accept("UNIQUE")
    if cursor.accept("INDEX"):
        return _create_index(cursor, unique)
    kind = "VIRTUAL TABLE" if cursor.accept("VIRTUAL", "TABLE") else cursor.accept_any("VIEW", "TRIGGER")
    if not kind:
        raise NotUnderstood("what is created is not known")
    cursor.accept("IF", "NOT", "EXISTS")
    made = CreateObject(kind=kind.lower(), name=_name(cursor))
    cursor.rest()
    return (made,)


def _create_table(cursor: Cursor, temporary: bool) -> Changes:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    table = _name(cursor)
    persistence = "temporary" if temporary else "permanent"
    if cursor.accept("AS"):
        reads = _tables_read(cursor.rest())
        create = CreateTable(table=table, if_not_exists=if_not_exists, persistence=persistence)
        return (create, InsertRows(table=table, reads=reads))
    columns: list[Column] = []
    constraints: list[Constraint] = []
    inside = Cursor(cursor.sql, cursor.group())
    while not inside.done:
        constraint = _table_constraint(inside)
        if constraint is not None:
            constraints.append(constraint)
        else:
            column, its_own = _column(inside)
            columns.append(column)
            constraints += its_own
        if not inside.done:
            inside.expect(",")
    while cursor.accept("WITHOUT", "ROWID") or cursor.accept_any("STRICT", ","):
        pass
    cursor.end()
    return (
        CreateTable(
            table=table,
            columns=tuple(columns),
            constraints=tuple(constraints),
            if_not_exists=if_not_exists,
            persistence=persistence,
        ),
    )


def _table_constraint(cursor: Cursor) -> Constraint | None:
    name = ""
    if cursor.accept("CONSTRAINT"):
        name = cursor.name()
    if not any(cursor.sees(word) for word in TABLE_CONSTRAINTS):
        if name:
            raise NotUnderstood(f"what the constraint {name} is, is not known")
        return None
    word = cursor.accept_any(*TABLE_CONSTRAINTS)
    cursor.accept("KEY")
    if word == "CHECK":
        cursor.group()
        return Constraint(name, ConstraintKind.CHECK)
    columns = _columns(cursor)
    if word == "FOREIGN":
        cursor.expect("REFERENCES")
        return _references(cursor, name, columns)
    _skip_conflict(cursor)
    kind = ConstraintKind.UNIQUE if word == "UNIQUE" else ConstraintKind.PRIMARY_KEY
    return Constraint(name, kind, columns)


def _columns(cursor: Cursor) -> tuple[str, ...]:
    """The plain columns among the keys in parentheses."""
    inside = Cursor(cursor.sql, cursor.group())
    names: list[str] = []
    while not inside.done:
        names.append(inside.name())
        while not (inside.done or inside.sees(",")):
            inside.take()
        inside.accept(",")
    return tuple(names)


def _skip_conflict(cursor: Cursor) -> None:
    if cursor.accept("ON", "CONFLICT"):
        cursor.name()


def _references(cursor: Cursor, name: str, columns: tuple[str, ...]) -> Constraint:
    target = _name(cursor)
    referenced = _columns(cursor) if cursor.sees("(") else ()
    on_delete = "no action"
    while not (cursor.done or cursor.sees(",") or cursor.sees(";")):
        if cursor.accept("ON", "DELETE"):
            on_delete = f"{cursor.name()} {cursor.accept_any('NULL', 'DEFAULT', 'ACTION')}".strip().lower()
        elif (token := cursor.peek()) is not None and token.upper in COLUMN_CONSTRAINTS - {"NOT", "DEFERRABLE"}:
            break
        else:
            cursor.take()
    return Constraint(
        name,
        ConstraintKind.FOREIGN_KEY,
        columns,
        references=target,
        referenced_columns=referenced,
        on_delete=on_delete,
    )


def _column(cursor: Cursor) -> tuple[Column, list[Constraint]]:
    name = cursor.name()
    words: list[str] = []
    while (token := cursor.peek()) is not None and token.kind is not Kind.SYMBOL:
        if token.upper in COLUMN_CONSTRAINTS:
            break
        words.append(cursor.take().text)
    modifiers = tuple(token.text for token in cursor.group() if token.upper != ",") if cursor.sees("(") else ()
    not_null, default, generated = False, None, ""
    constraints: list[Constraint] = []
    while not (cursor.done or cursor.sees(",") or cursor.sees(";")):
        if cursor.accept("NOT", "NULL"):
            not_null = True
        elif cursor.accept("DEFAULT"):
            default = _default(cursor)
        elif cursor.accept("GENERATED", "ALWAYS", "AS") or cursor.accept("AS"):
            cursor.group()
            generated = "stored" if cursor.accept_any("STORED", "VIRTUAL") == "STORED" else "virtual"
        else:
            constraints += _column_constraint(cursor, name)
    type_ = Type(" ".join(words).lower(), modifiers) if words else None
    return Column(name, type_, not_null=not_null, default=default, generated=generated), constraints


def _column_constraint(cursor: Cursor, column: str) -> list[Constraint]:
    name = cursor.name() if cursor.accept("CONSTRAINT") else ""
    found: list[Constraint] = []
    if cursor.accept("PRIMARY", "KEY"):
        cursor.accept_any("ASC", "DESC")
        found = [Constraint(name, ConstraintKind.PRIMARY_KEY, (column,))]
    elif cursor.accept("UNIQUE"):
        found = [Constraint(name, ConstraintKind.UNIQUE, (column,))]
    elif cursor.accept("CHECK"):
        cursor.group()
        found = [Constraint(name, ConstraintKind.CHECK, (column,))]
    elif cursor.accept("REFERENCES"):
        found = [_references(cursor, name, (column,))]
    elif cursor.accept("COLLATE"):
        cursor.name()
    elif not name and not cursor.accept_any("NULL", "AUTOINCREMENT"):
        token = cursor.take()
        raise NotUnderstood(f"this part of a column is not known: {token.text[:40]!r}")
    _skip_conflict(cursor)
    return found


def _default(cursor: Cursor) -> Expression:
    start = cursor.location
    tokens = cursor.group() if cursor.sees("(") else [cursor.take()]
    if tokens and tokens[0].upper in {"+", "-"} and not cursor.done:
        tokens.append(cursor.take())
    end = tokens[-1].end if tokens else start
    return Expression(cursor.sql[start:end])


def _create_index(cursor: Cursor, unique: bool) -> Changes:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    name = _name(cursor)
    cursor.expect("ON")
    table = Name("", cursor.name())
    inside = Cursor(cursor.sql, cursor.group())
    tokens = inside.rest()
    starts = [None, *tokens]
    keys = [
        IndexKey(column=token.text)
        for before, token in zip(starts, tokens, strict=False)
        if (before is None or before.upper == ",") and token.kind in {Kind.WORD, Kind.NAME}
    ]
    if cursor.accept("WHERE"):
        cursor.rest()
    cursor.end()
    index = Index(0, name.name, tuple(keys), unique=unique)
    return (CreateIndex(table=table, index=index, if_not_exists=if_not_exists),)


def _alter(cursor: Cursor) -> Changes:
    cursor.expect("TABLE")
    table = _name(cursor)
    change: Change
    if cursor.accept("RENAME", "TO"):
        change = RenameTable(table=table, new_name=cursor.name())
    elif cursor.accept("RENAME"):
        cursor.accept("COLUMN")
        old = cursor.name()
        cursor.expect("TO")
        change = RenameColumn(table=table, column=old, new_name=cursor.name())
    elif cursor.accept("ADD"):
        cursor.accept("COLUMN")
        column, constraints = _column(cursor)
        change = AddColumn(table=table, column=column, constraints=tuple(constraints))
    elif cursor.accept("DROP"):
        cursor.accept("COLUMN")
        change = DropColumn(table=table, column=cursor.name())
    else:
        raise NotUnderstood("this part of ALTER TABLE is not known")
    cursor.end()
    return (change,)


def _drop(cursor: Cursor) -> Changes:
    kind = cursor.accept_any("TABLE", "INDEX", "VIEW", "TRIGGER")
    if not kind:
        raise NotUnderstood("what is dropped is not known")
    if_exists = cursor.accept("IF", "EXISTS")
    name = _name(cursor)
    cursor.end()
    if kind == "TABLE":
        return (DropTable(table=name, if_exists=if_exists),)
    if kind == "INDEX":
        return (DropIndex(index=name, if_exists=if_exists),)
    return (DropObject(kind=kind.lower(), name=name, if_exists=if_exists),)


def _insert(cursor: Cursor) -> Changes:
    if cursor.accept("OR"):
        cursor.take()
    cursor.accept("INTO")
    table = _name(cursor)
    return (InsertRows(table=table, reads=_tables_read(cursor.rest())),)


def _tables_read(tokens: list[Token]) -> tuple[Name, ...]:
    """The tables after FROM and JOIN."""
    names = [
        Name("", after.text)
        for token, after in pairwise(tokens)
        if token.upper in {"FROM", "JOIN"} and after.kind in {Kind.WORD, Kind.NAME}
    ]
    return tuple(dict.fromkeys(names))


def _update(cursor: Cursor) -> Changes:
    if cursor.accept("OR"):
        cursor.take()
    table = _name(cursor)
    conditional = any(token.upper == "WHERE" for token in cursor.rest())
    return (UpdateRows(table=table, conditional=conditional, whole_table=not conditional),)


def _delete(cursor: Cursor) -> Changes:
    cursor.expect("FROM")
    table = _name(cursor)
    conditional = any(token.upper == "WHERE" for token in cursor.rest())
    return (DeleteRows(table=table, conditional=conditional, whole_table=not conditional),)


def _read(cursor: Cursor) -> Changes:
    tokens = cursor.rest()
    if any(token.upper in {"INSERT", "UPDATE", "DELETE"} for token in tokens):
        raise NotUnderstood("WITH before a statement that writes is not known")
    return (ReadRows(tables=_tables_read(tokens)),)


def _pragma(cursor: Cursor) -> Changes:
    name = _name(cursor).name
    value = " ".join(token.text for token in cursor.rest() if token.upper not in {"=", "(", ")", ";"})
    return (SetVariable(name=name.lower(), value=value or None),)


def _maintain(action: str) -> Callable[[Cursor], Changes]:
    def read(cursor: Cursor) -> Changes:
        tokens = cursor.rest()
        name = Name("", tokens[0].text if tokens and tokens[0].kind is not Kind.SYMBOL else "")
        return (Reindex(what="TABLE", name=name) if action == "REINDEX" else Maintain(table=name, action=action),)

    return read


def _control(action: str) -> Callable[[Cursor], Changes]:
    def read(cursor: Cursor) -> Changes:
        tokens = cursor.rest()
        return (TransactionControl(action=action, name=tokens[-1].text if tokens else ""),)

    return read


def _attach(cursor: Cursor) -> Changes:
    cursor.rest()
    return (AlterObject(kind="database", name=Name("", ""), action="attach"),)


READERS: dict[str, Callable[[Cursor], Changes]] = {
    "CREATE": _create,
    "ALTER": _alter,
    "DROP": _drop,
    "INSERT": _insert,
    "REPLACE": _insert,
    "UPDATE": _update,
    "DELETE": _delete,
    "SELECT": _read,
    "WITH": _read,
    "VALUES": _read,
    "EXPLAIN": _read,
    "PRAGMA": _pragma,
    "VACUUM": _maintain("VACUUM"),
    "ANALYZE": _maintain("ANALYZE"),
    "REINDEX": _maintain("REINDEX"),
    "BEGIN": _control("begin"),
    "COMMIT": _control("commit"),
    "END": _control("commit"),
    "ROLLBACK": _control("rollback"),
    "SAVEPOINT": _control("savepoint"),
    "RELEASE": _control("release"),
    "ATTACH": _attach,
    "DETACH": _attach,
}
