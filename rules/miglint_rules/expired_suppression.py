"""The day until which a suppression was meant to hold is over, so what it hid is reported again.

`until=` makes a suppression a promise: the problem is accepted up to and including that day. After it the finding comes
back, and this one says why. Solve what was put off, or put it off again on purpose.

## Bad
The day has passed:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        # miglint: ignore[irreversible-run-python] until=2020-01-31 -- until the import is rewritten  # flagged
        migrations.RunPython(fill),
    ]
```

So it has for a whole file:

```python
# shop/migrations/0002_fill_country.py
# miglint: ignore-file[irreversible-run-python] until=2019-12-31  # flagged
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```

## Good
The day is far away:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        # miglint: ignore[irreversible-run-python] until=9999-12-31 -- until the import is rewritten
        migrations.RunPython(fill),
    ]
```

A suppression without a day holds as long as it stands:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(fill),  # miglint: ignore[irreversible-run-python] -- the old values are not kept
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.rule import suppression_rule
from miglint.scope import Scope
from miglint.suppress import SuppressionUse


@suppression_rule(severity=Severity.WARNING)
def check(use: SuppressionUse, scope: Scope) -> Iterator[Problem]:
    suppression = use.suppression
    if use.expired:
        names = ", ".join(suppression.names)
        yield Problem(
            at=Location(suppression.path, suppression.span),
            message=f"the suppression of {names} ended on {suppression.expires} and no longer suppresses anything",
            help=f"mend what it hid and delete the {suppression.form}, or set a later day and say why",
            identity=suppression.names,
        )
