"""A new migration comes before one that databases have applied already.

Migrations are applied in the order of the graph on a new database, but a database that is up to date has passed that
point. Django refuses: "Migration … is applied before its dependency …" (`InconsistentMigrationHistory`), on every
database but an empty one. Tools for plain SQL either refuse too or apply the file out of order, and databases then
differ in what ran after what.

A new migration belongs behind the leaf node of the base.

## Bad
`run_before` puts the new migration below a released one:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_order_total.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0002_clean_orders.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    run_before = [("shop", "0002_order_total")]  # flagged
    operations = []
```

## Good
It continues the leaf node:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_order_total.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0003_clean_orders.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_total")]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Related, Severity
from miglint.history import Key, Migration
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._released import is_released
from miglint_rules._words import DJANGO, base_name, is_new, subjects


@graph_rule(severity=Severity.WARNING)
def check(scope: Scope) -> Iterator[Problem]:
    """Every new migration that a released one of the same or another app now waits for, without having been changed."""
    known = scope.base_history.apps if scope.base_history is not None else {}
    for migration in subjects(scope):
        # The migrations of an app that is new here may have been applied from an installed package.
        if migration.key.app in known and is_new(migration.key, scope) and not migration.replaces:
            after = _released_child(migration.key, scope)
            if after is not None:
                yield _problem(migration, after, scope)


def _released_child(key: Key, scope: Scope) -> Key | None:
    return next(
        (
            child
            for child in scope.graph.children(key)
            if is_released(child, scope)
            and child not in scope.introduced
            and child not in scope.graph.squashes
            and not scope.graph.is_ancestor(child, key)
        ),
        None,
    )


def _problem(migration: Migration, after: Key, scope: Scope) -> Problem:
    later = scope.history.migrations[after]
    declared = [
        dependency for dependency in migration.run_before if scope.graph.resolve(migration.key, dependency) == after
    ]
    leaf = next(iter(scope.base_graph.leaf_nodes(migration.key.app)), None) if scope.base_graph else None
    consequence = (
        "`migrate` stops there with InconsistentMigrationHistory"
        if migration.source == DJANGO
        else "there it is refused or applied out of order"
    )
    return Problem(
        at=Location(migration.path, declared[0].span if declared else migration.span),
        message=f"{migration.key} comes before {after}, which is on {base_name(scope)} already and applied on "
        f"databases that are up to date: {consequence}",
        help=f"put {migration.key.name} behind {leaf.name}" if leaf else f"put {migration.key.name} behind {after}",
        identity=(str(after),),
        related=(Related(later.path, later.span.line, f"on {base_name(scope)} already"),),
        source=migration.source,
        app=migration.key.app,
        migration=migration.key.name,
    )
