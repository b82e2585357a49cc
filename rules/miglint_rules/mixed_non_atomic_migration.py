"""A migration that is not atomic does more than one thing and can stop half-way.

`atomic = False` is needed for `CREATE INDEX CONCURRENTLY`. It also means that every statement is kept as soon as it is
done. When a later one fails (a lock timeout, a duplicate key, a deployment that is killed), the earlier ones stay,
Django does not note the migration as applied, and the next run fails on what is there already.

Put the operation that must not run in a transaction into a migration of its own. One step leaves nothing half done.

## Bad

The column stays when the index cannot be built; the next `migrate` says that it exists.

```python
# shop/migrations/0002_order_channel.py
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),  # flagged
        AddIndexConcurrently("order", models.Index(fields=["channel"], name="order_channel_idx")),
    ]
```

Two alterations, neither of which needs to be outside of a transaction.

```python
# shop/migrations/0002_order_fields.py
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),  # flagged
        migrations.AddField("order", "campaign", models.CharField(max_length=20, null=True)),
    ]
```

## Good

The index alone.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```

```python
# shop/migrations/0003_order_channel_idx.py
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0002_order_channel")]
    operations = [
        AddIndexConcurrently("order", models.Index(fields=["channel"], name="order_channel_idx")),
    ]
```

What only changes Django's state sends no statement, so there is nothing that could stay behind.

```python
# shop/migrations/0002_order_note_idx.py
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "status", models.CharField(max_length=20, verbose_name="state")),
        AddIndexConcurrently("order", models.Index(fields=["status"], name="order_status_idx")),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import Change, CreateIndex, DetachPartition, DropIndex, Maintain, Reindex, SetVariable
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._statements import MYSQL, operation_of, problem


@statement_rule(severity=Severity.WARNING)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    if not analyses or analyses[0].migration.atomic or analyses[0].target.database in MYSQL:
        return
    steps: dict[int | None, list[Analysis]] = {}
    for analysis in analyses:
        if analysis.statement.opaque or not all(isinstance(change, SetVariable) for change in analysis.changes):
            steps.setdefault(analysis.statement.operation, []).append(analysis)
    if len(steps) < 2 or None in steps:
        return
    for statements in steps.values():
        first = statements[0]
        if not first.statement.opaque and not any(_needs_no_transaction(each) for each in statements):
            operation = operation_of(first)
            name = operation.name if operation is not None else "this RunSQL"
            yield problem(
                first,
                message=f"{name} stands beside {len(steps) - 1} other operation{'s' if len(steps) > 2 else ''} in a "
                "migration that is not atomic: what is done when one fails stays, and the next run fails on it",
                help=f"move {name} into a migration of its own, without atomic = False, and let the dependencies of "
                "this one name it",
                identity=(name, str(first.statement.operation)),
            )
            return


def _needs_no_transaction(analysis: Analysis) -> bool:
    return any(_cannot_be_in_one(change) for change in analysis.changes)


def _cannot_be_in_one(change: Change) -> bool:
    match change:
        case CreateIndex() | DropIndex() | Reindex() | DetachPartition():
            return change.concurrently
        case Maintain():
            return change.action.startswith("VACUUM")
        case _:
            return False
