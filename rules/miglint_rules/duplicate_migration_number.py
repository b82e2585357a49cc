"""Two migrations of one line have the same number, so names no longer tell the order.

The order is in the dependencies, so nothing fails. But whoever reads `0007` in a list, a log or `migrate shop 0007` now
has to look twice, and `migrate` by that prefix is refused as ambiguous. It happens when a branch is rebased by its
dependency alone and the file keeps its old name. Parallel branches that a merge migration joins are left alone.

## Bad
The second continues the first, under the same number:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_order_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0002_order_total.py
from django.db import migrations


class Migration(migrations.Migration):  # flagged
    dependencies = [("shop", "0002_order_note")]
    operations = []
```

## Good
The next number:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_order_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0003_order_total.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_note")]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Related, Severity
from miglint.history import Key
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._words import DJANGO, subjects


@graph_rule(severity=Severity.NOTICE)
def check(scope: Scope) -> Iterator[Problem]:
    """Every migration with the number of one that comes before it."""
    for migration in subjects(scope):
        number = _number(migration.key)
        if migration.source != DJANGO or number is None or migration.key not in scope.graph or migration.replaces:
            continue
        same = [key for key in scope.graph.nodes(migration.key.app) if _number(key) == number and key != migration.key]
        earlier = [
            key for key in same if scope.graph.is_ancestor(key, migration.key) and key not in scope.graph.squashes
        ]
        if earlier:
            other = scope.history.migrations[earlier[-1]]
            after = max(_number(key) or 0 for key in scope.graph.branch(migration.key, None)) + 1
            width = len(migration.key.name) - len(migration.key.name.lstrip("0123456789"))
            name = f"{after:0{width}}{migration.key.name[width:]}"
            yield Problem(
                at=Location(migration.path, migration.span),
                message=f"{migration.key} has the number of {other.key.name}, which comes before it: "
                f"`migrate {migration.key.app} {migration.key.name[:width]}` is ambiguous",
                help=f"rename {migration.path} to {name}.py"
                + (", and in what depends on it" if scope.graph.children(migration.key) else ""),
                identity=(other.key.name,),
                related=(Related(other.path, other.span.line, "the same number"),),
                source=migration.source,
                app=migration.key.app,
                migration=migration.key.name,
            )


def _number(key: Key) -> int | None:
    digits = key.name[: len(key.name) - len(key.name.lstrip("0123456789"))]
    return int(digits) if digits else None
