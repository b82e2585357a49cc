"""ALTER TABLE copies the whole table and makes every write to it wait.

With `ALGORITHM=COPY` MySQL and MariaDB make a new table, copy every row and swap the two; writers wait from the first
row to the last. A changed type, a `varchar` that crosses 255 bytes, a changed `decimal`, an `ENUM` value that is not
appended, another character set, a dropped primary key, a `STORED` column, a `CHECK` and a foreign key (while
`foreign_key_checks` is on, which blocks writers of the *referenced* table as well) are done in this way.

MariaDB lets others write during most copies from 11.2, which `database_version` has to say. A new foreign key, a table
whose foreign keys cascade and `ORDER BY` still make writers wait there.

Where no migration says what a column was before, this is a warning.

Use an online schema change (`gh-ost`, `pt-online-schema-change`), or add a second column, write both, copy the rows in
batches and switch.

## Bad

Another type: every row is copied.

```yaml
# .miglint.yml
database: mariadb
```

```python
# shop/migrations/0002_order_number.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("order", "number", models.BigIntegerField()),  # flagged
    ]
```

The same in plain SQL.

```yaml
# .miglint.yml
database: mariadb
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, total decimal(10, 2) NOT NULL);
```

```sql
-- db/migrations/V2__order_total.sql
ALTER TABLE shop_order MODIFY total decimal(12, 4) NOT NULL; -- flagged
```

## Good

A column that comes last and an index are made while everybody works.

```yaml
# .miglint.yml
database: mariadb
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, total decimal(10, 2) NOT NULL);
```

```sql
-- db/migrations/V2__order_channel.sql
ALTER TABLE shop_order ADD COLUMN channel varchar(20) NULL;
```

A varchar that stays within the same length bytes.

```yaml
# .miglint.yml
database: mariadb
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, total decimal(10, 2) NOT NULL);
```

```sql
-- db/migrations/V2__customer_name.sql
ALTER TABLE shop_customer MODIFY country varchar(20) NULL;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import RedefineColumn
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import is_django
from miglint_rules._statements import MYSQL, existing_effects, problem, shown


@statement_rule(severity=Severity.ERROR, explains_work=True, databases=MYSQL)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis in analyses:
        copied = [each for each in existing_effects(analysis) if each.algorithm == "COPY" and each.dangerous]
        if not copied:
            continue
        table = copied[0].relation
        also = sorted({each.relation for each in existing_effects(analysis) if each.blocks} - {table})
        waiting = f"{table} and {' and '.join(also)}" if also else table
        again = "keep the operation in state_operations of SeparateDatabaseAndState" if is_django(analysis) else ""
        doubted = _unknown_columns(analysis)
        copy = f"every row of {table} is copied, and writes to {waiting} wait until that is done"
        unless = f"what {' and '.join(doubted)} was before is not known, and unless it only grows "
        yield problem(
            analysis,
            message=f"{unless if doubted else 'ALGORITHM=COPY: '}{copy}",
            help=f"run the ALTER of {table} as an online schema change (gh-ost, pt-online-schema-change)"
            + (f" and {again}" if again else "")
            + "; or add a second column, write both, copy the rows in batches, and switch",
            identity=(table, str(analysis.statement.operation)),
            severity=Severity.WARNING if doubted else None,
        )


def _unknown_columns(analysis: Analysis) -> list[str]:
    """The columns that the statement redefines, if it does nothing else and no migration says what they were."""
    found = []
    for change in analysis.changes:
        if not isinstance(change, RedefineColumn):
            return []
        table = analysis.before.table(change.table)
        if table is None or change.column not in table.columns:
            found.append(f"{shown(analysis, change.table)}.{change.column}")
    return found
