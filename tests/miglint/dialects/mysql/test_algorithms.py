"""Expected values are MariaDB 10.11's own answers, or those of MySQL's manual, "Online DDL Operations"."""

import pytest

from miglint.analysis import Analysis
from miglint.dialects import analyse
from miglint.effects import Work
from miglint.finding import Span
from miglint.history import Key, Migration, Rendered, Statement, Target

MARIADB = Target("mariadb", (10, 11))
MYSQL = Target("mysql", (8, 0))
USERS = (
    "CREATE TABLE orgs (id bigint PRIMARY KEY) ENGINE=InnoDB",
    """CREATE TABLE users (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, email varchar(50), code varchar(20), age int,
       name varchar(255), bio text, status enum('new','old'), org_id bigint, latin varchar(90) CHARACTER SET latin1,
       KEY by_age (age)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4""",
)


def rendered(*statements: str) -> Rendered:
    span = Span(1, 1, 1, 1)
    migration = Migration(key=Key("db", "m"), source="sql", path="m.sql", blob="", span=span)
    return Rendered(migration, "mariadb", tuple(Statement(sql, span) for sql in statements), atomic=True)


def analysed(*statements: str, target: Target = MARIADB, setup: tuple[str, ...] = USERS) -> list[Analysis]:
    (result,) = analyse([rendered(*setup)], [rendered(*statements)], target)
    return result


def plan(statement: str, target: Target = MARIADB, setup: tuple[str, ...] = USERS) -> tuple[str | None, str]:
    (analysis,) = analysed(statement, target=target, setup=setup)
    assert analysis.understood, analysis.reason
    return analysis.effects[0].algorithm, analysis.effects[0].lock


@pytest.mark.parametrize(
    ("alteration", "mariadb", "mysql"),
    [
        ("ADD COLUMN x int", "INSTANT", "INSTANT"),
        ("ADD COLUMN x int DEFAULT (age + 1)", "COPY", "COPY"),
        ("ADD COLUMN x int AS (age + 1) STORED", "COPY", "COPY"),
        ("ADD COLUMN x int, ADD INDEX i (email)", "INPLACE", "INPLACE"),
        ("ADD INDEX i (email)", "NOCOPY", "INPLACE"),
        ("DROP COLUMN email", "INSTANT", "INSTANT"),
        ("DROP COLUMN age", "NOCOPY", "INPLACE"),
        ("DROP INDEX by_age, ADD INDEX renamed (age)", "INSTANT", "INPLACE"),
        ("MODIFY email varchar(63)", "INSTANT", "INPLACE"),
        ("MODIFY email varchar(64)", "COPY", "COPY"),
        ("MODIFY code varchar(200)", "INSTANT", "COPY"),
        ("MODIFY name varchar(300)", "INSTANT", "INPLACE"),
        ("MODIFY latin varchar(300) CHARACTER SET latin1", "INSTANT", "COPY"),
        ("MODIFY email varchar(50) NOT NULL", "INPLACE", "INPLACE"),
        ("MODIFY age bigint", "COPY", "COPY"),
        ("MODIFY age int COMMENT 'years'", "INSTANT", "INSTANT"),
        ("MODIFY status enum('new','old','gone')", "INSTANT", "INSTANT"),
        ("MODIFY status enum('new','gone','old')", "COPY", "COPY"),
        ("CHANGE email mail varchar(60) NULL", "INSTANT", "INPLACE"),
        ("ADD CONSTRAINT c CHECK (age > 0)", "COPY", "COPY"),
        ("ADD FOREIGN KEY (org_id) REFERENCES orgs (id)", "COPY", "COPY"),
        ("DROP PRIMARY KEY", "COPY", "COPY"),
        ("PARTITION BY HASH (id) PARTITIONS 4", "COPY", "COPY"),
        ("ENGINE=InnoDB", "INPLACE", "INPLACE"),
        ("ENGINE=MyISAM", "COPY", "COPY"),
    ],
)
def test_the_algorithm_follows_from_the_change_and_the_schema(alteration: str, mariadb: str, mysql: str) -> None:
    statement = f"ALTER TABLE users {alteration}"
    assert plan(statement)[0] == mariadb
    assert plan(statement, MYSQL)[0] == mysql


def test_an_old_mysql_rebuilds_to_drop_a_column_or_to_add_one_inside() -> None:
    old, new = Target("mysql", (8, 0, 28)), Target("mysql", (8, 0, 29))
    for alteration in ("DROP COLUMN email", "ADD COLUMN x int FIRST"):
        assert plan(f"ALTER TABLE users {alteration}", old)[0] == "INPLACE"
        assert plan(f"ALTER TABLE users {alteration}", new)[0] == "INSTANT"


def test_a_foreign_key_makes_writers_of_both_tables_wait_for_the_copy() -> None:
    (analysis,) = analysed("ALTER TABLE users ADD CONSTRAINT fk FOREIGN KEY (org_id) REFERENCES orgs (id)")
    assert [(effect.relation, effect.lock, effect.dangerous) for effect in analysis.effects] == [
        ("users", "SHARED", True),
        ("orgs", "SHARED", True),
    ]


def test_without_checks_a_foreign_key_copies_nothing() -> None:
    analyses = analysed("SET foreign_key_checks=0", "ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES orgs (id)")
    assert [effect.algorithm for effect in analyses[1].effects] == ["INSTANT"]


def test_a_full_text_index_lets_nobody_write_and_the_first_one_rebuilds() -> None:
    first, second = analysed("ALTER TABLE users ADD FULLTEXT (name)", "ALTER TABLE users ADD FULLTEXT (bio)")
    assert [(each.effects[0].algorithm, each.effects[0].lock) for each in (first, second)] == [
        ("INPLACE", "SHARED"),
        ("NOCOPY", "SHARED"),
    ]


def test_a_table_that_the_change_makes_is_marked_new() -> None:
    analyses = analysed("CREATE TABLE fresh (a int)", "ALTER TABLE fresh MODIFY a bigint")
    assert [effect.new for effect in analyses[1].effects] == [True]


def test_an_unknown_table_is_assumed_and_said_to_be() -> None:
    (analysis,) = analysed("ALTER TABLE elsewhere MODIFY a bigint")
    assert analysis.effects[0].algorithm == "COPY"
    assert "elsewhere" in analysis.assumptions[0]


def test_every_schema_change_commits_what_went_before() -> None:
    analyses = analysed("UPDATE users SET age = 1", "ALTER TABLE users ADD x int", "UPDATE users SET x = 1")
    assert [each.transaction for each in analyses] == [0, None, 1]


def test_the_change_to_blame_for_a_copy_is_named() -> None:
    (analysis,) = analysed("ALTER TABLE users ADD COLUMN x int, MODIFY age bigint, COMMENT='x'")
    assert dict(analysis.causes) == {1: frozenset({Work.COPY})}


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE users FROBNICATE",
        "ALTER TABLE users ADD COLUMN x frob",
        "SELECT 'unterminated",
        "CREATE TABLE t (a int",
        "ALTER TABLE users MODIFY (",
        "ALTER TABLE users ADD COLUMN x int garbage after",
        "DO $$ BEGIN END $$",
        "COPY users FROM STDIN",
        "\0",
        "CREATE TABLE t (a int) /* open",
        "(" * 5000,
    ],
)
def test_what_cannot_be_read_is_never_silent(sql: str) -> None:
    analyses = analysed(sql)
    assert analyses
    assert all(not each.understood and each.reason for each in analyses)


def test_code_in_special_comments_is_read_as_the_server_reads_it() -> None:
    assert plan("ALTER TABLE users /*!50100 MODIFY age bigint */") == ("COPY", "SHARED")


def test_several_statements_in_one_string_are_taken_apart_but_bodies_are_not() -> None:
    trigger = "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW BEGIN SET NEW.age = 1; SET NEW.name = ';'; END"
    analyses = analysed(f"ALTER TABLE users ADD a int; ALTER TABLE users ADD b int; {trigger}")
    assert [each.understood for each in analyses] == [True, True, True]
    assert analyses[2].effects[0].relation == "users"
