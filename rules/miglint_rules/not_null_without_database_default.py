"""A required column comes without a default in the database, so the running code can no longer insert rows.

Django sends the field's `default` once, to fill the rows that are there, and drops it from the column at once. Old
processes do not know the column and leave it out of their `INSERT`: PostgreSQL refuses the row.

Give the column a default in the database (`db_default`, Django 5.0 and later), or let it be nullable until no old
process runs any more.

## Bad

The default is Django's alone.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(default="web", max_length=20)),  # flagged
    ]
```

`preserve_default=False` tells nothing else: the default goes either way.

```python
# shop/migrations/0002_order_priority.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(  # flagged
            "order", "priority", models.IntegerField(default=0), preserve_default=False
        ),
    ]
```

## Good

The database knows the default.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(db_default="web", max_length=20)),
    ]
```

The column may be empty for the time being.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(default="web", max_length=20, null=True)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import AddColumn
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import field_of, indented, model_of, quoted
from miglint_rules._statements import changes_of, is_existing, operation_of, problem, shown


@statement_rule(severity=Severity.ERROR)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, _ in changes_of(analyses, AddColumn):
        column = change.column
        if column.default is None or not is_existing(analysis, change.table):
            continue
        table = analyses[-1].after.table(change.table)
        left = table.columns.get(column.name) if table is not None else None
        if left is None or not left.not_null or left.default is not None:
            continue
        name = shown(analysis, change.table)
        yield problem(
            analysis,
            message=f"{name}.{column.name} is NOT NULL and its default is dropped again: code that still runs does "
            f"not know the column, and its INSERTs into {name} fail",
            help=_help(analysis, name, change),
            identity=(name, column.name),
            scope=scope,
            table=change.table,
        )


def _help(analysis: Analysis, table: str, change: AddColumn) -> str:
    operation = operation_of(analysis)
    default = change.column.default.text if change.column.default else "..."
    if operation is None or not field_of(operation):
        return "keep the default in the database until no old code runs any more:\n" + indented(
            f"ALTER TABLE {table} ALTER COLUMN {change.column.name} SET DEFAULT {default or '...'};"
        )
    target = f"{quoted(model_of(operation))}, {quoted(field_of(operation))}"
    return "let the database know the default (Django 5.0 and later):\n" + indented(
        f"migrations.AddField({target}, <the field with db_default={default or '...'}>),",
        "# or, in every version, nullable until no old code runs any more:",
        f"migrations.AddField({target}, <the field with null=True>),",
    )
