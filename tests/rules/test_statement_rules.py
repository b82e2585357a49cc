"""What the pages of the statement rules do not show: one cause, one finding; how grave it is."""

from dataclasses import replace
from pathlib import Path

import pytest

from miglint.finding import Severity
from rules.pages import Block, Example
from rules.running import run

MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        {operation},
    ]
"""


def rules(operation: str, folder: Path) -> list[str]:
    block = Block("shop/migrations/0002_change.py", MIGRATION.format(operation=operation), False, False, ())
    result = run(Example("example", True, "", (block,)), folder)
    return sorted(finding.rule for finding in result.active if finding.rule != "missing-lock-timeout")


@pytest.mark.parametrize(
    "operation",
    [
        'migrations.AddField("product", "ean", models.CharField(max_length=13, null=True, unique=True))',
        'migrations.AlterField("product", "sku", models.CharField(max_length=20, unique=True))',
    ],
)
def test_a_unique_text_column_is_one_cause_though_it_gets_two_indexes(operation: str, tmp_path: Path) -> None:
    assert rules(operation, tmp_path) == ["blocking-unique-constraint"]


def folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def sql(path: str, *statements: str, on_base: bool = False) -> Block:
    return Block(f"db/migrations/{path}", "".join(f"{one};\n" for one in statements), on_base, False, ())


def severities(folder: Path, *blocks: Block) -> dict[str, Severity]:
    result = run(Example("example", True, "", (sql("V1__first.sql", CUSTOMER, on_base=True), *blocks)), folder)
    assert len({finding.rule for finding in result.active}) == len(result.active)
    return {finding.rule: finding.severity for finding in result.active}


CUSTOMER = "CREATE TABLE shop_customer (id bigint PRIMARY KEY)"
REFUND = "CREATE TABLE shop_refund (id bigint PRIMARY KEY, customer_id bigint REFERENCES shop_customer (id))"
TENTH = [
    f"CREATE TABLE shop_t{number} (id bigint PRIMARY KEY, customer_id bigint REFERENCES shop_customer (id))"
    for number in range(10)
]
BUSY = sql("V1_1__many.sql", *TENTH, on_base=True)
WIDER = "ALTER TABLE shop_customer ADD COLUMN channel varchar(20)"


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ((sql("V2__a.sql", REFUND),), {"foreign-key-locks-referenced-table": Severity.NOTICE}),
        ((BUSY, sql("V2__a.sql", REFUND)), {"foreign-key-locks-referenced-table": Severity.WARNING}),
        ((sql("V2__a.sql", "SET LOCAL lock_timeout = '5s'", REFUND),), {}),
        ((BUSY, sql("V2__a.sql", WIDER, REFUND)), {"missing-lock-timeout": Severity.WARNING}),
        ((sql("V2__a.sql", WIDER),), {"missing-lock-timeout": Severity.NOTICE}),
        (
            (sql("V2__a.sql", "ALTER SEQUENCE IF EXISTS unknown_id_seq RENAME TO other_id_seq"),),
            {"missing-lock-timeout": Severity.NOTICE},
        ),
        (
            (sql("V2__a.sql", "ALTER TABLE elsewhere ALTER COLUMN name TYPE varchar(50)"),),
            {"column-type-rewrite": Severity.WARNING, "missing-lock-timeout": Severity.NOTICE},
        ),
        ((BUSY, sql("V2__a.sql", WIDER)), {"missing-lock-timeout": Severity.WARNING}),
        (
            (sql("V2__a.sql", WIDER), sql("V3__b.sql", WIDER.replace("channel", "name"))),
            {"missing-lock-timeout": Severity.NOTICE},
        ),
    ],
)
def test_how_grave_a_lock_is(blocks: tuple[Block, ...], expected: dict[str, Severity], tmp_path: Path) -> None:
    assert severities(tmp_path, *blocks) == expected


CHOICES = """\
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Choices(ArrayField):
    def __init__(self, **kwargs):
        kwargs["base_field"] = models.CharField(max_length=9)
        super().__init__(**kwargs)
"""


def test_a_type_that_could_not_be_worked_out_is_no_fact(tmp_path: Path) -> None:
    field = Block("shop/fields.py", CHOICES, True, False, ())
    operation = 'migrations.AlterField("product", "stock", shop.fields.Choices())'
    text = "import shop.fields\n" + MIGRATION.format(operation=operation)
    found = run(
        Example("example", True, "", (field, Block("shop/migrations/0002_a.py", text, False, False, ()))), tmp_path
    )
    assert {one.severity for one in found.active if one.rule == "column-type-rewrite"} == {Severity.WARNING}
    assert (found.coverage.statements, found.coverage.statements_understood) == (1, 0)
    assert "refuses its arguments" in found.coverage.unknown[0].reason


def test_what_is_done_to_a_table_of_the_same_transaction_makes_nobody_wait(tmp_path: Path) -> None:
    made = "CREATE TABLE shop_seen AS SELECT id AS customer_id FROM shop_customer"
    alter = (
        "ALTER TABLE shop_seen ADD COLUMN id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, "
        "ALTER COLUMN customer_id SET NOT NULL, ADD UNIQUE (customer_id), ADD CHECK (customer_id > 0), "
        "ADD FOREIGN KEY (customer_id) REFERENCES shop_customer"
    )
    found = severities(tmp_path, sql("V2__a.sql", made, alter))
    assert found == {"validated-foreign-key": Severity.ERROR}


@pytest.mark.parametrize(
    "changes",
    [
        ["ALTER TABLE shop_customer DROP COLUMN note, ADD COLUMN note text, DROP COLUMN name"],
        [
            "ALTER TABLE shop_customer DROP COLUMN note, DROP COLUMN name",
            "ALTER TABLE shop_customer ADD COLUMN other text",
            "ALTER TABLE shop_customer RENAME other TO note",
        ],
    ],
)
def test_a_column_that_gives_way_to_another_is_there(changes: list[str], tmp_path: Path) -> None:
    added = sql("V1_1__b.sql", "ALTER TABLE shop_customer ADD COLUMN note int, ADD COLUMN name text", on_base=True)
    first = sql("V1__first.sql", CUSTOMER, on_base=True)
    result = run(Example("example", True, "", (first, added, sql("V2__a.sql", *changes))), tmp_path)
    (found,) = [one for one in result.active if one.rule == "dropped-column"]
    assert "shop_customer.name" in found.problem.message


def test_a_column_for_the_time_of_the_migration_is_known_to_nobody(tmp_path: Path) -> None:
    new = "ALTER TABLE shop_customer RENAME TO shop_buyer"
    steps = ["ADD COLUMN a int", "ADD COLUMN b int", "RENAME a TO c", "DROP COLUMN b"]
    change = sql("V2__a.sql", new, *(f"ALTER TABLE shop_buyer {step}" for step in steps))
    found = severities(tmp_path, change)
    assert {"renamed-table"} == {rule for rule in found if rule.startswith(("renamed", "dropped"))}


@pytest.mark.parametrize(
    ("statement", "severity"),
    [
        ("ALTER TABLE elsewhere MODIFY name varchar(255)", Severity.WARNING),
        ("ALTER TABLE elsewhere MODIFY name varchar(255), ADD CHECK (name <> '')", Severity.ERROR),
        ("ALTER TABLE shop_customer MODIFY id int", Severity.ERROR),
    ],
)
def test_a_copy_is_no_fact_where_it_is_not_known_what_a_column_was(
    statement: str, severity: Severity, tmp_path: Path
) -> None:
    config = Block(".miglint.yml", "database: mariadb\n", True, False, ())
    assert severities(tmp_path, config, sql("V2__a.sql", statement))["copying-alter-table"] is severity


def test_who_waits_may_have_been_locked_before(tmp_path: Path) -> None:
    first = sql("V1__first.sql", CUSTOMER, "CREATE TABLE shop_product (id bigint PRIMARY KEY, stock int)", on_base=True)
    updates = ("UPDATE shop_product SET stock = 0", "UPDATE shop_product SET stock = 1")
    change = sql("V2__a.sql", WIDER, *updates, "UPDATE pg_index SET indisready = false")
    result = run(Example("example", True, "", (first, change)), tmp_path)
    found = {one.problem.message for one in result.active if one.rule == "blocking-scan"}
    assert found == {
        "shop_product is read as a whole while reads and writes of shop_customer wait (AccessExclusiveLock)"
    }


def test_what_came_between_an_edited_migration_and_a_new_one_is_known(tmp_path: Path) -> None:
    between = sql("V2__a.sql", "CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(20))", on_base=True)
    edited = sql("V1__first.sql", CUSTOMER.replace("bigint", "int"))
    free = sql("V3__b.sql", "ALTER TABLE shop_product ALTER COLUMN name TYPE varchar(50)")
    found = severities(tmp_path, between, edited, free)
    assert found == {"released-migration-changed": Severity.ERROR, "missing-lock-timeout": Severity.NOTICE}


def test_a_squash_of_what_is_released_runs_where_no_rows_are(tmp_path: Path) -> None:
    added = 'migrations.AddField("customer", "{}", models.CharField(max_length=9, default="x", unique={}))'
    steps = [added.format("code", False), added.format("sign", True)]
    after = '    dependencies = [("shop", "{}")]\n'
    released = [
        Block(
            f"shop/migrations/{name}.py",
            MIGRATION.format(operation=step).replace(after.format("0001_initial"), after.format(parent)),
            True,
            False,
            (),
        )
        for name, parent, step in zip(("0002_a", "0003_b"), ("0001_initial", "0002_a"), steps, strict=True)
    ]
    squash = MIGRATION.format(operation=", ".join(steps)) + '    replaces = [("shop", "0002_a"), ("shop", "0003_b")]\n'
    block = Block("shop/migrations/0002_squashed.py", squash, False, False, ())
    assert run(Example("example", True, "", (*released, block)), folder(tmp_path, "released")).active == ()
    unreleased = tuple(replace(each, on_base=False) for each in released)
    found = run(Example("example", True, "", (*unreleased, block)), folder(tmp_path, "new")).active
    assert {finding.rule for finding in found} >= {"not-null-without-database-default"}


def test_rows_gone_through_under_a_lock_are_graver_than_a_second_lock(tmp_path: Path) -> None:
    other = sql("V1_1__other.sql", "CREATE TABLE shop_product (id bigint PRIMARY KEY)", on_base=True)
    second = "ALTER TABLE shop_product ADD COLUMN channel varchar(20)"
    brief = severities(folder(tmp_path, "brief"), other, sql("V2__a.sql", WIDER, second))
    assert brief["wide-lock-window"] is Severity.NOTICE
    long = severities(
        folder(tmp_path, "long"), other, sql("V2__a.sql", WIDER, second, "UPDATE shop_customer SET channel = ''")
    )
    assert long["wide-lock-window"] is Severity.WARNING


def test_the_index_of_a_unique_key_is_not_taken_for_a_comparison_of_the_key(tmp_path: Path) -> None:
    field = 'models.OneToOneField("shop.customer", models.CASCADE, null=True)'
    found = rules(f'migrations.AddField("product", "owner", {field})', tmp_path)
    assert found == ["blocking-unique-constraint", "foreign-key-locks-referenced-table"]


def test_a_table_is_busy_where_many_migrations_point_to_it(tmp_path: Path) -> None:
    others = [Block("stock/migrations/0001_k0.py", MIGRATION.format(operation=CREATE_LINE), True, False, ())]
    for number in range(1, 11):
        text = MIGRATION.format(operation=KEY.format(number)).replace(
            '"shop", "0001_initial"', f'"stock", "{number:04}_k{number - 1}"'
        )
        others.append(Block(f"stock/migrations/{number + 1:04}_k{number}.py", text, True, False, ()))
    change = Block("shop/migrations/0002_change.py", MIGRATION.format(operation=WIDER_PRODUCT), False, False, ())
    for count, severity in ((10, Severity.NOTICE), (11, Severity.WARNING)):
        blocks = (*others[:count], change)
        result = run(Example("example", True, "", blocks), folder(tmp_path, str(count)))
        (finding,) = [one for one in result.active if one.rule == "missing-lock-timeout"]
        assert finding.severity is severity


CREATE_LINE = 'migrations.CreateModel("Line", [("id", models.AutoField(primary_key=True))])'
WIDER_PRODUCT = 'migrations.AddField("product", "channel", models.CharField(max_length=20, null=True))'
KEY = 'migrations.AddField("line", "k{0}", models.ForeignKey("shop.Product", models.CASCADE, null=True))'
