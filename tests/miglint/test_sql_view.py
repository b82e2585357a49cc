from miglint.effects import Access, Effect, Work
from miglint.finding import Span
from miglint.history import Key, Migration, Statement
from miglint.reporters._paint import Paint
from miglint.result import CheckedMigration, CheckedStatement
from miglint.sql_view import text

ALL = frozenset(Access)


def locks(*effects: Effect) -> list[str]:
    """The lines about locks."""
    migration = Migration(Key("shop", "0002_b"), "django", "shop/migrations/0002_b.py", "", Span(1, 1, 1, 1))
    statement = CheckedStatement(Statement("DROP TABLE a", Span(1, 1, 1, 1)), effects)
    shown = text([CheckedMigration(migration, "postgresql", True, (statement,))], locks=True, paint=Paint(False))
    return [row for row in shown.splitlines() if row.startswith("--   ")]


def test_indexes_and_sequences_are_counted_beside_their_table() -> None:
    lock = "AccessExclusiveLock"
    assert locks(
        Effect("a", lock, blocks=ALL),
        Effect("a_pkey", lock, blocks=ALL, kind="index", table="a"),
        Effect("a_idx", lock, blocks=ALL, kind="index", table="a"),
        Effect("a_id_seq", lock, blocks=frozenset({Access.INSERT}), kind="sequence", table="a"),
        Effect("bee", "ShareRowExclusiveLock", blocks=ALL - {Access.SELECT}),
    ) == [
        "--   a (and 2 indexes, 1 sequence)  AccessExclusiveLock    all reads and writes wait",
        "--   bee                            ShareRowExclusiveLock  writes wait",
    ]


def test_an_index_with_a_lock_or_work_of_its_own_is_shown() -> None:
    shown = locks(
        Effect("a", "ShareLock", frozenset({Work.SCAN}), ALL - {Access.SELECT}, dangerous=True),
        Effect("a_idx", "AccessExclusiveLock", blocks=ALL, kind="index", table="a"),
        Effect("a_pkey", "ShareLock", frozenset({Work.INDEX_BUILD}), kind="index", table="a"),
        Effect("b_idx", "ShareLock", frozenset(), frozenset({Access.INSERT}), kind="index", table="b"),
    )
    assert [row.split()[1] for row in shown] == ["a", "a_idx", "a_pkey", "b_idx"]
    assert shown[0].endswith("writes wait                DANGEROUS: scan")
    assert "nobody waits" in shown[2]
    assert "INSERT waits" in shown[3]
