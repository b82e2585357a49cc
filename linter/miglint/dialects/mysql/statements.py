"""Reads one statement into typed changes. What is not known raises NotUnderstood."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from miglint.catalog import Column, Constraint, ConstraintKind, Index, IndexKey, Name
from miglint.changes import (
    AlterObject,
    Change,
    CreateIndex,
    CreateObject,
    CreateTable,
    DropIndex,
    DropObject,
    DropTable,
    InsertRows,
    LockTable,
    Maintain,
    ReadRows,
    RenameTable,
    RunCode,
    SetTableOption,
    SetVariable,
    TransactionControl,
    TruncateTable,
)
from miglint.dialects.mysql.alter import read_alter_table
from miglint.dialects.mysql.definitions import qualified_name, read_column, read_element, read_index_body
from miglint.dialects.mysql.joined import read_delete, read_update
from miglint.dialects.mysql.options import partition_strategy, read_options
from miglint.dialects.mysql.tokens import tokenize
from miglint.dialects.tokens import Cursor, Kind, NotUnderstood, Token

Changes = tuple[Change, ...]

OBJECTS = (
    "VIEW",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "DATABASE",
    "SCHEMA",
    "USER",
    "ROLE",
    "SEQUENCE",
    "SERVER",
    "TABLESPACE",
    "PACKAGE",
)
CREATE_NOISE = ("TEMPORARY", "AGGREGATE", "UNDO")


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


def _create(cursor: Cursor) -> Changes:
    replaces = cursor.accept("OR", "REPLACE")
    if kind := cursor.accept_any("UNIQUE", "FULLTEXT", "SPATIAL"):
        cursor.expect("INDEX")
        return _create_index(cursor, kind)
    if cursor.accept("INDEX"):
        return _create_index(cursor, "")
    temporary = cursor.accept_any(*CREATE_NOISE) == "TEMPORARY"
    if cursor.accept("TABLE"):
        return _create_table(cursor, temporary)
    _skip_definer(cursor)
    kind = cursor.accept_any(*OBJECTS)
    if not kind:
        raise NotUnderstood("what is created is not known")
    cursor.accept("IF", "NOT", "EXISTS")
    name = qualified_name(cursor)
    rest = cursor.rest()
    table = _name_after(rest, "ON") if kind == "TRIGGER" else None
    return (CreateObject(kind=kind.lower(), name=name, table=table, replace=replaces),)


def _skip_definer(cursor: Cursor) -> None:
    """Go past DEFINER, ALGORITHM and SQL SECURITY of a view or a routine."""
    while True:
        if cursor.accept("DEFINER", "="):
            cursor.take()
            cursor.skip_group()
            while (token := cursor.peek()) is not None and token.text.startswith("@"):
                cursor.take()
                if token.text == "@":
                    cursor.take()
        elif cursor.accept("ALGORITHM", "=") or cursor.accept("SQL", "SECURITY"):
            cursor.take()
        else:
            return


def _name_after(tokens: list[Token], word: str) -> Name | None:
    for token, after in pairwise(tokens):
        if token.upper == word:
            return Name("", after.text)
    return None


def _create_index(cursor: Cursor, kind: str) -> Changes:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.name()
    if cursor.accept_any("USING", "TYPE"):
        cursor.name()
    cursor.expect("ON")
    table = qualified_name(cursor)
    index = read_index_body(cursor, name, kind)
    changes: list[Change] = [CreateIndex(table=table, index=index, if_not_exists=if_not_exists)]
    return (*changes, *_clauses(cursor, table))


def _clauses(cursor: Cursor, table: Name) -> Changes:
    """ALGORITHM and LOCK after CREATE INDEX and DROP INDEX."""
    clauses: list[Change] = []
    while word := cursor.accept_any("ALGORITHM", "LOCK", "WAIT", "NOWAIT"):
        cursor.accept("=")
        if word != "NOWAIT":
            clauses.append(SetTableOption(table=table, action=word, value=cursor.string().upper()))
    cursor.end()
    return tuple(clauses)


def _create_table(cursor: Cursor, temporary: bool) -> Changes:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    table = qualified_name(cursor)
    like = qualified_name(cursor) if cursor.accept("LIKE") else None
    columns: list[Column] = []
    constraints: list[Constraint] = []
    indexes: list[Index] = []
    if cursor.sees("("):
        inside = cursor.inside()
        if inside.accept("LIKE"):
            like = qualified_name(inside)
        else:
            _read_elements(inside, columns, constraints, indexes)
    options = read_options(cursor)
    if cursor.accept("PARTITION", "BY"):
        options["partition"] = partition_strategy(cursor.rest())
    reads = _tables_read(cursor.rest())
    create = CreateTable(
        table=table,
        columns=tuple(columns),
        constraints=tuple(constraints),
        if_not_exists=if_not_exists,
        like=(like,) if like is not None else (),
        persistence="temporary" if temporary else "permanent",
    )
    made: list[Change] = [create, *(CreateIndex(table=table, index=index) for index in indexes)]
    made += [SetTableOption(table=table, action=name.upper(), value=value) for name, value in options.items()]
    return (*made, *((InsertRows(table=table, reads=reads),) if reads else ()))


def _read_elements(inside: Cursor, columns: list[Column], constraints: list[Constraint], indexes: list[Index]) -> None:
    while not inside.done:
        element = read_element(inside)
        if isinstance(element, Index):
            indexes.append(element)
        elif element is not None:
            constraints.append(element)
        else:
            definition = read_column(inside)
            columns.append(definition.column)
            for constraint in definition.constraints:
                if constraint.kind is ConstraintKind.UNIQUE:
                    indexes.append(unique_index(constraint))
                else:
                    constraints.append(constraint)
        if not inside.done:
            inside.expect(",")


def unique_index(constraint: Constraint) -> Index:
    """The index that UNIQUE in a column's definition makes."""
    return Index(0, constraint.name, tuple(IndexKey(column) for column in constraint.columns), unique=True)


def _alter(cursor: Cursor) -> Changes:
    cursor.accept_any("ONLINE", "OFFLINE")
    cursor.accept("IGNORE")
    if cursor.accept("TABLE"):
        return read_alter_table(cursor)
    _skip_definer(cursor)
    kind = cursor.accept_any(*OBJECTS)
    if not kind:
        raise NotUnderstood("what is altered is not known")
    cursor.accept("IF", "EXISTS")
    name = qualified_name(cursor)
    cursor.rest()
    return (AlterObject(kind=kind.lower(), name=name, action="alter"),)


def _drop(cursor: Cursor) -> Changes:
    if cursor.accept("INDEX"):
        if_exists = cursor.accept("IF", "EXISTS")
        name = cursor.name()
        cursor.expect("ON")
        table = qualified_name(cursor)
        drop = DropIndex(index=Name(table.schema, name), table=table, if_exists=if_exists)
        return (drop, *_clauses(cursor, table))
    temporary = cursor.accept("TEMPORARY")
    if cursor.accept_any("TABLE", "TABLES"):
        if_exists = cursor.accept("IF", "EXISTS")
        names = _name_list(cursor)
        cursor.accept_any("RESTRICT", "CASCADE")
        cursor.end()
        return () if temporary else tuple(DropTable(table=name, if_exists=if_exists) for name in names)
    kind = cursor.accept_any(*OBJECTS)
    if not kind:
        raise NotUnderstood("what is dropped is not known")
    if_exists = cursor.accept("IF", "EXISTS")
    return (DropObject(kind=kind.lower(), name=qualified_name(cursor), if_exists=if_exists), *_ignored(cursor))


def _ignored(cursor: Cursor) -> Changes:
    cursor.rest()
    return ()


def _name_list(cursor: Cursor) -> list[Name]:
    names = [qualified_name(cursor)]
    while cursor.accept(","):
        names.append(qualified_name(cursor))
    return names


def _rename(cursor: Cursor) -> Changes:
    if not cursor.accept_any("TABLE", "TABLES"):
        cursor.expect("USER")
        cursor.rest()
        return (AlterObject(kind="user", name=Name("", ""), action="rename"),)
    cursor.accept("IF", "EXISTS")
    changes: list[Change] = []
    while True:
        table = qualified_name(cursor)
        cursor.expect("TO")
        changes.append(RenameTable(table=table, new_name=qualified_name(cursor).name))
        if not cursor.accept(","):
            cursor.end()
            return tuple(changes)


def _truncate(cursor: Cursor) -> Changes:
    cursor.accept("TABLE")
    table = qualified_name(cursor)
    cursor.accept("NOWAIT")
    cursor.end()
    return (TruncateTable(table=table),)


def _checksum(cursor: Cursor) -> Changes:
    if not cursor.accept_any("TABLE", "TABLES"):
        raise NotUnderstood("what is summed up is not known")
    names = _name_list(cursor)
    cursor.rest()
    return (ReadRows(tables=tuple(names)),)


def _maintain(action: str) -> Callable[[Cursor], Changes]:
    def read(cursor: Cursor) -> Changes:
        cursor.accept_any("NO_WRITE_TO_BINLOG", "LOCAL")
        if not cursor.accept_any("TABLE", "TABLES"):
            cursor.rest()
            return (ReadRows(),)
        names = _name_list(cursor)
        words = {token.upper for token in cursor.rest()}
        done = f"{action} PERSISTENT" if "PERSISTENT" in words else action
        return tuple(Maintain(table=name, action=done) for name in names)

    return read


def _insert(cursor: Cursor) -> Changes:
    while cursor.accept_any("LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"):
        pass
    table = qualified_name(cursor)
    return (InsertRows(table=table, reads=_tables_read(cursor.rest())),)


def _load(cursor: Cursor) -> Changes:
    rest = Cursor(cursor.sql, cursor.rest())
    while not rest.done:
        if rest.accept("INTO", "TABLE"):
            return (InsertRows(table=qualified_name(rest)),)
        rest.take()
    raise NotUnderstood("LOAD without INTO TABLE is not known")


def _tables_read(tokens: list[Token]) -> tuple[Name, ...]:
    """The tables after FROM and JOIN."""
    names = [
        Name("", after.text)
        for token, after in pairwise(tokens)
        if token.upper in {"FROM", "JOIN"} and after.kind in {Kind.WORD, Kind.NAME}
    ]
    return tuple(dict.fromkeys(names))


def _read(cursor: Cursor) -> Changes:
    return (ReadRows(tables=_tables_read(cursor.rest())),)


def _parenthesised(cursor: Cursor) -> Changes:
    while cursor.accept("("):
        pass
    if not cursor.accept_any("SELECT", "VALUES", "WITH"):
        raise NotUnderstood("a query was expected in parentheses")
    return _read(cursor)


def _with(cursor: Cursor) -> Changes:
    for token in (rest := cursor.rest()):
        if token.upper in {"UPDATE", "DELETE", "INSERT", "REPLACE"}:
            raise NotUnderstood(f"WITH before {token.upper} is not known")
    return (ReadRows(tables=_tables_read(rest)),)


def _set(cursor: Cursor) -> Changes:
    changes: list[Change] = []
    while not cursor.done and not cursor.sees(";"):
        scope = cursor.accept_any("SESSION", "LOCAL", "GLOBAL", "PERSIST", "STATEMENT")
        name = cursor.name()
        while cursor.accept("."):
            name = cursor.name()
        cursor.accept(":")
        cursor.accept("=")
        value: list[str] = []
        while not (cursor.done or cursor.sees(",") or cursor.sees(";")):
            value += [f"({len(cursor.group())})"] if cursor.sees("(") else [cursor.take().text]
        name = name.lower().removeprefix("@@")
        if scope not in {"GLOBAL", "PERSIST"}:
            changes.append(SetVariable(name=name, value=" ".join(value)))
        cursor.accept(",")
    cursor.end()
    return tuple(changes) or (SetVariable(name=""),)


def _control(action: str) -> Callable[[Cursor], Changes]:
    def read(cursor: Cursor) -> Changes:
        name = cursor.rest()
        return (TransactionControl(action=action, name=name[-1].text if name else ""),)

    return read


def _lock(cursor: Cursor) -> Changes:
    if not cursor.accept_any("TABLE", "TABLES"):
        raise NotUnderstood("what is locked is not known")
    changes: list[Change] = []
    while True:
        table = qualified_name(cursor)
        if cursor.accept("AS") or not (cursor.sees("READ") or cursor.sees("WRITE") or cursor.sees("LOW_PRIORITY")):
            cursor.name()
        cursor.accept("LOW_PRIORITY")
        mode = cursor.accept_any("READ", "WRITE")
        cursor.accept("LOCAL")
        changes.append(LockTable(table=table, mode=mode))
        if not cursor.accept(","):
            cursor.end()
            return tuple(changes)


def _code(what: str) -> Callable[[Cursor], Changes]:
    def read(cursor: Cursor) -> Changes:
        cursor.rest()
        return (RunCode(what=what),)

    return read


def _administration(cursor: Cursor) -> Changes:
    cursor.rest()
    return (AlterObject(kind="server", name=Name("", ""), action="administer"),)


READERS: dict[str, Callable[[Cursor], Changes]] = {
    "CREATE": _create,
    "ALTER": _alter,
    "DROP": _drop,
    "RENAME": _rename,
    "TRUNCATE": _truncate,
    "OPTIMIZE": _maintain("OPTIMIZE"),
    "ANALYZE": _maintain("ANALYZE"),
    "CHECK": _maintain("CHECK"),
    "REPAIR": _maintain("REPAIR"),
    "CHECKSUM": _checksum,
    "INSERT": _insert,
    "REPLACE": _insert,
    "LOAD": _load,
    "UPDATE": read_update,
    "DELETE": read_delete,
    "SELECT": _read,
    "SHOW": _read,
    "EXPLAIN": _read,
    "DESCRIBE": _read,
    "DESC": _read,
    "VALUES": _read,
    "(": _parenthesised,
    "WITH": _with,
    "SET": _set,
    "START": _control("begin"),
    "BEGIN": _control("begin"),
    "COMMIT": _control("commit"),
    "ROLLBACK": _control("rollback"),
    "SAVEPOINT": _control("savepoint"),
    "RELEASE": _control("release"),
    "LOCK": _lock,
    "UNLOCK": _control("unlock"),
    "CALL": _code("CALL"),
    "DO": _code("DO"),
    "PREPARE": _code("PREPARE"),
    "EXECUTE": _code("EXECUTE"),
    "DEALLOCATE": _code("DEALLOCATE"),
    "GRANT": _administration,
    "REVOKE": _administration,
    "FLUSH": _administration,
    "RESET": _administration,
    "USE": _administration,
    "KILL": _administration,
    "INSTALL": _administration,
}
