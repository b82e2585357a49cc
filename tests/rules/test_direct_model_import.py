"""The help names the model by its own app."""

from pathlib import Path

import pytest

from rules.pages import Block, Example
from rules.running import run

MIGRATION = """\
from django.db import migrations
{imported}


def fill(apps, editor):
    for one in {model}.objects.all():
        one.save()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""
BARE = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    initial = True\n"


@pytest.mark.parametrize(
    ("imported", "model", "asked"),
    [
        ("from django.contrib.contenttypes.models import ContentType", "ContentType", '"contenttypes", "ContentType"'),
        ("from acme.stock.models.items import Item", "Item", '"stock", "Item"'),
        ("from oauth2_provider.models import Application", "Application", '"oauth2_provider", "Application"'),
        ("from ..models import Order", "Order", '"shop", "Order"'),
    ],
)
def test_a_model_is_asked_for_by_its_own_app(imported: str, model: str, asked: str, tmp_path: Path) -> None:
    blocks = (
        Block("src/acme/stock/__init__.py", "", True, False, ()),
        Block("src/acme/stock/migrations/__init__.py", "", True, False, ()),
        Block("src/acme/stock/migrations/0001_initial.py", BARE, True, False, ()),
        Block("shop/migrations/0002_fill.py", MIGRATION.format(imported=imported, model=model), False, False, ()),
    )
    result = run(Example("example", True, "", blocks), tmp_path)
    (finding,) = [one for one in result.active if one.rule == "direct-model-import"]
    assert finding.problem.help.endswith(f"apps.get_model({asked})")


BESIDE = """\
from django.db import migrations
from shop.models import Order


def used_elsewhere():
    Order.objects.count()


def helper():
    {helped}


def fill(apps, editor):
    helper()


STEPS = {{"by a plugin": used_elsewhere}}


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""


@pytest.mark.parametrize(("helped", "found"), [("pass", []), ("STEPS", [2]), ("used_elsewhere()", [2])])
def test_only_what_the_migration_runs_counts(helped: str, found: list[int], tmp_path: Path) -> None:
    block = Block("shop/migrations/0002_fill.py", BESIDE.format(helped=helped), False, False, ())
    result = run(Example("example", True, "", (block,)), tmp_path)
    assert [one.problem.at.span.line for one in result.active if one.rule == "direct-model-import"] == found
