"""The tables of MySQL's reference manual, section 17.12.1 "Online DDL Operations", row by row, for 8.0 and 8.4.

Read in full, with their notes, in the text of the manual of 8.0 (tables 17.16 to 17.23). Of 8.4's own only the index
operations (table 17.15) and the start of section 17.12.8, "Online DDL Limitations", could be read; they are those of
8.0, and so the other rows are taken to be. In place and instant are told apart as the server's default: the cheapest
that a row allows. A row that permits no concurrent DML means LOCK=SHARED.

Not from those tables, because they have no such row: CHECK constraints (only parsed before 8.0.16; that adding one
copies was not found in what could be read), and what comes of combinations with virtual columns and with FULLTEXT or
SPATIAL indexes, which is InnoDB's own `check_if_supported_inplace_alter`. No MySQL server was asked.

Where the model departs from the text on purpose:

- *Converting a character set* is given as in place, rebuilding, without concurrent DML. The model says COPY; writers
  wait in both, and it changes the columns' types, which "is only supported with ALGORITHM=COPY".
- *Renaming a table*, *DISCARD* and *IMPORT PARTITION* are metadata under a short exclusive lock.
- *EXCHANGE PARTITION* is given as permitting DML. The model says what was measured on MariaDB: nobody reads or writes.

Section 17.12.8: "The ALTER TABLE clause LOCK=NONE is not permitted if there are ON...CASCADE or ON...SET NULL
constraints on the table." What could be read of InnoDB's decision shows no such condition; the model keeps to the
manual, which is on the safe side, and lets writers of such a table wait for whatever is done in place.
"""

import pytest

from miglint.effects import Work
from miglint.history import Target
from tests.miglint.dialects.mysql.asking import WORK_ON_ROWS, analyses_of, effects_of

V80, V84 = Target("mysql", (8, 0)), Target("mysql", (8, 4))
SETUP = (
    "CREATE TABLE parent (id bigint PRIMARY KEY) ENGINE=InnoDB",
    """CREATE TABLE t (id bigint NOT NULL PRIMARY KEY, a int, n int NOT NULL, v varchar(50), w varchar(300), l text,
       e enum('a','b','c'), s set('1','2','3','4','5','6','7','8'), g geometry NOT NULL SRID 0,
       st int AS (a + 1) STORED, vi int AS (a + 2) VIRTUAL, p bigint, KEY i1 (a), KEY by_p (p),
       CONSTRAINT fk FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4""",
    "CREATE TABLE heap (a int, n int NOT NULL) ENGINE=InnoDB",
    "CREATE TABLE words (id bigint PRIMARY KEY, body text, FULLTEXT by_body (body)) ENGINE=InnoDB",
    "CREATE TABLE own (FTS_DOC_ID bigint unsigned NOT NULL PRIMARY KEY, body text) ENGINE=InnoDB",
    "CREATE TABLE places (id bigint PRIMARY KEY, g geometry NOT NULL SRID 0, SPATIAL by_g (g)) ENGINE=InnoDB",
    "CREATE TABLE packed (id bigint PRIMARY KEY, a int) ENGINE=InnoDB ROW_FORMAT=COMPRESSED",
    "CREATE TABLE ranged (id bigint PRIMARY KEY, a int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (9))",
    "CREATE TABLE hashed (id bigint PRIMARY KEY, a int) PARTITION BY HASH (id) PARTITIONS 4",
)
INSTANT, INPLACE = ("INSTANT", "NONE", False), ("INPLACE", "NONE", False)
INDEXING, REBUILD = ("INPLACE", "SHARED", False), ("INPLACE", "NONE", True)
REBUILD_SHARED, COPY = ("INPLACE", "SHARED", True), ("COPY", "SHARED", True)


def outcome(statement: str, target: Target) -> tuple[str | None, str, bool]:
    """Algorithm, lock, and whether every row is written anew."""
    effect = effects_of(statement, target, SETUP)[0]
    return effect.algorithm, effect.lock, bool(effect.work & WORK_ON_ROWS)


INDEX_OPERATIONS = [
    ("CREATE INDEX i ON t (v)", INPLACE),
    ("ALTER TABLE t ADD INDEX i (v)", INPLACE),
    ("ALTER TABLE t ADD UNIQUE INDEX i (v)", INPLACE),
    ("DROP INDEX i1 ON t", INPLACE),
    ("ALTER TABLE t DROP INDEX i1", INPLACE),
    ("ALTER TABLE t RENAME INDEX i1 TO i2", INPLACE),
    ("ALTER TABLE t DROP INDEX i1, ADD INDEX i2 (a)", INPLACE),
    ("CREATE FULLTEXT INDEX i ON t (l)", REBUILD_SHARED),
    ("CREATE FULLTEXT INDEX i ON words (body)", INDEXING),
    ("CREATE FULLTEXT INDEX i ON own (body)", INDEXING),
    ("ALTER TABLE t ADD SPATIAL INDEX (g)", INDEXING),
    ("ALTER TABLE t DROP INDEX i1, ADD INDEX i1 (a) USING BTREE", INSTANT),
]
PRIMARY_KEY_OPERATIONS = [
    ("ALTER TABLE heap ADD PRIMARY KEY (n)", REBUILD),
    ("ALTER TABLE t DROP PRIMARY KEY", COPY),
    ("ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (n)", REBUILD),
]
COLUMN_OPERATIONS = [
    ("ALTER TABLE t ADD COLUMN x int", INSTANT),
    ("ALTER TABLE t ADD COLUMN x int AFTER id", INSTANT),
    ("ALTER TABLE t ADD COLUMN x int, ADD COLUMN y int", INSTANT),
    ("ALTER TABLE t ADD COLUMN x int, DROP COLUMN v", INSTANT),
    ("ALTER TABLE t ADD COLUMN x int, ADD INDEX i (v)", REBUILD),
    ("ALTER TABLE t ADD COLUMN x int, AUTO_INCREMENT=9", REBUILD),
    ("ALTER TABLE packed ADD COLUMN x int", REBUILD),
    ("ALTER TABLE words ADD COLUMN x int", COPY),
    ("ALTER TABLE heap ADD COLUMN x bigint NOT NULL AUTO_INCREMENT UNIQUE", REBUILD_SHARED),
    ("ALTER TABLE t DROP COLUMN v", INSTANT),
    ("ALTER TABLE t DROP COLUMN v, DROP INDEX i1", REBUILD),
    ("ALTER TABLE packed DROP COLUMN a", REBUILD),
    ("ALTER TABLE t CHANGE v renamed varchar(50)", INSTANT),
    ("ALTER TABLE t RENAME COLUMN v TO renamed", INSTANT),
    ("ALTER TABLE t RENAME COLUMN v TO renamed, ADD COLUMN x int AS (a) VIRTUAL", COPY),
    ("ALTER TABLE t RENAME COLUMN v TO renamed, DROP COLUMN vi", COPY),
    ("ALTER TABLE t MODIFY v varchar(50) FIRST", REBUILD),
    ("ALTER TABLE t ALTER COLUMN a SET DEFAULT 3", INSTANT),
    ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", INSTANT),
    ("ALTER TABLE t CHANGE a a bigint", COPY),
    ("ALTER TABLE t MODIFY a int unsigned", COPY),
    ("ALTER TABLE t MODIFY v varchar(63)", INPLACE),
    ("ALTER TABLE t MODIFY v varchar(64)", COPY),
    ("ALTER TABLE t MODIFY w varchar(400)", INPLACE),
    ("ALTER TABLE t MODIFY w varchar(299)", COPY),
    ("ALTER TABLE t AUTO_INCREMENT=100", INPLACE),
    ("ALTER TABLE t MODIFY n int NULL", REBUILD),
    ("ALTER TABLE t MODIFY a int NOT NULL", REBUILD),
    ("ALTER TABLE t MODIFY e enum('a','b','c','d')", INSTANT),
    ("ALTER TABLE t MODIFY e enum('a','d','b','c')", COPY),
    ("ALTER TABLE t MODIFY s set('1','2','3','4','5','6','7','8','9')", COPY),
]
GENERATED_COLUMN_OPERATIONS = [
    ("ALTER TABLE t ADD COLUMN x int AS (a + 1) STORED", COPY),
    ("ALTER TABLE t MODIFY st int AS (a + 1) STORED FIRST", COPY),
    ("ALTER TABLE t DROP COLUMN st", REBUILD),
    ("ALTER TABLE t ADD COLUMN x int AS (a + 1) VIRTUAL", INSTANT),
    ("ALTER TABLE t MODIFY vi int AS (a + 2) VIRTUAL FIRST", COPY),
    ("ALTER TABLE t DROP COLUMN vi", INSTANT),
    ("ALTER TABLE ranged ADD COLUMN x int AS (a + 1) VIRTUAL", COPY),
]
FOREIGN_KEY_OPERATIONS = [
    ("ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES parent (id)", COPY),
    ("SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES parent (id)", INPLACE),
    ("ALTER TABLE t DROP FOREIGN KEY fk", INPLACE),
    ("ALTER TABLE t DROP FOREIGN KEY fk, DROP INDEX by_p", INPLACE),
]
TABLE_OPERATIONS = [
    ("ALTER TABLE t ROW_FORMAT=COMPACT", REBUILD),
    ("ALTER TABLE t KEY_BLOCK_SIZE=8", REBUILD),
    ("ALTER TABLE t STATS_PERSISTENT=0, STATS_SAMPLE_PAGES=20, STATS_AUTO_RECALC=1", INPLACE),
    ("ALTER TABLE t CHARACTER SET = latin1", REBUILD),
    ("ALTER TABLE t CHARACTER SET = utf8mb4", INPLACE),
    ("ALTER TABLE t CONVERT TO CHARACTER SET latin1", COPY),
    ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", INPLACE),
    ("OPTIMIZE TABLE t", REBUILD),
    ("OPTIMIZE TABLE words", COPY),
    ("ALTER TABLE t FORCE", REBUILD),
    ("ALTER TABLE words FORCE", COPY),
    ("ALTER TABLE t ENGINE=InnoDB", REBUILD),
    ("ALTER TABLE words ENGINE=InnoDB", COPY),
    ("ALTER TABLE places FORCE", REBUILD_SHARED),
    ("ALTER TABLE t RENAME TO u", ("INSTANT", "EXCLUSIVE", False)),
    ("ALTER TABLE t ENCRYPTION='Y'", COPY),
]
PARTITIONING_OPERATIONS = [
    ("ALTER TABLE heap PARTITION BY HASH (n) PARTITIONS 4", COPY),
    ("ALTER TABLE ranged ADD PARTITION (PARTITION p1 VALUES LESS THAN (99))", INPLACE),
    ("ALTER TABLE hashed ADD PARTITION PARTITIONS 2", REBUILD_SHARED),
    ("ALTER TABLE ranged DROP PARTITION p0", INPLACE),
    ("ALTER TABLE ranged DISCARD PARTITION p0 TABLESPACE", ("INSTANT", "EXCLUSIVE", False)),
    ("ALTER TABLE ranged IMPORT PARTITION p0 TABLESPACE", ("INSTANT", "EXCLUSIVE", False)),
    ("ALTER TABLE ranged TRUNCATE PARTITION p0", INPLACE),
    ("ALTER TABLE hashed COALESCE PARTITION 2", REBUILD_SHARED),
    ("ALTER TABLE ranged REORGANIZE PARTITION p0 INTO (PARTITION q VALUES LESS THAN (9))", REBUILD_SHARED),
    ("ALTER TABLE ranged ANALYZE PARTITION p0", INPLACE),
    ("ALTER TABLE ranged CHECK PARTITION p0", INPLACE),
    ("ALTER TABLE ranged OPTIMIZE PARTITION p0", COPY),
    ("ALTER TABLE ranged REBUILD PARTITION p0", REBUILD_SHARED),
    ("ALTER TABLE ranged REPAIR PARTITION p0", INPLACE),
    ("ALTER TABLE ranged REMOVE PARTITIONING", COPY),
]
ROWS = [
    *INDEX_OPERATIONS,
    *PRIMARY_KEY_OPERATIONS,
    *COLUMN_OPERATIONS,
    *GENERATED_COLUMN_OPERATIONS,
    *FOREIGN_KEY_OPERATIONS,
    *TABLE_OPERATIONS,
    *PARTITIONING_OPERATIONS,
]


@pytest.mark.parametrize(("statement", "expected"), ROWS, ids=[statement for statement, _ in ROWS])
@pytest.mark.parametrize("target", [V80, V84], ids=["8.0", "8.4"])
def test_a_row_of_the_manual(statement: str, expected: tuple[str, str, bool], target: Target) -> None:
    assert outcome(statement, target) == expected


@pytest.mark.parametrize(
    ("statement", "first", "before", "since"),
    [
        ("ALTER TABLE t ADD COLUMN x int", (8, 0, 12), REBUILD, INSTANT),
        ("ALTER TABLE t ADD COLUMN x int FIRST", (8, 0, 29), REBUILD, INSTANT),
        ("ALTER TABLE t DROP COLUMN v", (8, 0, 29), REBUILD, INSTANT),
        ("ALTER TABLE t RENAME COLUMN v TO renamed", (8, 0, 28), INPLACE, INSTANT),
        ("ALTER TABLE t ADD CHECK (a > 0)", (8, 0, 16), INSTANT, COPY),
    ],
)
def test_what_came_with_a_release_of_80(
    statement: str,
    first: tuple[int, int, int],
    before: tuple[str, str, bool],
    since: tuple[str, str, bool],
) -> None:
    """The notes on "Adding a column", "Dropping a column", "Renaming a column"; "CHECK Constraints"."""
    major, minor, patch = first
    assert outcome(statement, Target("mysql", (major, minor, patch - 1))) == before
    assert outcome(statement, Target("mysql", first)) == since


def test_before_8012_nothing_is_called_instant() -> None:
    assert outcome("ALTER TABLE t ALTER COLUMN a SET DEFAULT 3", Target("mysql", (5, 7))) == INPLACE


@pytest.mark.parametrize(
    ("clause", "lock"), [("LOCK=DEFAULT", "NONE"), ("LOCK=SHARED", "SHARED"), ("LOCK=EXCLUSIVE", "EXCLUSIVE")]
)
def test_a_lock_clause_asks_for_more(clause: str, lock: str) -> None:
    """Section 17.12.2, "The LOCK clause"."""
    (effect,) = effects_of(f"ALTER TABLE t ADD INDEX i (v), {clause}", V80, SETUP)
    assert (effect.lock, effect.work) == (lock, frozenset({Work.INDEX_BUILD}))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ADD x int",
        "CREATE TABLE fresh (a int)",
        "CREATE INDEX i ON t (v)",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
        "DROP TRIGGER tr",
        "CREATE VIEW some AS SELECT a FROM t",
        "DROP VIEW some",
        "DROP TABLE heap",
        "DROP INDEX i1 ON t",
        "RENAME TABLE t TO u",
        "TRUNCATE TABLE t",
        "CREATE PROCEDURE pr() SELECT 1",
        "DROP PROCEDURE pr",
        "ANALYZE TABLE t",
        "OPTIMIZE TABLE t",
        "GRANT SELECT ON t TO somebody",
        "LOCK TABLES t WRITE",
    ],
)
def test_a_statement_that_commits(statement: str) -> None:
    """Section 15.3.3, "Statements That Cause an Implicit Commit"."""
    update = "UPDATE t SET a = 1"
    assert [each.transaction for each in analyses_of([update, statement, update], V84, SETUP)] == [0, None, 1]


@pytest.mark.parametrize("action", ["ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE"])
@pytest.mark.parametrize(
    ("alteration", "expected"),
    [("ADD INDEX j (a)", INDEXING), ("FORCE", REBUILD_SHARED), ("ADD COLUMN z int", INSTANT)],
)
def test_keys_that_cascade_rule_out_concurrent_writes(
    alteration: str, expected: tuple[str, str, bool], action: str
) -> None:
    child = (
        f"CREATE TABLE child (id bigint PRIMARY KEY, a int, p bigint, FOREIGN KEY (p) REFERENCES parent (id) {action})"
    )
    effect = effects_of(f"ALTER TABLE child {alteration}", V84, (*SETUP, child))[0]
    assert (effect.algorithm, effect.lock, bool(effect.work & WORK_ON_ROWS)) == expected
