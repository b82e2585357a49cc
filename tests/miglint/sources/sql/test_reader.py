import pytest

from miglint.changeset import MemoryTree
from miglint.config import Config, SqlSource
from miglint.history import History, Key, Rendered, Target
from miglint.sources.sql.reader import read
from miglint.sources.sql.render import SqlRenderer

PLAN = """%syntax-version=1.0.0
%project=shop

users 2024-01-01T00:00:00Z A <a@b> # users
@v1.0 2024-01-02T00:00:00Z A <a@b> # tag
orders [users] 2024-01-03T00:00:00Z A <a@b> # orders
"""


def tree(**files: str) -> MemoryTree:
    return MemoryTree({path: content.encode() for path, content in files.items()})


def of(files: dict[str, str], config: Config | None = None) -> dict[str, History]:
    return {history.root: history for history in read(tree(**files), config or Config())}


def rendered(files: dict[str, str], name: str, *, backwards: bool = False) -> Rendered:
    (history,) = read(tree(**files), Config())
    key = next(key for key in history.migrations if key.name == name)
    return SqlRenderer(history, tree(**files), Target()).render(key, backwards=backwards)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["V1__a.sql", "V2__b.sql", "V10__c.sql", "V1.1__d.sql", "V1_2__e.sql", "U1__a.sql", "R__z.sql", "x.sql"],
         ["V1__a", "V1.1__d", "V1_2__e", "V2__b", "V10__c", "R__z"]),
        (["2_b.up.sql", "2_b.down.sql", "10_c.up.sql", "1_a.up.sql"], ["1_a", "2_b", "10_c"]),
        (["migrations/20240101000000_a.sql", "migrations/20230101000000_b.sql", "migrations/README.sql"],
         ["20230101000000_b", "20240101000000_a"]),
        (["p/20240101000000_a/migration.sql", "p/20230101000000_b/migration.sql", "p/migration_lock.toml"],
         ["20230101000000_b", "20240101000000_a"]),
        (["m/2024-01-01-000000_a/up.sql", "m/2024-01-01-000000_a/down.sql", "m/2023-01-01-000000_b/up.sql"],
         ["2023-01-01-000000_b", "2024-01-01-000000_a"]),
    ],
)  # fmt: skip
def test_each_tools_files_are_one_chain_in_its_order(files: list[str], expected: list[str]) -> None:
    (history,) = of(dict.fromkeys(files, "")).values()
    assert [key.name for key in history.migrations] == expected
    parents = [[each.key.name for each in migration.dependencies] for migration in history.migrations.values()]
    assert parents == [[], *([name] for name in expected[:-1])]


def test_two_files_of_one_version_are_a_fork() -> None:
    (history,) = of(dict.fromkeys(["V1__a.sql", "V2__b.sql", "V2.0__c.sql", "V3__d.sql"], "")).values()
    parents = {key.name: [each.key.name for each in m.dependencies] for key, m in history.migrations.items()}
    assert parents == {"V1__a": [], "V2.0__c": ["V1__a"], "V2__b": ["V1__a"], "V3__d": ["V2.0__c"]}


def test_each_folder_is_a_history_of_its_own() -> None:
    histories = of(dict.fromkeys(["a/V1__x.sql", "b/V1__x.sql"], ""))
    assert sorted(histories) == ["a", "b"]
    assert list(histories["a"].migrations) == [Key("a", "V1__x")]
    assert histories["a"].apps["a"].path == "a"


def test_numbered_files_beside_python_or_outside_a_migrations_folder_are_none() -> None:
    files = ["shop/migrations/0001_a.sql", "shop/migrations/__init__.py", "queries/001_report.sql", "dump.sql"]
    assert of(dict.fromkeys(files, "")) == {}


def test_configured_folders_take_any_sql_file_and_only_themselves() -> None:
    config = Config(sql_sources=(SqlSource("db/*"),), exclude=("db/old",))
    files = ["db/main/2_b.sql", "db/main/10_c.sql", "db/main/sub/1.sql", "db/old/1.sql", "other/1.sql"]
    histories = of(dict.fromkeys(files, ""), config)
    assert {root: [key.name for key in found.migrations] for root, found in histories.items()} == {
        "db/main": ["2_b", "10_c"]
    }


def test_sqitch_follows_its_plan() -> None:
    files = {
        "s/sqitch.plan": PLAN,
        "s/deploy/users.sql": "BEGIN;\nCREATE TABLE users ();\nCOMMIT;",
        "s/deploy/orders.sql": "",
        "s/deploy/unplanned.sql": "",
        "s/revert/users.sql": "DROP TABLE users;",
    }
    (history,) = of(files).values()
    assert [key.name for key in history.migrations] == ["users", "orders"]
    forth = rendered(files, "users")
    assert not forth.atomic
    assert [each.sql for each in forth.statements] == ["BEGIN", "CREATE TABLE users ()", "COMMIT"]
    assert [each.sql for each in rendered(files, "users", backwards=True).statements] == ["DROP TABLE users"]


DBMATE = "-- migrate:up transaction:false\nCREATE INDEX i ON t (a);\n\n-- migrate:down\nDROP INDEX i;\n"
GOOSE = """-- +goose NO TRANSACTION
-- +goose Up
SELECT 1;
-- +goose StatementBegin
CREATE PROCEDURE p() AS 'x; y'; z
-- +goose StatementEnd
SELECT 2;
-- +goose Down
SELECT 3;
"""


@pytest.mark.parametrize(
    ("text", "up", "down", "atomic"),
    [
        (DBMATE, ["CREATE INDEX i ON t (a)"], ["DROP INDEX i"], False),
        (DBMATE.replace(" transaction:false", ""), ["CREATE INDEX i ON t (a)"], ["DROP INDEX i"], True),
        (GOOSE, ["SELECT 1", "CREATE PROCEDURE p() AS 'x; y'; z", "SELECT 2"], ["SELECT 3"], False),
        (GOOSE.replace("-- +goose NO TRANSACTION\n", "")[:30], ["SELECT 1"], [], True),
        ("-- no-transaction\nSELECT 1;", ["SELECT 1"], [], False),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", ["CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"], [], False),
        ("VACUUM t;", ["VACUUM t"], [], False),
        ("SELECT 1;\n-- CONCURRENTLY\n", ["SELECT 1"], [], True),
    ],
)
def test_marks_say_what_runs_where(text: str, up: list[str], down: list[str], atomic: bool) -> None:
    files = {"migrations/1_a.sql": text}
    forth, back = rendered(files, "1_a"), rendered(files, "1_a", backwards=True)
    assert [each.sql for each in forth.statements] == up
    assert [each.sql for each in back.statements] == down
    assert forth.atomic is atomic


def test_spans_are_the_files_own() -> None:
    (statement,) = rendered({"migrations/1_a.sql": DBMATE}, "1_a").statements
    assert (statement.span.line, statement.span.column, statement.span.end_column) == (2, 1, 24)


@pytest.mark.parametrize(
    ("forth", "back"),
    [("1_a.up.sql", "1_a.down.sql"), ("V1__a.sql", "U1__a.sql"), ("m/20240101_a/up.sql", "m/20240101_a/down.sql")],
)
def test_the_way_back_stands_beside(forth: str, back: str) -> None:
    files = {forth: "SELECT 1;", back: "SELECT 2;"}
    (history,) = of(files).values()
    renderer = SqlRenderer(history, tree(**files), Target())
    (key,) = history.migrations
    assert [each.sql for each in renderer.render(key, backwards=True).statements] == ["SELECT 2"]
    alone = SqlRenderer(history, tree(**{forth: ""}), Target())
    assert alone.render(key, backwards=True).statements == ()


def test_the_prelude_is_what_runs_before() -> None:
    files = dict.fromkeys(["V1__a.sql", "V2__b.sql", "V3__c.sql"], "SELECT 1;")
    (history,) = of(files).values()
    renderer = SqlRenderer(history, tree(**files), Target())
    keys = list(history.migrations)
    assert [each.migration.key for each in renderer.prelude(keys[1:])] == keys[:1]
