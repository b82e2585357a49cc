"""Adding a check constraint reads the whole table while nobody else can read or write it.

`ADD CONSTRAINT ... CHECK` takes ACCESS EXCLUSIVE and looks at every row. So does a check that comes with a new column,
even when the column is nullable and has no value anywhere: Django's `PositiveIntegerField` is such a column.

`NOT VALID` adds the check for new rows at once and reads nothing. `VALIDATE CONSTRAINT` in a later migration reads the
table under a lock that lets everybody work.

## Bad

The constraint is checked against every row before anybody may go on.

```python
# shop/migrations/0002_order_total_positive.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddConstraint(  # flagged
            "order", models.CheckConstraint(condition=models.Q(total__gte=0), name="order_total_positive")
        ),
    ]
```

A nullable column would be free, its check is not.

```python
# shop/migrations/0002_product_weight.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("product", "weight", models.PositiveIntegerField(null=True)),  # flagged
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__order_total_positive.sql
ALTER TABLE shop_order ADD CONSTRAINT order_total_positive CHECK (total >= 0); -- flagged
```

## Good

First for new rows only; `ValidateConstraint` follows in the next migration.

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

The check on a table that the same migration makes reads an empty table.

```python
# shop/migrations/0002_parcel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Parcel",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("weight", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            "parcel", models.CheckConstraint(condition=models.Q(weight__lt=30000), name="parcel_weight")
        ),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind
from miglint.changes import AddColumn, AddConstraint
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._own import Own, own_operation
from miglint_rules._recipes import beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import POSTGRES, indented, quoted
from miglint_rules._sql_words import check_of
from miglint_rules._statements import problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[AddConstraint, AddColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, added, _ in to_blame(analyses, AddConstraint):
        if added.constraint.kind is ConstraintKind.CHECK:
            yield _problem(analysis, added, added.constraint, scope)
    for analysis, column, work in to_blame(analyses, AddColumn):
        checks = [each for each in column.constraints if each.kind is ConstraintKind.CHECK]
        if checks and Work.REWRITE not in work:
            yield _problem(analysis, column, checks[0], scope)


def _problem(analysis: Analysis, change: AddColumn | AddConstraint, constraint: Constraint, scope: Scope) -> Problem:
    table = shown(analysis, change.table)
    if isinstance(change, AddColumn):
        what = f"the check that comes with the new column {table}.{change.column.name} is tried on every row"
        subject = change.column.name
    else:
        what = f"the check {constraint.name} is tried on every row"
        subject = constraint.name
    own = own_operation(analysis, scope)
    text = check_of(analysis.statement.sql) or "..."
    return problem(
        analysis,
        message=f"{what} of {table} under ACCESS EXCLUSIVE: nobody can read or write {table} until it is done",
        help=_django(own, change, table, constraint, text) if own else _sql(table, change, constraint, text),
        identity=(table, subject),
        scope=scope,
        table=change.table,
    )


def _django(own: Own, change: AddColumn | AddConstraint, table: str, constraint: Constraint, text: str) -> str:
    if own.operation.name == "AddConstraint" and own.written is not None:
        name = quoted(constraint.name)
        given = own.written.argument("constraint") or own.written.arguments[-1]
        steps = [
            step(f"AddConstraintNotValid({quoted(own.model)}, {given})"),
            step(f"ValidateConstraint({quoted(own.model)}, {name})"),
        ]
        imports = POSTGRES.format("AddConstraintNotValid, ValidateConstraint")
        return recipe("add it for new rows, and validate it in the next migration:", steps, imports)
    name = constraint.name or f"{table.rpartition('.')[2]}_{change_name(change)}_check"
    add = run_sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({text}) NOT VALID",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
    unchecked = own.declared and own.declared.calling("PositiveIntegerField", "IntegerField")
    for kind in ("Small", "Big"):
        unchecked = unchecked and unchecked.calling(f"Positive{kind}IntegerField", f"{kind}IntegerField")
    bare = "without a check of its own"
    column = own.adding(unchecked, otherwise=bare) if isinstance(change, AddColumn) else own.altering(unchecked, bare)
    steps = [
        step(beside_the_state([column, add], str(own))),
        step(f'migrations.RunSQL("ALTER TABLE {table} VALIDATE CONSTRAINT {name}", migrations.RunSQL.noop)'),
    ]
    return recipe("let the database check new rows only, and validate the check in the next migration:", steps)


def change_name(change: AddColumn | AddConstraint) -> str:
    """The column or constraint that a change adds."""
    return change.column.name if isinstance(change, AddColumn) else change.constraint.name


def _sql(table: str, change: AddColumn | AddConstraint, constraint: Constraint, text: str) -> str:
    name = constraint.name or f"{table.rpartition('.')[2]}_{change_name(change)}_check"
    steps = [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({text}) NOT VALID;",
        "-- in the next migration",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
    ]
    lead = "add the column without it, then the check" if isinstance(change, AddColumn) else "add it"
    return f"{lead} for new rows, and validate it in the next migration:\n{indented(*steps)}"
