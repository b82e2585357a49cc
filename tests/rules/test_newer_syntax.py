"""No rule stumbles over syntax that is newer than the Python which runs it."""

from pathlib import Path

from rules.pages import Block, Example
from rules.running import run

MIGRATION = """\
from django.db import migrations


def forwards(apps, schema_editor):
    try:
        apps.get_model("shop", "Order").objects.count()
    except ValueError, KeyError:
        pass


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(forwards)]
"""


def test_except_without_parentheses(tmp_path: Path) -> None:
    block = Block("shop/migrations/0002_count.py", MIGRATION, False, False, ())
    result = run(Example("example", True, "", (block,)), tmp_path)
    assert [finding.rule for finding in result.active] == ["irreversible-run-python"]
