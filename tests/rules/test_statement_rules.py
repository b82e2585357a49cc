"""What the pages of the statement rules do not show: one cause, one finding."""

from pathlib import Path

import pytest

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
