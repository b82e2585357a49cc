"""RunPython goes through rows in the same transaction that alters a table, so everybody waits for both, or it fails.

A lock is kept until the transaction ends. `AddField` closes its table for a moment only; when a RunPython follows in
the same migration, the table stays closed until the last row is written. Nobody can say how long that is: it depends on
the rows of production.

In the other order PostgreSQL may refuse: the foreign keys of rows that are inserted or deleted are checked at the end
of the transaction, and a table with such checks to come cannot be altered ("cannot ALTER TABLE because it has pending
trigger events"). On a test database without rows all may go well.

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

Rows whose foreign keys stay as they are have nothing to be checked.

```python
# shop/migrations/0002_customer_country.py
from django.db import migrations, models


def clean(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country="").update(country=None)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(clean, migrations.RunPython.noop),
        migrations.AddField("customer", "vat", models.CharField(max_length=20, null=True)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind, Name
from miglint.effects import Effect
from miglint.finding import Problem, Related, Severity
from miglint.history import Operation
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint.sources.django.values import Function
from miglint_rules._forgotten import tables_of
from miglint_rules._get_model import definitions
from miglint_rules._own import own_operation
from miglint_rules._recipes import recipe, step
from miglint_rules._row_writes import row_writes
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
        pending = _pending(analysis, operation, analyses[position + 1 :], scope)
        if pending is not None:
            yield _refused(analysis, operation, pending, scope)
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


def _refused(analysis: Analysis, operation: Operation, pending: Pending, scope: Scope) -> Problem:
    name, table, altering = _called(operation), pending.table, pending.altering
    return problem(
        analysis,
        message=f"the rows of {table} that {name} {pending.done} have foreign keys whose checks wait for the end of "
        f"the transaction: PostgreSQL then refuses to alter {table} (it has pending trigger events)",
        help=_help(analysis, scope, "before this one"),
        identity=(table, name),
        related=(Related(altering.migration.path, altering.statement.span.line, f"{table} is altered here"),),
    )


class Pending(NamedTuple):
    """A statement that alters a table, and what was done to rows of it before."""

    altering: Analysis
    table: str
    done: str


def _pending(analysis: Analysis, operation: Operation, later: Sequence[Analysis], scope: Scope) -> Pending | None:
    """The first statement that alters a table in which deferred foreign keys have rows of the function to check."""
    function, path = operation.arguments.get("code"), analysis.migration.path
    if not isinstance(function, Function):
        return None
    writes = row_writes(function, definitions(scope.change_set.tree.read([path])[path]))
    inserted, deleted = (
        frozenset[str]().union(*(tables_of(scope, app, model) for app, model in models))
        for models in (writes.inserted, writes.deleted)
    )
    for each in later:
        for effect in _table_locks(each) if each.transaction == analysis.transaction else ():
            table = each.before.table(Name(each.before.default_schema, effect.relation))
            if table is not None and effect.lock == "AccessExclusiveLock":
                if effect.relation in inserted and _deferred(table.constraints.values()):
                    return Pending(each, effect.relation, "inserts")
                if effect.relation in deleted and _deferred(key for _, key in each.before.foreign_keys_to(table.name)):
                    return Pending(each, effect.relation, "deletes")
    return None


def _deferred(constraints: Iterable[Constraint]) -> bool:
    return any(each.deferred and each.kind is ConstraintKind.FOREIGN_KEY for each in constraints)


def _called(operation: Operation) -> str:
    function = operation.arguments.get("code")
    return function.name if isinstance(function, Function) else "RunPython"


def _help(analysis: Analysis, scope: Scope, where: str) -> str:
    own = own_operation(analysis, scope)
    return recipe(f"put it into a migration of its own, {where}:", [step(str(own))])
