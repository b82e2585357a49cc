"""A migration uses the project's real model, whose fields are those of today and not those of the migration's day.

The real class knows every column that the newest code has. The migration runs when later columns do not exist yet: on a
new database, in tests, on a server that is some releases behind. `SELECT` then names columns that are not there and the
migration fails, months after it was written. The real class also brings its `save()`, managers and signals, which the
historical models do not have.

Ask the `apps` that the function is given for the model as it is at this point of the history. That goes for
`get_user_model()` and `django.apps.apps` too: both hand out the real class. Choices, constants and functions may be
imported; they are code and have no columns, though the migration breaks when they are renamed.

## Bad
The model is imported at the top:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations

from shop.models import Customer  # flagged


def fill(apps, schema_editor):
    Customer.objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

The import hides in a function, and the user model and the registry are real as well:

```python
# shop/migrations/0002_fill_country.py
from django.apps import apps as registry  # flagged
from django.contrib.auth import get_user_model  # flagged
from django.db import migrations


def helper():
    from shop import models  # flagged

    for order in models.Order.objects.all():
        order.save()


def fill(apps, schema_editor):
    helper()
    get_user_model().objects.update(is_active=True)
    registry.get_model("shop", "Product").objects.update(stock=0)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

## Good
The model comes from the `apps` that the function is given:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    Customer = apps.get_model("shop", "Customer")
    Customer.objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

What is imported has no columns: choices, a function for a field, a name for annotations only:

```python
# main: shop/models.py
from django.db import models


class OrderStatus(models.TextChoices):
    NEW = "new"


class Customer(models.Model):
    class Size(models.TextChoices):
        SMALL = "s"
```
```python
# shop/migrations/0002_status.py
from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import migrations, models

import shop.models
from shop.models import Customer, OrderManager, OrderStatus

if TYPE_CHECKING:
    from shop.models import Order


def fill(apps, schema_editor, order: Order | None = None):
    apps.get_model("shop", "Order").objects.update(status=OrderStatus("new"))


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterModelManagers("Order", [("objects", OrderManager())]),
        migrations.AddField("Customer", "size", models.CharField(max_length=1, default=Customer.Size.SMALL)),
        migrations.AddField("Order", "number2", models.IntegerField(default=shop.models.next_number)),
        migrations.AddField("Order", "scan", models.FileField(null=True, upload_to=shop.models.Order.scan_path)),
    ]
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from miglint.finding import Location, Problem, Related, Severity, Span
from miglint.history import Migration
from miglint.rule import migration_rule
from miglint.scope import Scope
from miglint.sources.django.functions import module_body
from miglint.sources.django.source import Unparsable, parse
from miglint_rules._real_models import ENUMS, Use, imported_class, uses


@migration_rule(severity=Severity.ERROR)
def check(migration: Migration, scope: Scope) -> Iterator[Problem]:
    if migration.source != "django":
        return
    module = module_body(scope.change_set.tree, migration)
    if module is None:
        return
    seen: set[tuple[int, str]] = set()
    for use in uses(module):
        place = (use.brought.lineno, use.model)
        if place not in seen and not _has_no_columns(use, migration, scope):
            seen.add(place)
            yield _problem(use, migration, scope)


def _problem(use: Use, migration: Migration, scope: Scope) -> Problem:
    app = _label(use, migration, scope)
    named = use.model if use.model[:1].isupper() else "Model"
    label = "settings.AUTH_USER_MODEL" if use.model == "user model" else f'"{app}", "{named}"'
    return Problem(
        at=Location(migration.path, _span(use.brought)),
        message=f"{use.how} reaches the real {use.model} with today's columns, not those of {migration.key}",
        help=f"use the model of this point of the history:\n\n    apps.get_model({label})",
        identity=(use.model, use.how),
        related=(Related(migration.path, use.used.lineno, f"the real {use.model} is used here"),),
    )


def _label(use: Use, migration: Migration, scope: Scope) -> str:
    """The app of an imported model: one of the project's by its folder, else what stands before `models`."""
    imported = imported_class(use)
    if imported is None or (isinstance(use.brought, ast.ImportFrom) and use.brought.level):
        return migration.key.app
    parts = imported[0].split(".")
    for length in range(len(parts), 0, -1):
        for label, app in sorted(scope.history.apps.items()):
            if PurePosixPath(app.path).parent.parts[-length:] == tuple(parts[:length]):
                return label
    return parts[parts.index("models") - 1] if "models" in parts[1:] else parts[-1]


def _has_no_columns(use: Use, migration: Migration, scope: Scope) -> bool:
    """Whether the repository's own source shows that the imported class is no model but an enumeration or the like."""
    imported = imported_class(use)
    if imported is None:
        return False
    module, name = imported
    tree = scope.change_set.tree
    stem = module.replace(".", "/")
    for path in (f"{stem}.py", f"{stem}/__init__.py"):
        if path in tree:
            return _is_enumeration(name, path, tree.read([path])[path])
    return False


def _is_enumeration(name: str, path: str, content: bytes) -> bool:
    try:
        module = parse(content, path)
    except Unparsable:
        return False
    bases = {
        node.name: [ast.unparse(base).rpartition(".")[2] for base in node.bases]
        for node in module.body
        if isinstance(node, ast.ClassDef)
    }
    pending, seen = [name], set()
    while pending:
        current = pending.pop()
        if current in ENUMS:
            return True
        if current not in seen:
            seen.add(current)
            pending += bases.get(current, [])
    return False


def _span(node: ast.stmt | ast.expr) -> Span:
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return Span(node.lineno, node.col_offset + 1, end_line, end_column + 1)
