"""A field goes from Django's state while its required column stays, so the new code can no longer insert rows.

Taking a field out of the state first and dropping its column a release later is the safe order, for the running code
still reads the column. But the new code does not know it any more and leaves it out of its `INSERT`: where the column
is NOT NULL and has no default in the database, every insert fails from the moment the new code runs.

Let the column be empty, or give it a default, in the same operation.

## Bad

The column `status` stays, and nothing fills it any more.

```python
# shop/migrations/0002_forget_status.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("order", "status"),  # flagged
            ],
        ),
    ]
```

A default of Django's is unknown to the database.

```python
# main: shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, default="web")),
    ]
```

```python
# shop/migrations/0003_forget_channel.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_channel")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("order", "channel")],  # flagged
        ),
    ]
```

## Good

The column may be empty from now on.

```python
# shop/migrations/0002_forget_status.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE shop_order ALTER COLUMN status DROP NOT NULL",
                    "ALTER TABLE shop_order ALTER COLUMN status SET NOT NULL",
                ),
            ],
            state_operations=[
                migrations.RemoveField("order", "status"),
            ],
        ),
    ]
```

It could be empty all along.

```python
# shop/migrations/0002_forget_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("order", "note")],
        ),
    ]
```

It is made optional by Django's own operation before.

```python
# shop/migrations/0002_forget_status.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "status", models.CharField(max_length=20, null=True)),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("order", "status")],
        ),
    ]
```

Or by SQL, in a migration of its own.

```python
# shop/migrations/0002_status_optional.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            'ALTER TABLE shop_order ALTER COLUMN "status" DROP NOT NULL',
            'ALTER TABLE shop_order ALTER COLUMN "status" SET NOT NULL',
        ),
    ]
```

```python
# shop/migrations/0003_forget_status.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_status_optional")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("order", "status")],
        ),
    ]
```

The whole model goes from the state: no code inserts its rows any more.

```python
# shop/migrations/0002_forget_orders.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("order", "customer"),
                migrations.DeleteModel("Order"),
            ],
        ),
    ]
```

The database has a default of its own.

```python
# main: shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, db_default="web")),
    ]
```

```python
# shop/migrations/0003_forget_channel.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_channel")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("order", "channel")],
        ),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from miglint.finding import Location, Problem, Severity
from miglint.history import Migration, Operation
from miglint.rule import operation_rule
from miglint.scope import Scope
from miglint.sources.django.values import Call
from miglint_rules._data_steps import sql_of
from miglint_rules._declared import declared_fields, operations_before
from miglint_rules._forgotten import table_of
from miglint_rules._models import on_state
from miglint_rules._recipes import beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import field_of, model_of, quoted
from miglint_rules._sql_words import statements

_WITHOUT_COLUMN = ("ManyToManyField", "GenericForeignKey", "GenericRelation", "TaggableManager")
_FILLED_BY_DATABASE = ("AutoField", "BigAutoField", "SmallAutoField", "GeneratedField")
_RELATIONS = ("ForeignKey", "OneToOneField", "ParentalKey")


@operation_rule("SeparateDatabaseAndState", severity=Severity.ERROR)
def check(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    if operation.database_operations or operation.not_understood is not None:
        return  # what is done to the column there makes it optional, or takes it away
    leaving = {model_of(each) for each in on_state(migration.operations) if each.name == "DeleteModel"}
    for removed in operation.state_operations:
        if removed.name == "RemoveField" and model_of(removed) not in leaving:
            model, field = model_of(removed), field_of(removed)
            found = declared_fields(scope, migration.key, operation.index).get((model, field))
            if found is None or not _is_required(found[1]):
                continue
            column = _column(field, found[1])
            if not _is_relaxed_by_hand(column, operation, migration, scope) and not _comes_back(
                model, column, migration, scope
            ):
                yield _problem(removed, migration, scope, column)


def _comes_back(model: str, column: str, migration: Migration, scope: Scope) -> bool:
    """Whether this migration or a later one puts another field on the column."""
    later = {migration.key, *scope.graph.descendants(migration.key)}
    for key in later:
        for each in on_state(scope.history.migrations[key].operations) if key.app == migration.key.app else ():
            added = each.name == "AddField" and model_of(each) == model
            if added and _column(field_of(each), each.arguments.get("field")) == column:
                return True
    return False


def _is_relaxed_by_hand(column: str, operation: Operation, migration: Migration, scope: Scope) -> bool:
    """Whether some SQL before may have made the column optional: `DROP NOT NULL` or `SET DEFAULT` beside its name."""
    for _, each in operations_before(scope, migration.key, operation.index):
        for sql in sql_of(each):
            for words in statements(sql):
                pairs = set(pairwise(words))
                relaxes = ("DROP", "NOT") in pairs or ("SET", "DEFAULT") in pairs
                if relaxes and column.upper() in {word.strip('"').upper() for word in words}:
                    return True
    return False


def _is_required(declared: object) -> bool:
    if not isinstance(declared, Call):
        return False
    kind, given = declared.target.rpartition(".")[2], declared.kwargs
    own = declared.target.startswith("django.")  # what another package's field is made of cannot be told
    has_column = kind not in _WITHOUT_COLUMN and kind not in _FILLED_BY_DATABASE
    return own and has_column and given.get("null") is not True and "db_default" not in given


def _column(field: str, declared: object) -> str:
    if isinstance(declared, Call):
        named = declared.kwargs.get("db_column")
        if isinstance(named, str):
            return named
        if declared.target.rpartition(".")[2] in _RELATIONS:
            return f"{field}_id"
    return field


def _problem(removed: Operation, migration: Migration, scope: Scope, column: str) -> Problem:
    model, field, app = model_of(removed), field_of(removed), migration.key.app
    table = table_of(scope, app, model)
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    kept = beside_the_state(
        [run_sql(f"{alter} DROP NOT NULL", f"{alter} SET NOT NULL")],
        f"migrations.RemoveField({quoted(model)}, {quoted(field)})",
    )
    return Problem(
        at=Location(migration.path, removed.span),
        message=f"column {table}.{column} stays NOT NULL without a default, and the new code no longer knows it: its "
        f"INSERTs into {table} fail",
        help=recipe("let the column be empty until it is dropped:", [step(kept)]),
        identity=(table, column),
    )
