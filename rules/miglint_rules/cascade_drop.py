"""CASCADE drops more than the statement names.

`DROP … CASCADE` takes whatever depends on what is dropped: views that read the table or the column, foreign keys of
other tables, columns of the type, triggers that call the function. Nobody who reads the migration sees it, and it is
missed later: a report's view, or the key that kept orphans out.

Without `CASCADE` PostgreSQL refuses and lists what depends. Drop that by name first, where reviewers see it.

## Bad

The view that reads the table goes with it: Django drops tables with `CASCADE`, and up to version 5.2 columns too.

```python
# main: shop/migrations/0002_order_totals.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE VIEW order_totals AS SELECT number, total FROM shop_order",
            "DROP VIEW order_totals",
        ),
    ]
```

```python
# shop/migrations/0003_delete_order.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_totals")]
    operations = [
        migrations.DeleteModel("Order"),  # flagged
    ]
```

The foreign key of another table.

```sql
-- db/migrations/V2__drop_customer.sql
DROP TABLE shop_customer CASCADE; -- flagged
```

A column of the type, with its values.

```sql
-- main: db/migrations/V2__mood.sql
CREATE TYPE mood AS ENUM ('calm', 'cross');
ALTER TABLE shop_customer ADD COLUMN feeling mood;
```

```sql
-- db/migrations/V3__drop_mood.sql
DROP TYPE mood CASCADE; -- flagged
```

## Good

What depends is dropped by name.

```sql
-- db/migrations/V2__drop_customer.sql
ALTER TABLE shop_order DROP CONSTRAINT shop_order_customer_id_fkey;
DROP TABLE shop_customer;
```

Nothing depends on the column but its own index.

```sql
-- main: db/migrations/V2__order_status_idx.sql
CREATE INDEX order_status_idx ON shop_order (status);
```

```sql
-- db/migrations/V3__drop_order_status.sql
ALTER TABLE shop_order DROP COLUMN status CASCADE;
```

The view is the change's own.

```sql
-- db/migrations/V2__scratch.sql
CREATE VIEW scratch AS SELECT id, name FROM shop_customer;
CREATE VIEW scratch_names AS SELECT name FROM scratch;
DROP VIEW scratch CASCADE;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from miglint.analysis import Analysis
from miglint.catalog import ConstraintKind, Name, Relation, Table, View
from miglint.changes import Change, DropColumn, DropConstraint, DropObject, DropTable, TableChange
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._own import own_operation
from miglint_rules._recipes import run_sql
from miglint_rules._remedies import indented, is_django
from miglint_rules._statements import POSTGRESQL, is_existing, problem, shown
from miglint_rules._words import listed

CONTAINERS = frozenset({"database", "schema", "owned"})
"""What another rule speaks of: whoever drops these means what is inside."""


KINDS = (DropTable, DropColumn, DropConstraint, DropObject)


class Taken(Struct, frozen=True):
    """Something that goes along: how it is called, and the statement that drops it alone."""

    what: str
    statement: str


@statement_rule(severity=Severity.WARNING, databases=POSTGRESQL, changes=KINDS)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis in analyses:
        if not any(map(_cascades, analysis.changes)):
            continue
        taken = [*_taken(analysis)]
        if not taken:
            continue
        yield problem(
            analysis,
            message=f"CASCADE also drops {listed(each.what for each in taken)}, which the statement does not name",
            help=_help(analysis, taken, scope),
            identity=tuple(sorted(each.what for each in taken)),
            scope=scope,
        )


def _cascades(change: Change) -> bool:
    if isinstance(change, DropObject) and change.kind in CONTAINERS:
        return False
    return isinstance(change, KINDS) and change.cascade


def _taken(analysis: Analysis) -> Iterator[Taken]:
    """What was there before the change set, is gone after the statement, and belongs to nothing that it names."""
    named = {each.table for each in analysis.changes if isinstance(each, TableChange)}
    named |= {each.name for each in analysis.changes if isinstance(each, DropObject)}
    named |= {each.name for name in list(named) for each in analysis.before.descendants(name)}
    for name, relation in analysis.before.relations.items():
        after = analysis.after.relations.get(name)
        if relation is after or name in named or not is_existing(analysis, name):
            continue
        if after is None:
            yield from _relation(analysis, name, relation)
        elif isinstance(relation, Table) and isinstance(after, Table):
            yield from _parts(analysis, relation, after)


def _relation(analysis: Analysis, name: Name, relation: Relation) -> Iterator[Taken]:
    label = shown(analysis, name)
    if isinstance(relation, View):
        yield Taken(f"view {label}", f"DROP VIEW {label}")
    elif isinstance(relation, Table):
        kind = relation.kind.value
        yield Taken(f"{kind} {label}", f"DROP {kind.upper().removeprefix('PARTITIONED ')} {label}")


def _parts(analysis: Analysis, before: Table, after: Table) -> Iterator[Taken]:
    label = shown(analysis, before.name)
    columns = [each for each in before.columns if each not in after.columns]
    for column in columns:
        yield Taken(f"column {label}.{column}", f"ALTER TABLE {label} DROP COLUMN {column}")
    for constraint in before.constraints.values():
        if constraint.name not in after.constraints and set(columns).isdisjoint(constraint.columns):
            kind = "foreign key" if constraint.kind is ConstraintKind.FOREIGN_KEY else "constraint"
            drop = f"ALTER TABLE {label} DROP CONSTRAINT {constraint.name}"
            yield Taken(f"{kind} {constraint.name} of {label}", drop)
    for trigger in before.triggers:
        if trigger not in after.triggers:
            yield Taken(f"trigger {trigger} of {label}", f"DROP TRIGGER {trigger} ON {label}")


def _help(analysis: Analysis, taken: list[Taken], scope: Scope) -> str:
    lead = "drop by name what is meant to go"
    own = own_operation(analysis, scope)
    lead += (
        ", before this operation:"
        if own is not None
        else ", and leave CASCADE away, so that the server refuses the rest:"
    )
    statements = list(dict.fromkeys(each.statement for each in taken))
    code = [f"{run_sql(each, '')}," if is_django(analysis) else f"{each};" for each in statements]
    return f"{lead}\n{indented(*code)}"
