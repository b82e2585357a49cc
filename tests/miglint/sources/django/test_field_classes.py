"""Field classes that are not Django's own: followed where the repository has them, doubted where nobody knows them."""

import pytest

from django_files import chain_of
from miglint.history import Confidence

CREATED = "migrations.CreateModel('customer', [('id', models.AutoField(primary_key=True)){}])"


def test_a_field_class_is_followed_through_its_other_name() -> None:
    code = "from django.db.models import JSONField\nDataField = JSONField\n"
    added = "migrations.AddField('customer', 'data', shop.fields.DataField(null=True))"
    (made,) = chain_of({"shop/fields.py": code}, CREATED.format(""), added, imports="import shop.fields\n")
    assert made.sql == 'ALTER TABLE "shop_customer" ADD COLUMN "data" jsonb NULL'


def test_a_field_class_that_is_imported_or_another_is_not_certain() -> None:
    code = (
        "import os\nfrom django.db import models\nif os.environ.get('X'):\n    from django.db.models import JSONField\n"
    )
    code += "else:\n    JSONField = models.TextField\n"
    added = "migrations.AddField('customer', 'data', shop.fields.JSONField(null=True))"
    (made,) = chain_of({"shop/fields.py": code}, CREATED.format(""), added, imports="import shop.fields\n")
    assert (made.confidence, "from several places" in made.reason) == (Confidence.ASSUMED, True)


@pytest.mark.parametrize(
    ("altered", "opaque"),
    [
        ("elsewhere.Sealed(models.TextField(null=True))", ["AlterField"]),
        ("elsewhere.Sealed(models.TextField(), strength=9)", ["AlterField"]),
        ("elsewhere.Sealed(strength=7, help_text='so')", []),
    ],
)
def test_altering_a_field_of_an_unknown_class_is_never_said_to_do_nothing(altered: str, opaque: list[str]) -> None:
    inner = "models.TextField(), " if "models" in altered else ""
    first = CREATED.format(f", ('secret', elsewhere.Sealed({inner}strength=7))")
    made = chain_of({}, first, f"migrations.AlterField('customer', 'secret', {altered})")
    assert [statement.opaque for statement in made] == opaque
    assert {statement.confidence for statement in made} <= {Confidence.UNKNOWN}


@pytest.mark.parametrize(("database", "count"), [("sqlite", 4), ("postgresql", 0)])
def test_functions_of_two_migrations_are_two_defaults(database: str, count: int) -> None:
    """To Django they are different objects, so the field is altered; only SQLite's table is remade for that."""
    field = "models.CharField(max_length=9, default=made)"
    first, second = CREATED.format(f", ('code', {field})"), f"migrations.AlterField('customer', 'code', {field})"
    made = chain_of({}, first, second, imports="def made():\n    return 'x'\n", database=database)
    assert len(made) == count
