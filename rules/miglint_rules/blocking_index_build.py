"""Building an index on an existing table makes every write to the table wait.

`CREATE INDEX` takes a SHARE lock and reads the whole table. Nobody can insert, update or delete a row until the
transaction ends, and on a table of some size that is minutes. Django builds such an index for `AddIndex`,
`db_index=True`, `index_together`, the `_like` index of an indexed text column and the own index of every `ForeignKey`.

`CREATE INDEX CONCURRENTLY` reads the table twice and waits for running transactions, but it lets everybody work. It
cannot run in a transaction, so the migration has to be `atomic = False` and should hold nothing else.

An index on a table which the same change creates is free, and nothing is said about it.

## Bad

The index is built while the transaction keeps writers out.

```python
# shop/migrations/0002_order_status_idx.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddIndex("order", models.Index(fields=["status"], name="order_status_idx")),  # flagged
    ]
```

A nullable foreign key adds its column at once, but its own index is built over the whole table.

```python
# shop/migrations/0002_order_product.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(  # flagged
            "order",
            "product",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="shop.product"),
        ),
    ]
```

The same in plain SQL.

```sql
-- db/migrations/V2__order_status_idx.sql
CREATE INDEX order_status_idx ON shop_order (status); -- flagged
```

## Good

Build it concurrently, in a migration of its own that is not atomic.

```python
# shop/migrations/0002_order_status_idx.py
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddIndexConcurrently("order", models.Index(fields=["status"], name="order_status_idx")),
    ]
```

The table is made by an earlier migration of the same change: it is empty and nobody knows it.

```python
# shop/migrations/0002_refund.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel(
            "Refund",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("reason", models.CharField(max_length=100)),
            ],
        ),
    ]
```

```python
# shop/migrations/0003_refund_reason_idx.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_refund")]
    operations = [
        migrations.AddIndex("refund", models.Index(fields=["reason"], name="refund_reason_idx")),
    ]
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import ConstraintKind, IndexKey, Name
from miglint.changes import AddColumn, AddConstraint, CreateIndex
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._own import Own, own_operation
from miglint_rules._recipes import beside_the_state, concurrent_builds, recipe, step
from miglint_rules._remedies import POSTGRES, migration_of, quoted
from miglint_rules._statements import changes_of, operation_of, problem, shown, to_blame

ALONE = "build it concurrently, in a migration of its own:"


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[CreateIndex])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    said: set[tuple[int, str]] = set()
    unique = set(_unique_columns(analyses))
    for analysis, change, work in to_blame(analyses, CreateIndex):
        operation = analysis.statement.operation
        if Work.INDEX_BUILD not in work or (operation, change.table, change.index.columns) in unique:
            continue  # a constraint's own index and the `_like` index beside it have one cause
        table = shown(analysis, change.table)
        if operation is not None and operation_of(analysis) is not None:
            if (operation, table) in said:
                continue
            said.add((operation, table))
        yield _problem(analyses, analysis, change, table, scope)


def _unique_columns(analyses: Sequence[Analysis]) -> Iterator[tuple[int | None, Name, tuple[str, ...]]]:
    """The columns that operations put a unique constraint on, by operation and table."""
    for analysis, added, _ in changes_of(analyses, AddConstraint):
        yield analysis.statement.operation, added.table, added.constraint.columns
    for analysis, column, _ in changes_of(analyses, AddColumn):
        if any(constraint.kind is ConstraintKind.UNIQUE for constraint in column.constraints):
            yield analysis.statement.operation, column.table, (column.column.name,)


def _problem(
    analyses: Sequence[Analysis], analysis: Analysis, change: CreateIndex, table: str, scope: Scope
) -> Problem:
    own = own_operation(analysis, scope)
    keys = ", ".join(key.column or "(expression)" for key in change.index.keys)
    shown_keys = ", ".join(map(_key, change.index.keys))
    return problem(
        analysis,
        message=f"index {change.index.name} on {table} ({shown_keys}) is built inside of the transaction: "
        f"nobody can write to {table} until it is done",
        help=_django(analyses, analysis, own) if own else _sql(analysis, change, table),
        identity=(table, change.index.name if own is None else keys),
        scope=scope,
        table=change.table,
    )


def _key(key: IndexKey) -> str:
    """A key of an index for a reader: `status`, or what an expression is made of."""
    if key.column or key.expression is None:
        return key.column or "an expression"
    functions = "".join(f"{name}(" for name in sorted(key.expression.functions))
    columns = ", ".join(sorted(key.expression.columns))
    return f"{functions}{columns}{')' * functions.count('(')}" if columns else "an expression"


def _django(analyses: Sequence[Analysis], analysis: Analysis, own: Own) -> str:
    if own.operation.name == "AddIndex" and own.written is not None:
        index = own.written.argument("index") or own.written.arguments[-1]
        build = f"AddIndexConcurrently({quoted(own.model)}, {index})"
        imports = POSTGRES.format("AddIndexConcurrently")
        return f"{ALONE}\n{migration_of([build], atomic=False, imports=imports)}"
    builds = concurrent_builds(analyses, analysis)
    if not own.field:
        return f"{ALONE}\n{migration_of([beside_the_state(builds, str(own))], atomic=False)}"
    first = own.adding if own.operation.name == "AddField" else own.altering
    bare = first(own.declared and own.declared.replacing(db_index="False"), otherwise="with db_index=False")
    build = beside_the_state(builds, own.altering(own.declared))
    lead = f"leave {own.field} without its index at first, and build that concurrently in a migration of its own:"
    return recipe(lead, [step(bare), step(build, atomic=False)])


def _sql(analysis: Analysis, change: CreateIndex, table: str) -> str:
    unique = "UNIQUE " if change.index.unique else ""
    keys = ", ".join(key.column or "..." for key in change.index.keys)
    method = f" USING {change.index.method}" if change.index.method != "btree" else ""
    where = " WHERE ..." if change.index.predicate is not None else ""
    sql = f"CREATE {unique}INDEX CONCURRENTLY {change.index.name} ON {table}{method} ({keys}){where}"
    if analysis.migration.source == "django":
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {change.index.name}"
        code = migration_of([f'migrations.RunSQL("{sql}", "{drop}")'], atomic=False)
        return f"{ALONE}\n{code}"
    return f"build it concurrently, outside of a transaction:\n    {sql};"
