"""RunPython goes through rows in the same transaction that alters a table, so everybody waits for both, or it fails.

A lock is kept until the transaction ends. `AddField` closes its table for a moment only; when a RunPython follows in
the same migration, the table stays closed until the last row is written. Nobody can say how long that is: it depends on
the rows of production.

In the other order PostgreSQL may refuse: rows that are inserted or deleted, or get another foreign key, have checks
that wait for the end of the transaction, and a table with such checks cannot be altered ("cannot ALTER TABLE because it
has pending trigger events"). On a test database without rows all goes well.

Put the data into a migration of its own, between the one that adds and the one that tightens or removes.

## Bad

The orders are closed from the new column on until the last of them has its channel.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


def fill(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    for order in Order.objects.all():
        order.channel = "web" if order.note is None else "desk"
        order.save()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),  # flagged
    ]
```

The new orders' foreign keys wait to be checked when the column comes.

```python
# shop/migrations/0002_first_order.py
from django.db import migrations, models
from django.utils import timezone


def make_first_order(apps, schema_editor):
    customer = apps.get_model("shop", "Customer").objects.create(email="ada@example.org", name="Ada")
    Order = apps.get_model("shop", "Order")
    Order.objects.create(customer=customer, number=1, status="new", total=0, placed_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(make_first_order, migrations.RunPython.noop),  # flagged
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```

## Good

The data has a migration of its own: its locks are those of rows.

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
# shop/migrations/0003_fill_order_channel.py
from django.db import migrations


def fill(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    Order.objects.filter(channel=None).update(channel="web")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_channel")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
```

The table is new: nobody waits for it, and its rows come and go with the transaction.

```python
# shop/migrations/0002_channel.py
from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("shop", "Channel").objects.create(name="web")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20))],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
```

What is altered afterwards has no foreign keys, so nothing waits to be checked.

```python
# shop/migrations/0002_customer_country.py
from django.db import migrations, models


def clean(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country="").update(country=None)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(clean, migrations.RunPython.noop),
        migrations.AddField("product", "brand", models.CharField(max_length=20, null=True)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import ConstraintKind, Name, Table
from miglint.effects import Effect
from miglint.finding import Problem, Related, Severity
from miglint.history import Operation
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint.sources.django.values import Function
from miglint_rules._forgotten import tables_of
from miglint_rules._get_model import definitions, models_used
from miglint_rules._own import own_operation
from miglint_rules._recipes import recipe, step
from miglint_rules._statements import blocking_locks, operation_of, problem, who_waits


@statement_rule(severity=Severity.WARNING)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    """The first RunPython of each kind; those after it have the same remedy."""
    for position, analysis in enumerate(analyses):
        operation = operation_of(analysis) if analysis.statement.opaque == "RunPython" else None
        if operation is None or analysis.transaction is None or analysis.target.database != "postgresql":
            continue
        beside = [each for each in analyses if each.transaction == analysis.transaction]
        before = beside[: beside.index(analysis)]
        holder = next(((each, lock) for each in before for lock in _table_locks(each)), None)
        if holder is not None:
            yield _locked_meanwhile(analysis, operation, *holder, scope)
            return
        altered = _altered_with_checks_pending(analysis, operation, analyses[position + 1 :], scope)
        if altered is not None:
            yield _refused(analysis, operation, *altered, scope)
            return


def _table_locks(analysis: Analysis) -> Iterator[Effect]:
    return (effect for effect in blocking_locks(analysis) if effect.kind == "table")


def _locked_meanwhile(
    analysis: Analysis, operation: Operation, holder: Analysis, lock: Effect, scope: Scope
) -> Problem:
    name = _called(operation)
    return problem(
        analysis,
        message=f"{lock.relation} stays locked while {name} runs: {who_waits([lock])} of {lock.relation} wait until "
        "it is done and the transaction ends",
        help=_help(analysis, scope, "after this one"),
        identity=(lock.relation, name),
        related=(Related(holder.migration.path, holder.statement.span.line, f"{lock.relation} is locked here"),),
    )


def _refused(analysis: Analysis, operation: Operation, altering: Analysis, table: str, scope: Scope) -> Problem:
    name = _called(operation)
    return problem(
        analysis,
        message=f"rows of {table} that {name} inserts or deletes, or gives another foreign key, have checks that wait "
        f"for the end of the transaction: PostgreSQL then refuses to alter {table} (it has pending trigger events)",
        help=_help(analysis, scope, "before this one"),
        identity=(table, name),
        related=(Related(altering.migration.path, altering.statement.span.line, f"{table} is altered here"),),
    )


def _altered_with_checks_pending(
    analysis: Analysis, operation: Operation, later: Sequence[Analysis], scope: Scope
) -> tuple[Analysis, str] | None:
    """The statement that alters a table of which the function uses the model, and which has deferred foreign keys."""
    used = _tables_used(analysis, operation, scope)
    for each in later:
        if each.transaction == analysis.transaction:
            for effect in _table_locks(each):
                if effect.lock == "AccessExclusiveLock" and effect.relation in used:
                    table = each.before.table(Name(each.before.default_schema, effect.relation))
                    if table is not None and _has_deferred_keys(each, table):
                        return each, effect.relation
    return None


def _tables_used(analysis: Analysis, operation: Operation, scope: Scope) -> frozenset[str]:
    function, path = operation.arguments.get("code"), analysis.migration.path
    if not isinstance(function, Function):
        return frozenset()
    file = definitions(scope.change_set.tree.read([path])[path])
    found = [tables_of(scope, use.app, use.model.lower()) for use in models_used(function, file)]
    return frozenset[str]().union(*found)


def _has_deferred_keys(analysis: Analysis, table: Table) -> bool:
    here = table.constraints.values()
    there = (key for _, key in analysis.before.foreign_keys_to(table.name))
    return any(key.deferred and key.kind is ConstraintKind.FOREIGN_KEY for key in (*here, *there))


def _called(operation: Operation) -> str:
    function = operation.arguments.get("code")
    return function.name if isinstance(function, Function) else "RunPython"


def _help(analysis: Analysis, scope: Scope, where: str) -> str:
    own = own_operation(analysis, scope)
    return recipe(f"put it into a migration of its own, {where}:", [step(str(own))])
