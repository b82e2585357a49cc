"""A column is renamed while the running code knows it by its old name.

Old processes ask for the old name and fail from that moment on; new ones fail until it has come.

Rename the field and keep the column: `db_column` with the old name. When the column's own name has to change, add a
second column, write both, copy, switch the reads, and drop the old one in a later release.

## Bad

The field is renamed, and its column with it.

```python
# shop/migrations/0002_rename_product_stock.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RenameField("product", "stock", "quantity"),  # flagged
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__rename_stock.sql
ALTER TABLE shop_product RENAME COLUMN stock TO quantity; -- flagged
```

## Good

The change renames what it has brought itself: nobody knows the column.

```python
# shop/migrations/0002_product_weight.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("product", "weight", models.IntegerField(null=True)),
    ]
```

```python
# shop/migrations/0003_product_mass.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_product_weight")]
    operations = [
        migrations.RenameField("product", "weight", "mass"),
    ]
```


The field first gets its column's name for good; renaming it then sends nothing to the database.

```python
# shop/migrations/0002_rename_product_stock.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("product", "stock", models.IntegerField(db_column="stock", null=True)),
        migrations.RenameField("product", "stock", "quantity"),
    ]
```

A column that the same change makes is known to nobody.

```python
# shop/migrations/0002_product_quantity.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("product", "amount", models.IntegerField(null=True)),
        migrations.RenameField("product", "amount", "quantity"),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import RenameColumn
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._own import own_operation
from miglint_rules._remedies import indented
from miglint_rules._renaming import column_kept
from miglint_rules._statements import is_existing, problem, shown
from miglint_rules._within import changes_of_older, column_is_of_this_change


@statement_rule(severity=Severity.ERROR, changes=[RenameColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change in changes_of_older(analyses, RenameColumn):
        if is_existing(analysis, change.table) and not _is_new(analyses, analysis, change, scope):
            table = shown(analysis, change.table)
            yield problem(
                analysis,
                message=f"column {table}.{change.column} becomes {change.new_name}: code that still runs asks for "
                f"{change.column} and fails from then on",
                help=_help(analysis, table, change, scope),
                identity=(table, change.column, change.new_name),
                scope=scope,
                table=change.table,
            )


def _is_new(analyses: Sequence[Analysis], analysis: Analysis, change: RenameColumn, scope: Scope) -> bool:
    """Whether the change itself made the column before, so that nobody knows it."""
    if column_is_of_this_change(scope, analysis, change.table.name, change.column):
        return True
    table = analyses[0].before.table(change.table)
    now = analysis.before.table(change.table)
    known_before = table is None or table.assumed or change.column in table.columns
    return not known_before and now is not None and change.column in now.columns


def _help(analysis: Analysis, table: str, change: RenameColumn, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    if own is not None and own.operation.name == "RenameField":
        return column_kept(own, analysis, scope, change.column)
    return f"keep the name, or add {change.new_name} as a second column:\n" + indented(
        f"ALTER TABLE {table} ADD COLUMN {change.new_name} ...;",
        "-- release 1: write both columns; copy the old rows in batches",
        f"-- release 2: read {change.new_name}, stop writing {change.column}",
        f"-- release 3: drop {change.column}",
    )
