"""Texts for the fuzzer: real SQL cut, crossed and mistyped, fragments of grammar, nesting, bytes that are no text.

A text follows from its seed alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from evaluation.locks.cases import CASES, read_cases
from evaluation.locks.generate import schema, transaction

TOKEN = re.compile(rb"\s+|\w+|.", re.DOTALL)
NAME = re.compile(rb"[a-z_]\w*")
SCHEMAS = 5
TRANSACTIONS = 30
LONGEST = 1_000_000

WORDS = b"""
    ADD ALTER ALWAYS ANALYZE AND ANY ARRAY AS ASC ATOMIC ATTACH BEGIN BETWEEN BY CASCADE CASE CAST CHECK CLUSTER COLLATE
    COLUMN COMMENT COMMIT CONCURRENTLY CONSTRAINT COPY CREATE CROSS DATA DECLARE DEFAULT DEFERRABLE DELETE DETACH
    DISABLE DISTINCT DO DOMAIN DROP EACH ELSE ENABLE END ENUM EXCLUDE EXECUTE EXISTS EXPRESSION EXTENSION FALSE FOR
    FOREIGN FROM FULL FUNCTION GENERATED GRANT GROUP HAVING IDENTITY IF IN INCLUDE INDEX INHERITS INITIALLY INNER INSERT
    INTERVAL INTO IS JOIN KEY LANGUAGE LATERAL LEFT LIKE LIMIT LOCAL LOCK LOGGED MATERIALIZED MERGE NOT NULL NULLS OF
    OFFSET ON ONLY OR ORDER OVER OWNED PARTITION POLICY PRIMARY PROCEDURE RANGE RECURSIVE REFERENCES REFRESH REINDEX
    RENAME REPLACE RESET RESTRICT RETURNING RETURNS ROLLBACK ROW RULE SAVEPOINT SCHEMA SELECT SEQUENCE SET SETOF SIMILAR
    SMALLINT STATISTICS STORAGE STORED TABLE TABLESPACE TEMPORARY THEN TO TRANSACTION TRIGGER TRUE TRUNCATE TYPE UNION
    UNIQUE UNLOGGED UPDATE USING VACUUM VALID VALIDATE VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT XMLTABLE ZONE
    MODIFY CHANGE ENGINE ALGORITHM AUTO_INCREMENT PRAGMA DELIMITER t u a b c id int text varchar(10) numeric(8,2)
    timestamptz uuid jsonb int[] 0 1 -1 1e9 99999999999999999999 'x' '' E'\\x' B'01' X'ff' U&'\\0041' $1 $$ $a$ ( ) [ ]
    , ; . : :: := => -> ->> #> @> || && <> != = < > + - * / % ^ ~ ! @ # & | ` " ' -- /* */ \\ \\copy \\. :name ? {{
""".split()
BYTES = (
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x92\xa9",
    b"\xef\xbb\xbf",
    b"\r",
    b"\x1a",
    b"\\",
)
NESTED = (
    (b"SELECT ", b"(", b"1", b")"),
    (b"SELECT ", b"NOT ", b"true", b""),
    (b"SELECT ", b"- ", b"1", b""),
    (b"SELECT 1", b"+1", b"", b""),
    (b"SELECT a", b".a", b"", b""),
    (b"SELECT a", b"::int", b"", b""),
    (b"SELECT a", b"[1]", b"", b""),
    (b"SELECT ", b"ARRAY[", b"1", b"]"),
    (b"SELECT ", b"CASE WHEN true THEN ", b"1", b" END"),
    (b"SELECT ", b"f(", b"1", b")"),
    (b"SELECT * FROM ", b"(SELECT * FROM ", b"t", b") x"),
    (b"SELECT * FROM t", b" JOIN t USING (id)", b"", b""),
    (b"SELECT 1", b" UNION SELECT 1", b"", b""),
    (b"", b"WITH x AS (", b"SELECT 1", b") SELECT 1"),
    (b"", b"EXPLAIN ", b"SELECT 1", b""),
    (b"", b"CREATE SCHEMA s ", b"", b""),
    (b"", b"/*", b"x", b"*/"),
    (b"", b"BEGIN;", b"", b"COMMIT;"),
    (b"", b"SAVEPOINT s;", b"", b""),
    (b"CREATE TABLE n (a int", b"[]", b"", b")"),
    (b"CREATE TABLE n (a int", b" NOT NULL", b"", b")"),
    (b"CREATE TABLE n (a int", b", CHECK (a > 1)", b"", b")"),
    (b"CREATE TABLE n (a int) PARTITION BY RANGE (a", b", a", b"", b")"),
    (b"ALTER TABLE t ADD a int", b", ADD a int", b"", b""),
    (b"INSERT INTO t VALUES (1)", b", (1)", b"", b""),
    (b"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC ", b"CASE ", b"", b"END "),
    (b"DO ", b"$a$ $", b"", b"$"),
    (b"", b"$a", b"$", b""),
    (b"CREATE VIEW v AS SELECT 1 WHERE true", b" AND true", b"", b""),
    (b"CREATE INDEX ON t (", b"lower(", b"a", b")"),
    (b"GRANT SELECT ON t TO a", b", a", b"", b""),
)  # fmt: skip
DEPTHS = (3, 30, 300, 999, 1001, 3000, 20_000, 50_000)
LENGTHS = (64, 1000, 65_000, 300_000)


@cache
def corpus(folder: Path | None = None) -> tuple[bytes, ...]:
    """Real SQL: the lab's cases, the campaign's transactions, and the .sql files of a folder."""
    texts = [case.statement for name in ("postgresql", "mariadb") for case in read_cases(CASES / f"{name}.jsonl")]
    for seed in range(SCHEMAS):
        made = schema(seed)
        texts += made.setup
        texts += [";\n".join(transaction(random.Random(f"{seed}/{each}"), made)) for each in range(TRANSACTIONS)]
    files = sorted(folder.rglob("*.sql")) if folder is not None else []
    return tuple(text.encode() for text in texts) + tuple(path.read_bytes()[:LONGEST] for path in files)


def text(seed: str, real: Sequence[bytes]) -> bytes:
    """The text that a seed makes."""
    chance = random.Random(seed)
    kind = chance.random()
    if kind < 0.08:
        return _nested(chance)
    if kind < 0.12:
        return chance.randbytes(chance.choice((3, 30, 3000)))
    if kind < 0.27:
        return b" ".join(chance.choices(WORDS, k=chance.randint(1, 40)))
    made = b";\n".join(chance.choices(real, k=chance.choice((1, 1, 1, 2, 3))))
    for _ in range(chance.choice((0, 1, 3, 8))):
        made = _renamed(made, chance, real)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 8))):
        made = chance.choice(MUTATIONS)(made, chance, real)
    return made[:LONGEST]


def _nested(chance: random.Random) -> bytes:
    head, opening, middle, closing = chance.choice(NESTED)
    depth = chance.choice(DEPTHS)
    closed = chance.choice((depth, depth, depth - 1, 0))
    return (head + opening * depth + middle + closing * closed)[: LONGEST * 2]


def _renamed(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    """Another name in place of one: mostly still SQL, seldom still sense."""
    tokens = TOKEN.findall(made)
    names = [at for at, token in enumerate(tokens) if NAME.fullmatch(token)]
    others = NAME.findall(chance.choice((made, chance.choice(real))))
    if names and others:
        tokens[chance.choice(names)] = chance.choice(others)
    return b"".join(tokens)


def _without(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    tokens = TOKEN.findall(made)
    start = chance.randrange(len(tokens) + 1)
    del tokens[start : start + chance.choice((1, 1, 2, 5))]
    return b"".join(tokens)


def _repeated(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    tokens = TOKEN.findall(made)
    start = chance.randrange(len(tokens) + 1)
    piece = tokens[start : start + chance.randint(1, 6)]
    return b"".join([*tokens[:start], *piece * chance.choice((2, 3, 500)), *tokens[start:]])


def _swapped(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    tokens = TOKEN.findall(made) or [b""]
    one, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]
    return b"".join(tokens)


def _mistyped(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    tokens = TOKEN.findall(made) or [b""]
    for _ in range(chance.randint(1, 3)):
        tokens[chance.randrange(len(tokens))] = chance.choice(WORDS)
    return b"".join(tokens)


def _crossed(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    mine, other = TOKEN.findall(made), TOKEN.findall(chance.choice(real))
    return b"".join(mine[: chance.randrange(len(mine) + 1)] + other[chance.randrange(len(other) + 1) :])


def _cut(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    return made[: chance.randrange(len(made) + 1)]


def _with_bytes(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(made) + 1)
    return made[:at] + chance.choice(BYTES) + made[at:]


def _with_long_token(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    size = chance.choice(LENGTHS)
    token = chance.choice((b"x" * size, b"9" * size, b"'" + b"s" * size + b"'", b'"' + b"q" * size + b'"', b" " * size))
    at = chance.randrange(len(made) + 1)
    return made[:at] + token + made[at:]


def _quoted(made: bytes, chance: random.Random, real: Sequence[bytes]) -> bytes:
    opening, closing = chance.choice(
        ((b"DO $$", b"$$"), (b"DO $a$", b"$b$"), (b"'", b""), (b'"', b'"'), (b"/*", b""), (b"EXECUTE '", b"'"))
    )
    return opening + made + closing


Mutation = Callable[[bytes, random.Random, Sequence[bytes]], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    _without,
    _repeated,
    _swapped,
    _mistyped,
    _mistyped,
    _crossed,
    _cut,
    _with_bytes,
    _with_long_token,
    _quoted,
)
