"""Which partitions a statement is said to concern: none is left out that may hold such rows."""

import pytest

from evaluation.locks.prediction import predict
from miglint.history import Target

DAYS = (
    "CREATE TABLE p (id int, day date, at int) PARTITION BY RANGE (day)",
    "CREATE TABLE p23 PARTITION OF p FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
    "CREATE TABLE p24 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO (MAXVALUE)",
)
NUMBERS = (
    "CREATE TABLE p (id int, n int) PARTITION BY RANGE (n)",
    "CREATE TABLE low PARTITION OF p FOR VALUES FROM (MINVALUE) TO (9)",
    "CREATE TABLE high PARTITION OF p FOR VALUES FROM (9) TO (100)",
    "CREATE TABLE rest PARTITION OF p DEFAULT",
)
CODES = (
    "CREATE TABLE p (id int, code {kind}) PARTITION BY LIST (code)",
    "CREATE TABLE one PARTITION OF p FOR VALUES IN ({value})",
    "CREATE TABLE rest PARTITION OF p DEFAULT",
)
TWO = (
    "CREATE TABLE p (a int, b int) PARTITION BY RANGE (a, b)",
    "CREATE TABLE low PARTITION OF p FOR VALUES FROM (0, 0) TO (5, 5)",
    "CREATE TABLE high PARTITION OF p FOR VALUES FROM (5, 5) TO (9, 9)",
)
HASHED = (
    "CREATE TABLE p (id int, k {kind}) {by}",
    "CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 1)",
    "CREATE TABLE p3 PARTITION OF p FOR VALUES WITH (MODULUS 4, REMAINDER 3)",
)


def hashed(kind: str, by: str = "PARTITION BY HASH (k)") -> tuple[str, ...]:
    return tuple(each.format(kind=kind, by=by) for each in HASHED)


def codes(kind: str, value: str) -> tuple[str, ...]:
    return tuple(each.format(kind=kind, value=value) for each in CODES)


@pytest.mark.parametrize(
    ("setup", "statement", "concerned"),
    [
        (DAYS, "UPDATE p SET at = 1 WHERE day = '2023-05-01'", {"p23"}),
        (DAYS, "UPDATE p SET at = 1 WHERE p.day IN ('2023-05-01', '2023-06-01') AND id > 5", {"p23"}),
        (DAYS, "DELETE FROM p WHERE day = '1 May 2023'", {"p23", "p24"}),
        (DAYS, "DELETE FROM p WHERE day = now()", {"p23", "p24"}),
        (DAYS, "DELETE FROM p WHERE day = '2023-05-01' OR id = 5", {"p23", "p24"}),
        (DAYS, "DELETE FROM p USING q WHERE q.day = '2023-05-01'", {"p23", "p24"}),
        (DAYS, "UPDATE p SET day = '2024-05-01' WHERE day = '2023-05-01'", {"p23", "p24"}),
        (DAYS, "UPDATE p SET day = day + 1 WHERE day = '2023-05-01'", {"p23", "p24"}),
        (DAYS, "INSERT INTO p (id, day) VALUES (1, '2024-05-01')", {"p24"}),
        (DAYS, "INSERT INTO p (day) SELECT day FROM other", {"p23", "p24"}),
        (NUMBERS, "DELETE FROM p WHERE n = 10", {"high"}),
        (NUMBERS, "DELETE FROM p WHERE n = -3", {"low"}),
        (NUMBERS, "DELETE FROM p WHERE n = 100", {"rest"}),
        (NUMBERS, "DELETE FROM p WHERE n = NULL", {"low", "high", "rest"}),
        (NUMBERS, "INSERT INTO p (id) VALUES (5)", {"low", "high", "rest"}),
        (codes("text", "'a'"), "DELETE FROM p WHERE code = 'a'", {"one"}),
        (codes("text", "'a'"), "DELETE FROM p WHERE code = 'b'", {"rest"}),
        (codes("numeric", "1.0"), "DELETE FROM p WHERE code = 1", {"one", "rest"}),
        (codes("text", "NULL"), "DELETE FROM p WHERE code = 'a'", {"one", "rest"}),
        (hashed("int"), "DELETE FROM p WHERE k = 5", {"p1"}),
        (hashed("int"), "DELETE FROM p WHERE k = 2", {"p0"}),
        (hashed("bigint"), "DELETE FROM p WHERE k = -100000000002", {"p1"}),
        (hashed("bigint"), "INSERT INTO p (k) VALUES (7), (5)", {"p1", "p3"}),
        (hashed("bigint", "PARTITION BY HASH (k own_ops)"), "DELETE FROM p WHERE k = 7", {"p0", "p1", "p3"}),
        (hashed("smallint"), "DELETE FROM p WHERE k = 70000", {"p0", "p1", "p3"}),
        (hashed("text"), "DELETE FROM p WHERE k = '5'", {"p0", "p1", "p3"}),
        (TWO, "DELETE FROM p WHERE a = 1", {"low", "high"}),
    ],
)
def test_the_partitions_concerned(setup: tuple[str, ...], statement: str, concerned: set[str]) -> None:
    locks = predict(setup, [statement], Target("postgresql", (15,))).locks
    assert {name for name, mode in locks.items() if mode == "RowExclusiveLock"} - {"p"} == concerned
