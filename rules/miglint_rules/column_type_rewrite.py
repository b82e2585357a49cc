"""Changing a column's type rewrites the whole table while nobody else can read or write it.

PostgreSQL writes every row and every index anew under ACCESS EXCLUSIVE, unless the old values are valid as they stand.
They are for a `varchar` that grows or becomes `text`, a `numeric` that gets more digits at the same scale, a `varbit`,
`interval` or `timestamp` of higher precision, `cidr` to `inet`, and `timestamp` to `timestamptz` in a UTC session.
They are not for anything that shrinks, `integer` to `bigint`, `json` to `jsonb`, a new scale, or `USING` with an
expression.

The way that lets everybody work: add a second column, write both, copy the rows in batches, switch the reads, and drop
the old column in a later release.

## Bad

An integer becomes a bigint: other width, every row is written anew.

```python
# shop/migrations/0002_order_number.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "number", models.BigIntegerField()),  # flagged
    ]
```

More decimal places are another scale.

```python
# shop/migrations/0002_order_total.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "total", models.DecimalField(max_digits=12, decimal_places=4)),  # flagged
    ]
```

A shorter varchar.

```sql
-- db/migrations/V2__customer_name.sql
ALTER TABLE shop_customer ALTER COLUMN name TYPE varchar(50); -- flagged
```

## Good

A longer varchar, and one without limit: PostgreSQL only notes the new length.

```python
# shop/migrations/0002_customer_name.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("customer", "name", models.CharField(max_length=200)),
        migrations.AlterField("product", "name", models.TextField()),
    ]
```

More digits before the point at the same scale.

```python
# shop/migrations/0002_order_total.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "total", models.DecimalField(max_digits=14, decimal_places=2)),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import Type
from miglint.changes import AlterColumnType
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._code import WrittenCall
from miglint_rules._own import own_operation
from miglint_rules._remedies import indented
from miglint_rules._statements import problem, shown, to_blame

DONE = {
    Work.REWRITE: "every row and every index of {table} is written anew",
    Work.INDEX_BUILD: "indexes of {table} are built anew",
    Work.SCAN: "every row of {table} is checked again",
}


@statement_rule(severity=Severity.ERROR, explains_work=True)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, work in to_blame(analyses, AlterColumnType):
        table = shown(analysis, change.table)
        done = next(text for kind, text in DONE.items() if kind in work).format(table=table)
        yield problem(
            analysis,
            message=f"{table}.{change.column} changes from {_old(analysis, change)} to {_new(change)}: {done} "
            "under ACCESS EXCLUSIVE, nobody can read or write it until that is done",
            help=_help(analysis, change, table, scope),
            identity=(table, change.column),
            scope=scope,
            table=change.table,
        )


def _old(analysis: Analysis, change: AlterColumnType) -> str:
    table = analysis.before.table(change.table)
    column = table.columns.get(change.column) if table else None
    return _spelt(column.type) if column is not None and column.type is not None else "a type that is not known"


def _new(change: AlterColumnType) -> str:
    return f"{_spelt(change.type)} COLLATE {change.collation}" if change.collation else _spelt(change.type)


def _spelt(kind: Type) -> str:
    modifiers = f"({', '.join(str(one) for one in kind.modifiers)})" if kind.modifiers else ""
    return f"{kind.name}{modifiers}{'[]' if kind.array else ''}"


NOT_FOR_A_COPY = ("primary_key", "unique", "db_index", "default", "db_default", "auto_now", "auto_now_add", "db_column")


def _help(analysis: Analysis, change: AlterColumnType, table: str, scope: Scope) -> str:
    own = own_operation(analysis, scope)
    new = f"{change.column}_new"
    if own is not None and own.field:
        field = own.field
        code = indented(
            f"{own.adding(_copy_of(own.declared), f'{field}_new', 'with null=True')},",
            f"# release 1: write {field} and {field}_new; copy the old rows in batches, outside of a transaction",
            f"# release 2: read {field}_new, stop writing {field}",
            f"# release 3: remove {field}",
        )
    else:
        code = indented(
            f"ALTER TABLE {table} ADD COLUMN {new} {_spelt(change.type)};",
            "-- release 1: write both columns; copy the old rows in batches",
            f"-- release 2: read {new}, stop writing {change.column}",
            f"-- release 3: drop {change.column}",
        )
    return f"use a second column, and let everybody work meanwhile:\n{code}"


def _copy_of(declared: WrittenCall | None) -> WrittenCall | None:
    """The field for the second column: it may be empty, and counts or relates to nothing yet."""
    if declared is None:
        return None
    copy = declared.without(*NOT_FOR_A_COPY).replacing(null="True")
    for counting, plain in (("BigAutoField", "BigIntegerField"), ("SmallAutoField", "SmallIntegerField")):
        copy = copy.calling(counting, plain)
    copy = copy.calling("AutoField", "IntegerField")
    related = {"ForeignKey", "OneToOneField"}
    if copy.function.rpartition(".")[2] in related:
        copy = copy.calling("OneToOneField", "ForeignKey").replacing(db_index="False", related_name='"+"')
    return copy
