"""Operations that change rows, not tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from miglint.history import Operation

_DML = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"})


def data_steps(operations: Iterable[Operation]) -> Iterator[Operation]:
    """RunPython, and RunSQL that begins with INSERT, UPDATE or DELETE, unless elidable."""
    for operation in operations:
        yield from data_steps(operation.database_operations)
        runs_sql = operation.name == "RunSQL" and any(_changes_rows(sql) for sql in sql_of(operation))
        if (operation.name == "RunPython" or runs_sql) and operation.arguments.get("elidable") is not True:
            yield operation


def sql_of(operation: Operation) -> Iterator[str]:
    """The texts of a RunSQL: one, a list, or a list of pairs with parameters."""
    given: Any = operation.arguments.get("sql")
    for part in given if isinstance(given, list | tuple) else [given]:
        text = part[0] if isinstance(part, list | tuple) and part else part
        if isinstance(text, str):
            yield text


def _changes_rows(sql: str) -> bool:
    import sqlparse

    statements: Any = sqlparse.parse(sql)
    return any(statement.get_type() in _DML for statement in statements)
