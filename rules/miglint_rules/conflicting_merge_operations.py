"""A merge migration joins branches that change the same thing, so the order in which they ran decides what is left.

`makemigrations --merge` says itself that it cannot tell whether the branches get along. Two branches that alter the
same field leave the definition of whichever ran last: on a database that was up to date with one branch that is another
one than on a new database. Two that add or remove the same thing fail in any order.

## Bad
Both branches alter `Order.status`:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Order",
            [("id", models.BigAutoField(primary_key=True)), ("status", models.CharField(max_length=20))],
        ),
    ]
```
```python
# main: shop/migrations/0002_longer_status.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "status", models.CharField(max_length=40)),
    ]
```
```python
# shop/migrations/0002_nullable_status.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("Order", "status", models.CharField(max_length=20, null=True)),
    ]
```
```python
# shop/migrations/0003_merge_20260101_1200.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [  # flagged
        ("shop", "0002_longer_status"),
        ("shop", "0002_nullable_status"),
    ]
    operations = []
```

## Good
The branches touch different fields:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            "Order",
            [("id", models.BigAutoField(primary_key=True)), ("status", models.CharField(max_length=20))],
        ),
    ]
```
```python
# main: shop/migrations/0002_longer_status.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "status", models.CharField(max_length=40)),
    ]
```
```python
# shop/migrations/0002_order_note.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "note", models.TextField(null=True)),
    ]
```
```python
# shop/migrations/0003_merge_20260101_1200.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_longer_status"),
        ("shop", "0002_order_note"),
    ]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from miglint.finding import Location, Problem, Related, Severity
from miglint.history import Migration
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._collisions import Collision, between
from miglint_rules._touches import Touch
from miglint_rules._words import listed, subjects


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every merge migration whose branches collide."""
    for migration in subjects(scope):
        parents = [key for key in scope.graph.parents(migration.key) if key.app == migration.key.app]
        if migration.key in scope.graph and len(parents) > 1 and not migration.replaces:
            found = [pair for one, other in combinations(parents, 2) for pair in between(one, other, scope)]
            if found:
                yield _problem(migration, found)


def _problem(migration: Migration, found: list[Collision]) -> Problem:
    labels = list(dict.fromkeys(one.label() for one, _ in found))
    one, other = found[0]
    what = f"{_does(one)} and {_does(other)}"
    return Problem(
        at=Location(migration.path, migration.dependencies_span or migration.span),
        message=f"{migration.key} joins branches that both touch {listed(labels)}: {what}; what is left depends on "
        "which of them a database applied first",
        help=f"put one branch behind the other: let {other.migration.key.name}'s branch depend on "
        f"{one.migration.key.name}'s, with {one.label()} as it should be in the end, instead of joining them",
        identity=tuple(sorted(labels)),
        related=tuple(
            Related(touch.migration.path, touch.operation.span.line, _does(touch)) for pair in found for touch in pair
        ),
        source=migration.source,
        app=migration.key.app,
        migration=migration.key.name,
    )


def _does(touch: Touch) -> str:
    return f"{touch.operation.name} in {touch.migration.key.name}"
