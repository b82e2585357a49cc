"""A constraint is added NOT VALID and validated in one transaction, so the lock of the first lasts over the second.

`NOT VALID` is there to part two things: a short moment under a strong lock, and a long scan under a weak one. In one
transaction the strong lock of `ADD CONSTRAINT` is kept while `VALIDATE CONSTRAINT` reads the table. Nothing is won.

Put `VALIDATE` into a later migration: each migration is a transaction of its own.

## Bad

Both operations stand in one atomic migration.

```python
# shop/migrations/0002_order_total_positive.py
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddConstraintNotValid(
            "order", models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total_positive")
        ),
        ValidateConstraint("order", "order_total_positive"),  # flagged
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__order_total_positive.sql
ALTER TABLE shop_order ADD CONSTRAINT order_total_positive CHECK (total >= 0) NOT VALID;
ALTER TABLE shop_order VALIDATE CONSTRAINT order_total_positive; -- flagged
```

## Good

Two migrations, two transactions.

```python
# shop/migrations/0002_order_total_positive.py
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddConstraintNotValid(
            "order", models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total_positive")
        ),
    ]
```

```python
# shop/migrations/0003_validate_order_total_positive.py
from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_total_positive")]
    operations = [
        ValidateConstraint("order", "order_total_positive"),
    ]
```

The transaction ends between the two.

```sql
-- db/migrations/V2__order_total_positive.sql
BEGIN;
ALTER TABLE shop_order ADD CONSTRAINT order_total_positive CHECK (total >= 0) NOT VALID;
COMMIT;
BEGIN;
ALTER TABLE shop_order VALIDATE CONSTRAINT order_total_positive;
COMMIT;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import AddConstraint, ValidateConstraint
from miglint.finding import Problem, Related, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import POSTGRES, is_django, migration_of, model_of, quoted
from miglint_rules._statements import changes_of, operation_of, problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[ValidateConstraint])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, _ in to_blame(analyses, ValidateConstraint):
        added = _added(analyses, analysis, change)
        if added is None:
            continue
        table = shown(analysis, change.table)
        yield problem(
            analysis,
            message=f"constraint {change.constraint} of {table} is validated in the transaction that adds it: the lock "
            f"of ADD CONSTRAINT is kept while every row of {table} is read",
            help=_help(analysis, change, table),
            identity=(table, change.constraint),
            related=(Related(added.migration.path, added.statement.span.line, "added here, NOT VALID"),),
            scope=scope,
            table=change.table,
        )


def _added(analyses: Sequence[Analysis], validation: Analysis, change: ValidateConstraint) -> Analysis | None:
    """The statement of the same transaction that adds the constraint."""
    for analysis, addition, _ in changes_of(analyses, AddConstraint):
        same = analysis.transaction is not None and analysis.transaction == validation.transaction
        if same and addition.table == change.table and addition.constraint.name == change.constraint:
            return analysis
    return None


def _help(analysis: Analysis, change: ValidateConstraint, table: str) -> str:
    operation = operation_of(analysis)
    sql = f"ALTER TABLE {table} VALIDATE CONSTRAINT {change.constraint}"
    if operation is not None:
        step = f"ValidateConstraint({quoted(model_of(operation))}, {quoted(change.constraint)})"
        code = migration_of([step], imports=POSTGRES.format("ValidateConstraint"))
    elif is_django(analysis):
        code = migration_of([f'migrations.RunSQL("{sql}", migrations.RunSQL.noop)'])
    else:
        code = f"    {sql};"
    return f"validate it in the next migration:\n{code}"
