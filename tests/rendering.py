"""Migrations of one app as source, and the SQL that is written for them."""

from collections.abc import Mapping

from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import Key, Statement, Target
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer

HEAD = "import uuid\nfrom django.db import migrations, models\nimport shop.fields\n"


HEAD += "import django.contrib.postgres.constraints, django.contrib.postgres.fields\n"


HEAD += "import isbn_field.fields, phonenumber_field.modelfields, taggit.managers\n"


INITIAL = """
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("customer", [
            ("id", models.BigAutoField(primary_key=True)),
            ("email", models.EmailField(unique=True)),
        ]),
        migrations.CreateModel("order", [
            ("id", models.BigAutoField(primary_key=True)),
            ("customer", models.ForeignKey("shop.customer", models.CASCADE)),
            ("number", models.PositiveIntegerField()),
        ], options={"unique_together": {("customer", "number")}}),
    ]
"""


def renderer(
    *operations: str, database: str = "postgresql", files: Mapping[str, str] | None = None, as_printed: bool = False
) -> DjangoRenderer:
    """The history of app shop: the initial migration, then one migration for each operation."""
    found = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/m0.py": HEAD + INITIAL}
    for number, operation in enumerate(operations, start=1):
        found[f"shop/migrations/m{number}.py"] = (
            f"{HEAD}\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [('shop', 'm{number - 1}')]\n    operations = [{operation}]\n"
        )
    found |= files or {}
    tree = MemoryTree({path: text.encode() for path, text in found.items()})
    (history,) = read(tree, Config(), NullCache())
    return DjangoRenderer(history, Graph.of(history), tree, Target(database, (15,)), as_printed=as_printed)


def statements(*operations: str, **options: object) -> list[Statement]:
    """The statements of the last migration."""
    writer = renderer(*operations, **options)  # type: ignore[arg-type]  # passed through
    return list(writer.render(Key("shop", f"m{len(operations)}")).statements)


def sql(*operations: str, **options: object) -> list[str]:
    return [statement.sql for statement in statements(*operations, **options)]
