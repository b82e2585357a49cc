"""SET NOT NULL on an existing column reads the whole table while nobody else can read or write it.

PostgreSQL has to prove that no row holds NULL. It does so under ACCESS EXCLUSIVE, the lock that stops even `SELECT`.
The proof is free when a valid `CHECK (column IS NOT NULL)` is there, and a check can be proven without stopping
anybody: add it `NOT VALID`, then `VALIDATE` it in a later migration. `SET NOT NULL` in the migration after that uses
it, and the check may go in one more statement (`SET NOT NULL, DROP CONSTRAINT` in one statement loses the proof).

## Bad

The nullable column becomes required.

```python
# shop/migrations/0002_product_stock.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("product", "stock", models.IntegerField(default=0)),  # flagged
    ]
```

The check is dropped in the statement that needs it: PostgreSQL drops first, and scans.

```sql
-- main: db/migrations/V2__stock_check.sql
ALTER TABLE shop_product ADD CONSTRAINT stock_not_null CHECK (stock IS NOT NULL) NOT VALID;
```

```sql
-- main: db/migrations/V3__validate_stock_check.sql
ALTER TABLE shop_product VALIDATE CONSTRAINT stock_not_null;
```

```sql
-- db/migrations/V4__stock_not_null.sql
ALTER TABLE shop_product ALTER COLUMN stock SET NOT NULL, DROP CONSTRAINT stock_not_null; -- flagged
```

## Good

The check was validated by an earlier migration: SET NOT NULL finds its proof and reads nothing.

```sql
-- main: db/migrations/V2__stock_check.sql
ALTER TABLE shop_product ADD CONSTRAINT stock_not_null CHECK (stock IS NOT NULL) NOT VALID;
```

```sql
-- main: db/migrations/V3__validate_stock_check.sql
ALTER TABLE shop_product VALIDATE CONSTRAINT stock_not_null;
```

```sql
-- db/migrations/V4__stock_not_null.sql
ALTER TABLE shop_product ALTER COLUMN stock SET NOT NULL;
```

The same with Django's operations, of which the first and the second are on main.

```python
# main: shop/migrations/0002_stock_check.py
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddConstraintNotValid(
            "product", models.CheckConstraint(condition=models.Q(stock__isnull=False), name="stock_not_null")
        ),
    ]
```

```python
# main: shop/migrations/0003_validate_stock_check.py
from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_stock_check")]
    operations = [
        ValidateConstraint("product", "stock_not_null"),
    ]
```

```python
# shop/migrations/0004_product_stock.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_validate_stock_check")]
    operations = [
        migrations.AlterField("product", "stock", models.IntegerField()),
        migrations.RemoveConstraint("product", "stock_not_null"),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import SetNotNull
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint.sources.django.values import Call
from miglint_rules._own import Own, condition, own_operation
from miglint_rules._recipes import beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import POSTGRES, indented, quoted
from miglint_rules._statements import problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[SetNotNull])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, _ in to_blame(analyses, SetNotNull):
        table = shown(analysis, change.table)
        yield problem(
            analysis,
            message=f"SET NOT NULL on {table}.{change.column} reads every row of {table} under ACCESS EXCLUSIVE: "
            f"nobody can read or write {table} until it is done",
            help=_django(analysis, change.column, table, scope) or _sql(table, change.column),
            identity=(table, change.column),
            scope=scope,
            table=change.table,
        )


def _django(analysis: Analysis, column: str, table: str, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    if own is None or not own.field:
        return ""
    model, name = quoted(own.model), quoted(f"{own.model}_{column}_not_null")
    check = f"models.CheckConstraint({condition(scope)}=models.Q({own.field}__isnull=False), name={name})"
    steps = [
        step(f"AddConstraintNotValid({model}, {check})"),
        step(f"ValidateConstraint({model}, {name})", note="once no row holds NULL any more"),
        step(_tightened(own, column, table), f"migrations.RemoveConstraint({model}, {name})"),
    ]
    imports = POSTGRES.format("AddConstraintNotValid, ValidateConstraint")
    return recipe("prove it with a check first, in three migrations:", steps, imports)


def _tightened(own: Own, column: str, table: str) -> str:
    """The operation itself; where its field has a default, without the UPDATE of all rows that Django puts before."""
    field = own.operation.arguments.get("field")
    if not isinstance(field, Call) or not {"default", "auto_now", "auto_now_add"} & field.kwargs.keys():
        return str(own)
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    return beside_the_state([run_sql(f"{alter} SET NOT NULL", f"{alter} DROP NOT NULL")], str(own))


def _sql(table: str, column: str) -> str:
    constraint = f"{table.rpartition('.')[2]}_{column}_not_null"
    return "\n".join(
        (
            "prove it with a check first, in three migrations:",
            indented(
                "-- 1",
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IS NOT NULL) NOT VALID;",
                "-- 2",
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
                "-- 3",
                f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;",
                f"ALTER TABLE {table} DROP CONSTRAINT {constraint};",
            ),
        )
    )
