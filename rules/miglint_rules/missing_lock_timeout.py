"""A lock that makes others wait is asked for without a lock_timeout.

Even a step that takes a millisecond must first get its lock. While it waits for a long transaction to end, everybody
who comes later queues behind it. With `lock_timeout` the migration gives up after that time, the queue clears, and it
can be tried again.

Said once per migration, on its first such statement, and never for tables that the change itself makes. Set the timeout
in the migration, or for all of them in the connection's OPTIONS (`-c lock_timeout=5s`).

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
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import indented, is_django
from miglint_rules._statements import blocking_locks, problem, who_waits


@statement_rule(severity=Severity.WARNING)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    if (scope.config.lock_timeout or scope.history.settings.get("LOCK_TIMEOUT", "0")).strip("sm'") != "0":
        return
    for analysis in analyses:
        locks = blocking_locks(analysis)
        if not locks or analysis.target.database != "postgresql" or analysis.lock_timeout is not None:
            continue
        tables = sorted({effect.table or effect.relation for effect in locks})
        code = (
            "migrations.RunSQL(\"SET LOCAL lock_timeout = '5s'\", migrations.RunSQL.noop),"
            if is_django(analysis)
            else "SET LOCAL lock_timeout = '5s';"
        )
        yield problem(
            analysis,
            message=f"the lock on {' and '.join(tables)} may have to be waited for without limit, and all "
            f"{who_waits(locks)} queue behind it: no lock_timeout is set",
            help=f"set it at the start of this migration:\n{indented(code)}\n"
            "or once for all of them: -c lock_timeout=5s in the OPTIONS of the connection that migrates, and where the "
            "settings do not show it, lock_timeout: 5s in .miglint.yml",
            identity=tuple(tables),
        )
        return
