"""A table is renamed while the running code knows it by its old name.

Old processes ask for the old table and fail from that moment on; new ones fail until it has come. Renaming a model also
renames the tables of its many-to-many relations and their columns.

Rename the model and keep the table: `db_table` with the old name in the model's `Meta`, and on the many-to-many fields
too.

## Bad

The model is renamed, and its table with it.

```python
# shop/migrations/0002_rename_order.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RenameModel("Order", "Purchase"),  # flagged
    ]
```

The table gets another name directly.

```python
# shop/migrations/0002_order_table.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterModelTable("order", "purchases"),  # flagged
    ]
```

## Good

The table keeps its name: the model is tied to it first.

```python
# shop/migrations/0002_rename_order.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterModelTable("order", "shop_order"),
        migrations.RenameModel("Order", "Purchase"),
    ]
```

A view of the old name takes the queries of the old code, its INSERTs and UPDATEs too.

```python
# shop/migrations/0002_order_table.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterModelTable("order", "purchases"),
        migrations.RunSQL("CREATE VIEW shop_order AS SELECT * FROM purchases", "DROP VIEW shop_order"),
    ]
```

A table that the same change makes is known to nobody.

```sql
-- db/migrations/V2__customer_index.sql
CREATE TABLE shop_channel_new (id bigint PRIMARY KEY);
ALTER TABLE shop_channel_new RENAME TO shop_channel;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import View
from miglint.changes import RenameTable
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._own import own_operation
from miglint_rules._recipes import recipe, run_sql, step
from miglint_rules._remedies import indented, quoted
from miglint_rules._statements import changes_of, is_existing, problem, shown


@statement_rule(severity=Severity.ERROR, changes=[RenameTable])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, _ in changes_of(analyses, RenameTable):
        left = analyses[-1].after.relations.get(change.table)
        if is_existing(analysis, change.table) and not isinstance(left, View):
            table = shown(analysis, change.table)
            yield problem(
                analysis,
                message=f"table {table} becomes {change.new_name}: every query for {table} of code that still runs "
                "fails from then on",
                help=_help(analysis, table, change, scope),
                identity=(table, change.new_name),
                scope=scope,
                table=change.table,
            )


def _help(analysis: Analysis, table: str, change: RenameTable, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    if own is not None and own.operation.name == "RenameModel":
        old, new = (str(own.operation.arguments.get(name)) for name in ("old_name", "new_name"))
        return "rename the model and keep the table: tie the model to it first, in the model too\n" + indented(
            f"# models.py: class {new}: class Meta: db_table = {quoted(table)}",
            f"migrations.AlterModelTable({quoted(old.lower())}, {quoted(table)}),",
            f"migrations.RenameModel({quoted(old)}, {quoted(new)}),",
        )
    lead = f"keep the name {table}; or leave a view of the old name that code which still runs can use:"
    view = f"CREATE VIEW {table} AS SELECT * FROM {change.new_name}"
    if own is None:
        return f"{lead}\n{indented(f'{view};')}"
    return recipe(lead, [step(str(own), run_sql(view, f"DROP VIEW {table}"))])
