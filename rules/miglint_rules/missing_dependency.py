"""A migration depends on one that is not there, so the graph of migrations cannot be built at all.

Django reads every migration before it does anything: one dependency that leads nowhere and each command that looks at
migrations (`migrate`, `makemigrations`, `runserver`, `test`) stops with `NodeNotFoundError`. It happens when a name is
mistyped, when a file was renamed, and when a commit leaves the other migration behind.

## Bad
The name is one letter off:

```python
# shop/migrations/0002_order_gift.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_inital"),  # flagged
    ]
    operations = [
        migrations.AddField("order", "gift", models.BooleanField(null=True)),
    ]
```

A migration must run before one that does not exist:

```python
# shop/migrations/0002_order_gift.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    run_before = [
        ("shop", "0009_report"),  # flagged
    ]
    operations = [
        migrations.AddField("order", "gift", models.BooleanField(null=True)),
    ]
```

## Good
Every dependency names a migration of this repository, or an app that is installed from elsewhere:

```python
# shop/migrations/0002_order_owner.py
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("order", "gift", models.BooleanField(null=True)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Fix, Location, Problem, Related, Severity
from miglint.graph import FIRST, LATEST, Missing
from miglint.history import Key
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._edits import redirected, written
from miglint_rules._foreign import foreign_apps
from miglint_rules._released import deleted_by_change
from miglint_rules._words import loading_fails


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every dependency that leads nowhere, unless another rule names the reason."""
    foreign = foreign_apps(scope)
    for missing in scope.graph.missing:
        wanted = missing.dependency.key
        deleted = missing.migration not in scope.introduced and deleted_by_change(wanted, scope)
        own_app = wanted.app == missing.migration.app
        if not deleted and not (own_app and wanted.app in foreign):
            yield _problem(missing, scope)


def _problem(missing: Missing, scope: Scope) -> Problem:
    migration, wanted = scope.history.migrations[missing.migration], missing.dependency.key
    nearest = _nearest(wanted, missing.migration, scope)
    edit = redirected(migration, missing.dependency, nearest, scope.change_set.tree) if nearest else None
    verb = "must run before" if missing.run_before else "depends on"
    error = "NodeNotFoundError" if wanted.name not in (FIRST, LATEST) else "ValueError"
    return Problem(
        at=Location(migration.path, missing.dependency.span),
        message=f"{migration.key} {verb} {wanted}, {_why(wanted, scope)}: {loading_fails(migration.source, error)}",
        help=_help(missing, nearest),
        identity=(str(wanted),),
        related=_related(nearest, scope),
        fix=Fix(f"name {nearest} instead", safe=False, edits=(edit,)) if edit else None,
        source=migration.source,
        app=migration.key.app,
        migration=migration.key.name,
    )


def _why(wanted: Key, scope: Scope) -> str:
    if wanted.app not in scope.history.apps:
        return f"but there is no app {wanted.app} here or among the installed ones that are known"
    if wanted.name in (FIRST, LATEST):
        return f"but {wanted.app} has no migrations" if not scope.graph.nodes(wanted.app) else "which is no name here"
    if scope.base_history is not None and wanted in scope.base_history.migrations:
        return "which this change deletes"
    return "which is not there"


def _nearest(wanted: Key, owner: Key, scope: Scope) -> Key | None:
    """The migration that was probably meant: the same words under another number, an alike name, the same number."""
    import difflib  # not asked for where nothing is missing

    after = {owner, *scope.graph.descendants(owner)}
    names = {key.name: key for key in scope.graph.nodes(wanted.app) if key not in after}
    number, _, words = wanted.name.partition("_")
    same_words = [name for name in names if words and name.partition("_")[2] == words]
    near = difflib.get_close_matches(wanted.name, names, n=1)
    same_number = [name for name in names if number.isdecimal() and name.partition("_")[0] == number]
    for found in (same_words, near, same_number):
        if len(found) == 1:
            return names[found[0]]
    return None


def _help(missing: Missing, nearest: Key | None) -> str:
    wanted = missing.dependency.key
    if nearest:
        return f"did you mean {written(nearest)}?"
    return f"add the file of {wanted} to this change, or depend on a migration of {wanted.app} that is there"


def _related(nearest: Key | None, scope: Scope) -> tuple[Related, ...]:
    if nearest is None:
        return ()
    migration = scope.history.migrations[nearest]
    return (Related(migration.path, migration.span.line, "the migration that was probably meant"),)
