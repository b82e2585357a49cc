"""UPDATE and DELETE of several tables: whose rows change, and whose are only read (MariaDB's manual)."""

import pytest

from miglint.changes import DeleteRows, ReadRows, UpdateRows
from miglint.dialects.mysql.statements import read_statement
from miglint.dialects.tokens import NotUnderstood


def changed(sql: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """The tables that are written, with whether there is a condition, and those that are read."""
    changes = read_statement(sql)
    written = [(each.table.name, each.conditional) for each in changes if isinstance(each, UpdateRows | DeleteRows)]
    return written, [table.name for each in changes if isinstance(each, ReadRows) for table in each.tables]


@pytest.mark.parametrize(
    ("sql", "written", "read"),
    [
        ("UPDATE t SET a = 1", [("t", False)], []),
        ("UPDATE LOW_PRIORITY shop.t AS x SET x.a = 1 WHERE id = 5", [("t", True)], []),
        ("UPDATE t JOIN u ON u.id = t.id SET t.a = u.a", [("t", False)], ["u"]),
        (
            "UPDATE t, u SET u.a = (SELECT max(b) FROM v WHERE v.c), t.a = 2 WHERE t.id = u.id",
            [("u", True), ("t", True)],
            [],
        ),
        ("UPDATE t, (SELECT * FROM u) AS v SET t.a = v.a", [("t", False)], []),
        ("UPDATE t PARTITION (p0) SET a = 1", [("t", False)], []),
        ("DELETE FROM t WHERE id IN (SELECT id FROM u)", [("t", True)], []),
        ("DELETE FROM t ORDER BY id LIMIT 5", [("t", False)], []),
        ("DELETE x, u FROM t AS x JOIN u ON x.id = u.id WHERE u.b", [("t", True), ("u", True)], []),
        ("DELETE t.* FROM t LEFT JOIN u USING (id)", [("t", False)], ["u"]),
        ("DELETE FROM t USING t JOIN u ON t.id = u.id", [("t", False)], ["u"]),
    ],
)
def test_whose_rows_change_and_whose_are_read(sql: str, written: list[tuple[str, bool]], read: list[str]) -> None:
    assert changed(sql) == (written, read)


@pytest.mark.parametrize("length", ["9" * 5_000, "1, 2", "x", "\u00b2", ""])
def test_a_length_that_is_none_is_not_understood(length: str) -> None:
    with pytest.raises(NotUnderstood):
        read_statement(f"ALTER TABLE t ADD KEY k (a({length}))")


def test_a_type_with_endless_digits_is_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="5,000 digits"):
        read_statement(f"ALTER TABLE t MODIFY a varchar({'9' * 5_000})")


@pytest.mark.parametrize("sql", ["DELETE", "UPDATE", "UPDATE SET a = 1", "DELETE FROM"])
def test_without_a_table_it_is_not_understood(sql: str) -> None:
    with pytest.raises(NotUnderstood):
        read_statement(sql)
