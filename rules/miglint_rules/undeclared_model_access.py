"""A RunPython asks for a model that the migrations have not made at that point, or no longer have.

`apps.get_model` gives the models as the migrations before this one have left them. One that a later migration makes, or
that an earlier one has deleted or renamed, is not among them: the migration stops with LookupError on every database.

Ask for the model under the name it has at this point; or move the RunPython to where the model is there.

## Bad

The model had another name by then.

```python
# main: shop/migrations/0002_purchase.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RenameModel("Order", "Purchase")]
```

```python
# shop/migrations/0003_fill.py
from django.db import migrations


def fill(apps, schema_editor):
    Order = apps.get_model("shop", "Order")  # flagged
    Order.objects.filter(note="").update(note=None)


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_purchase")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

The model is made only after the function has run.

```python
# shop/migrations/0002_channel.py
from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("shop.Channel").objects.create(name="web")  # flagged


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Channel",
            fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20))],
        ),
    ]
```

## Good

By the name that the model has now.

```python
# main: shop/migrations/0002_purchase.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RenameModel("Order", "Purchase")]
```

```python
# shop/migrations/0003_fill.py
from django.db import migrations


def fill(apps, schema_editor):
    Purchase = apps.get_model("shop", "purchase")
    Purchase.objects.filter(note="").update(note=None)


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_purchase")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
```

A function that is ready for the model not to be there.

```python
# shop/migrations/0002_clean.py
from django.db import migrations


def clean(apps, schema_editor):
    try:
        Legacy = apps.get_model("shop", "LegacyOrder")
    except LookupError:
        return
    Legacy.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(clean, migrations.RunPython.noop)]
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from miglint.finding import Location, Problem, Related, Severity, Span
from miglint.history import Key, Migration, Operation
from miglint.rule import operation_rule
from miglint.scope import Scope
from miglint.sources.django.functions import module_body
from miglint.suggest import nearest
from miglint_rules._models import Models, models_before
from miglint_rules._needs import Need, needs_of


@operation_rule("RunPython", severity=Severity.ERROR)
def check(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    if migration.key not in scope.graph or migration.dependencies_incomplete:
        return
    for need in needs_of(operation, migration, scope.change_set.tree):
        if need.app not in scope.graph.apps():
            continue
        models = models_before(scope, migration, operation, need.app)
        if models is None or need.model.lower() in models.there or _is_expected(need.span, migration, scope):
            continue
        if all(_comes_later(maker, migration.key, scope) for maker in models.makers(need.model)):
            yield _problem(need, migration, models)


def _comes_later(maker: Key, key: Key, scope: Scope) -> bool:
    """Whether what makes the model is certain to run after the migration, which may make it itself further down."""
    return maker == key or scope.graph.is_ancestor(key, maker) or scope.graph.is_ancestor(maker, key)


def _is_expected(span: Span, migration: Migration, scope: Scope) -> bool:
    """Whether the call stands in a `try`, or where it is asked first whether the model is there."""
    module = module_body(scope.change_set.tree, migration)
    for node in ast.walk(module) if module is not None else ():
        if isinstance(node, ast.Try | ast.If) and node.lineno <= span.line <= (node.end_lineno or node.lineno):
            return True
    return False


def _problem(need: Need, migration: Migration, models: Models) -> Problem:
    model = need.model
    gone = models.gone.get(model.lower())
    if gone is not None:
        by, instead = gone
        why = f"{by.key} has {f'renamed it to {instead}' if instead else 'deleted it'}"
        related: tuple[Related, ...] = (Related(by.path, by.span.line, f"{model} goes here"),)
        help_text = f'ask for it by the name it has at this point: apps.get_model("{need.app}", "{instead}")'
        if not instead:
            help_text = f"run {need.why} before {by.key}, or leave {model} out"
    else:
        made = models.makers(model)
        why = f"{made[0]} makes it only later" if made else f"no migration of {need.app} makes it"
        related = ()
        near = nearest(model.lower(), models.there)
        help_text = f'did you mean apps.get_model("{need.app}", "{near}")?' if near else "ask for a model that is there"
        if made:
            help_text = f"run {need.why} after {model} is made, in a migration that depends on {made[0]}"
    return Problem(
        at=Location(migration.path, need.span),
        message=f"{need.app} has no model {model} when {need.why} runs in {migration.key}: {why}; the migration stops "
        "with LookupError",
        help=help_text,
        identity=(need.app, model.lower()),
        related=related,
    )
