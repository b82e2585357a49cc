"""A RunSQL without reverse_sql cannot be undone, and nor can any migration before it.

`migrate shop 0001` stops with `IrreversibleError` at this migration: the way back is closed just when it is needed, in
the middle of a deployment that went wrong. Give the statement that undoes it, or `migrations.RunSQL.noop` when nothing
has to be undone.

## Bad

There is no way back.

```python
# shop/migrations/0002_order_trigram.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm"),  # flagged
    ]
```

`None` is no way back either; nested operations count as well.

```python
# shop/migrations/0002_order_comment.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("COMMENT ON TABLE shop_order IS 'orders'", reverse_sql=None),  # flagged
            ],
        ),
    ]
```

## Good

The statement that undoes it.

```python
# shop/migrations/0002_order_trigram.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", "DROP EXTENSION IF EXISTS pg_trgm"),
    ]
```

Nothing has to be undone: say so.

```python
# shop/migrations/0002_order_comment.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("COMMENT ON TABLE shop_order IS 'orders'", migrations.RunSQL.noop),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.history import Migration, Operation
from miglint.rule import operation_rule
from miglint.scope import Scope
from miglint_rules._arguments import noop

HELP = """give the statement that undoes it; where nothing has to be undone, say so:
    migrations.RunSQL(..., migrations.RunSQL.noop)"""


@operation_rule("RunSQL", severity=Severity.WARNING)
def check(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    if operation.arguments.get("reverse_sql") is None:
        yield Problem(
            at=Location(migration.path, operation.span),
            message=f"this RunSQL has no reverse_sql: migrate {migration.key.app} to anything before "
            f"{migration.key.name} stops with IrreversibleError",
            help=HELP,
            identity=(str(operation.index),),
            fix=noop(operation, migration, scope.change_set.tree, "reverse_sql"),
        )
