"""A foreign key locks the table that it references, too.

Creating a table, a many-to-many relation or a column with a foreign key takes SHARE ROW EXCLUSIVE on the *referenced*
table: its writers wait until the transaction ends. Dropping the foreign key, its column or its table takes ACCESS
EXCLUSIVE there: its readers wait too. Neither needs long by itself, but the lock has to be had first, and everybody
who comes while it is waited for queues behind it. The referenced table is often the busiest one there is.

Set a `lock_timeout`, so that the migration gives up instead of the customers, keep such a migration small, and retry
it. To part the two moments, add the column with `db_constraint=False` and its constraint `NOT VALID` by itself.

Said once for each referenced table, and not where a `lock_timeout` is set. Where a key is made it is a notice, and a
warning if keys of ten or more migrations point to the same one, or `busy_tables` names it. Where readers wait, too, it
always is one.

## Bad

The new table is free; `shop_customer`, which it references, is not.

```python
# shop/migrations/0002_refund.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(  # flagged
            "Refund",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("customer", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="shop.customer")),
            ],
        ),
    ]
```

Dropping a table that references another stops the readers of the other.

```sql
-- main: db/migrations/V2__refund.sql
CREATE TABLE shop_refund (id bigint PRIMARY KEY, customer_id bigint REFERENCES shop_customer (id));
```

```sql
-- db/migrations/V3__drop_refund.sql
DROP TABLE shop_refund; -- flagged
```

## Good

Without the constraint nothing else is locked.

```python
# shop/migrations/0002_refund.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Refund",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.CASCADE, to="shop.customer"
                    ),
                ),
            ],
        ),
    ]
```

Both tables are new: there is nobody who could wait.

```sql
-- db/migrations/V2__refund.sql
CREATE TABLE shop_batch (id bigint PRIMARY KEY);
CREATE TABLE shop_refund (id bigint PRIMARY KEY, batch_id bigint REFERENCES shop_batch (id));
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from miglint.analysis import Analysis
from miglint.catalog import Constraint, Name
from miglint.changes import DropColumn, DropConstraint, DropTable
from miglint.effects import Effect
from miglint.finding import Problem, Related, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._busy import has_timeout, why_busy
from miglint_rules._keys import is_compared, keys_of
from miglint_rules._remedies import indented
from miglint_rules._statements import operation_of, problem, shown, who_waits, with_blocking_locks

REMEDY = """have the lock for a moment only: nothing else in this migration, and a limit on the wait for it, so that the
migration gives up instead of everybody else:
{code}
then run it again until it comes through; with db_constraint=False on the field, {target} is not locked at all"""


class Lock(Struct, frozen=True):
    """What a foreign key that is made, or dropped, does to the table that it references."""

    analysis: Analysis
    table: Name | None
    key: Constraint
    effect: Effect
    verb: str


@statement_rule(severity=Severity.WARNING)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    if has_timeout(scope):
        return
    found: dict[tuple[str, str], list[Lock]] = {}
    for analysis, asked in with_blocking_locks(analyses):
        if asked and analysis.lock_timeout is None:
            for lock in _locks(analysis, asked):
                found.setdefault((lock.effect.relation, lock.verb), []).append(lock)
    for locks in found.values():
        yield _problem(locks, scope)


def _locks(analysis: Analysis, asked: Sequence[Effect]) -> Iterator[Lock]:
    """The locks that a statement takes for its foreign keys, but those whose work another rule tells of."""
    for position, change in enumerate(analysis.changes):
        keys = keys_of(analysis, change)
        if not keys:
            continue
        verb = "dropping" if isinstance(change, DropTable | DropColumn | DropConstraint) else "making"
        works = bool(analysis.causes.get(position))
        keys = [key for key in keys if not (works and is_compared(analysis, change, key))]
        effects = {effect.relation: effect for effect in asked} if keys else {}
        for key in keys:
            effect = effects.get(shown(analysis, key.references)) if key.references else None
            if effect is not None and effect.taken in ("", effect.lock):  # no stronger one is held anyway
                yield Lock(analysis, getattr(change, "table", None), key, effect, verb)


def _problem(locks: Sequence[Lock], scope: Scope) -> Problem:
    first, *others = locks
    analysis, relation = first.analysis, first.effect.relation
    readers_wait = any(lock.effect.lock == "AccessExclusiveLock" for lock in locks)
    why = why_busy(analysis, relation, scope)
    set_timeout = "SET LOCAL lock_timeout = '5s'"
    django = operation_of(analysis) is not None
    code = f'migrations.RunSQL("{set_timeout}", migrations.RunSQL.noop),' if django else f"{set_timeout};"
    keys = list(dict.fromkeys(map(_shown, locks)))
    names, they = (f"foreign key {keys[0]}", "it references") if len(keys) == 1 else (_list(keys), "they reference")
    mode = "ACCESS EXCLUSIVE" if readers_wait else "SHARE ROW EXCLUSIVE"
    waiting = who_waits([lock.effect for lock in locks])
    return problem(
        analysis,
        message=f"{first.verb} the {names} locks {relation}, which {they}: {waiting} of "
        f"{relation} wait for the {mode} lock and until the transaction ends{f' ({why})' if why else ''}",
        help=REMEDY.format(code=indented(code), target=relation),
        identity=(_table(first), relation, first.verb),
        related=tuple(_related(lock) for lock in others if lock.analysis.statement.span != analysis.statement.span),
        scope=scope,
        table=first.key.references,
        severity=None if why or readers_wait else Severity.NOTICE,
    )


def _related(lock: Lock) -> Related:
    return Related(lock.analysis.migration.path, lock.analysis.statement.span.line, f"{_shown(lock)} does so here")


def _table(lock: Lock) -> str:
    return shown(lock.analysis, lock.table) if lock.table else ""


def _shown(lock: Lock) -> str:
    return f"{_table(lock)}.{', '.join(lock.key.columns)}"


def _list(keys: Sequence[str]) -> str:
    """The first few of many."""
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"foreign keys {', '.join(keys[:3])}{more}"
