"""A transaction goes on working while it holds a lock that makes others wait.

A lock is kept until the transaction ends. `ADD COLUMN` needs its ACCESS EXCLUSIVE lock for a moment only, but when an
`UPDATE` of many rows follows in the same transaction, or a second busy table has to be locked, the first table stays
closed all the while. Two such transactions that take the tables in different order wait for each other for ever.

Split the migration: one table and one step each, data in migrations of their own.

A warning where the rows of a table are gone through meanwhile; a notice where a second table is locked for a moment.

## Bad

The column is there at once; the whole `UPDATE` then runs while nobody can read the table.

```sql
-- db/migrations/V2__order_channel.sql
ALTER TABLE shop_order ADD COLUMN channel varchar(20);
UPDATE shop_order SET channel = 'web'; -- flagged
```

Two busy tables are closed at the same time: the second may have to be waited for.

```python
# shop/migrations/0002_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
        migrations.AddField("customer", "channel", models.CharField(max_length=20, null=True)),  # flagged
    ]
```

## Good

One table a migration.

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```

```python
# shop/migrations/0003_customer_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_channel")]
    operations = [
        migrations.AddField("customer", "channel", models.CharField(max_length=20, null=True)),
    ]
```

The table that is filled is new: nobody waits for it.

```sql
-- db/migrations/V2__channel.sql
CREATE TABLE shop_channel (id bigint PRIMARY KEY, name varchar(20) NOT NULL);
INSERT INTO shop_channel VALUES (1, 'web'), (2, 'app');
ALTER TABLE shop_order ADD COLUMN channel_id bigint;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import Change, DeleteRows, InsertRows, ReadRows, UpdateRows
from miglint.effects import Effect
from miglint.finding import Problem, Related, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import is_django
from miglint_rules._statements import POSTGRESQL, problem, who_waits, with_blocking_locks

DATA = (UpdateRows, DeleteRows, InsertRows, ReadRows)


@statement_rule(severity=Severity.WARNING, explains_work=True, databases=POSTGRESQL)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    waits: list[tuple[Analysis, Analysis, Effect, str]] = []
    first: dict[int, tuple[Analysis, Effect]] = {}
    """For each transaction its first lock that makes others wait, and the statement that takes it."""
    for analysis, locks in with_blocking_locks(analyses):
        if analysis.transaction is None:
            continue
        tables = [effect for effect in locks if effect.kind == "table"]
        if analysis.transaction not in first:
            if tables:
                first[analysis.transaction] = analysis, tables[0]
            continue
        holder, held = first[analysis.transaction]
        found = _data(analysis, held) or _second_table(analysis, tables, holder, held)
        if found:
            waits.append((analysis, *first[analysis.transaction], found))
    if waits:
        yield _problem(*next((one for one in waits if one[0].dangerous), waits[0]))


def _data(analysis: Analysis, held: Effect) -> str:
    """What is said of a statement that goes through rows while the lock is held."""
    if any(_is_data(change) for change in analysis.changes) and analysis.dangerous:
        rows = sorted({effect.relation for effect in analysis.effects if effect.work})
        return f"the rows of {' and '.join(rows)} are gone through"
    return ""


def _is_data(change: Change) -> bool:
    return isinstance(change, DATA)


def _second_table(analysis: Analysis, locked: Sequence[Effect], holder: Analysis, held: Effect) -> str:
    """What is said of a statement, of another operation, that locks another table as well."""
    if analysis.statement.operation is not None and analysis.statement.operation == holder.statement.operation:
        return ""
    others = sorted(
        effect.relation for effect in locked if effect.relation != held.relation and not _is_known(analysis, effect)
    )
    are = "is" if len(others) == 1 else "are"
    return f"{' and '.join(others)} {are} locked, too" if others else ""


def _is_known(analysis: Analysis, effect: Effect) -> bool:
    return effect.relation in analysis.held


def _problem(analysis: Analysis, holder: Analysis, held: Effect, found: str) -> Problem:
    each = "migrations" if is_django(analysis) else "files, each a transaction"
    return problem(
        analysis,
        message=f"{held.relation} stays locked while {found}: {who_waits([held])} of {held.relation} wait until the "
        "transaction ends",
        help=f"split it into {each} of its own: one table, one step; data apart from the schema",
        identity=(held.relation, found),
        severity=None if analysis.dangerous else Severity.NOTICE,
        related=(Related(holder.migration.path, holder.statement.span.line, f"{held.relation} is locked here"),),
    )
