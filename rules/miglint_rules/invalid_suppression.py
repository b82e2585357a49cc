"""A suppression cannot be read, names a rule that does not exist or lacks a reason that must be given.

A misspelt suppression looks as if it worked: whoever reads it believes the problem was weighed and accepted, while the
check goes on reporting it, or worse, never reported it in the first place. With `require_reason: true` in the
configuration a suppression also has to say why, after `--`.

## Bad
There is no rule of this name:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        # miglint: ignore[irreversible-runpython] -- the old values are not kept  # flagged
        migrations.RunSQL("SELECT 1", migrations.RunSQL.noop),
    ]
```

No rule is named at all, the second is no suppression, and the third ends on a day that does not exist:

```python
# shop/migrations/0002_fill_country.py
# miglint: ignore-file[]  # flagged
# miglint: disable=irreversible-run-python  # flagged
# miglint: ignore-file[irreversible-run-python] until=2027-02-31  # flagged
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```

The configuration wants a reason:

```yaml
# .miglint.yml
require_reason: true
```
```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(fill),  # miglint: ignore[irreversible-run-python]  # flagged
    ]
```

## Good
The rule exists and the reason is given:

```yaml
# .miglint.yml
require_reason: true
```
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

Prose that mentions miglint is not meant as a suppression, nor is a string:

```python
# shop/migrations/0002_fill_country.py
# This was found by miglint: see the page of irreversible-run-python.
from django.db import migrations

NOTE = "# miglint: ignore[no-such-rule]"


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = []
```
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Location, Problem, Severity
from miglint.rule import suppression_rule
from miglint.scope import Scope
from miglint.suggest import did_you_mean
from miglint.suppress import FORM, SuppressionUse


@suppression_rule(severity=Severity.WARNING)
def check(use: SuppressionUse, scope: Scope) -> Iterator[Problem]:
    suppression = use.suppression
    at = Location(suppression.path, suppression.span)
    if suppression.error:
        yield Problem(at, f"this suppression cannot be read: {suppression.error}", FORM, ("unreadable",))
        return
    for name in use.unknown:
        guess = did_you_mean(name, use.known)
        yield Problem(at, f"the suppression names no rule: {name}{guess}", "`miglint rule` lists all rules", (name,))
    if scope.config.require_reason and not suppression.reason and not suppression.pattern:
        names = ", ".join(suppression.names)
        yield Problem(at, f"the suppression of {names} gives no reason", f"{FORM}, saying why", suppression.names)
