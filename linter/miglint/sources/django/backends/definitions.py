"""Data definition replayed into the virtual catalog: which names each statement makes, changes and drops.

Only what bears on names is read; every other statement is passed over.
"""

from __future__ import annotations

from msgspec.structs import replace

from miglint.sources.django.backends.names import UNNAMED, Constraint, Names
from miglint.sources.django.backends.tokens import Reader, statements

_SERIAL = frozenset({"SERIAL", "BIGSERIAL", "SMALLSERIAL", "SERIAL2", "SERIAL4", "SERIAL8"})


def replay(names: Names, sql: str) -> None:
    """Apply the statements of a text to the catalog."""
    mysql = names.vendor in {"mysql", "mariadb"}
    for tokens in statements(sql, mysql=mysql):
        reader = Reader(tokens, folded=not mysql)
        if reader.take("CREATE"):
            _create(names, reader)
        elif reader.take("ALTER", "TABLE"):
            _alter_table(names, reader)
        elif reader.take("ALTER", "INDEX"):
            reader.take("IF", "EXISTS")
            old = reader.name()
            if reader.take("RENAME", "TO"):
                names.rename_index(old, reader.name())
        elif reader.take("DROP"):
            _drop(names, reader)
        elif reader.take("RENAME", "TABLE"):
            old = reader.name()
            reader.take("TO")
            names.rename_table(old, reader.name())


def _create(names: Names, reader: Reader) -> None:
    while reader.peek() in {"TEMPORARY", "TEMP", "UNLOGGED", "GLOBAL", "LOCAL"}:
        reader.skip()
    if reader.take("TABLE"):
        reader.take("IF", "NOT", "EXISTS")
        table = reader.name()
        names.drop_table(table)
        for part in reader.parenthesised().parts():
            _table_item(names, table, part)
        return
    if reader.take("COLLATION"):
        reader.take("IF", "NOT", "EXISTS")
        collation = reader.name()
        parts = reader.parenthesised().parts()
        names.collations[collation] = not any(part.take("DETERMINISTIC", "=", "FALSE") for part in parts)
        return
    unique = reader.take("UNIQUE")
    reader.take_any("FULLTEXT", "SPATIAL")
    if reader.take("INDEX"):
        reader.take("CONCURRENTLY")
        reader.take("IF", "NOT", "EXISTS")
        name = "" if reader.peek() == "ON" else reader.name()
        reader.take("ON")
        reader.take("ONLY")
        table = reader.name()
        method = reader.name() if reader.take("USING") else "btree"
        names.add(table, name, Constraint(reader.columns(), unique=unique, index=True, method=method))


def _table_item(names: Names, table: str, part: Reader) -> None:
    """A column or a constraint, as both CREATE TABLE and ADD have them."""
    if not _constraint(names, table, part):
        column = part.name()
        if column:
            _column(names, table, column, part)


def _constraint(names: Names, table: str, part: Reader) -> bool:
    """Read a table constraint or a MySQL index, if that is what comes."""
    name = ""
    if part.take("CONSTRAINT"):
        name = "" if part.peek() in {"UNIQUE", "CHECK", "PRIMARY", "FOREIGN"} else part.name()
    if part.take("PRIMARY", "KEY"):
        names.add(table, name, Constraint(part.columns(), primary_key=True, unique=True, index=True))
    elif part.peek() in {"UNIQUE", "EXCLUDE"}:
        unique = part.take("UNIQUE") or not part.take("EXCLUDE")
        part.take_any("INDEX", "KEY")
        if part.peek() not in {"(", "USING"}:
            name = part.name() or name
        if part.take("USING"):
            part.take("INDEX") or part.name()
        names.add(table, name, Constraint(part.columns(), unique=unique, index=True))
    elif part.peek() == "CHECK" and part.peek(1) == "(":
        part.skip()
        names.add(table, name, Constraint(part.parenthesised().quoted_names(), check=True))
    elif part.take("FOREIGN", "KEY"):
        _foreign_key(names, table, name, part)
    elif part.peek() in {"INDEX", "KEY"} and names.vendor in {"mysql", "mariadb"}:
        part.skip()
        index = "" if part.peek() == "(" else part.name()
        names.add(table, index, Constraint(part.columns(), index=True, method="btree"))
    else:
        return bool(name)
    return True


def _foreign_key(names: Names, table: str, name: str, part: Reader) -> None:
    columns = part.columns()
    target: tuple[str, str] = ("", "")
    if part.take("REFERENCES"):
        target = (part.name(), str((part.columns() or ("",))[0]))
    key = Constraint(columns, foreign_key=target)
    if names.vendor in {"mysql", "mariadb"}:
        implicit = not any(item.covers(key) for item in names.table(table).constraints.values())
        key = replace(key, index=implicit, implicit=implicit, method="btree" if implicit else "")
    names.add(table, name, key)


def _column(names: Names, table: str, column: str, part: Reader) -> None:
    """The rest of a column's definition: inline constraints, with or without a name of their own."""
    name = ""
    if part.peek() in _SERIAL:
        names.add_sequence(table, column)
    while part:
        if part.take("CONSTRAINT"):
            name = part.name()
            continue
        if part.take("PRIMARY", "KEY"):
            names.add(table, name, Constraint((column,), primary_key=True, unique=True, index=True))
        elif part.take("UNIQUE"):
            names.add(table, name, Constraint((column,), unique=True, index=True))
        elif part.take("CHECK"):
            part.parenthesised()
            names.add(table, name, Constraint((column,), check=True))
        elif part.take("REFERENCES"):
            target = (part.name(), str((part.columns() or ("",))[0]))
            names.add(table, name, Constraint((column,), foreign_key=target))
        elif part.take("AS", "IDENTITY"):
            names.add_sequence(table, column)
            continue
        elif part.peek() == "(":
            part.parenthesised()
            continue
        else:
            part.skip()
            continue
        name = ""


def _alter_table(names: Names, reader: Reader) -> None:
    reader.take("IF", "EXISTS")
    reader.take("ONLY")
    table = reader.name()
    if reader.take("RENAME"):
        _rename(names, table, reader)
        return
    for action in reader.parts():
        if action.take("ADD"):
            action.take("COLUMN")
            action.take("IF", "NOT", "EXISTS")
            _table_item(names, table, action)
        elif action.take("DROP"):
            _drop_part(names, table, action)
        elif action.take("RENAME"):
            _rename(names, table, action)
        elif action.take("ALTER"):
            _alter_column(names, table, action)
        elif action.peek() in {"MODIFY", "CHANGE"}:
            _define_anew(names, table, action)
        else:
            _constraint(names, table, action)


def _alter_column(names: Names, table: str, action: Reader) -> None:
    action.take("COLUMN")
    column = action.name()
    if action.take("ADD", "GENERATED"):
        names.add_sequence(table, column)
    elif action.take("DROP", "IDENTITY"):
        names.table(table).sequences.pop(column, None)


def _define_anew(names: Names, table: str, action: Reader) -> None:
    """MySQL's MODIFY and CHANGE: a check that was part of the column's definition goes with it."""
    renames = action.take("CHANGE") or not action.take("MODIFY")
    action.take("COLUMN")
    column = action.name()
    names.drop(table, f"{UNNAMED}{column}")
    if renames:
        names.rename_column(table, column, action.name())


def _drop_part(names: Names, table: str, action: Reader) -> None:
    if action.take("PRIMARY", "KEY"):
        names.drop(table, "PRIMARY")
        return
    if action.take("FOREIGN", "KEY"):
        action.take("IF", "EXISTS")
        names.drop_foreign_key(table, action.name())
        return
    if action.take_any("CONSTRAINT", "INDEX", "KEY", "CHECK"):
        action.take("IF", "EXISTS")
        names.drop(table, action.name())
        return
    action.take("COLUMN")
    action.take("IF", "EXISTS")
    names.drop_column(table, action.name())


def _rename(names: Names, table: str, reader: Reader) -> None:
    if reader.take("TO"):
        names.rename_table(table, reader.name())
        return
    named = reader.take_any("CONSTRAINT", "INDEX", "KEY")
    if not named:
        reader.take("COLUMN")
    old = reader.name()
    reader.take("TO")
    if named:
        names.rename_constraint(table, old, reader.name())
    else:
        names.rename_column(table, old, reader.name())


def _drop(names: Names, reader: Reader) -> None:
    if reader.take("TABLE"):
        reader.take("IF", "EXISTS")
        for part in reader.parts():
            names.drop_table(part.name())
    elif reader.take("INDEX"):
        reader.take("CONCURRENTLY")
        reader.take("IF", "EXISTS")
        name = reader.name()
        if reader.take("ON"):
            names.drop(reader.name(), name)
        else:
            names.drop_index(name)
