"""Adding a foreign key to an existing column reads the whole table and makes writes to both tables wait.

`ADD FOREIGN KEY` takes SHARE ROW EXCLUSIVE on the table and on the table that it references, and compares every row.
Writers of both wait until the transaction ends. `NOT VALID` adds it for new rows and reads nothing;
`VALIDATE CONSTRAINT` in a later migration lets everybody work.

A new nullable column may come with its foreign key: there is nothing to compare. `DEFAULT NULL` spoils that.

## Bad

A number becomes a foreign key: the column is there, its rows have to be compared.

```sql
-- main: db/migrations/V2__order_product.sql
ALTER TABLE shop_order ADD COLUMN product_id bigint;
```

```sql
-- db/migrations/V3__order_product_fk.sql
ALTER TABLE shop_order ADD CONSTRAINT order_product_fk FOREIGN KEY (product_id) REFERENCES shop_product (id); -- flagged
```

Django gives an existing column its constraint when `db_constraint=False` goes.

```python
# main: shop/migrations/0002_order_product.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField(
            "order",
            "product",
            models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to="shop.product"
            ),
        ),
    ]
```

```python
# shop/migrations/0003_order_product_constraint.py
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_product")]
    operations = [
        migrations.AlterField(  # flagged
            "order",
            "product",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="shop.product"),
        ),
    ]
```

## Good

For new rows first; the rest is validated by a later migration.

```sql
-- main: db/migrations/V2__order_product.sql
ALTER TABLE shop_order ADD COLUMN product_id bigint;
```

```sql
-- db/migrations/V3__order_product_fk.sql
ALTER TABLE shop_order
    ADD CONSTRAINT order_product_fk FOREIGN KEY (product_id) REFERENCES shop_product (id) NOT VALID;
```

```sql
-- db/migrations/V4__validate_order_product_fk.sql
ALTER TABLE shop_order VALIDATE CONSTRAINT order_product_fk;
```

A new column without a value has nothing to compare.

```sql
-- db/migrations/V2__order_product.sql
ALTER TABLE shop_order ADD COLUMN product_id bigint REFERENCES shop_product (id);
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import Constraint, ConstraintKind
from miglint.changes import AddColumn, AddConstraint, RenameColumn
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._keys import is_compared
from miglint_rules._own import own_operation
from miglint_rules._recipes import beside_the_state, recipe, run_sql, step
from miglint_rules._remedies import indented
from miglint_rules._renaming import column_kept
from miglint_rules._statements import changes_of, problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[AddConstraint, AddColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, added, _ in to_blame(analyses, AddConstraint):
        if added.constraint.kind is ConstraintKind.FOREIGN_KEY:
            yield _problem(analyses, analysis, added, added.constraint, scope)
    for analysis, column, work in to_blame(analyses, AddColumn):
        keys = [each for each in column.constraints if each.kind is ConstraintKind.FOREIGN_KEY]
        if keys and Work.REWRITE not in work and not _has_check(column) and is_compared(analysis, column, keys[0]):
            yield _problem(analyses, analysis, column, keys[0], scope)


def _has_check(change: AddColumn) -> bool:
    return any(each.kind is ConstraintKind.CHECK for each in change.constraints)


def _problem(
    analyses: Sequence[Analysis], analysis: Analysis, change: AddColumn | AddConstraint, key: Constraint, scope: Scope
) -> Problem:
    table = shown(analysis, change.table)
    target = shown(analysis, key.references) if key.references else "the referenced table"
    columns = ", ".join(key.columns) or (change.column.name if isinstance(change, AddColumn) else "")
    both = f"{table} and {target}" if target != table else table
    who = "nobody can read or write" if isinstance(change, AddColumn) else "nobody can write to"
    return problem(
        analysis,
        message=f"the foreign key {table}.{columns} -> {target} is compared row by row while {who} {both}",
        help=_help(analyses, analysis, change, key, table, scope),
        identity=(table, columns, target),
        scope=scope,
        table=change.table,
    )


def _help(
    analyses: Sequence[Analysis],
    analysis: Analysis,
    change: AddColumn | AddConstraint,
    key: Constraint,
    table: str,
    scope: Scope,
) -> str:
    columns = ", ".join(key.columns) or (change.column.name if isinstance(change, AddColumn) else "")
    target = shown(analysis, key.references) if key.references else "..."
    name = key.name or f"{table.rpartition('.')[2]}_{columns.replace(', ', '_')}_fk"
    referenced = f" ({', '.join(key.referenced_columns)})" if key.referenced_columns else ""
    deferred = " DEFERRABLE INITIALLY DEFERRED" if key.deferrable and key.deferred else ""
    add = f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
    references = f"REFERENCES {target}{referenced}{deferred} NOT VALID"
    validate = f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"
    own = own_operation(analysis, scope)
    if own is None:
        code = indented(add, f"    {references};", "-- in the next migration", f"{validate};")
        return f"add it for new rows, and validate it in the next migration:\n{code}"
    if own.operation.name == "RenameField":  # Django drops the key and makes it again
        renamed = [each.column for _, each, _ in changes_of(analyses, RenameColumn) if each.new_name == columns]
        return column_kept(own, analysis, scope, renamed[0] if renamed else columns)
    later = [run_sql(f"{add} {references}", f"ALTER TABLE {table} DROP CONSTRAINT {name}")]
    if own.field:
        free = own.declared and own.declared.replacing(db_constraint="False")
        first = own.adding if isinstance(change, AddColumn) else own.altering
        later.insert(0, first(free, otherwise="with db_constraint=False"))
    steps = [step(beside_the_state(later, str(own))), step(run_sql(validate, ""))]
    return recipe("let the database add it for new rows only, and validate it in the next migration:", steps)
