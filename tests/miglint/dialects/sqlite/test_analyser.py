import sqlite3

import pytest

from miglint.analysis import Analysis
from miglint.changes import DropTable, RenameTable
from miglint.dialects import analyse
from miglint.effects import Work
from miglint.finding import Span
from miglint.history import Key, Migration, Rendered, Statement, Target

BOOKS = (
    'CREATE TABLE "author" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(50) NOT NULL)',
    """CREATE TABLE "book" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "title" varchar(50) NOT NULL,
       "author_id" bigint NOT NULL REFERENCES "author" ("id") DEFERRABLE INITIALLY DEFERRED)""",
    'CREATE INDEX "book_author_id" ON "book" ("author_id")',
)
REMAKE = (
    'CREATE TABLE "new__book" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "title" text NULL)',
    'INSERT INTO "new__book" ("id", "title") SELECT "id", "title" FROM "book"',
    'DROP TABLE "book"',
    'ALTER TABLE "new__book" RENAME TO "book"',
)


def rendered(*statements: str) -> Rendered:
    span = Span(1, 1, 1, 1)
    migration = Migration(key=Key("db", "m"), source="sql", path="m.sql", blob="", span=span)
    return Rendered(migration, "sqlite", tuple(Statement(sql, span) for sql in statements), atomic=True)


def analysed(*statements: str) -> list[Analysis]:
    (result,) = analyse([rendered(*BOOKS)], [rendered(*statements)], Target("sqlite"))
    return result


def test_a_remake_copies_the_table_and_drops_nothing() -> None:
    analyses = analysed(*REMAKE)
    assert all(each.understood for each in analyses)
    assert [effect.work for effect in analyses[1].effects] == [frozenset({Work.COPY})]
    assert {effect.relation for each in analyses for effect in each.effects} == {"book"}
    assert not any(isinstance(change, DropTable | RenameTable) for each in analyses for change in each.changes)
    table = analyses[-1].after.table(analyses[-1].after.resolve(None, "book"))
    assert table is not None
    assert [*table.columns] == ["id", "title"]


def test_a_copy_into_another_name_is_no_remake() -> None:
    analyses = analysed(REMAKE[0], REMAKE[1], REMAKE[2], 'ALTER TABLE "new__book" RENAME TO "other"')
    assert [effect.dropped for effect in analyses[2].effects] == [True]


@pytest.mark.parametrize(
    ("sql", "work"),
    [
        ("ALTER TABLE book ADD COLUMN pages int", set()),
        ("ALTER TABLE book ADD COLUMN pages int CHECK (pages > 0)", {Work.SCAN}),
        ("ALTER TABLE book RENAME COLUMN title TO name", set()),
        ("ALTER TABLE book DROP COLUMN title", {Work.REWRITE}),
        ("CREATE INDEX by_title ON book (title COLLATE NOCASE) WHERE title <> ''", {Work.SCAN, Work.INDEX_BUILD}),
        ("UPDATE book SET title = 'x'", {Work.SCAN}),
        ("""UPDATE [book] SET `title` = '[' || "author_id" || ']'""", {Work.SCAN}),
    ],
)
def test_statements_do_the_work_that_sqlite_documents(sql: str, work: set[Work]) -> None:
    with sqlite3.connect(":memory:") as connection:  # SQLite takes it, so that the case is one
        connection.executescript(";".join((*BOOKS, sql)))
    connection.close()
    (analysis,) = analysed(sql)
    assert analysis.understood, analysis.reason
    assert [set(effect.work) for effect in analysis.effects] == [work]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE book FROB",
        "SELECT 'x",
        'SELECT "x',
        "SELECT `x",
        "SELECT [x",
        f"SELECT {'(' * 1001}1{')' * 1001}",
        "MODIFY x",
        "CREATE TABLE t (a int",
        "\0",
        "ALTER TABLE book ADD a int x y=",
    ],
)
def test_what_cannot_be_read_is_never_silent(sql: str) -> None:
    assert all(not each.understood and each.reason for each in analysed(sql))
