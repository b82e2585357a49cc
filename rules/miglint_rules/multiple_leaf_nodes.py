"""Two migrations of one app both want to be the last one, so nothing can be applied.

Each branch was fine when it was written: both migrations name the same parent. Git sees two new files and no conflict,
but once both are on one branch the app has two leaf nodes. `migrate`, `makemigrations` and the test runner then stop
with "Conflicting migrations detected; multiple leaf nodes in the migration graph"; `runserver` starts on old tables.
miglint looks at the tip of the base branch together with the change, so this shows before the merge, not after it.

The change's own migrations should move behind those that are on the base already: point the first of them at the base's
leaf node, and give them the next free numbers; `miglint fix` does so. Where that cannot be, `makemigrations --merge` or
`miglint fix --merge` writes a migration that joins both branches; databases may then have applied them in either order.

## Bad
Both were made from `0001_initial`; the base got the other one first:

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
# main: shop/migrations/0002_order_note.py
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
The change's migration continues the base's leaf node:

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
# main: shop/migrations/0002_order_note.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "note", models.TextField(null=True)),
    ]
```
```python
# shop/migrations/0003_order_total.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_order_note"),
    ]
    operations = [
        migrations.AddField("order", "total", models.IntegerField(null=True)),
    ]
```

A merge migration in the change joins both branches:

```python
# main: shop/migrations/0001_initial.py
from django.db import migrations


class Migration(migrations.Migration):
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


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
```python
# shop/migrations/0003_merge_20260101_1200.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_note"), ("shop", "0002_order_total")]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.conflict import Branch, Conflict, conflicts
from miglint.finding import DiagramNode, Edit, Fix, Location, Problem, Related, Severity
from miglint.history import Key, Migration
from miglint.rebase import Rebase, declared, rebase
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._edits import dropped, redirected, written
from miglint_rules._words import DJANGO, base_name, counted, listed

_CONSEQUENCE = {
    DJANGO: '`migrate`, `makemigrations` and the test runner stop with "Conflicting migrations detected", '
    "`runserver` starts on the old tables",
}


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every app with more than one certain leaf node."""
    for conflict in conflicts(scope.graph, scope.base_graph):
        yield _problem(conflict, scope)


def _problem(conflict: Conflict, scope: Scope) -> Problem:
    migrations = scope.history.migrations
    branch = conflict.moving()
    others = [other for other in conflict.branches if other != branch]
    plan = rebase(conflict, scope.graph, scope.base_graph)
    first = migrations[branch.own[0]]
    moving = [redirect for redirect in plan.redirects if redirect.migration == first.key] if plan else []
    span = moving[0].dependency.span if moving else first.dependencies_span
    sides = listed(_side(one, scope) for one in [branch, *others])
    parent = f"both come from {conflict.parent.name}" if conflict.parent else "they have no common parent"
    if len(conflict.branches) > 2 and conflict.parent:
        parent = f"all come from {conflict.parent.name}"
    consequence = _CONSEQUENCE.get(first.source, "what is applied last is not defined")
    number = "two" if not others[1:] else str(len(conflict.branches))
    return Problem(
        at=Location(first.path, span or first.span),
        message=f"{conflict.app} has {number} leaf nodes: {sides}; {parent}: {consequence}",
        help=_help(conflict, plan, scope),
        identity=(conflict.app, *(leaf.name for leaf in conflict.leaves)),
        related=tuple(_related(other, scope) for other in others) + _parent_place(conflict.parent, scope),
        fix=_fix(plan, scope) if plan else None,
        source=first.source,
        app=conflict.app,
        diagram=_diagram(conflict, scope),
    )


def _side(branch: Branch, scope: Scope) -> str:
    migration = scope.history.migrations[branch.leaf]
    if scope.base_graph is None:
        where = ""
    elif branch.new:
        where = ", in this change"
    else:
        where = f", on {base_name(scope)}"
    ahead = f", after {counted(len(branch.migrations) - 1, 'other')}" if len(branch.migrations) > 1 else ""
    return f"{branch.leaf.name} ({migration.path}{where}{ahead})"


def _help(conflict: Conflict, plan: Rebase | None, scope: Scope) -> str:
    merge = f"python manage.py makemigrations --merge {conflict.app}"
    if plan is None:
        return f"join them with a migration that depends on all of them: {merge}"
    lines = [f"put {listed(key.name for key in plan.migrations)} behind {plan.onto.name}:"]
    for key in plan.migrations:
        migration, name = scope.history.migrations[key], plan.renamed(key).name
        lines.append(f"    {migration.path} -> {name}.py" if name != key.name else f"    {migration.path}")
        lines += [f"        {change}" for change in _rewritten(migration, plan)]
    lines += [
        f"    {dependent.path}: its dependency on {conflict.app} must follow the new name"
        for dependent in _dependents(plan, scope)
    ]
    if scope.history.source == DJANGO:
        lines.append(f"or join both with a merge migration: {merge}")
    return "\n".join(lines)


def _rewritten(migration: Migration, plan: Rebase) -> Iterator[str]:
    redirects = {id(redirect.dependency): redirect for redirect in plan.redirects}
    for dependency in declared(migration):
        redirect = redirects.get(id(dependency))
        if redirect is not None and redirect.to is None:
            yield f"{written(dependency.key)} goes"
        elif redirect is not None and redirect.to is not None:
            yield f"{written(dependency.key)} becomes {written(plan.renamed(redirect.to))}"
        elif dependency.key in plan.names:
            yield f"{written(dependency.key)} becomes {written(plan.renamed(dependency.key))}"


def _dependents(plan: Rebase, scope: Scope) -> list[Migration]:
    """Migrations besides those that move which name one that gets another name."""
    return [
        migration
        for key, migration in sorted(scope.history.migrations.items())
        if key not in plan.migrations and any(named.key in plan.names for named in declared(migration))
    ]


def _fix(plan: Rebase, scope: Scope) -> Fix | None:
    """Move the dependencies by which the change hangs on what comes before. An edit cannot rename files: names stay."""
    tree = scope.change_set.tree
    edits: list[Edit | None] = []
    for redirect in plan.redirects:
        migration = scope.history.migrations[redirect.migration]
        if redirect.to is None:
            edits.append(dropped(migration, redirect.dependency, tree))
        else:
            edits.append(redirected(migration, redirect.dependency, redirect.to, tree))
    first = plan.redirects[0]
    title = f"let {first.migration.name} depend on {plan.onto.name} instead of {first.dependency.key.name}"
    # Without a base it is not known which of the two databases have applied.
    safe = scope.base_graph is not None
    return Fix(title, safe, edits=tuple(edit for edit in edits if edit)) if all(edits) else None


def _related(branch: Branch, scope: Scope) -> Related:
    migration = scope.history.migrations[branch.leaf]
    where = "" if scope.base_graph is None else f" {'in this change' if branch.new else f'on {base_name(scope)}'}"
    return Related(migration.path, migration.span.line, f"the other leaf node{where}")


def _parent_place(parent: Key | None, scope: Scope) -> tuple[Related, ...]:
    if parent is None:
        return ()
    migration = scope.history.migrations[parent]
    return (Related(migration.path, migration.span.line, "the migration they have in common"),)


def _diagram(conflict: Conflict, scope: Scope) -> tuple[DiagramNode, ...]:
    base = base_name(scope) if scope.base_graph is not None else ""
    nodes = [DiagramNode(conflict.parent.name, base)] if conflict.parent else []
    for branch in conflict.branches:
        shown = {*branch.migrations, *([conflict.parent] if conflict.parent else [])}
        for key in branch.migrations:
            new = scope.base_history is not None and key not in scope.base_history.migrations
            parents = tuple(parent.name for parent in scope.graph.parents(key) if parent in shown)
            nodes.append(DiagramNode(key.name, "this change" if new else base, parents))
    return tuple(nodes)
