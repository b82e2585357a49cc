"""Field classes of the repository: what their bases and members say; the expected columns are what Django 5.2 makes."""

import pytest

from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import Key, Statement, Target
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer

MADE = "migrations.CreateModel('a', [('id', models.AutoField(primary_key=True))])"


def added(fields: str, field: str) -> Statement:
    """The first statement that adds a field."""
    head = "import shop.fields\nfrom django.db import migrations, models\nclass Migration(migrations.Migration):\n"
    add = f"migrations.AddField('a', 'x', shop.fields.{field})"
    files = {
        "shop/__init__.py": "",
        "shop/fields.py": f"from django.db import models\nfrom shop.mixins import *\n{fields}",
        "shop/mixins.py": "class Elsewhere(object):\n    def db_type(self, connection):\n        return 'inet'\n",
        "shop/migrations/__init__.py": "",
        "shop/migrations/m0.py": f"{head}    operations = [{MADE}]\n",
        "shop/migrations/m1.py": f"{head}    dependencies = [('shop', 'm0')]\n    operations = [{add}]\n",
    }
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    (history,) = read(tree, Config(), NullCache())
    renderer = DjangoRenderer(history, Graph.of(history), tree, Target("postgresql", (15,)), as_printed=True)
    return renderer.render(Key("shop", "m1")).statements[0]


MIXIN = "class Mixin{bases}:\n    def {body}\nclass X(Mixin, models.CharField):\n    pass\n"


@pytest.mark.parametrize(
    ("bases", "body", "column"),
    [
        ("", "db_type(self, connection):\n        return 'bytea'", '"x" bytea'),
        ("(object)", "get_internal_type(self):\n        return 'TextField'", '"x" text'),
        (
            "",
            "__init__(self, *args, **kwargs):\n        super().__init__(*args, max_length=7, **kwargs)",
            '"x" varchar(7)',
        ),
        ("(models.Field)", "formfield(self):\n        return None", '"x" varchar(5)'),
    ],
)
def test_a_class_that_stands_before_the_field_is_asked_first(bases: str, body: str, column: str) -> None:
    statement = added(MIXIN.format(bases=bases, body=body), "X(max_length=5, null=True)")
    assert f"ADD COLUMN {column}" in statement.sql
    assert statement.confidence.value == "exact"


def test_such_a_class_of_another_module() -> None:
    statement = added("class X(Elsewhere, models.TextField):\n    pass\n", "X(null=True)")
    assert 'ADD COLUMN "x" inet' in statement.sql
    assert statement.confidence.value == "exact"


def test_such_a_class_that_writes_values() -> None:
    writes = "get_prep_value(self, value):\n        return encrypted(value)"
    statement = added(MIXIN.format(bases="", body=writes), "X(max_length=5, default='a')")
    assert statement.reason == "shop.fields.X may convert its default"
    text = "get_prep_value(self, value):\n        return value or 'none'"
    statement = added(MIXIN.format(bases="", body=text), "X(max_length=5, default='')")
    assert "DEFAULT 'none'" in statement.sql


@pytest.mark.parametrize(
    ("fields", "field", "confidence"),
    [
        ("import far\nclass X(far.Mixin, models.TextField):\n    pass\n", "X()", "assumed"),
        ("class X(models.TextField):\n    empty_strings_allowed = False\n", "X(blank=True)", "assumed"),
        ("class X(models.TextField):\n    def db_check(self, connection):\n        return 'true'\n", "X()", "assumed"),
        ("class X(models.TextField):\n    def get_attname_column(self):\n        return 'u', 'v'\n", "X()", "assumed"),
        ("class X(models.TextField):\n    def db_parameters(self, connection):\n        return {}\n", "X()", "unknown"),
        (
            (
                "class X(models.ManyToManyField):\n    def contribute_to_class(self, cls, name):\n"
                "        super().contribute_to_class(cls, name)\n"
                "        self.remote_field.through.add_to_class('n', models.IntegerField())\n"
            ),
            "X('shop.a')",
            "assumed",
        ),
        (
            (
                "class X(models.TextField):\n    def contribute_to_class(self, cls, name):\n"
                "        super().contribute_to_class(cls, name)\n        setattr(cls, name, self)\n"
            ),
            "X()",
            "exact",
        ),
        ("class X(models.TextField):\n    def validate(self, value, instance):\n        pass\n", "X()", "exact"),
    ],
)
def test_what_bears_on_the_column_and_is_not_read(fields: str, field: str, confidence: str) -> None:
    assert added(fields, field).confidence.value == confidence
