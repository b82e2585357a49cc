"""A migration that databases have applied is changed, renamed or deleted, and they will never know.

Django records the name of each migration it has applied and does not look at the file again. A database that has
applied it keeps what the old file did, a new one gets what the new file does, and from there on the two differ. Under
another name the same migration is applied once more ("relation already exists"). A dependency that was not there before
can stop `migrate` with `InconsistentMigrationHistory`.

What counts is what the file does: formatting, comments, annotations, docstrings, names of functions and variables and
the idioms that linters rewrite may change. What reaches no database, such as a `help_text` or what code prints, is a
notice, and so is a dependency that others imply. A squash may lose its `replaces`, and a file may go once a squash that
replaces it has been released itself.

## Bad
The column that is in every database gets another length in the old file:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("order", "status", models.CharField(max_length=20, null=True)),
    ]
```
```python
# shop/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("order", "status", models.CharField(max_length=40, null=True)),  # flagged
    ]
```

The file is deleted:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_fill.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0002_fill.py (deleted)  # flagged
```

## Good
A new migration makes the change:

```python
# shop/migrations/0002_longer_status.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "status", models.CharField(max_length=40)),
    ]
```

Only the looks of the file change:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Order").objects.update(note='')


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```
```python
# shop/migrations/0001_initial.py
from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations


def fill(apps: Apps, schema_editor: object) -> None:
    # Every order needs a note.
    apps.get_model("shop", "Order").objects.update(note="")


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Related, Severity, Span
from miglint.history import Key, Migration
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._content import Difference, difference
from miglint_rules._header import changed_header
from miglint_rules._released import app_is_gone, deleted_by_change, released, renames
from miglint_rules._words import base_name, counted, listed

_START = Span(1, 1, 1, 1)


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every released migration that the change rewrites, renames or deletes."""
    for before in released(scope):
        after = scope.history.migrations.get(before.key)
        if after is not None and after.blob != before.blob:
            yield from _rewritten(before, after, scope)
    yield from _gone(scope)


def _rewritten(before: Migration, after: Migration, scope: Scope) -> Iterator[Problem]:
    header, content = changed_header(before, after, scope), _changed_content(before, after, scope)
    differences = [difference for difference in (header, content) if difference is not None]
    if not differences:
        return
    found = min(differences, key=lambda difference: difference.harmless)
    shipped = _shipped(scope)
    consequence = "databases that have applied it keep what it did before, new ones get something else"
    if found.harmless:
        consequence = "only in what no database gets from it, so nothing breaks"
        if found is header:
            consequence = "the order in which migrations are applied stays what it was"
    yield Problem(
        at=Location(after.path, found.span),
        message=f"{found.what} of {after.key} is changed, but it is on {shipped} already: {consequence}",
        help=f"restore {after.path} as it is on {shipped} and make the change in a new migration of {after.key.app}",
        identity=("changed",),
        severity=Severity.NOTICE if found.harmless else None,
        source=after.source,
        app=after.key.app,
        migration=after.key.name,
    )


def _changed_content(before: Migration, after: Migration, scope: Scope) -> Difference | None:
    assert scope.change_set.base_tree is not None
    old = scope.change_set.base_tree.read([before.path])[before.path]
    new = scope.change_set.tree.read([after.path])[after.path]
    return difference(before, after, old, new)


def _gone(scope: Scope) -> Iterator[Problem]:
    """Files that are no longer there, one problem for all that an app loses."""
    new_paths = renames(scope)
    by_path = {migration.path: migration for migration in scope.history.migrations.values()}
    lost: dict[str, list[Migration]] = {}
    for before in released(scope):
        if deleted_by_change(before.key, scope) and not _may_go(before.key, scope):
            after = by_path.get(new_paths.get(before.path, ""))
            if after is not None and after.key.app == before.key.app:
                yield _renamed(before, after, scope)
            else:
                lost.setdefault(before.key.app, []).append(before)
    for app, migrations in lost.items():
        moved = [by_path.get(new_paths.get(migration.path, "")) for migration in migrations]
        labels = {after.key.app for after in moved if after is not None}
        if labels:
            yield _relabelled(app, min(labels), [after for after in moved if after], migrations, scope)
            continue
        in_order = sorted(migrations, key=lambda migration: migration.key)
        yield _taken_out(app, in_order, scope) if app_is_gone(app, scope) else _deleted(app, in_order, scope)


def _may_go(key: Key, scope: Scope) -> bool:
    """Whether a squash makes the file superfluous: a released one, or one that stands for this single migration."""
    assert scope.base_graph is not None
    for graph in (scope.base_graph, scope.graph):
        for squash, members in graph.squashes.items():
            if key in members and (graph is scope.base_graph or len(members) == 1):
                return True
            if key in members and scope.base_graph.node(squash) is not None:
                return True
    return False


def _renamed(before: Migration, after: Migration, scope: Scope) -> Problem:
    return Problem(
        at=Location(after.path, after.span),
        message=f"{before.key} is renamed to {after.key.name}, but it is on {_shipped(scope)} already: databases have "
        f"recorded {before.key.name} and will apply {after.key.name} once more",
        help=f"keep the name {before.key.name}, or write in {after.path}: "
        f'replaces = [("{before.key.app}", "{before.key.name}")]',
        identity=("renamed", before.key.name),
        related=(Related(before.path, 1, f"its name on {_shipped(scope)}"),),
        source=after.source,
        app=after.key.app,
    )


def _relabelled(app: str, label: str, after: list[Migration], before: list[Migration], scope: Scope) -> Problem:
    return Problem(
        at=Location(after[0].path, after[0].span),
        message=f"the app {app} becomes {label}, but {counted(len(before), 'migration')} of it "
        f"{'is' if len(before) == 1 else 'are'} on {_shipped(scope)} already: databases have recorded them under {app} "
        f"and will apply them once more under {label}",
        help=f'keep the label in the AppConfig: label = "{app}"',
        identity=("relabelled", app, label),
        source=after[0].source,
        app=label,
    )


def _deleted(app: str, before: list[Migration], scope: Scope) -> Problem:
    first = before[0]
    names = listed(migration.key.name for migration in before)
    squash = _new_squash(first.key, scope)
    if squash is None:
        reason = "databases have recorded what no file describes any more, and new ones never get it"
        help_text = f"restore {listed(migration.path for migration in before)}; to undo it, write a new migration"
    else:
        reason = f"{squash.name} replaces it only from this change on, and a database that is part of the way is stuck"
        help_text = f"keep the replaced files until every database has {squash.name} or all that it replaces"
    return Problem(
        at=Location(first.path, _START),
        message=f"{app}.{names} {'is' if len(before) == 1 else 'are'} deleted, but on {_shipped(scope)} already: "
        f"{reason}",
        help=help_text,
        identity=("deleted", *(migration.key.name for migration in before)),
        related=(
            *(Related(migration.path, 1, "deleted too") for migration in before[1:]),
            *(place for migration in before for place in _still_wanted(migration.key, scope)),
        ),
        source=first.source,
        app=app,
        migration=first.key.name,
    )


def _taken_out(app: str, before: list[Migration], scope: Scope) -> Problem:
    """A whole app may go; its tables do not go with it."""
    first = before[0]
    return Problem(
        at=Location(first.path, _START),
        message=f"the app {app} is taken out with its {counted(len(before), 'migration')}: databases that have applied "
        "them keep its tables, and the rows in django_migrations",
        help=f"where the tables are to go, drop them by a migration that is deployed before {app} is taken out",
        identity=("taken out",),
        severity=Severity.NOTICE,
        source=first.source,
        app=app,
        migration=first.key.name,
    )


def _new_squash(key: Key, scope: Scope) -> Key | None:
    return next((squash for squash, members in scope.graph.squashes.items() if key in members), None)


def _still_wanted(key: Key, scope: Scope) -> tuple[Related, ...]:
    """Where a deleted migration is still wanted."""
    return tuple(
        Related(scope.history.migrations[one.migration].path, one.dependency.span.line, "depends on it: loading fails")
        for one in scope.graph.missing
        if one.dependency.key == key
    )


def _shipped(scope: Scope) -> str:
    return scope.config.released if scope.released is not None and scope.config.released else base_name(scope)
