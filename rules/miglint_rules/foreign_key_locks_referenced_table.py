"""A foreign key locks the table that it references, too.

Creating a table, a many-to-many relation or a column with a foreign key takes SHARE ROW EXCLUSIVE on the *referenced*
table: its writers wait until the transaction ends. Dropping the foreign key, its column or its table takes ACCESS
EXCLUSIVE there: its readers wait too. Neither needs long by itself, but the lock has to be had first, and everybody
who comes while it is waited for queues behind it. The referenced table is often the busiest one there is.

Set a `lock_timeout`, so that the migration gives up instead of the customers, keep such a migration small, and retry
it. To part the two moments, add the column with `db_constraint=False` and its constraint `NOT VALID` by itself.

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

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind, Name
from miglint.changes import AddColumn, AddConstraint, Change, CreateTable, DropColumn, DropConstraint, DropTable
from miglint.effects import Effect
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import indented
from miglint_rules._statements import blocking_locks, operation_of, problem, shown, who_waits

REMEDY = """have the lock for a moment only: nothing else in this migration, and a limit on the wait for it, so that the
migration gives up instead of everybody else:
{code}
then run it again until it comes through; with db_constraint=False on the field, {target} is not locked at all"""


@statement_rule(severity=Severity.WARNING)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    said: set[tuple[int | None, str]] = set()
    for analysis in analyses:
        for position, change in enumerate(analysis.changes):
            keys = () if analysis.causes.get(position) else tuple(_foreign_keys(analysis, change))
            locks = {effect.relation: effect for effect in blocking_locks(analysis)} if keys else {}
            for key in keys:
                effect = locks.get(shown(analysis, key.references)) if key.references else None
                place = (analysis.statement.operation, effect.relation if effect else "")
                if effect is not None and not _is_itself(analysis, change, key) and place not in said:
                    if analysis.statement.operation is not None:
                        said.add(place)
                    yield _problem(analysis, change, effect, scope, key)


def _foreign_keys(analysis: Analysis, change: Change) -> Iterator[Constraint]:
    """The foreign keys that a change makes or takes away."""
    match change:
        case CreateTable():
            keys: tuple[Constraint, ...] = change.constraints
        case AddColumn():
            keys = change.constraints
        case AddConstraint():
            keys = (change.constraint,)
        case DropTable() | DropColumn() | DropConstraint():
            keys = _dropped(analysis, change)
        case _:
            keys = ()
    return (key for key in keys if key.kind is ConstraintKind.FOREIGN_KEY)


def _dropped(analysis: Analysis, change: DropTable | DropColumn | DropConstraint) -> tuple[Constraint, ...]:
    table = analysis.before.table(change.table)
    if table is None:
        return ()
    match change:
        case DropColumn():
            return tuple(key for key in table.constraints.values() if change.column in key.columns)
        case DropConstraint():
            return tuple(key for key in table.constraints.values() if key.name == change.constraint)
        case DropTable():
            return tuple(table.constraints.values())


def _is_itself(analysis: Analysis, change: Change, key: Constraint) -> bool:
    return getattr(change, "table", None) == key.references


def _problem(analysis: Analysis, change: Change, effect: Effect, scope: Scope, key: Constraint) -> Problem:
    table: Name | None = getattr(change, "table", None)
    mine = shown(analysis, table) if table else ""
    verb = "dropping" if isinstance(change, DropTable | DropColumn | DropConstraint) else "making"
    mode = "ACCESS EXCLUSIVE" if effect.lock == "AccessExclusiveLock" else "SHARE ROW EXCLUSIVE"
    set_timeout = "SET LOCAL lock_timeout = '5s'"
    django = operation_of(analysis) is not None
    code = f'migrations.RunSQL("{set_timeout}", migrations.RunSQL.noop),' if django else f"{set_timeout};"
    return problem(
        analysis,
        message=f"{verb} the foreign key {mine}.{', '.join(key.columns)} locks {effect.relation}, which it references: "
        f"{who_waits([effect])} of {effect.relation} wait for the {mode} lock and until the transaction ends",
        help=REMEDY.format(code=indented(code), target=effect.relation),
        identity=(mine, effect.relation, verb),
        scope=scope,
        table=key.references,
    )
