"""A migration's name does not say its place or what it does.

`makemigrations` numbers migrations so that a folder reads in order, and asks for a name with `--name`. A file without a
number stands anywhere in the list; `0042_auto_20240131_0930` says nothing but the minute in which it was made.

## Bad
The name that `makemigrations` makes up when it is given none:

```python
# shop/migrations/0002_auto_20240131_0930.py
from django.db import migrations


class Migration(migrations.Migration):  # flagged
    dependencies = [("shop", "0001_initial")]
    operations = []
```

No number:

```python
# shop/migrations/order_note.py
from django.db import migrations


class Migration(migrations.Migration):  # flagged
    dependencies = [("shop", "0001_initial")]
    operations = []
```

## Good
A number and a few words:

```python
# shop/migrations/0002_order_note.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.history import Migration
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._words import DJANGO, is_new, subjects

_NUMBER = re.compile(r"\d+(?=_|$)")
_AUTO = re.compile(r"\d+_auto(_\d{8}_\d{4})?")


@graph_rule(severity=Severity.NOTICE)
def check(scope: Scope) -> Iterator[Problem]:
    """Every migration that is new, or of all if there is no base, with a name of another form."""
    for migration in subjects(scope):
        if migration.source == DJANGO and (scope.base_history is None or is_new(migration.key, scope)):
            said = _said(migration)
            if said is not None:
                yield Problem(
                    at=Location(migration.path, migration.span),
                    message=f"{migration.key} {said}",
                    help=f"rename {migration.path} to {_next_number(migration, scope)}_<what it does>.py before it is "
                    "released; makemigrations takes the words as --name",
                    identity=(migration.key.name,),
                    source=migration.source,
                    app=migration.key.app,
                    migration=migration.key.name,
                )


def _said(migration: Migration) -> str | None:
    name = migration.key.name
    if not _NUMBER.match(name):
        return "has no number, so its place in the folder does not show"
    if _AUTO.fullmatch(name):
        return "has the name that makemigrations made up: it does not say what the migration does"
    return None


def _next_number(migration: Migration, scope: Scope) -> str:
    given = _NUMBER.match(migration.key.name)
    if given:
        return given[0]
    line = scope.graph.branch(migration.key, None)
    numbers = [match[0] for key in line if (match := _NUMBER.match(key.name))]
    width = max((len(number) for number in numbers), default=4)
    return f"{max((int(number) for number in numbers), default=0) + 1:0{width}}"
