"""A data migration writes a whole table at once, so on a large table it runs out of memory, time or patience.

A loop over `Order.objects.all()` holds every row in memory and sends an `UPDATE` for each, and `Order.objects.update()`
writes every row in one statement. Either way each row that is written stays locked until the migration's transaction
ends, and when something stops it after an hour, all is undone and begins anew. On a laptop with ten rows nothing shows.

Go through the rows in batches, each a transaction of its own, in a migration with `atomic = False` that can be run
again: rows that are done are not asked for twice.

## Bad

Every order is read into memory, and written by a statement of its own.

```python
# shop/migrations/0002_fill_note.py
from django.db import migrations


def fill(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    for order in Order.objects.filter(note=None):  # flagged
        order.note = f"order {order.number}"
        order.save()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

One statement for the whole table: nobody can write to any order until it is done.

```python
# shop/migrations/0002_status.py
from django.db import migrations


def reset(apps, schema_editor):
    apps.get_model("shop", "Order").objects.all().update(status="new")  # flagged


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(reset, migrations.RunPython.noop)]
```

## Good

Batch by batch, and a batch that is done stays done.

```python
# shop/migrations/0002_fill_note.py
from django.db import migrations


def fill(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    while batch := list(Order.objects.filter(note=None)[:1000]):
        for order in batch:
            order.note = f"order {order.number}"
        Order.objects.bulk_update(batch, ["note"])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

Rows that come one after the other and are only looked at.

```python
# shop/migrations/0002_look.py
from django.db import migrations


def look(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    for order in Order.objects.all():
        if order.total < 0:
            raise ValueError(f"order {order.number} has a negative total")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(look, migrations.RunPython.noop)]
```

The table comes with the change and holds what the change puts there.

```python
# shop/migrations/0002_channel.py
from django.db import migrations, models


def fill(apps, schema_editor):
    Channel = apps.get_model("shop", "Channel")
    Channel.objects.create(name="web")
    Channel.objects.update(active=True)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=20)),
                ("active", models.BooleanField(default=False)),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.history import Migration, Operation
from miglint.rule import operation_rule
from miglint.scope import Scope
from miglint.sources.django.values import Function
from miglint_rules._forgotten import table_of
from miglint_rules._get_model import definitions
from miglint_rules._needs import created
from miglint_rules._remedies import indented
from miglint_rules._whole_tables import Loop, Update, whole_tables


@operation_rule("RunPython", severity=Severity.WARNING)
def check(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    function = operation.arguments.get("code")
    if not isinstance(function, Function) or migration.path not in scope.change_set.tree:
        return
    file = definitions(scope.change_set.tree.read([migration.path])[migration.path])
    for found in whole_tables(function, file):
        if _is_new(found.app, found.model, scope):
            continue
        table = table_of(scope, found.app, found.model.lower())
        if isinstance(found, Loop):
            message = f"{found.function} holds every row of {table} that it asks for in memory, and writes each by a "
            message += "statement of its own, all in one transaction" if migration.atomic else "statement of its own"
            help_text = _loop_in_batches(found)
        else:
            message = f"{found.function} writes every row of {table} in one statement: nobody else can write to any "
            message += "of them until the migration is done" if migration.atomic else "of them until it is done"
            help_text = _update_in_batches(found)
        yield Problem(
            at=Location(migration.path, found.span),
            message=message,
            help=help_text,
            identity=(found.app, found.model, type(found).__name__),
            severity=Severity.NOTICE if table in scope.config.small_tables else None,
        )


def _is_new(app: str, model: str, scope: Scope) -> bool:
    """Whether the change makes the model."""
    if scope.base_history is None:
        return False
    introduced = (scope.history.migrations[key] for key in scope.introduced if key.app == app)
    return any(model.lower() in created(migration.operations) for migration in introduced)


BATCHES = "go through them in batches, in a migration with atomic = False:"


def _loop_in_batches(found: Loop) -> str:
    fields = ", ".join(f'"{name}"' for name in found.fields) or "..."
    return f"{BATCHES}\n" + indented(
        "from itertools import islice",
        "",
        f"rows = {found.query}.iterator(chunk_size=1000)",
        "while batch := list(islice(rows, 1000)):",
        f"    for {found.row} in batch:",
        f"        ...  # as now, without {found.row}.save()",
        f"    {found.model}.objects.bulk_update(batch, [{fields}])",
    )


def _update_in_batches(found: Update) -> str:
    return f"{BATCHES}\n" + indented(
        "from itertools import islice",
        "",
        f'keys = {found.query}.values_list("pk", flat=True).iterator(chunk_size=1000)',
        "while batch := list(islice(keys, 1000)):",
        f"    {found.query}.filter(pk__in=batch).update({found.values})",
    )
