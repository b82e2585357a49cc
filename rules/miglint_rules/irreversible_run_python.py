"""A RunPython without `reverse_code` makes the migration, and everything before it, impossible to undo.

`migrate shop 0001` walks back through every later migration. At a `RunPython` that has no `reverse_code` it raises
`IrreversibleError` and stops, so the deployment that went wrong cannot be rolled back with `migrate`: somebody has to
edit migrations or fake them, in the middle of the incident.

Where going back needs no change of data, as after filling a new column, `migrations.RunPython.noop` says so; that edit
is suggested, for a person to judge. Where the old values are lost for good, suppress the finding with that as the
reason: it is the record that someone thought of it.

## Bad
The function has no counterpart:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill_country(apps, schema_editor):
    Customer = apps.get_model("shop", "Customer")
    Customer.objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(fill_country),  # flagged
    ]
```

Nor has it inside other operations, and `None` is no function:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill_country(apps, schema_editor):
    Customer = apps.get_model("shop", "Customer")
    Customer.objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(code=fill_country, reverse_code=None),  # flagged
            ],
        ),
    ]
```

## Good
Going back needs nothing, which is said:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill_country(apps, schema_editor):
    Customer = apps.get_model("shop", "Customer")
    Customer.objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(fill_country, migrations.RunPython.noop),
    ]
```

The reverse is a function of its own, given by a variable:

```python
# shop/migrations/0002_upper_country.py
from django.db import migrations
from django.db.models.functions import Lower, Upper


def upper(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.update(country=Upper("country"))


def lower(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.update(country=Lower("country"))


functions = {"code": upper, "reverse_code": lower}


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(**functions),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.history import Migration, Operation
from miglint.rule import operation_rule
from miglint.scope import Scope
from miglint.sources.django.values import Function, Reference
from miglint_rules._arguments import noop


@operation_rule("RunPython", severity=Severity.WARNING)
def check(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    if operation.arguments.get("reverse_code") is not None or operation.overridden:
        return
    name = _name(operation.arguments.get("code"))
    function = name or "the function"
    yield Problem(
        at=Location(migration.path, operation.span),
        message=f"{function} has no reverse_code: migrating back past {migration.key} raises IrreversibleError",
        help=f"say how to go back, or that nothing is to be done:\n\n"
        f"    migrations.RunPython({name or '…'}, migrations.RunPython.noop)",
        identity=(function,),
        fix=noop(operation, migration, scope.change_set.tree, "reverse_code"),
    )


def _name(code: object) -> str:
    """What a reader calls the function; empty if it has no name."""
    name = code.name.rpartition(".")[2] if isinstance(code, (Function, Reference)) else ""
    return name if name.isidentifier() else ""
