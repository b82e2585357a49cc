"""A squash does not stand for what it says, or cannot be cleaned up as it is.

A squash takes the place of the migrations in its `replaces`, on every database that has all of them or none. A name in
that list which is not there means it never counts as applied where it should. A migration left out between those it
replaces closes a circle (`CircularDependencyError`). Once a replaced file is deleted, whatever still depends on it is
found only as long as the squash keeps its `replaces`. And a data step that was not `elidable` runs again on every new
database, over tables that are empty.

## Bad
The middle one is left out:

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
# main: shop/migrations/0003_order_total.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_note")]
    operations = []
```
```python
# shop/migrations/0001_squashed_0003_order_total.py
from django.db import migrations


class Migration(migrations.Migration):
    replaces = [
        ("shop", "0001_initial"),  # flagged
        ("shop", "0003_order_total"),
    ]
    initial = True
    dependencies = []
    operations = []
```

A name in `replaces` is wrong:

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
# shop/migrations/0001_squashed_0002_order_note.py
from django.db import migrations


class Migration(migrations.Migration):
    replaces = [
        ("shop", "0001_initial"),
        ("shop", "0002_order_notes"),  # flagged
    ]
    initial = True
    dependencies = []
    operations = []
```

A step for data comes along:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_fill.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL("UPDATE shop_order SET note = ''", migrations.RunSQL.noop)]
```
```python
# shop/migrations/0001_squashed_0002_fill.py
from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("shop", "0001_initial"), ("shop", "0002_fill")]
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL("UPDATE shop_order SET note = ''", migrations.RunSQL.noop),  # flagged
    ]
```

## Good
Everything in a row is replaced, and the data step was elidable:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
```
```python
# main: shop/migrations/0002_fill.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL("UPDATE shop_order SET note = ''", migrations.RunSQL.noop, elidable=True)]
```
```python
# shop/migrations/0001_squashed_0002_fill.py
from django.db import migrations


class Migration(migrations.Migration):
    replaces = [("shop", "0001_initial"), ("shop", "0002_fill")]
    initial = True
    dependencies = []
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from miglint.finding import Fix, Location, Problem, Related, Severity, Span
from miglint.history import Dependency, Migration, Operation
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._data_steps import data_steps
from miglint_rules._edits import redirected, written
from miglint_rules._squash import squash_that_tears
from miglint_rules._words import counted, listed


@graph_rule(severity=Severity.WARNING)
def check(scope: Scope) -> Iterator[Problem]:
    """Everything that is wrong with the squashes of a history."""
    yield from _circles(scope)
    yield from _torn(scope)
    for migration in scope.history.migrations.values():
        if migration.replaces and migration.key in scope.graph.squashes:
            yield from _not_there(migration, scope)
            yield from _still_named(migration, scope)
            if migration.key in scope.introduced:
                yield from _data(migration)


def _problem(migration: Migration, span: Span, message: str, help_text: str, *identity: str) -> Problem:
    return Problem(
        at=Location(migration.path, span),
        message=message,
        help=help_text,
        identity=identity,
        source=migration.source,
        app=migration.key.app,
        migration=migration.key.name,
    )


def _circles(scope: Scope) -> Iterator[Problem]:
    for cycle in scope.graph.squash_cycles:
        migration = scope.history.migrations[cycle[0]]
        path = " -> ".join(key.name for key in (*cycle, cycle[0]))
        message = f"squashes replace each other in a circle, {path}: every command that loads migrations stops"
        help_text = f"take one of them out of the other's replaces, in {migration.path}"
        names = sorted(str(key) for key in cycle)
        problem = _problem(migration, migration.replaces[0].span, message, help_text, "circle", *names)
        yield replace(problem, severity=Severity.ERROR)


def _torn(scope: Scope) -> Iterator[Problem]:
    for cycle in scope.graph.cycles:
        squash = squash_that_tears(cycle, scope.graph)
        if squash is not None:
            migration = scope.history.migrations[squash]
            left_out = [key for key in cycle if key != squash]
            names = listed(key.name if key.app == squash.app else str(key) for key in left_out)
            problem = _problem(
                migration,
                migration.replaces[0].span,
                f"{squash} leaves out {names}, between the migrations that it replaces: each waits for the other, and "
                "every command that loads migrations stops with CircularDependencyError",
                f"add to replaces, with {'its' if len(left_out) == 1 else 'their'} operations, in order: "
                f"{listed(written(key) for key in reversed(left_out))}; or squash only up to there",
                "left out",
                *sorted(str(key) for key in left_out),
            )
            places = [scope.history.migrations[key] for key in left_out]
            related = tuple(Related(place.path, place.span.line, "left out") for place in places)
            yield replace(problem, severity=Severity.ERROR, related=related)


def _not_there(migration: Migration, scope: Scope) -> Iterator[Problem]:
    """Names in `replaces` that are on neither side, unless none of them is: then no database waits for the others.

    That is so of an old squash, and of one whose migrations never left their branch.
    """
    known = {*scope.history.migrations, *(scope.base_history.migrations if scope.base_history else ())}
    known |= scope.graph.opaque
    there = [dependency for dependency in migration.replaces if dependency.key in known]
    if not there:
        return
    for dependency in migration.replaces:
        if dependency.key not in known and dependency.key.app not in scope.history.external:
            yield _wrong_name(migration, dependency, scope)


def _wrong_name(migration: Migration, dependency: Dependency, scope: Scope) -> Problem:
    import difflib  # not asked for where nothing is missing

    wanted = dependency.key
    replaced = {other.key for other in migration.replaces}
    names = {
        key.name: key
        for key in scope.history.migrations
        if key.app == wanted.app and key not in replaced and key != migration.key
    }
    near = difflib.get_close_matches(wanted.name, names, n=1, cutoff=0.8)
    help_text = f"did you mean {written(names[near[0]])}?" if near else f"take {written(wanted)} out of replaces"
    message = (
        f"{migration.key} replaces {wanted}, which is not there while others that it replaces are: it counts as "
        "applied only where all of them were, so databases that have the others are stuck"
    )
    problem = _problem(migration, dependency.span, message, help_text, "not there", str(wanted))
    if near:
        edit = redirected(migration, dependency, names[near[0]], scope.change_set.tree)
        problem = replace(problem, fix=Fix(f"replace {near[0]}", safe=False, edits=(edit,)) if edit else None)
    return problem


def _still_named(migration: Migration, scope: Scope) -> Iterator[Problem]:
    """One problem for all that depends on replaced files which are gone."""
    gone = {other.key for other in migration.replaces} - scope.history.migrations.keys() - scope.graph.opaque
    found = [
        (scope.history.migrations[child], dependency)
        for child in scope.graph.children(migration.key)
        for dependency in scope.history.migrations[child].dependencies
        if dependency.key in gone
    ]
    if not found:
        return
    dependent, dependency = found[0]
    who = f"{dependent.key} still depends"
    if len(found) > 1:
        who = f"{dependent.key} and {counted(len(found) - 1, 'other place')} still depend"
    redirections = [redirected(one, place, migration.key, scope.change_set.tree) for one, place in found]
    edits = tuple(edit for edit in redirections if edit)
    problem = _problem(
        dependent,
        dependency.span,
        f"{who} on {dependency.key}, whose file is gone: it is found only while "
        f"{migration.key.name} keeps it in replaces",
        f"depend on {written(migration.key)} instead",
        "still named",
        str(migration.key),
    )
    yield replace(
        problem,
        related=tuple(Related(one.path, place.span.line, f"depends on {place.key}") for one, place in found[1:]),
        fix=Fix(f"depend on {migration.key.name}", safe=True, edits=edits) if all(redirections) else None,
    )


def _data(migration: Migration) -> Iterator[Problem]:
    steps: list[Operation] = list(data_steps(migration.operations))
    if steps:
        names = listed(dict.fromkeys(step.name for step in steps))
        problem = _problem(
            migration,
            steps[0].span,
            f"{migration.key} keeps {counted(len(steps), 'data step')} ({names}) of what it replaces: on a new "
            "database there are no rows yet, and code it imports from the replaced files goes with them",
            "drop it if it only mends old rows (elidable=True on the original lets squashmigrations do so); if it "
            "makes rows that every database needs, keep it and move its code into this file",
            "data",
        )
        yield replace(problem, operation=steps[0].index)
