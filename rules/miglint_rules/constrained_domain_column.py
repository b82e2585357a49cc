"""A new column of a domain that has a constraint rewrites the whole table, even when it is nullable.

PostgreSQL cannot tell whether NULL fulfils the domain's constraint without trying it on every row, and it does that by
writing the table anew under ACCESS EXCLUSIVE.

Give the column the domain's base type and put the constraint on the table: `CHECK (...) NOT VALID`, validated by a
later migration.

## Bad

The domain holds a check.

```sql
-- main: db/migrations/V2__percentage.sql
CREATE DOMAIN percentage AS integer CHECK (VALUE BETWEEN 0 AND 100);
```

```sql
-- db/migrations/V3__product_discount.sql
ALTER TABLE shop_product ADD COLUMN discount percentage; -- flagged
```

The domain is made by the same change; the table is not.

```sql
-- db/migrations/V2__product_discount.sql
CREATE DOMAIN rate AS numeric(5, 2) CHECK (VALUE >= 0);
ALTER TABLE shop_product ADD COLUMN tax_rate rate; -- flagged
```

## Good

A domain without a constraint is only a name for a type.

```sql
-- db/migrations/V2__product_discount.sql
CREATE DOMAIN label AS varchar(40);
ALTER TABLE shop_product ADD COLUMN discount_label label;
```

The base type, with the check on the table for new rows.

```sql
-- main: db/migrations/V2__percentage.sql
CREATE DOMAIN percentage AS integer CHECK (VALUE BETWEEN 0 AND 100);
```

```sql
-- db/migrations/V3__product_discount.sql
ALTER TABLE shop_product ADD COLUMN discount integer;
ALTER TABLE shop_product ADD CONSTRAINT discount_range CHECK (discount BETWEEN 0 AND 100) NOT VALID;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import AddColumn
from miglint.effects import Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._columns import RewriteCause, domain_of, rewrite_cause
from miglint_rules._remedies import indented
from miglint_rules._statements import problem, shown, to_blame


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=[AddColumn])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis, change, work in to_blame(analyses, AddColumn):
        if Work.REWRITE in work and rewrite_cause(analysis, change) is RewriteCause.DOMAIN:
            table, column = shown(analysis, change.table), change.column.name
            domain = domain_of(analysis, change)
            name = domain.name.name if domain else "its domain"
            base = domain.base.name if domain else "..."
            yield problem(
                analysis,
                message=f"the new column {table}.{column} is of the domain {name}, which has a constraint: the whole "
                f"of {table} is written anew under ACCESS EXCLUSIVE, nobody can read or write it meanwhile",
                help="use the domain's base type, with the check on the table for new rows; validate it in the next "
                "migration:\n"
                + indented(
                    f"ALTER TABLE {table} ADD COLUMN {column} {base};",
                    f"ALTER TABLE {table} ADD CONSTRAINT {table.rpartition('.')[2]}_{column}_check "
                    f"CHECK (...) NOT VALID;",
                ),
                identity=(table, column),
                scope=scope,
                table=change.table,
            )
