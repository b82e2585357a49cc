"""Adding a unique constraint builds its index while nobody else can read or write the table.

`ADD CONSTRAINT ... UNIQUE` takes ACCESS EXCLUSIVE and then builds an index over the whole table. `UniqueConstraint`,
`unique=True`, `unique_together` and `OneToOneField` all do it. (There is no `UNIQUE ... NOT VALID`.)

Build the unique index concurrently first. Then either leave it at that (a unique index forbids as much as the
constraint does), or turn it into the constraint by `ADD CONSTRAINT ... UNIQUE USING INDEX`, which reads nothing.

## Bad

The column becomes unique.

```python
# shop/migrations/0002_product_sku_unique.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("product", "sku", models.CharField(max_length=20, unique=True)),  # flagged
    ]
```

The constraint over two columns.

```python
# shop/migrations/0002_order_number_unique.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddConstraint(  # flagged
            "order", models.UniqueConstraint(fields=["customer", "number"], name="order_number_unique")
        ),
    ]
```

A new nullable column is free, the index of its constraint is not: it holds an entry for every row.

```sql
-- db/migrations/V2__product_ean.sql
ALTER TABLE shop_product ADD COLUMN ean varchar(13) UNIQUE; -- flagged
```

## Good

Index first, outside of a transaction; the constraint takes it over.

```python
# shop/migrations/0002_product_sku_unique_idx.py
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE UNIQUE INDEX CONCURRENTLY product_sku_unique ON shop_product (sku)",
            "DROP INDEX CONCURRENTLY IF EXISTS product_sku_unique",
        ),
    ]
```

```python
# shop/migrations/0003_product_sku_unique.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_product_sku_unique_idx")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE shop_product ADD CONSTRAINT product_sku_unique UNIQUE USING INDEX product_sku_unique",
                    "ALTER TABLE shop_product DROP CONSTRAINT product_sku_unique",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "product", models.UniqueConstraint(fields=["sku"], name="product_sku_unique")
                ),
            ],
        ),
    ]
```

A unique constraint of a new table.

```sql
-- db/migrations/V2__voucher.sql
CREATE TABLE shop_voucher (id bigint PRIMARY KEY, code varchar(20) NOT NULL);
ALTER TABLE shop_voucher ADD CONSTRAINT voucher_code_unique UNIQUE (code);
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind
from miglint.changes import AddColumn, AddConstraint
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import indented, model_of, quoted
from miglint_rules._statements import operation_of, problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, added, _ in to_blame(analyses, AddConstraint):
        if added.constraint.kind is ConstraintKind.UNIQUE:
            yield _problem(analysis, added, added.constraint, scope)
    for analysis, column, _ in to_blame(analyses, AddColumn):
        for constraint in column.constraints:
            if constraint.kind is ConstraintKind.UNIQUE:
                yield _problem(analysis, column, constraint, scope)


def _problem(analysis: Analysis, change: AddColumn | AddConstraint, constraint: Constraint, scope: Scope) -> Problem:
    table = shown(analysis, change.table)
    columns = ", ".join(constraint.columns) or (change.column.name if isinstance(change, AddColumn) else "")
    return problem(
        analysis,
        message=f"the index of the unique constraint on {table} ({columns}) is built under ACCESS EXCLUSIVE: "
        f"nobody can read or write {table} until it is done",
        help=_help(analysis, change, constraint, table, columns),
        identity=(table, columns),
        scope=scope,
        table=change.table,
    )


def _help(
    analysis: Analysis, change: AddColumn | AddConstraint, constraint: Constraint, table: str, columns: str
) -> str:
    name = constraint.name or f"{table.rpartition('.')[2]}_{columns.replace(', ', '_')}_key"
    build = f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns})"
    attach = f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}"
    column_first = isinstance(change, AddColumn)
    lead = "add the column without it, then build" if column_first else "build"
    lead += " the index while everybody works, and turn it into the constraint in the next migration:"
    operation = operation_of(analysis)
    if operation is None:
        return f"{lead}\n" + indented("-- outside of a transaction", f"{build};", "-- next", f"{attach};")
    if operation.name == "AddConstraint":
        state = "[...],  # this operation"
    else:
        fields = ", ".join(quoted(each) for each in columns.split(", "))
        model = quoted(model_of(operation))
        state = f"[migrations.AddConstraint({model}, models.UniqueConstraint(fields=[{fields}], name={quoted(name)}))],"
    code = indented(
        "# 1: in a migration with atomic = False",
        f'migrations.RunSQL("{build}", "DROP INDEX CONCURRENTLY IF EXISTS {name}"),',
        "# 2",
        "migrations.SeparateDatabaseAndState(",
        f'    database_operations=[migrations.RunSQL("{attach}", "ALTER TABLE {table} DROP CONSTRAINT {name}")],',
        f"    state_operations={state}",
        "),",
    )
    return f"{lead}\n{code}"
