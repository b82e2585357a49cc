"""The file that names the last migration disagrees with the migrations.

django-linear-migrations keeps the name of each app's leaf node in `max_migration.txt`, and some projects those of all
apps in one `migrations_lockfile.txt`. Two branches that both add a migration then conflict in git, as they should. That
protection is gone once the file says something else than the graph: the next branch conflicts for nothing, or not at
all.

## Bad
The new migration was not entered:

```txt
# main: shop/migrations/max_migration.txt
0001_initial  # flagged
```
```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# shop/migrations/0002_order_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```

## Good
Both change together:

```txt
# main: shop/migrations/max_migration.txt
0001_initial
```
```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# shop/migrations/0002_order_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```txt
# shop/migrations/max_migration.txt
0002_order_note
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Edit, Fix, Location, Problem, Related, Severity, Span
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint.text import decode, lines

MAX_MIGRATION = "max_migration.txt"
LOCKFILE = "migrations_lockfile.txt"


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every app with one leaf node that such a file does not name."""
    tree = scope.change_set.tree
    for label, app in scope.history.apps.items():
        path = f"{app.path}/{MAX_MIGRATION}"
        if path in tree:
            text = lines(decode(path, tree.read([path])[path]))
            text = text[:-1] if len(text) > 1 and not text[-1] else text  # what follows the last line break
            yield from _compared(label, path, " ".join(text).strip(), Span(1, 1, len(text), len(text[-1]) + 1), scope)
    for path in [path for path in tree if path.rpartition("/")[2] == LOCKFILE]:
        for number, line in enumerate(lines(decode(path, tree.read([path])[path])), start=1):
            label, colon, name = line.partition(":")
            if colon and label in scope.history.apps:
                start = len(line) - len(name.lstrip()) + 1
                yield from _compared(label, path, name.strip(), Span(number, start, number, len(line) + 1), scope)


def _compared(label: str, path: str, named: str, span: Span, scope: Scope) -> Iterator[Problem]:
    leaves = scope.graph.leaf_nodes(label)
    if len(leaves) != 1 or named == leaves[0].name:
        return
    leaf = scope.history.migrations[leaves[0]]
    said = f"names {named}" if named and span.line == span.end_line else "does not name one migration"
    yield Problem(
        at=Location(path, span),
        message=f"{path} {said}, but the last migration of {label} is {leaf.key.name}: the next branch that adds one "
        "no longer conflicts with this line when it should",
        help=f"write {leaf.key.name} there",
        identity=(path, leaf.key.name),
        related=(Related(leaf.path, leaf.span.line, f"the leaf node of {label}"),),
        fix=Fix(f"name {leaf.key.name}", safe=True, edits=(Edit(path, span, leaf.key.name),)),
        source=leaf.source,
        app=label,
    )
