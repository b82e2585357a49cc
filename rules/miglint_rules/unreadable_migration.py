"""A migration cannot be read at all, so nothing is known of what it does or where it stands in the graph.

A syntax error, an unknown encoding, a file of many megabytes: `migrate` fails on most of these as soon as it loads the
graph, for every app and every command. What cannot be read is never taken for safe. Syntax newer than the Python that
runs miglint looks the same: run it on the newest Python.

## Bad
A conflict was committed with its markers:

```python
# shop/migrations/0002_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
<<<<<<< HEAD  # flagged
    operations = []
=======
    operations = [migrations.RunPython(print)]
>>>>>>> feature
```

The change breaks a migration that could be read:

```python
# main: shop/migrations/__init__.py
```
```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = []
```
```python
# shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = [  # flagged
```

## Good
It can be read:

```python
# shop/migrations/0002_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```

The base cannot be read either, and this change has nothing to do with it:

```python
# main: blog/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
```
```python
# shop/migrations/0002_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.rule import graph_rule
from miglint.scope import Scope


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    changes, tree = scope.change_set.changes, scope.change_set.tree
    for one in scope.history.unreadable:
        # A file that the change edits is not known to be what it was, even if it could not be read before either.
        edited = (tree.blob(one.path),) if one.path in changes and one.path in tree else ()
        yield Problem(
            at=Location(one.path, one.span),
            message=f"this migration cannot be read: {one.reason}",
            help="mend the file; if it is right for your Python, run miglint on that version of Python",
            identity=(one.path, *edited),
            app=one.app,
        )
