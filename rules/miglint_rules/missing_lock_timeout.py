"""A lock that makes others wait is asked for without a lock_timeout.

Even a step that takes a millisecond must first get its lock. While it waits for a long transaction to end, everybody
who comes later queues behind it. With `lock_timeout` the migration gives up after that time, the queue clears, and it
can be tried again.

Set the timeout for all migrations in the connection's OPTIONS (`-c lock_timeout=5s`), or in each of them.

Said once for a whole change, with the places of its other migrations, and never for tables that the change itself
makes. A warning where many would feel the wait, on a table that ten or more migrations point to or that `busy_tables`
names, else a notice. The table that a foreign key references is told of by `foreign-key-locks-referenced-table`.

## Bad

The column is added at once, when its turn comes.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),  # flagged
    ]
```

A timeout that is switched off is none.

```sql
-- db/migrations/V2__order_channel.sql
SET lock_timeout = 0;
ALTER TABLE shop_order ADD COLUMN channel varchar(20); -- flagged
```

## Good

The migration sets its timeout itself.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("SET LOCAL lock_timeout = '5s'", migrations.RunSQL.noop),
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```

Nothing that exists is locked.

```sql
-- db/migrations/V2__channel.sql
CREATE TABLE shop_channel (id bigint PRIMARY KEY, name varchar(20) NOT NULL);
CREATE INDEX shop_channel_name_idx ON shop_channel (name);
```

The connection that migrates has one for all of them; nothing in the settings says so, but the configuration does.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```

```yaml
# .miglint.yml
lock_timeout: 5s
```

The settings say it.

```python
# main: manage.py
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
```

```python
# main: config/settings.py
DATABASES = {
    "default": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"options": "-c lock_timeout=5000"}},
}
```

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.effects import Effect
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._busy import has_timeout, why_busy
from miglint_rules._keys import locked_by_keys
from miglint_rules._remedies import indented, is_django
from miglint_rules._statements import POSTGRESQL, problem, who_waits, with_blocking_locks

HELP = """have every migration give up instead: -c lock_timeout=5s in the OPTIONS of the connection that migrates
(lock_timeout: 5s in .miglint.yml says so where the settings do not show it), or at the start of each:
{code}"""


@statement_rule(severity=Severity.WARNING, databases=POSTGRESQL)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    if has_timeout(scope):
        return
    asked = with_blocking_locks(analyses)
    waits = [(analysis, locks) for analysis, all_locks in asked if (locks := _unbounded(analysis, all_locks))]
    if not waits:
        return
    busy = ((one, why) for one in waits if (why := _why_busy(*one, scope)))
    (analysis, locks), why = next(busy, (waits[0], ""))
    names = sorted({_table(effect) for effect in locks})
    tables = " and ".join(names)
    code = (
        "migrations.RunSQL(\"SET LOCAL lock_timeout = '5s'\", migrations.RunSQL.noop),"
        if is_django(analysis)
        else "SET LOCAL lock_timeout = '5s';"
    )
    yield problem(
        analysis,
        message=f"the lock on {tables} may have to be waited for without limit, and all {who_waits(locks)} queue "
        f"behind it: no lock_timeout is set{f' ({why})' if why else ''}",
        help=HELP.format(code=indented(code)),
        identity=tuple(names),
        severity=None if why else Severity.NOTICE,
        together=f"{tables} is locked without one here, too",
    )


def _unbounded(analysis: Analysis, locks: Sequence[Effect]) -> list[Effect]:
    """The locks that a statement would wait for without limit, but those that its foreign keys take elsewhere."""
    if not locks or analysis.lock_timeout is not None:
        return []
    elsewhere = locked_by_keys(analysis)
    return [effect for effect in locks if effect.relation not in elsewhere]


def _why_busy(analysis: Analysis, locks: Sequence[Effect], scope: Scope) -> str:
    return next((why for effect in locks if (why := why_busy(analysis, _table(effect), scope))), "")


def _table(effect: Effect) -> str:
    return effect.table or effect.relation
