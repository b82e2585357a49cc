"""A migration is written for an app whose other migrations are installed from another distribution.

`makemigrations` writes into whatever folder an app has. When that folder is a vendored copy, or the app's label is that
of an installed package, the file lands in this repository while the migrations it continues live in the package. The
package's own next release then brings another child of the same parent: two leaf nodes, in every deployment, and the
names in this repository's file are not what the package's models say.

## Bad
`auth` is Django's own; this repository holds only what somebody added to it:

```python
# auth/migrations/0013_longer_username.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),  # flagged
    ]
    operations = [
        migrations.AlterField("user", "username", models.CharField(max_length=300, unique=True)),
    ]
```

## Good
The project's own model extends what the package has:

```python
# shop/migrations/0002_profile.py
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Profile",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("username", models.CharField(max_length=300)),
                ("user", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.CASCADE)),
            ],
        ),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.rule import graph_rule
from miglint.scope import Scope
from miglint_rules._foreign import foreign_apps


@graph_rule(severity=Severity.ERROR)
def check(scope: Scope) -> Iterator[Problem]:
    """Every migration that continues an app which does not begin here."""
    for app, wanted in foreign_apps(scope).items():
        for missing in wanted:
            migration = scope.history.migrations[missing.migration]
            parent = missing.dependency.key.name
            yield Problem(
                at=Location(migration.path, missing.dependency.span),
                message=f"{migration.key} continues {parent}, which is not in this repository: {app} is an app of "
                f"another distribution, and its next release brings another child of {parent}",
                help=f"keep what you add in an app of your own (a model with a OneToOneField to {app}'s), or take over "
                f"all of {app}'s migrations with MIGRATION_MODULES = {{{app!r}: ...}}",
                identity=(migration.key.name, parent),
                source=migration.source,
                app=app,
                migration=migration.key.name,
            )
