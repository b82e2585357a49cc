"""Reads the definitions that CREATE TABLE and ALTER TABLE share: columns, indexes, constraints, options."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.catalog import Column, Constraint, ConstraintKind, Expression, Index, IndexKey, Name, Type
from miglint.dialects.mysql.types import read_type
from miglint.dialects.tokens import Cursor, Kind, NotUnderstood, Token, whole

CONSTANT_WORDS = frozenset(
    "NULL TRUE FALSE CURRENT_TIMESTAMP NOW LOCALTIME LOCALTIMESTAMP CURRENT_DATE CURDATE CURRENT_TIME CURTIME "
    "UTC_TIMESTAMP POINT ST_GEOMFROMTEXT DATE TIME TIMESTAMP INTERVAL DAY MONTH YEAR HOUR MINUTE SECOND".split()
)
"""Words in a default that leave it the same for all rows of one statement."""


class ColumnDefinition(Struct, frozen=True):
    """A column, and the index and constraints written along with it."""

    column: Column
    constraints: tuple[Constraint, ...] = ()
    first: bool = False
    after: str = ""


class _Draft(Struct):
    """What is known of a column so far."""

    name: str
    type: Type
    not_null: bool = False
    default: Expression | None = None
    identity: str = ""
    generated: str = ""
    generation: Expression | None = None
    constraints: list[Constraint] = field(default_factory=list)


def qualified_name(cursor: Cursor) -> Name:
    """A table's name. The database before it is kept as the schema."""
    first = cursor.name()
    return Name(first, cursor.name()) if cursor.accept(".") else Name("", first)


def read_column(cursor: Cursor) -> ColumnDefinition:
    """A column's name and definition, with FIRST or AFTER."""
    draft = _Draft(cursor.name(), read_type(cursor))
    if "serial" in draft.type.attributes:
        draft.type = replace(draft.type, attributes=("unsigned",))
        draft.not_null, draft.identity = True, "auto_increment"
        draft.constraints.append(Constraint("", ConstraintKind.UNIQUE, (draft.name,)))
    while _column_attribute(cursor, draft):
        pass
    column = Column(
        name=draft.name,
        type=draft.type,
        not_null=draft.not_null,
        default=draft.default,
        identity=draft.identity,
        generated=draft.generated,
        generation=draft.generation,
    )
    first = cursor.accept("FIRST")
    after = cursor.name() if cursor.accept("AFTER") else ""
    return ColumnDefinition(column, tuple(draft.constraints), first, after)


def _column_attribute(cursor: Cursor, draft: _Draft) -> bool:
    """Read one attribute of a column; False when none comes next."""
    if cursor.accept("NOT", "NULL"):
        draft.not_null = True
    elif cursor.accept("DEFAULT"):
        draft.default = _default(cursor)
    elif cursor.accept("AUTO_INCREMENT"):
        draft.identity = "auto_increment"
    elif cursor.accept("GENERATED", "ALWAYS", "AS") or cursor.accept("AS"):
        draft.generation = expression(cursor.sql, cursor.group())
        stored = cursor.accept_any("STORED", "PERSISTENT", "VIRTUAL") in {"STORED", "PERSISTENT"}
        draft.generated = "stored" if stored else "virtual"
    elif cursor.accept("ON", "UPDATE"):
        cursor.name()
        cursor.skip_group()
    elif cursor.accept("COLLATE"):
        draft.type = replace(draft.type, attributes=(*draft.type.attributes, f"collate={cursor.string().lower()}"))
    elif cursor.accept("COMPRESSED"):
        draft.type = replace(draft.type, attributes=(*draft.type.attributes, "compressed"))
        if cursor.accept("="):
            cursor.string()
    else:
        return _column_key(cursor, draft) or _column_noise(cursor)
    return True


def _column_key(cursor: Cursor, draft: _Draft) -> bool:
    name = ""
    if cursor.accept("CONSTRAINT") and not cursor.sees("CHECK"):
        name = cursor.name()
    if cursor.accept("UNIQUE"):
        cursor.accept_any("KEY", "INDEX")
        draft.constraints.append(Constraint("", ConstraintKind.UNIQUE, (draft.name,)))
    elif cursor.accept("PRIMARY") or cursor.sees("KEY"):
        cursor.accept("KEY")
        draft.not_null = True
        draft.constraints.append(Constraint("PRIMARY", ConstraintKind.PRIMARY_KEY, (draft.name,)))
    elif cursor.accept("CHECK"):
        draft.constraints.append(_check(cursor, name))
    elif cursor.accept("REFERENCES"):
        draft.constraints.append(_references(cursor, name, (draft.name,)))
    else:
        return False
    return True


def _column_noise(cursor: Cursor) -> bool:
    """Go past what says nothing about work."""
    if cursor.accept_any("NULL", "VISIBLE", "INVISIBLE"):
        return True
    if cursor.accept("WITH", "SYSTEM", "VERSIONING") or cursor.accept("WITHOUT", "SYSTEM", "VERSIONING"):
        return True
    if cursor.accept_any("COMMENT", "COLUMN_FORMAT", "STORAGE", "SRID", "REF_SYSTEM_ID", "ENGINE_ATTRIBUTE"):
        cursor.accept("=")
        cursor.string()
        return True
    return False


def _default(cursor: Cursor) -> Expression:
    if cursor.sees("("):
        return expression(cursor.sql, cursor.group())
    tokens = [cursor.take()]
    if tokens[0].upper in {"+", "-"}:
        tokens.append(cursor.take())
    elif tokens[0].kind is Kind.WORD and (following := cursor.peek()) is not None:
        if following.upper == "(":
            tokens += [following, *cursor.group()]
        elif following.kind is Kind.STRING and (tokens[0].text.startswith("_") or tokens[0].upper in CONSTANT_WORDS):
            tokens.append(cursor.take())
    return expression(cursor.sql, tokens)


def expression(sql: str, tokens: Sequence[Token]) -> Expression:
    """An expression. `functions` are the words that are called, `columns` the other names; constants are neither."""
    text = sql[tokens[0].start : tokens[-1].end] if tokens else ""
    following = [*tokens[1:], None]
    pairs = list(zip(tokens, following, strict=False))
    words = [(token, after) for token, after in pairs if token.kind in {Kind.WORD, Kind.NAME}]
    relevant = [(token, after) for token, after in words if token.upper not in CONSTANT_WORDS]
    calls = {token.text.lower() for token, after in relevant if after is not None and after.upper == "("}
    names = {token.text for token, after in relevant if after is None or after.upper != "("}
    return Expression(text, frozenset(names), frozenset(calls))


def is_constant(default: Expression | None, *, mariadb: bool) -> bool:
    """Whether one statement gives every row the same value, which is then stored once.

    MariaDB also evaluates functions once for the statement, even rand(), but those that must differ by the row.
    """
    if default is None or not (default.columns or default.functions):
        return True
    return mariadb and not default.columns and all(each.lower() in ONCE for each in default.functions)


ONCE = frozenset(
    """
    abs ceiling char char_length coalesce concat concat_ws connection_id convert_tz crc32 current_role current_user
    curdate curtime database date date_add date_format date_sub elt floor format from_unixtime greatest hex if ifnull
    json_array json_compact json_object json_quote lcase least left length localtime localtimestamp lower lpad ltrim
    makedate maketime md5 mod now nullif pi point pow power rand repeat replace reverse right round rpad rtrim schema
    session_user sha sha1 sha2 sqrt st_geomfromtext str_to_date substr substring system_user time timestamp trim
    truncate ucase unhex unix_timestamp upper user utc_date utc_time utc_timestamp version
    """.split()
)
"""Functions of constants of which MariaDB 10.11 stores one value (measured, or alike); uuid() and sysdate() are not."""


def read_keys(cursor: Cursor) -> tuple[IndexKey, ...]:
    """The columns of an index, with lengths and directions, or expressions."""
    inside = cursor.inside()
    keys: list[IndexKey] = []
    while not inside.done:
        if inside.sees("("):
            key = IndexKey(expression=expression(inside.sql, inside.group()))
        else:
            key = IndexKey(column=inside.name(), length=_length(inside))
        keys.append(replace(key, descending=inside.accept_any("ASC", "DESC") == "DESC"))
        if not inside.done:
            inside.expect(",")
    return tuple(keys)


def _length(cursor: Cursor) -> int | None:
    if not cursor.sees("("):
        return None
    text = " ".join(token.text for token in cursor.group())
    length = whole(text)
    if length is None:
        raise NotUnderstood(f"the length of an index key is not a number: {text[:40]!r}")
    return length


def read_index(cursor: Cursor) -> Index | None:
    """`[UNIQUE|FULLTEXT|SPATIAL] INDEX name (keys) options`, or None if no index comes next."""
    word = cursor.accept_any("UNIQUE", "FULLTEXT", "SPATIAL")
    if not cursor.accept_any("INDEX", "KEY") and not word:
        return None
    cursor.accept("IF", "NOT", "EXISTS")
    name = "" if cursor.sees("(") or cursor.sees("USING") else cursor.name()
    return read_index_body(cursor, name, word)


def read_index_body(cursor: Cursor, name: str, word: str) -> Index:
    """What follows an index's name."""
    skip_index_type(cursor)
    keys = read_keys(cursor)
    skip_index_options(cursor)
    method = {"FULLTEXT": "fulltext", "SPATIAL": "spatial"}.get(word, "btree")
    return Index(0, name, keys, method=method, unique=word == "UNIQUE")


def skip_index_type(cursor: Cursor) -> None:
    """Go past USING BTREE."""
    if cursor.accept_any("USING", "TYPE"):
        cursor.name()


def skip_index_options(cursor: Cursor) -> None:
    """Go past what says nothing about work: type, comment, parser, visibility."""
    while True:
        if cursor.accept_any("USING", "COMMENT", "KEY_BLOCK_SIZE", "ENGINE_ATTRIBUTE", "CLUSTERING"):
            cursor.accept("=")
            cursor.string()
        elif cursor.accept("WITH", "PARSER"):
            cursor.name()
        elif not cursor.accept_any("VISIBLE", "INVISIBLE", "IGNORED") and not cursor.accept("NOT", "IGNORED"):
            return


def read_element(cursor: Cursor) -> Index | Constraint | None:
    """An index or a constraint of a table, or None if neither comes next. UNIQUE is an index, as in the server."""
    name = ""
    if cursor.accept("CONSTRAINT"):
        cursor.accept("IF", "NOT", "EXISTS")
        name = "" if any(cursor.sees(word) for word in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK")) else cursor.name()
    if cursor.accept("PRIMARY", "KEY"):
        skip_index_type(cursor)
        keys = read_keys(cursor)
        skip_index_options(cursor)
        return Constraint("PRIMARY", ConstraintKind.PRIMARY_KEY, tuple(key.column for key in keys))
    if cursor.accept("FOREIGN", "KEY"):
        cursor.accept("IF", "NOT", "EXISTS")
        given = "" if cursor.sees("(") else cursor.name()
        columns = cursor.names()
        cursor.expect("REFERENCES")
        return _references(cursor, name or given, columns)
    if cursor.accept("CHECK"):
        return _check(cursor, name)
    index = read_index(cursor)
    return replace(index, name=index.name or name) if index is not None else None


def _check(cursor: Cursor, name: str) -> Constraint:
    condition = expression(cursor.sql, cursor.group())
    enforced = not cursor.accept("NOT", "ENFORCED")
    cursor.accept("ENFORCED")
    return Constraint(name, ConstraintKind.CHECK, tuple(condition.columns), expression=condition, enforced=enforced)


def _references(cursor: Cursor, name: str, columns: tuple[str, ...]) -> Constraint:
    target = qualified_name(cursor)
    referenced = cursor.names() if cursor.sees("(") else ()
    actions = {"DELETE": "no action", "UPDATE": "no action"}
    while cursor.sees("ON") or cursor.sees("MATCH"):
        if cursor.accept("MATCH"):
            cursor.name()
            continue
        cursor.expect("ON")
        event = cursor.accept_any("DELETE", "UPDATE")
        if not event:
            raise NotUnderstood("DELETE or UPDATE was expected after ON")
        actions[event] = _action(cursor)
    return Constraint(
        name,
        ConstraintKind.FOREIGN_KEY,
        columns,
        references=target,
        referenced_columns=referenced,
        on_delete=actions["DELETE"],
        on_update=actions["UPDATE"],
    )


def _action(cursor: Cursor) -> str:
    for words in (("SET", "NULL"), ("SET", "DEFAULT"), ("NO", "ACTION"), ("CASCADE",), ("RESTRICT",)):
        if cursor.accept(*words):
            return " ".join(words).lower()
    raise NotUnderstood("the action of a foreign key was expected")
