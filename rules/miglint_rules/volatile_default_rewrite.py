"""A new column whose default differs from row to row rewrites the whole table.

A default that is the same for every row is stored once, and the column is there at once: constants, and also `now()`,
which is fixed for the transaction. `random()`, `clock_timestamp()`, `gen_random_uuid()` and `nextval()` have to be
worked out for each row, so PostgreSQL writes the whole table anew under ACCESS EXCLUSIVE.

A Python callable as Django's `default` is none of this: Django calls it once and sends a constant.

Add the column without the default, set the default for new rows, and fill the old rows in batches.

## Bad

Every row gets a value of its own.

```python
# shop/migrations/0002_order_token.py
from django.db import migrations, models
from django.db.models.functions import Random


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "lot", models.FloatField(db_default=Random())),  # flagged
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__order_token.sql
ALTER TABLE shop_order ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid(); -- flagged
```

## Good

`now()` is one value for the whole transaction: it is stored once.

```python
# shop/migrations/0002_order_seen_at.py
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "seen_at", models.DateTimeField(db_default=Now())),
    ]
```

The column first, its default afterwards: existing rows stay as they are.

```sql
-- db/migrations/V2__order_token.sql
ALTER TABLE shop_order ADD COLUMN token uuid;
ALTER TABLE shop_order ALTER COLUMN token SET DEFAULT gen_random_uuid();
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import AddColumn
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._columns import RewriteCause, rewrite_cause
from miglint_rules._own import own_operation
from miglint_rules._recipes import recipe, step
from miglint_rules._remedies import indented
from miglint_rules._statements import problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[AddColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, work in to_blame(analyses, AddColumn):
        if Work.REWRITE in work and rewrite_cause(analysis, change) is RewriteCause.DEFAULT:
            table, column = shown(analysis, change.table), change.column.name
            default = change.column.default.text if change.column.default else ""
            called = f"the default {default}" if default else "the default"
            yield problem(
                analysis,
                message=f"{called} of the new column {table}.{column} differs from row to row: the whole of "
                f"{table} is written anew under ACCESS EXCLUSIVE, nobody can read or write it meanwhile",
                help=_help(analysis, table, column, default or "...", scope),
                identity=(table, column),
                scope=scope,
                table=change.table,
            )


def _help(analysis: Analysis, table: str, column: str, default: str, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    lead = "add the column without it and set it for new rows; fill the old rows in batches later:"
    if own is not None and own.field:
        nullable = own.declared and own.declared.replacing(null="True")
        bare = own.adding(nullable and nullable.without("db_default"), otherwise="with null=True, without db_default")
        return recipe(lead, [step(bare, own.altering(nullable, otherwise="with null=True and its db_default"))])
    code = indented(
        f"ALTER TABLE {table} ADD COLUMN {column} ...;",
        f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default};",
    )
    return f"{lead}\n{code}"
