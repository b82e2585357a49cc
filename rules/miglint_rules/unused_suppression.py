"""A suppression names a rule that finds nothing there, so it hides whatever comes next.

A `# miglint: ignore[…]` outlives the problem it was written for: the operation is rewritten, the rule learns to tell
the harmless case apart, the line moves. What is left silences the rule for the next edit of that line, and nobody will
see it. Only rules that looked are judged: one that is switched off leaves its suppressions alone.

An entry under `ignore` in the configuration is judged where everything is checked (`--all`), since what it is for need
not be in a change; one that a change writes, and whose path names no file, at once.

## Bad
Nothing here is irreversible, so there is nothing to suppress:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        # miglint: ignore[irreversible-run-python] -- nobody goes back  # flagged
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
```

The text in the string is no comment and suppresses nothing, the comment is one:

```python
# shop/migrations/0002_comment.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("SELECT 1 -- miglint: ignore[irreversible-run-python]", migrations.RunSQL.noop),
        migrations.RunSQL("SELECT 2", migrations.RunSQL.noop),  # miglint: ignore[irreversible-run-python]  # flagged
    ]
```

## Good
The suppression has something to suppress:

```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("shop", "Customer").objects.filter(country=None).update(country="DE")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        # miglint: ignore[irreversible-run-python] -- the old values are not kept
        migrations.RunPython(fill),
    ]
```

The rule is off, so nothing can be said of it:

```yaml
# .miglint.yml
rules: {irreversible-run-python: off}
```
```python
# shop/migrations/0002_fill_country.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    # miglint: ignore[irreversible-run-python] -- the old values are not kept
    operations = []
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
    where = "in this file" if suppression.whole_file else f"at {suppression.pattern}" if suppression.pattern else "here"
    for name in use.unused:
        others = [other for other in suppression.names if other not in use.unused]
        yield Problem(
            at=Location(suppression.path, suppression.span),
            message=f"the suppression of {name} suppresses nothing: the rule finds nothing {where}",
            help=f"write `ignore[{', '.join(others)}]`" if others else f"delete the {suppression.form}",
            identity=(name,),
        )
