"""What is written for SQLite, MySQL and MariaDB; the expected SQL is what Django 5.2's `sqlmigrate` prints."""

import pytest

from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.history import Confidence, Key, Target
from miglint.sources.django import read
from rendering import HEAD, sql, statements


def test_sqlite_does_not_remake_a_table_for_tags() -> None:
    assert sql("migrations.AddField('order', 'tags', taggit.managers.TaggableManager())", database="sqlite") == []


@pytest.mark.parametrize(("database", "is_mariadb"), [("mysql", False), ("mariadb", True), ("postgresql", False)])
def test_a_migration_may_ask_whether_the_server_is_mariadb(database: str, is_mariadb: bool) -> None:
    source = (
        "from django.db import connection, migrations\n\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.RunSQL('SELECT 1')] if connection.mysql_is_mariadb else []\n"
    )
    tree = MemoryTree({"shop/migrations/0001_initial.py": source.encode()})
    (history,) = read(tree, Config(target=Target(database)), NullCache())
    assert bool(history.migrations[Key("shop", "0001_initial")].operations) is is_mariadb


def test_mysql_indexes_what_only_inherits_from_a_foreign_key() -> None:
    fields = "from django.db import models\n\nclass Owner(models.ForeignKey):\n    pass\n"
    plain, own = (
        sql(
            f"migrations.AddField('order', 'other', {cls}('shop.customer', models.CASCADE, null=True))",
            database="mariadb",
            files={"shop/fields.py": fields},
        )
        for cls in ("models.ForeignKey", "shop.fields.Owner")
    )
    assert own[: len(plain)] == plain
    assert own[len(plain) :] == ["CREATE INDEX `shop_order_other_id_fac5c85a` ON `shop_order` (`other_id`)"]


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("mysql", "ALTER TABLE `shop_order` ADD COLUMN `note` longtext NULL"),
        ("mariadb", "ALTER TABLE `shop_order` ADD COLUMN `note` longtext NULL"),
        ("sqlite", 'ALTER TABLE "shop_order" ADD COLUMN "note" text NULL'),
        ("oracle", 'ALTER TABLE "SHOP_ORDER" ADD "NOTE" NCLOB NULL'),
    ],
)
def test_other_databases(database: str, expected: str) -> None:
    assert sql("migrations.AddField('order', 'note', models.TextField(null=True))", database=database) == [expected]


@pytest.mark.parametrize(("separator", "remade"), [("','", False), ("';'", True)])
def test_sqlite_remakes_a_table_for_an_argument_that_only_the_field_knows(separator: str, remade: bool) -> None:
    files = {
        "shop/fields.py": "from django.db import models\n\nclass Code(models.CharField):\n"
        "    def __init__(self, *args, separator=',', **kwargs):\n        super().__init__(*args, **kwargs)\n"
    }
    added = "migrations.AddField('order', 'code', shop.fields.Code(max_length=9, separator=',', null=True))"
    altered = added.replace("AddField", "AlterField").replace("separator=','", f"separator={separator}")
    found = statements(added, altered, files=files, database="sqlite")
    assert bool(found) is remade
    assert {item.confidence for item in found} <= {Confidence.ASSUMED}
    assert statements(added, altered, files=files) == []


def test_sqlite_remakes_a_table_for_what_a_field_is_given_by_place() -> None:
    stream = (
        "migrations.AddField('order', 'body', wagtail.fields.StreamField([('text', shop.fields.Text())], null=True))"
    )
    other = stream.replace("AddField", "AlterField").replace("'text'", "'heading'")
    files = {
        "shop/migrations/m1.py": f"{HEAD}import wagtail.fields\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('shop', 'm0')]\n    operations = [{stream}]\n",
        "shop/migrations/m2.py": f"{HEAD}import wagtail.fields\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('shop', 'm1')]\n    operations = [{other}]\n",
    }
    found = statements("", "", files=files, database="sqlite")
    assert found[0].sql.startswith('CREATE TABLE "new__shop_order"')
    assert {item.reason for item in found} == {
        "wagtail.fields.StreamField is taken to be altered by its own argument 1"
    }


@pytest.mark.parametrize(
    ("first", "second", "remade", "confidence"),
    [
        ("{django}('a')", "{django}('a')", True, Confidence.EXACT),
        ("{django}('a')", "shop.fields.Place()", True, Confidence.ASSUMED),
        ("shop.fields.Place()", "shop.fields.Place()", True, Confidence.ASSUMED),
        ("shop.fields.place", "shop.fields.place", False, None),
    ],
)
def test_sqlite_remakes_a_table_for_another_storage(
    first: str, second: str, remade: bool, confidence: Confidence | None
) -> None:
    """Two storages that are made alike are two all the same; a name stands for one."""
    django = "django.core.files.storage.FileSystemStorage"
    files = {
        f"shop/migrations/m{number}.py": f"{HEAD}import {django.rpartition('.')[0]}\n\n"
        f"class Migration(migrations.Migration):\n    dependencies = [('shop', 'm{number - 1}')]\n    operations = "
        f"[migrations.{name}('order', 'bill', models.FileField(null=True, storage={storage.format(django=django)}))]\n"
        for number, name, storage in ((1, "AddField", first), (2, "AlterField", second))
    }
    found = statements("", "", files=files, database="sqlite")
    assert bool(found) is remade
    assert {item.confidence for item in found} == ({confidence} if confidence else set())
