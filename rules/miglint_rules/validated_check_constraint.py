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
from miglint.history import Operation
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import POSTGRES, field_of, indented, model_of, quoted, written
from miglint_rules._statements import operation_of, problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True)
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
    operation = operation_of(analysis)
    return problem(
        analysis,
        message=f"{what} of {table} under ACCESS EXCLUSIVE: nobody can read or write {table} until it is done",
        help=_django(analysis, operation, change, scope) if operation else _sql(table, change, constraint),
        identity=(table, subject),
        scope=scope,
        table=change.table,
    )


def _django(analysis: Analysis, operation: Operation, change: AddColumn | AddConstraint, scope: Scope) -> str:
    model = model_of(operation)
    imports = POSTGRES.format("AddConstraintNotValid, ValidateConstraint")
    if isinstance(change, AddConstraint) and operation.name == "AddConstraint":
        value = operation.arguments.get("constraint")
        constraint = written(value, analysis.migration, scope) or "..."
        name, first = change.constraint.name, "add it for new rows, and validate it in the next migration:"
    else:
        field = field_of(operation) or change_name(change)
        name = f"{model}_{field}_check"
        constraint = f"models.CheckConstraint(condition=models.Q({field}__gte=0), name={quoted(name)})"
        first = (
            f"make {field} a field without a check of its own (IntegerField for PositiveIntegerField), add the check "
            "for new rows, and validate it in the next migration:"
        )
    return "\n".join(
        (
            first,
            indented(
                imports,
                "",
                "# 1",
                f"AddConstraintNotValid({quoted(model)}, {constraint}),",
                "# 2",
                f"ValidateConstraint({quoted(model)}, {quoted(name)}),",
            ),
        )
    )


def change_name(change: AddColumn | AddConstraint) -> str:
    """The column or constraint that a change adds."""
    return change.column.name if isinstance(change, AddColumn) else change.constraint.name


def _sql(table: str, change: AddColumn | AddConstraint, constraint: Constraint) -> str:
    text = constraint.expression.text if constraint.expression and constraint.expression.text else "..."
    name = constraint.name or f"{table.rpartition('.')[2]}_{change_name(change)}_check"
    steps = [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({text}) NOT VALID;",
        "-- in the next migration",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {name};",
    ]
    lead = "add the column without it, then the check" if isinstance(change, AddColumn) else "add it"
    return f"{lead} for new rows, and validate it in the next migration:\n{indented(*steps)}"
