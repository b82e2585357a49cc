"""A migration uses a model of another app without depending on the migration that makes it.

Django applies the migrations of different apps in no order but that of their dependencies. Where the other app's table
has long been there, all is well; on a fresh database (CI, a new colleague, a restored tenant) this migration may come
first and fails: "Related model cannot be resolved", or `LookupError` from `apps.get_model`. So it does wherever another
dependency that happened to guarantee the order goes away.

`makemigrations` writes this dependency for foreign keys. It is missing where a migration was written or edited by hand,
and for models that only a `RunPython` asks for.

## Bad
The key points at an app that is not among the dependencies:

```python
# main: cart/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# shop/migrations/0002_order_cart.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(
            "order",
            "cart",
            models.ForeignKey("cart.Cart", null=True, on_delete=django.db.models.deletion.CASCADE),  # flagged
        ),
    ]
```

A function asks for it:

```python
# main: cart/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# shop/migrations/0002_count_carts.py
from django.db import migrations


def count(apps, schema_editor):
    Cart = apps.get_model("cart", "Cart")  # flagged
    Cart.objects.count()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
```

The model of the project's users, without `swappable_dependency`:

```python
# shop/migrations/0002_order_owner.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(
            "order",
            "owner",
            models.ForeignKey("auth.User", null=True, on_delete=django.db.models.deletion.CASCADE),  # flagged
        ),
    ]
```

## Good
The dependency is there:

```python
# main: cart/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# shop/migrations/0002_order_cart.py
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cart", "0001_initial"),
        ("shop", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "order",
            "cart",
            models.ForeignKey("cart.Cart", null=True, on_delete=django.db.models.deletion.CASCADE),
        ),
        migrations.AddField(
            "order",
            "owner",
            models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=django.db.models.deletion.CASCADE),
        ),
    ]
```

Something it depends on guarantees the order already:

```python
# main: cart/migrations/0001_initial.py
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("contenttypes", "0002_remove_content_type_name")]
    operations = [
        migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))]),
    ]
```
```python
# shop/migrations/0002_cart_type.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cart", "0001_initial"), ("shop", "0001_initial")]
    operations = [
        migrations.AddField(
            "order",
            "kind",
            models.ForeignKey(
                "contenttypes.ContentType", null=True, on_delete=django.db.models.deletion.CASCADE
            ),
        ),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Fix, Location, Problem, Related, Severity
from miglint.history import Key, Migration
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._edits import added, written
from miglint_rules._guarantees import Guarantees
from miglint_rules._needs import Need, needs
from miglint_rules._words import DJANGO, subjects


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every app that a changed migration needs and that nothing before it guarantees, once."""
    if scope.history.source != DJANGO:
        return
    guarantees = Guarantees(scope.history, scope.graph)
    for migration in subjects(scope):
        if migration.key in scope.graph and not migration.dependencies_incomplete:
            lacking: dict[str, tuple[Need, Key]] = {}
            for need in needs(migration, scope.change_set.tree):
                if need.app != migration.key.app:
                    wanted = guarantees.lacking(migration.key, need)
                    if wanted is not None and need.app not in lacking:
                        lacking[need.app] = need, wanted
            for need, wanted in lacking.values():
                yield _problem(migration, need, wanted, scope)


def _problem(migration: Migration, need: Need, wanted: Key, scope: Scope) -> Problem:
    creator = scope.history.migrations.get(wanted)
    text = f"migrations.swappable_dependency(settings.{need.setting})" if need.setting else written(wanted)
    edit = added(migration, text, scope.change_set.tree)
    made = f"{wanted}, which makes it," if creator else f"the first migration of {need.app}"
    error = "LookupError" if need.operation.name == "RunPython" else "Related model cannot be resolved"
    return Problem(
        at=Location(migration.path, need.span),
        message=f"{need.why} in {migration.key} needs {need.app}.{need.model}, but {made} need not come first: on a "
        f"fresh database this migration may run before it and fail ({error})",
        help=f"add to dependencies in {migration.path}: {text}",
        identity=(need.app, need.model.lower()),
        related=(Related(creator.path, creator.span.line, f"makes {need.app}.{need.model}"),) if creator else (),
        fix=Fix(f"depend on {need.app}", safe=True, edits=(edit,)) if edit and not need.setting else None,
        source=migration.source,
        app=migration.key.app,
        migration=migration.key.name,
        operation=need.operation.index,
    )
