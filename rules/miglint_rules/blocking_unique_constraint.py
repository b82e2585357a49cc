"""Adding a unique constraint builds its index while nobody else can read or write the table.

`ADD CONSTRAINT ... UNIQUE` takes ACCESS EXCLUSIVE and then builds an index over the whole table. `UniqueConstraint`,
`unique=True`, `unique_together` and `OneToOneField` all do it. (There is no `UNIQUE ... NOT VALID`.)

Build the unique index concurrently first. Then either leave it at that (a unique index forbids as much as the
constraint does), or turn it into the constraint by `ADD CONSTRAINT ... UNIQUE USING INDEX`, which reads nothing.

## Bad

The column becomes unique.

```python
# shop/migrations/0002_product_sku_unique.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("product", "sku", models.CharField(max_length=20, unique=True)),  # flagged
    ]
```

The constraint over two columns.

```python
# shop/migrations/0002_order_number_unique.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddConstraint(  # flagged
            "order", models.UniqueConstraint(fields=["customer", "number"], name="order_number_unique")
        ),
    ]
```

A new nullable column is free, the index of its constraint is not: it holds an entry for every row.

```sql
-- db/migrations/V2__product_ean.sql
ALTER TABLE shop_product ADD COLUMN ean varchar(13) UNIQUE; -- flagged
```

## Good

Index first, outside of a transaction; the constraint takes it over.

```python
# shop/migrations/0002_product_sku_unique_idx.py
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE UNIQUE INDEX CONCURRENTLY product_sku_unique ON shop_product (sku)",
            "DROP INDEX CONCURRENTLY IF EXISTS product_sku_unique",
        ),
    ]
```

```python
# shop/migrations/0003_product_sku_unique.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_product_sku_unique_idx")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE shop_product ADD CONSTRAINT product_sku_unique UNIQUE USING INDEX product_sku_unique",
                    "ALTER TABLE shop_product DROP CONSTRAINT product_sku_unique",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "product", models.UniqueConstraint(fields=["sku"], name="product_sku_unique")
                ),
            ],
        ),
    ]
```

A unique constraint of a new table.

```sql
-- db/migrations/V2__voucher.sql
CREATE TABLE shop_voucher (id bigint PRIMARY KEY, code varchar(20) NOT NULL);
ALTER TABLE shop_voucher ADD CONSTRAINT voucher_code_unique UNIQUE (code);
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind, Expression
from miglint.changes import AddColumn, AddConstraint
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._code import WrittenCall
from miglint_rules._own import own_operation
from miglint_rules._recipes import beside_the_state, concurrent_builds, recipe, run_sql, step
from miglint_rules._remedies import indented
from miglint_rules._statements import problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[AddConstraint, AddColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, added, _ in to_blame(analyses, AddConstraint):
        if added.constraint.kind is ConstraintKind.UNIQUE:
            yield _problem(analyses, analysis, added, added.constraint, scope)
    for analysis, column, _ in to_blame(analyses, AddColumn):
        for constraint in column.constraints:
            if constraint.kind is ConstraintKind.UNIQUE:
                yield _problem(analyses, analysis, column, constraint, scope)


class Unique(NamedTuple):
    """What the remedy needs: the statement that asks for the constraint, and the constraint as SQL names it."""

    analyses: Sequence[Analysis]
    analysis: Analysis
    name: str
    table: str
    columns: str
    suffix: str

    @property
    def build(self) -> str:
        """The index without the constraint."""
        return f"CREATE UNIQUE INDEX CONCURRENTLY {self.name} ON {self.table} ({self.columns})"

    @property
    def attach(self) -> str:
        """The constraint on the index."""
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} UNIQUE USING INDEX {self.name}{self.suffix}"


def _problem(
    analyses: Sequence[Analysis],
    analysis: Analysis,
    change: AddColumn | AddConstraint,
    constraint: Constraint,
    scope: Scope,
) -> Problem:
    table = shown(analysis, change.table)
    columns = ", ".join(constraint.columns) or (change.column.name if isinstance(change, AddColumn) else "")
    name = constraint.name or f"{table.rpartition('.')[2]}_{columns.replace(', ', '_')}_key"
    deferred = " DEFERRABLE INITIALLY DEFERRED" if constraint.deferred else " DEFERRABLE"
    unique = Unique(analyses, analysis, name, table, columns, deferred if constraint.deferrable else "")
    message = (
        f"the index of the unique constraint on {table} ({columns}) is built under ACCESS EXCLUSIVE: nobody can read "
        f"or write {table} until it is done"
    )
    alike = isinstance(change, AddColumn) and _is_constant(change.column.default)
    if alike:
        message += f"; and every row gets the same {columns}, so that it fails where {table} has two"
    return problem(
        analysis,
        message=message,
        help=_help(unique, scope, column_first=isinstance(change, AddColumn), alike=alike),
        identity=(table, columns),
        scope=scope,
        table=change.table,
    )


def _is_constant(default: Expression | None) -> bool:
    return default is not None and not default.functions and default.text.upper() not in {"", "NULL"}


def _help(unique: Unique, scope: Scope, *, column_first: bool, alike: bool) -> str:
    lead = "add the column without it, then build" if column_first else "build"
    lead += " the index while everybody works, and turn it into the constraint in the next migration:"
    own = own_operation(unique.analysis, scope)
    if own is None:
        return f"{lead}\n" + indented("-- outside of a transaction", f"{unique.build};", "-- next", f"{unique.attach};")
    builds = [run_sql(unique.build, f"DROP INDEX CONCURRENTLY IF EXISTS {unique.name}")]
    builds += concurrent_builds(unique.analyses, unique.analysis)
    attached = run_sql(unique.attach, f"ALTER TABLE {unique.table} DROP CONSTRAINT {unique.name}")
    if not column_first:
        return recipe(lead, [step(*builds, atomic=False), step(beside_the_state([attached], str(own)))])
    free, declared = _not_unique(own.declared), own.declared
    if alike and free is not None and declared is not None:
        free, declared = free.without("default", "db_default").replacing(null="True"), declared.replacing(null="True")
    steps = [
        step(own.adding(free, otherwise="without unique=True")),
        step(*builds, note="once each row has a value of its own" if alike else "", atomic=False),
        step(beside_the_state([attached], own.altering(declared, "with unique=True"))),
    ]
    return recipe(lead, steps)


def _not_unique(declared: WrittenCall | None) -> WrittenCall | None:
    if declared is None:
        return None
    if declared.function.endswith("OneToOneField"):
        return declared.calling("OneToOneField", "ForeignKey").without("unique").replacing(db_index="False")
    return declared.without("unique")
