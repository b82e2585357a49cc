"""A column is dropped that the running code still reads and writes.

Django names every column of a model in each `SELECT` and `INSERT`. From the moment the column is gone until the last
old process is, every query for the model fails.

Take two releases. In the first the model loses the field and Django's state with it
(`SeparateDatabaseAndState(state_operations=[RemoveField(...)])`), while the column stays; it has to be nullable or have
a database default by then, since the new code's `INSERT` leaves it out. When no process of the old code runs any more,
the second drops the column.

## Bad

The field and its column go at once.

```python
# shop/migrations/0002_remove_product_description.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RemoveField("product", "description"),  # flagged
    ]
```

State and database are parted, but they arrive in the same release.

```python
# shop/migrations/0002_forget_product_description.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("product", "description")],
        ),
    ]
```

```python
# shop/migrations/0003_remove_product_description.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_forget_product_description")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE shop_product DROP COLUMN description",  # flagged
            "ALTER TABLE shop_product ADD COLUMN description text",
        ),
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__drop_description.sql
ALTER TABLE shop_product DROP COLUMN description; -- flagged
```

## Good

The change takes back what it has brought itself: nobody knows the column.

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
# shop/migrations/0003_remove_product_weight.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_product_weight")]
    operations = [
        migrations.RemoveField("product", "weight"),
    ]
```


The first release: the column stays.

```python
# shop/migrations/0002_forget_product_description.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("product", "description")],
        ),
    ]
```

The second release: a released migration has taken the field from the state, so no running code knows the column.

```python
# main: shop/migrations/0002_forget_product_description.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterField("product", "description", models.TextField(db_default="", null=True)),
            ],
            state_operations=[migrations.RemoveField("product", "description")],
        ),
    ]
```

```python
# shop/migrations/0003_drop_product_description.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_forget_product_description")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE shop_product DROP COLUMN description",
            "ALTER TABLE shop_product ADD COLUMN description text",
        ),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import DropColumn
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._forgotten import column_is_forgotten
from miglint_rules._own import Own, declared_before, own_operation
from miglint_rules._recipes import beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import indented, is_django
from miglint_rules._statements import is_existing, problem, shown
from miglint_rules._within import changes_of_older, column_is_of_this_change


@statement_rule(severity=Severity.ERROR, changes=[DropColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change in changes_of_older(analyses, DropColumn):
        table = shown(analysis, change.table)
        if not is_existing(analysis, change.table):
            continue
        app = analysis.migration.key.app
        if is_django(analysis) and column_is_forgotten(scope, app, change.table.name, change.column):
            continue
        if column_is_of_this_change(scope, analysis, change.table.name, change.column):
            continue
        if _is_there_again(analysis, analyses, change):
            continue
        yield problem(
            analysis,
            message=f"column {table}.{change.column} is dropped: code that still runs names it in every SELECT and "
            f"INSERT of {table}, and fails from then on",
            help=_help(analysis, change, table, scope),
            identity=(table, change.column),
            scope=scope,
            table=change.table,
        )


def _is_there_again(analysis: Analysis, analyses: Sequence[Analysis], change: DropColumn) -> bool:
    """Whether there is another column of that name before anybody sees that it was gone."""
    last = analyses[-1]
    seen = last if analysis.transaction is not None and last.transaction == analysis.transaction else analysis
    table = seen.after.table(change.table)
    return table is not None and change.column in table.columns


def _help(analysis: Analysis, change: DropColumn, table: str, scope: Scope) -> str:
    own, column = own_operation(analysis, scope), change.column
    if own is None or not own.field:
        return (
            f"take two releases: in the first, no code names {column} any more (it has to be nullable or have a "
            "default); the second drops it:\n" + indented(f"ALTER TABLE {table} DROP COLUMN {column};")
        )
    dropped = [_nullable(own, analysis, table, column, scope)] if _is_required(analysis, change) else []
    steps = [
        step(beside_the_state(dropped, str(own)), note="with the code that no longer has the field"),
        step(run_sql(f"ALTER TABLE {table} DROP COLUMN {column}", ""), note="in the next release"),
    ]
    return recipe("take two releases:", steps)


def _nullable(own: Own, analysis: Analysis, table: str, column: str, scope: Scope) -> str:
    if analysis.target.database == "postgresql":  # by Django's own AlterField a foreign key would be made again
        alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
        return run_sql(f"{alter} DROP NOT NULL", f"{alter} SET NOT NULL")
    declared = declared_before(analysis, scope, own.model, own.field)
    return own.altering(declared and declared.replacing(null="True"), "with null=True")


def _is_required(analysis: Analysis, change: DropColumn) -> bool:
    """Whether new code that no longer writes the column could not insert a row."""
    table = analysis.before.table(change.table)
    column = table.columns.get(change.column) if table is not None else None
    return column is None or (column.not_null and column.default is None)
