"""Another open pull request wants the same place in the graph or changes the same field.

Each pull request is right by itself, and no check of either of them sees the other. The one that is merged first turns
the second into a conflict: two leaf nodes, or two operations on one field of which the last one merged wins. Knowing it
while both are open costs a word between two people; learning it afterwards costs a red base branch.

This is only seen where miglint may ask GitHub for the open pull requests (the action does, with its token).

## Bad
Pull request 12 is open and continues the same leaf node:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(name="Order", fields=[("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# pull request 12: shop/migrations/0002_order_note.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "note", models.TextField(null=True)),
    ]
```
```python
# shop/migrations/0002_order_total.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_initial"),  # flagged
    ]
    operations = [
        migrations.AddField("order", "total", models.IntegerField(null=True)),
    ]
```

## Good
Pull request 12 is about another app:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(name="Order", fields=[("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# pull request 12: accounts/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(name="Account", fields=[("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# shop/migrations/0002_order_total.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "total", models.IntegerField(null=True)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.finding import DiagramNode, Location, Problem, Severity
from miglint.history import Dependency, Migration
from miglint.pull_requests import ProposedMigrations
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._collisions import collisions
from miglint_rules._touches import touches
from miglint_rules._words import base_name, is_new, listed, subjects


@graph_rule(severity=Severity.WARNING)
def check(scope: Scope) -> Iterator[Problem]:
    """One problem for each app that this change and another pull request both add to in ways that do not agree."""
    own = [migration for migration in subjects(scope) if is_new(migration.key, scope)]
    for app in dict.fromkeys(migration.key.app for migration in own):
        ours = [migration for migration in own if migration.key.app == app]
        for other in scope.open_pull_requests:
            theirs = [migration for migration in other.migrations if migration.key.app == app]
            if theirs:
                yield from _between(ours, theirs, other, scope)


def _between(
    ours: Sequence[Migration], theirs: Sequence[Migration], other: ProposedMigrations, scope: Scope
) -> Iterator[Problem]:
    """At most one problem: the shared parent, with the fields that both change, or those alone."""
    shared = _shared_parent(ours, theirs)
    touched = list(dict.fromkeys(one.label() for one, _ in collisions(touches(ours), touches(theirs))))
    if shared:
        yield _same_parent(*shared, touched, other, scope)
    elif touched:
        yield _same_field(ours[0], theirs[0], touched, other)


def _shared_parent(
    ours: Sequence[Migration], theirs: Sequence[Migration]
) -> tuple[Migration, Dependency, Migration] | None:
    """The first of our migrations that continues the same one as a migration of theirs."""
    continued = {
        dependency.key: migration
        for migration in reversed(theirs)
        for dependency in migration.dependencies
        if dependency.key.app == migration.key.app
    }
    for migration in ours:
        for dependency in migration.dependencies:
            if dependency.key.app == migration.key.app and dependency.key in continued:
                return migration, dependency, continued[dependency.key]
    return None


def _same_parent(
    ours: Migration,
    dependency: Dependency,
    theirs: Migration,
    touched: Sequence[str],
    other: ProposedMigrations,
    scope: Scope,
) -> Problem:
    app, parent, number = ours.key.app, dependency.key.name, f"#{other.number}"
    both = f", and both change {listed(touched)}" if touched else ""
    return Problem(
        at=Location(ours.path, dependency.span),
        message=f"{app}.{ours.key.name} and {theirs.key.name} of the open pull request {number} both continue {parent}"
        f"{both}: whichever is merged second gives {app} two leaf nodes",
        help=f"agree with {number} ({other.url}) on the order; once it is merged, put this change behind it:\n"
        f"    miglint fix --base {base_name(scope)}",
        identity=(app, ours.key.name, number),
        source=ours.source,
        app=app,
        migration=ours.key.name,
        diagram=(
            DiagramNode(parent, base_name(scope)),
            DiagramNode(theirs.key.name, number, (parent,)),
            DiagramNode(ours.key.name, "this change", (parent,)),
        ),
    )


def _same_field(ours: Migration, theirs: Migration, touched: Sequence[str], other: ProposedMigrations) -> Problem:
    app, number = ours.key.app, f"#{other.number}"
    return Problem(
        at=Location(ours.path, ours.span),
        message=f"{app}: {listed(touched)} is also changed by {theirs.key.name} of the open pull request {number}: "
        "what is left depends on which is merged last",
        help=f"agree with {number} ({other.url}) on one definition of {listed(touched)}, in one of the two",
        identity=(app, *touched, number),
        source=ours.source,
        app=app,
        migration=ours.key.name,
    )
