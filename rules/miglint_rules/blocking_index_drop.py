"""Dropping an index takes an ACCESS EXCLUSIVE lock on its table.

The drop itself is quick, but the lock has to wait for every transaction that reads the table, and while it waits,
everybody who comes later queues behind it: one long report stops the shop. `DROP INDEX CONCURRENTLY` waits without
making others wait. It cannot run in a transaction.

## Bad

`RemoveIndex` sends a plain `DROP INDEX`.

```python
# main: shop/migrations/0002_order_status_idx.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddIndex("order", models.Index(fields=["status"], name="order_status_idx")),
    ]
```

```python
# shop/migrations/0003_remove_order_status_idx.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_status_idx")]
    operations = [
        migrations.RemoveIndex("order", "order_status_idx"),  # flagged
    ]
```

An index by plain SQL.

```sql
-- main: db/migrations/V2__order_status_idx.sql
CREATE INDEX order_status_idx ON shop_order (status);
```

```sql
-- db/migrations/V3__drop_order_status_idx.sql
DROP INDEX order_status_idx; -- flagged
```

## Good

Drop it concurrently, in a migration of its own that is not atomic.

```python
# main: shop/migrations/0002_order_status_idx.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddIndex("order", models.Index(fields=["status"], name="order_status_idx")),
    ]
```

```python
# shop/migrations/0003_remove_order_status_idx.py
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0002_order_status_idx")]
    operations = [
        RemoveIndexConcurrently("order", "order_status_idx"),
    ]
```

The index goes with its table: there is no reader left to make wait for the index.

```sql
-- main: db/migrations/V2__audit.sql
CREATE TABLE shop_audit (id bigint PRIMARY KEY, at timestamptz NOT NULL);
CREATE INDEX shop_audit_at_idx ON shop_audit (at);
```

```sql
-- db/migrations/V3__drop_audit.sql
DROP TABLE shop_audit;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import DropIndex
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._own import own_operation
from miglint_rules._recipes import beside_the_state, run_sql
from miglint_rules._remedies import POSTGRES, is_django, migration_of, model_of, quoted
from miglint_rules._statements import blocking_locks, changes_of, operation_of, problem, shown


@statement_rule(severity=Severity.WARNING, changes=[DropIndex])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, _ in changes_of(analyses, DropIndex):
        if change.concurrently or change.table is None:
            continue
        table = shown(analysis, change.table)
        if any(effect.relation == table for effect in blocking_locks(analysis)):
            yield problem(
                analysis,
                message=f"dropping index {change.index.name} locks {table}: reads and writes of {table} queue behind "
                "the ACCESS EXCLUSIVE lock while it waits for running transactions",
                help=_help(analyses, analysis, change, scope),
                identity=(table, change.index.name),
                scope=scope,
                table=change.table,
            )


def _help(analyses: Sequence[Analysis], analysis: Analysis, change: DropIndex, scope: Scope) -> str:
    operation = operation_of(analysis)
    name = change.index.name
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    if operation is not None and operation.name == "RemoveIndex":
        imports = POSTGRES.format("RemoveIndexConcurrently")
        removal = f"RemoveIndexConcurrently({quoted(model_of(operation))}, {quoted(name)})"
        code = migration_of([removal], atomic=False, imports=imports)
        return f"drop it concurrently, in a migration of its own:\n{code}"
    lead = "drop it concurrently, in a migration of its own"
    own = own_operation(analysis, scope)
    if own is not None:
        instead = [*_concurrently(analyses, analysis)]
        return f"{lead}:\n{migration_of([beside_the_state(instead, str(own))], atomic=False)}"
    if is_django(analysis):
        return f"{lead}:\n{migration_of([run_sql(drop, '')], atomic=False)}"
    return f"drop it concurrently, outside of a transaction:\n    {drop};"


def _concurrently(analyses: Sequence[Analysis], analysis: Analysis) -> Iterator[str]:
    """What the operation of a statement does, its indexes dropped concurrently."""
    for each in analyses:
        if each.statement.operation == analysis.statement.operation:
            dropped = [change.index.name for change in each.changes if isinstance(change, DropIndex)]
            for name in dropped:
                yield run_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", "")
            if not dropped:
                yield run_sql(each.statement.sql, "")
