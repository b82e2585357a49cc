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
from miglint_rules._own import database_default, own_operation
from miglint_rules._recipes import recipe, step
from miglint_rules._remedies import indented
from miglint_rules._statements import changes_of, is_existing, problem, shown


@statement_rule(severity=Severity.ERROR, changes=[AddColumn])
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
            help=_help(analysis, name, change, scope),
            identity=(name, column.name),
            scope=scope,
            table=change.table,
        )


def _help(analysis: Analysis, table: str, change: AddColumn, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    if own is None or not own.field:
        default = change.column.default.text if change.column.default else ""
        return "keep the default in the database until no old code runs any more:\n" + indented(
            f"ALTER TABLE {table} ALTER COLUMN {change.column.name} SET DEFAULT {default or '...'};"
        )
    nullable = own.adding(own.declared and own.declared.replacing(null="True"), otherwise="with null=True")
    nothing_to_drop = "let it be nullable until no old code runs any more:"
    default = database_default(own, scope)
    if not default or own.declared is None:
        return recipe(nothing_to_drop, [step(nullable)])
    known = own.adding(own.declared.replacing(db_default=default))
    imports = "from django.db.models.functions import Now" if default == "Now()" else ""
    told = recipe("let the database know the default, too (Django 5.0 and later):", [step(known)], imports)
    return f"{told}\n{recipe(f'or {nothing_to_drop}', [step(nullable)])}"
