"""Migrations need each other in a circle, so none of them can be the first.

Django refuses to load such a graph: `migrate`, `makemigrations`, `runserver` and `test` stop with
`CircularDependencyError`. A circle rarely lies in one app. It comes from two apps whose models point at each other, or
from a `run_before`, which is a dependency written in the other file.

Break it where the need is weakest: create both tables first, without the key that closes the circle, and add that key
in a later migration that depends on both.

## Bad
Each app waits for the other:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: cart/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# cart/migrations/0002_cart_order.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0001_initial"),
        ("shop", "0002_order_cart"),  # flagged
    ]
    operations = []
```
```python
# shop/migrations/0002_order_cart.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_initial"),
        ("cart", "0002_cart_order"),
    ]
    operations = []
```

`run_before` closes a circle from the other side:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# shop/migrations/0002_prepare.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    run_before = [("shop", "0001_initial")]  # flagged
    operations = []
```

## Good
The key that closes the circle comes last:

```python
# main: cart/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0002_order_cart.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_initial"),
        ("cart", "0001_initial"),
    ]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from miglint.finding import Location, Problem, Related, Severity
from miglint.history import Dependency, Key, Migration
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._squash import squash_that_tears
from miglint_rules._words import is_new, loading_fails


class _Step(Struct, frozen=True):
    """One dependency of a cycle: `child` waits for `parent` because `migration` says so."""

    child: Key
    parent: Key
    migration: Migration
    dependency: Dependency

    @property
    def run_before(self) -> bool:
        return self.dependency in self.migration.run_before


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every cycle, but for those that a squash makes by leaving something out."""
    for cycle in scope.graph.cycles:
        if squash_that_tears(cycle, scope.graph) is None:
            steps = list(_steps(cycle, scope))
            if steps:
                yield _problem(cycle, steps, scope)


def _steps(cycle: tuple[Key, ...], scope: Scope) -> Iterator[_Step]:
    for child, wanted in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        for migration, dependency, parent in scope.graph.declarations(child):
            if parent == wanted:
                yield _Step(child, parent, migration, dependency)
                break


def _problem(cycle: tuple[Key, ...], steps: list[_Step], scope: Scope) -> Problem:
    chosen = max(steps, key=lambda step: _blame(step, scope))
    path = " -> ".join(str(key) for key in (*cycle, cycle[0]))
    first = "a migration depends on itself" if len(cycle) == 1 else "migrations depend on each other in a circle"
    migration = chosen.migration
    what = f"run_before {chosen.dependency.key}" if chosen.run_before else f"dependency on {chosen.dependency.key}"
    return Problem(
        at=Location(migration.path, chosen.dependency.span),
        message=f"{first}, {path}: {loading_fails(migration.source, 'CircularDependencyError')}",
        help=f"drop the {what} from {migration.key}; if an operation needs it, move that operation into a later "
        f"migration of {chosen.child.app} that depends on {chosen.parent}",
        identity=tuple(sorted(str(key) for key in cycle)),
        related=tuple(
            Related(step.migration.path, step.dependency.span.line, f"{step.child} waits for {step.parent}")
            for step in steps
            if step is not chosen
        ),
        source=migration.source,
    )


def _blame(step: _Step, scope: Scope) -> tuple[bool, bool, bool, bool]:
    """What probably closed the circle: the change, a `run_before`, a dependency on another app."""
    changed = step.migration.key in scope.introduced
    return changed, is_new(step.migration.key, scope), step.run_before, step.child.app != step.parent.app
