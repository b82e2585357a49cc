"""A table is dropped that the running code still uses.

Until the last process of the old code is gone, every query for the model fails, and so does the deletion of any row
that the old code believes to be referenced from there.

Take two releases: first remove the model from the code and from Django's state
(`SeparateDatabaseAndState(state_operations=[DeleteModel(...)])`), then drop the table.

## Bad

The model and its table go at once.

```python
# shop/migrations/0002_delete_order.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.DeleteModel("Order"),  # flagged
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__drop_order.sql
DROP TABLE shop_order; -- flagged
```

## Good

The first release: the table stays.

```python
# shop/migrations/0002_forget_order.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Order")]),
    ]
```

A table that the same change made for its own use.

```sql
-- db/migrations/V2__sort_customers.sql
CREATE TABLE shop_scratch (id bigint PRIMARY KEY);
INSERT INTO shop_scratch SELECT id FROM shop_customer;
DROP TABLE shop_scratch;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import DropTable
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._forgotten import table_is_forgotten
from miglint_rules._own import own_operation
from miglint_rules._recipes import beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import is_django
from miglint_rules._statements import changes_of, is_existing, problem, shown


@statement_rule(severity=Severity.ERROR, changes=[DropTable])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, _ in changes_of(analyses, DropTable):
        table = shown(analysis, change.table)
        left = analyses[-1].after.table(change.table)
        remade = left is not None and not left.assumed  # SQLite alters tables by making them anew
        if remade or not is_existing(analysis, change.table):
            continue
        if is_django(analysis) and table_is_forgotten(scope, analysis.migration.key.app, change.table.name):
            continue
        yield problem(
            analysis,
            message=f"table {table} is dropped: every query for it of code that still runs fails from then on",
            help=_help(analysis, table, scope),
            identity=(table,),
            scope=scope,
            table=change.table,
        )


def _help(analysis: Analysis, table: str, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    if own is None:
        return f"take two releases: in the first, no code uses {table} any more; the second drops it"
    steps = [
        step(
            beside_the_state([], str(own)),
            note="with the code that no longer has it",
        ),
        step(run_sql(f"DROP TABLE {table}", ""), note="in the next release"),
    ]
    return recipe("take two releases:", steps)
