"""Which statements the tools of plain SQL files cannot run as they stand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.history import History
from miglint.sources.sql.alone import refusals
from miglint.sources.sql.reader import read

CONCURRENTLY = "CREATE INDEX CONCURRENTLY i ON t (a);"
PLAN = "%project=x\n\ni 2024-01-01T00:00:00Z A <a@b.c> # x\n"
BESIDE = "SET statement_timeout = 0;"

CASES: list[tuple[str, Mapping[str, str], str]] = [
    ("golang-migrate, alone", {"m/migrations/2_i.up.sql": CONCURRENTLY}, ""),
    ("golang-migrate, beside another", {"m/migrations/2_i.up.sql": f"{BESIDE}\n{CONCURRENTLY}"}, "one transaction"),
    ("Flyway, alone", {"m/V2__i.sql": CONCURRENTLY}, ""),
    ("Flyway, two of a kind", {"m/V2__i.sql": f"{CONCURRENTLY}\nDROP INDEX CONCURRENTLY j;"}, ""),
    ("Flyway, mixed", {"m/V2__i.sql": f"{BESIDE}\n{CONCURRENTLY}"}, "Flyway refuses"),
    ("dbmate, in its transaction", {"m/migrations/2_i.sql": f"-- migrate:up\n{CONCURRENTLY}"}, "dbmate runs"),
    ("dbmate, told", {"m/migrations/2_i.sql": f"-- migrate:up transaction:false\n{CONCURRENTLY}"}, ""),
    (
        "dbmate, told, beside another",
        {"m/migrations/2_i.sql": f"-- migrate:up transaction:false\n{BESIDE}\n{CONCURRENTLY}"},
        "one transaction",
    ),
    ("goose, in its transaction", {"m/migrations/2_i.sql": f"-- +goose Up\n{CONCURRENTLY}"}, "goose runs"),
    (
        "goose, told: one by one",
        {"m/migrations/2_i.sql": f"-- +goose NO TRANSACTION\n-- +goose Up\n{BESIDE}\n{CONCURRENTLY}"},
        "",
    ),
    ("sqlx, told", {"m/migrations/2_i.sql": f"-- no-transaction\n{CONCURRENTLY}"}, ""),
    ("Prisma, alone", {"p/migrations/20240101000000_i/migration.sql": CONCURRENTLY}, ""),
    (
        "Prisma, beside another",
        {"p/migrations/20240101000000_i/migration.sql": f"{BESIDE}\n{CONCURRENTLY}"},
        "one transaction",
    ),
    ("Diesel, in its transaction", {"migrations/20240101000000_i/up.sql": CONCURRENTLY}, "Diesel runs"),
    (
        "Diesel, told",
        {
            "migrations/20240101000000_i/up.sql": CONCURRENTLY,
            "migrations/20240101000000_i/metadata.toml": "run_in_transaction = false\n",
        },
        "",
    ),
    ("a block of its own", {"m/V2__i.sql": f"BEGIN;\n{CONCURRENTLY}\nCOMMIT;"}, "between BEGIN and COMMIT"),
    (
        "Sqitch, after its block",
        {"sqitch.plan": PLAN, "deploy/i.sql": f"{BESIDE}{CONCURRENTLY}"},
        "",
    ),
    (
        "Sqitch, in its block",
        {"sqitch.plan": PLAN, "deploy/i.sql": f"BEGIN;{CONCURRENTLY}END;"},
        "between BEGIN and COMMIT",
    ),
    ("refreshed in a transaction", {"m/V2__i.sql": f"{BESIDE}REFRESH MATERIALIZED VIEW CONCURRENTLY v;"}, ""),
    ("a vacuum", {"m/migrations/2_i.up.sql": f"{BESIDE} VACUUM t;"}, "one transaction"),
]


def only(histories: list[History]) -> History:
    (history,) = histories
    return history


@pytest.mark.parametrize(("files", "why"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_refused(files: Mapping[str, str], why: str) -> None:
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    (migration,) = only(read(tree, Config())).migrations.values()
    found = [*refusals(migration, tree)]
    assert [each.sql.startswith(("CREATE", "VACUUM")) for each in found] == ([True] if why else [])
    assert all(why in each.why for each in found)
