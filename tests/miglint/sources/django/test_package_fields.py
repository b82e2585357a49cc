"""Fields of packages: what the classes themselves wrote, where the packages were installed."""

import pytest

from django_files import chain_of
from miglint.history import Confidence

IMPORTS = "import multi_email_field.fields\nimport opaque_keys.edx.django.models\nimport shop.fields\n"
OWN = "from opaque_keys.edx.django.models import CourseKeyField\nclass Own(CourseKeyField):\n    pass\n"
KEY = "opaque_keys.edx.django.models.CourseKeyField"
FIRST = "migrations.CreateModel('order', [('id', models.AutoField(primary_key=True))])"


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("multi_email_field.fields.MultiEmailField()", "text DEFAULT '' NOT NULL"),
        (
            "multi_email_field.fields.MultiEmailField(default=['a@b.c', 'd@e.f'])",
            "text DEFAULT 'a@b.c\nd@e.f' NOT NULL",
        ),
        ("multi_email_field.fields.MultiEmailField(default=None, null=True)", "text NULL"),
        (f"{KEY}(null=True)", "varchar(255) DEFAULT '' NULL"),
        ("opaque_keys.edx.django.models.UsageKeyField(max_length=90, null=True)", "varchar(90) DEFAULT '' NULL"),
        ("shop.fields.Own(null=True)", "varchar(255) DEFAULT '' NULL"),
    ],
)
def test_what_is_not_given_is_what_the_class_makes_of_nothing(field: str, column: str) -> None:
    added = f"migrations.AddField('order', 'field', {field})"
    made = chain_of({"shop/fields.py": OWN}, FIRST, added, imports=IMPORTS)
    assert made[0].sql == f'ALTER TABLE "shop_order" ADD COLUMN "field" {column}'
    assert made[0].confidence is (Confidence.EXACT if "DEFAULT" not in column else Confidence.ASSUMED)


@pytest.mark.parametrize(("argument", "collation"), [("", "NOCASE"), ("case_sensitive=True", "BINARY")])
def test_a_key_has_the_collation_that_its_latest_version_gives_it(argument: str, collation: str) -> None:
    created = FIRST.replace("])", f", ('key', {KEY}({argument}))])")
    (on_postgresql,) = chain_of({}, created, imports=IMPORTS)
    assert on_postgresql.sql.endswith('"key" varchar(255) NOT NULL)')
    assert on_postgresql.confidence is Confidence.EXACT
    (on_sqlite,) = chain_of({}, created, imports=IMPORTS, database="sqlite")
    assert on_sqlite.sql.endswith(f'"key" varchar(255) COLLATE {collation} NOT NULL)')
    assert on_sqlite.confidence is Confidence.ASSUMED


def test_a_default_that_a_class_of_the_project_brings_along_is_the_columns() -> None:
    code = "from django.db import models\nclass Code(models.CharField):\n    def __init__(self, *args, **kwargs):\n"
    code += "        kwargs.setdefault('default', 'x')\n        super().__init__(*args, **kwargs)\n"
    added = "migrations.AddField('order', 'code', shop.fields.Code(max_length=9))"
    made = chain_of({"shop/fields.py": code}, FIRST, added, imports=IMPORTS)
    assert made[0].sql == """ALTER TABLE "shop_order" ADD COLUMN "code" varchar(9) DEFAULT 'x' NOT NULL"""


@pytest.mark.parametrize(("argument", "count"), [("use_json_field=True", 0), ("block_lookup={1: 2}", 4)])
def test_an_argument_that_a_class_only_takes_for_old_migrations_alters_nothing(argument: str, count: int) -> None:
    field = "wagtail.fields.StreamField([], blank=True{})"
    first = FIRST.replace("])", f", ('body', {field.format('')})])")
    altered = f"migrations.AlterField('order', 'body', {field.format(', ' + argument)})"
    assert len(chain_of({}, first, altered, imports="import wagtail.fields\n", database="sqlite")) == count
