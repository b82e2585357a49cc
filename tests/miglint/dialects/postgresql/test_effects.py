"""What statements do, each mechanism once; the same table is put to a live server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evaluation.locks.postgresql import Lab, split
from evaluation.locks.prediction import analyses, predict
from evaluation.servers import PostgreSQL
from miglint.history import Target

SETUP = (
    "CREATE DOMAIN posint AS int CHECK (VALUE >= 0)",
    "CREATE DOMAIN plain AS text",
    "CREATE FUNCTION inlined() RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$",
    "CREATE FUNCTION opaque() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
    """CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(50), name text, age int, price numeric(10,2),
    made timestamp, tags varchar(10)[], proven text, CONSTRAINT p CHECK (proven IS NOT NULL))""",
    """INSERT INTO users (email, name, age, price, made, proven)
    SELECT i, i, i, 1, now(), 'x' FROM generate_series(1, 3000) i""",
    "CREATE INDEX users_email ON users (email)",
    "CREATE INDEX users_lower ON users (lower(name))",
    "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 0) NOT VALID",
    "CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint REFERENCES users (id), note text)",
    "INSERT INTO orders (user_id, note) SELECT i, 'x' FROM generate_series(1, 3000) i",
    "CREATE TABLE events (id int, ts date) PARTITION BY RANGE (ts)",
    "CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "INSERT INTO events SELECT i, '2024-05-05' FROM generate_series(1, 3000) i",
    "CREATE TABLE uses (n posint)",
    "INSERT INTO uses SELECT i FROM generate_series(1, 3000) i",
)
AEL, SRE, SHARE, SUE = "AccessExclusiveLock", "ShareRowExclusiveLock", "ShareLock", "ShareUpdateExclusiveLock"
ROWS, READ = "RowExclusiveLock", "AccessShareLock"

CASES: list[tuple[str, dict[str, str], str, bool]] = [
    # statement, locks, work (r rewrite, s scan, i index build), dangerous
    ("ALTER TABLE users ADD COLUMN a int DEFAULT 5 NOT NULL", {"users": AEL}, "", False),
    ("ALTER TABLE users ADD COLUMN a timestamptz DEFAULT now()", {"users": AEL}, "", False),
    ("ALTER TABLE users ADD COLUMN a float8 DEFAULT random()", {"users": AEL}, "rsi", True),
    ("ALTER TABLE users ADD COLUMN a text DEFAULT inlined()", {"users": AEL}, "", False),
    ("ALTER TABLE users ADD COLUMN a int DEFAULT opaque()", {"users": AEL}, "rsi", True),
    ("ALTER TABLE users ADD COLUMN a posint", {"users": AEL}, "rsi", True),
    ("ALTER TABLE users ADD COLUMN a posint[]", {"users": AEL}, "", False),
    ("ALTER TABLE users ADD COLUMN a plain DEFAULT 'x'", {"users": AEL}, "", False),
    ("ALTER TABLE users ADD COLUMN a int DEFAULT 1 CHECK (a > 0)", {"users": AEL}, "s", True),
    ("ALTER TABLE users ADD COLUMN a int UNIQUE", {"users": AEL}, "si", True),
    ("ALTER TABLE orders ADD COLUMN a bigint REFERENCES users (id)", {"orders": AEL, "users": SRE}, "", False),
    ("ALTER TABLE users ALTER COLUMN email TYPE varchar(100)", {"users": AEL}, "", False),
    ("ALTER TABLE users ALTER COLUMN email TYPE varchar(20)", {"users": AEL}, "rsi", True),
    ("ALTER TABLE users ALTER COLUMN name TYPE varchar", {"users": AEL}, "si", True),
    ("ALTER TABLE users ALTER COLUMN price TYPE numeric(12,2)", {"users": AEL}, "", False),
    ("ALTER TABLE users ALTER COLUMN price TYPE numeric(12,4)", {"users": AEL}, "rsi", True),
    ("ALTER TABLE users ALTER COLUMN tags TYPE varchar(20)[]", {"users": AEL}, "rsi", True),
    ("ALTER TABLE users ALTER COLUMN proven TYPE varchar", {"users": AEL}, "s", True),
    ("SET LOCAL TIME ZONE 'UTC'; ALTER TABLE users ALTER COLUMN made TYPE timestamptz", {"users": AEL}, "", False),
    ("SET LOCAL TIME ZONE 'Asia/Tokyo'; ALTER TABLE users ALTER COLUMN made TYPE timestamptz",
     {"users": AEL}, "rsi", True),
    ("ALTER TABLE orders ALTER COLUMN user_id TYPE int", {"orders": AEL, "users": AEL}, "rsi", True),
    ("ALTER TABLE users ALTER COLUMN name SET NOT NULL", {"users": AEL}, "s", True),
    ("ALTER TABLE users ALTER COLUMN proven SET NOT NULL", {"users": AEL}, "", False),
    ("ALTER TABLE users ALTER COLUMN proven SET NOT NULL, DROP CONSTRAINT p", {"users": AEL}, "s", True),
    ("ALTER TABLE users VALIDATE CONSTRAINT grown", {"users": SUE}, "s", False),
    ("ALTER TABLE users VALIDATE CONSTRAINT grown, ADD COLUMN a int", {"users": AEL}, "s", True),
    ("ALTER TABLE users ADD CHECK (age < 9999) NOT VALID", {"users": AEL}, "", False),
    ("ALTER TABLE orders DROP COLUMN user_id", {"orders": AEL, "users": AEL}, "", False),
    ("CREATE INDEX ON users (age)", {"users": SHARE}, "si", True),
    ("CREATE INDEX ON events (id)", {"events": SHARE, "events_a": SHARE}, "si", True),
    ("CREATE INDEX ON ONLY events (id)", {"events": SHARE}, "", False),
    ("DROP INDEX users_email", {"users": AEL}, "", False),
    ("ALTER INDEX users_email RENAME TO other", {}, "", False),
    ("TRUNCATE orders; CREATE INDEX ON orders (note)", {"orders": AEL}, "", False),
    ("UPDATE users SET age = 1", {"users": ROWS}, "s", False),
    ("UPDATE users SET age = 1 WHERE id = 5", {"users": ROWS}, "", False),
    ("ALTER TABLE users ADD COLUMN a int; UPDATE users SET a = age", {"users": AEL}, "s", True),
    ("ALTER TABLE orders DROP COLUMN note; CREATE INDEX ON users (age)", {"orders": AEL, "users": SHARE}, "si", True),
    ("CREATE TABLE t (id int REFERENCES orders); CREATE INDEX ON t (id)", {"orders": SRE}, "", False),
    ("CREATE TABLE t (LIKE users); INSERT INTO t SELECT * FROM users; DROP TABLE t", {"users": READ}, "s", False),
    ("ALTER DOMAIN posint ADD CHECK (VALUE < 9999)", {"uses": SHARE}, "s", True),
    ("CREATE VIEW v AS SELECT id FROM users", {"users": READ}, "", False),
    ("ALTER TABLE users SET (fillfactor = 80)", {"users": SUE}, "", False),
    ("ALTER TABLE orders RENAME TO purchases; CREATE INDEX ON purchases (note)", {"orders": AEL}, "si", True),
    ("CREATE TABLE events_b PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
     {"events": AEL}, "", False),
    ("LOCK TABLE users; UPDATE users SET age = 1 WHERE id BETWEEN 10 AND 40", {"users": AEL}, "", False),
    ("LOCK TABLE users; UPDATE users SET age = 1 WHERE id >= 10 AND id < 40", {"users": AEL}, "", False),
    ("LOCK TABLE users; UPDATE users SET age = 1 WHERE id BETWEEN 1 AND 100000", {"users": AEL}, "s", True),
    ("""LOCK TABLE users; WITH found AS (SELECT id FROM users WHERE id = 5), kept AS (INSERT INTO orders (user_id)
     SELECT id FROM found RETURNING id) UPDATE users SET age = 1 FROM found WHERE users.id = found.id""",
     {"users": AEL, "orders": ROWS}, "", False),
    ("ALTER DOMAIN plain RENAME TO simple; ALTER TABLE users ADD COLUMN a simple", {"users": AEL}, "", False),
    ("ALTER DOMAIN posint RENAME TO high; ALTER DOMAIN high ADD CHECK (VALUE < 9999)", {"uses": SHARE}, "s", True),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "locks", "work", "dangerous"), CASES)
def test_effects(sql: str, locks: dict[str, str], work: str, dangerous: bool) -> None:
    outcome = predict(SETUP, split(sql), Target("postgresql", (15,)))
    assert outcome.unknown == ""
    expected = {name: mode for name, mode in outcome.locks.items() if name not in ("users_id_seq", "orders_id_seq")}
    renamed = {"orders" if name == "purchases" else name: mode for name, mode in expected.items()}
    assert renamed == locks
    done = {"r": outcome.rewrites, "s": outcome.scans, "i": outcome.index_builds}
    assert "".join(letter for letter, tables in done.items() if tables) == work
    assert outcome.dangerous is dangerous


@pytest.fixture(scope="module")
def lab(postgresql: PostgreSQL) -> Iterator[Lab]:
    lab = Lab(postgresql)
    lab.prepare(SETUP)
    yield lab
    lab.close()


@pytest.mark.parametrize("sql", [case[0] for case in CASES if "RENAME TO purchases" not in case[0]])
def test_a_live_server_agrees(lab: Lab, sql: str) -> None:
    measured = lab.observe(split(sql))
    assert predict(SETUP, split(sql), Target("postgresql", (lab.major,))).differences(measured) == {}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DO $$ BEGIN DROP TABLE users; END $$", "a DO block runs code that is not followed"),
        ("SELECT my_function()", "my_function() runs code that is not followed"),
        ("ALTER TABLE users ADD INDEX (email)", "syntax error"),
        ("SELECT 'open", "unterminated quoted string"),
        ("SELECT $a$ open", "unterminated dollar-quoted string"),
        ("SELECT 1\0", "a NUL character ends the text"),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, "too deeply nested"),
        ("SELECT " + "1+" * 200_000 + "1", "too deeply nested"),
        ("ALTER TABLE `users` MODIFY name TEXT", "syntax error"),
        ("x" * (6 * 1024 * 1024 + 1), "longer than"),
    ],
)
def test_what_cannot_be_read_is_said_and_never_safe(sql: str, reason: str) -> None:
    (analysis,) = analyses(SETUP, [sql], Target("postgresql", (15,)))
    assert not analysis.understood
    assert reason in analysis.reason


def test_an_unknown_column_is_taken_to_need_a_rewrite_and_said_so() -> None:
    (analysis,) = analyses((), ["ALTER TABLE shop ALTER COLUMN name TYPE varchar(100)"], Target("postgresql"))
    assert analysis.understood
    assert analysis.dangerous
    assert any("shop" in assumption for assumption in analysis.assumptions)


def test_settings_and_locks_of_the_transaction_are_at_hand() -> None:
    statements = [
        "SET LOCAL lock_timeout = '2s'",
        "ALTER TABLE users ADD COLUMN a int",
        "SELECT 1",
        "COMMIT",
        "SELECT 2",
    ]
    found = analyses(SETUP, statements, Target("postgresql"))
    assert [analysis.lock_timeout for analysis in found] == [None, "2s", "2s", "2s", None]
    assert found[2].held == {"users": AEL}
    assert found[4].held == {}
    assert found[1].before.resolve(None, "users") in found[1].after.relations
