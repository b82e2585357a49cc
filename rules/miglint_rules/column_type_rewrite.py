"""Changing a column's type rewrites the whole table while nobody else can read or write it.

PostgreSQL writes every row and every index anew under ACCESS EXCLUSIVE, unless the old values are valid as they stand.
They are for a `varchar` that grows or becomes `text`, a `numeric` that gets more digits at the same scale, a `varbit`,
`interval` or `timestamp` of higher precision, `cidr` to `inet`, and `timestamp` to `timestamptz` in a UTC session.
They are not for anything that shrinks, `integer` to `bigint`, `json` to `jsonb`, a new scale, or `USING` with an
expression. Where it is not known which type the column had, or gets, this is a warning.

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
from miglint.catalog import ConstraintKind, Type
from miglint.changes import AlterColumnType
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.history import Confidence
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._code import WrittenCall
from miglint_rules._own import Own, own_operation
from miglint_rules._recipes import Step, beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import indented, quoted
from miglint_rules._statements import problem, shown, to_blame

DONE = {
    Work.REWRITE: "every row and every index of {table} is written anew",
    Work.INDEX_BUILD: "indexes of {table} are built anew",
    Work.SCAN: "every row of {table} is checked again",
}


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[AlterColumnType])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, work in to_blame(analyses, AlterColumnType):
        table = shown(analysis, change.table)
        done = next(text for kind, text in DONE.items() if kind in work).format(table=table)
        old = _old(analysis, change) if analysis.statement.confidence is not Confidence.UNKNOWN else ""
        changed = f"changes from {old} to {_new(change)}: "
        doubted = f"gets {_doubtful(analysis, change)}: unless its type is only widened, "
        yield problem(
            analysis,
            message=f"{table}.{change.column} {changed if old else doubted}{done} "
            "under ACCESS EXCLUSIVE, nobody can read or write it until that is done",
            help=_help(analysis, change, table, scope),
            identity=(table, change.column),
            scope=scope,
            table=change.table,
            severity=None if old else Severity.WARNING,
        )


def _doubtful(analysis: Analysis, change: AlterColumnType) -> str:
    if analysis.statement.confidence is Confidence.UNKNOWN:
        return "a type that could not be worked out"
    return f"the type {_new(change)}, and which it had is not known"


def _old(analysis: Analysis, change: AlterColumnType) -> str:
    """The type that the column has before; nothing where that is not known."""
    table = analysis.before.table(change.table)
    column = table.columns.get(change.column) if table else None
    return _spelt(column.type) if column is not None and column.type is not None else ""


def _new(change: AlterColumnType) -> str:
    return f"{_spelt(change.type)} COLLATE {change.collation}" if change.collation else _spelt(change.type)


def _spelt(kind: Type) -> str:
    modifiers = f"({', '.join(str(one) for one in kind.modifiers)})" if kind.modifiers else ""
    return f"{kind.name}{modifiers}{'[]' if kind.array else ''}"


NOT_FOR_A_COPY = ("primary_key", "unique", "db_index", "default", "db_default", "auto_now", "auto_now_add", "db_column")


def _help(analysis: Analysis, change: AlterColumnType, table: str, scope: Scope) -> str:
    lead = "use a second column, and let everybody work meanwhile"
    own = own_operation(analysis, scope)
    if own is None or not own.field:
        return f"{lead}:\n{_in_sql(analysis, change, table)}"
    copy = _copy_of(own.declared)
    if own.field == "id" or (own.declared is not None and own.declared.argument("primary_key") == "True"):
        return f"{lead}:\n{_of_the_key(own, copy)}"
    lead += "; give it the indexes and constraints of the old one as their rules tell:"
    return recipe(lead, _releases(analysis, change, own, copy, table), imports=IMPORTS)


IMPORTS = "from itertools import islice\n\nfrom django.db.models import F"


def _releases(
    analysis: Analysis, change: AlterColumnType, own: Own, copy: WrittenCall | None, table: str
) -> list[Step]:
    """The new column under a field of its own, the copy, the old field's name for the new column, the old one's end."""
    field, column, twin = own.field, change.column, f"{own.field}_new"
    is_key = copy is not None and copy.function.rpartition(".")[2] == "ForeignKey"
    twin_column = f"{twin}_id" if is_key else twin
    kept = copy and copy.replacing(db_column=quoted(twin_column))
    free = run_sql(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL", "")
    renamed = (
        f"migrations.RemoveField({quoted(own.model)}, {quoted(field)})",
        f"migrations.RenameField({quoted(own.model)}, {quoted(twin)}, {quoted(field)})",
        own.altering(kept, f"with db_column={quoted(twin_column)}"),
    )
    source = field if column == field else column.removesuffix("_id")
    function = FILL.format(app=analysis.migration.key.app, model=own.model, old=source, new=twin)
    return [
        step(own.adding(copy, twin, "with null=True"), note=f"with code that writes {field} and {twin}"),
        step(f"migrations.RunPython(fill_{twin}, migrations.RunPython.noop)", atomic=False, function=function),
        step(
            beside_the_state([free], *renamed),
            note=f"after a release whose code reads {twin} and writes both, with code that has but one {field}, "
            f"of the column {twin_column}",
        ),
        step(run_sql(f"ALTER TABLE {table} DROP COLUMN {column}", ""), note="in the next release"),
    ]


FILL = """\
def fill_{new}(apps, schema_editor):
    rows = apps.get_model("{app}", "{model}").objects.using(schema_editor.connection.alias)
    keys = rows.filter({new}=None).exclude({old}=None).values_list("pk", flat=True).iterator(chunk_size=1000)
    while batch := list(islice(keys, 1000)):
        rows.filter(pk__in=batch).update({new}=F("{old}"))
"""


def _of_the_key(own: Own, copy: WrittenCall | None) -> str:
    field = own.field
    return indented(
        f"{own.adding(copy, f'{field}_new', 'with null=True')},",
        f"# release 1: write {field} and {field}_new; copy the old rows in batches, outside of a transaction",
        f"# release 2: the same for each column that refers to {field}; read {field}_new and those",
        f"# release 3: make {field}_new the primary key by a unique index that was built concurrently, drop {field}",
    )


def _in_sql(analysis: Analysis, change: AlterColumnType, table: str) -> str:
    column, new = change.column, f"{change.column}_new"
    known = analysis.before.table(change.table)
    keys = [each for each in known.constraints.values() if each.kind is ConstraintKind.PRIMARY_KEY] if known else []
    key = (
        f"({', '.join(keys[0].columns)})"
        if keys and len(keys[0].columns) > 1
        else keys[0].columns[0]
        if keys
        else "ctid"
    )
    some = f"SELECT {key.strip('()')} FROM {table} WHERE {new} IS NULL AND {column} IS NOT NULL LIMIT 1000"
    return indented(
        f"-- release 1: with code that writes {column} and {new}",
        f"ALTER TABLE {table} ADD COLUMN {new} {_spelt(change.type)};",
        "-- outside of a transaction, until it finds no row",
        f"UPDATE {table} SET {new} = {column} WHERE {key} IN ({some});",
        f"-- release 2: code that reads {new} and writes both",
        f"-- release 3: with code that knows {new} alone",
        f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL;",
        "-- release 4",
        f"ALTER TABLE {table} DROP COLUMN {column};",
    )


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
