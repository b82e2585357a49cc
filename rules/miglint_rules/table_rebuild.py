"""ALTER TABLE writes every row anew, while others can go on writing.

MySQL and MariaDB then keep the old table and the new one side by side: as much disk space again, every index built
again, and a log of what others write meanwhile, which is applied at the end. MySQL gives the whole statement up where
that log outgrows `innodb_online_alter_log_max_size`, and a replica only begins when the source is done, so that it
falls behind by as long. `NULL` to `NOT NULL` and back, another `ROW_FORMAT`, another place for a column in MySQL, a new
primary key, `FORCE` and `OPTIMIZE TABLE` do it; so does a column that would be added or dropped in an instant, in one
statement with an index.

Give instant changes statements of their own. Run what has to rebuild the table when little is written, or as an online
schema change (`gh-ost`, `pt-online-schema-change`), which can be slowed down and stopped. Where writers wait as well,
other rules say so.

## Bad

A column becomes NOT NULL.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```python
# shop/migrations/0002_customer_country.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AlterField("customer", "country", models.CharField(max_length=2)),  # flagged
    ]
```

Alone the column would take an instant and the index would leave the table as it is.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, description text NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, note text NULL);
```

```sql
-- db/migrations/V2__order_channel.sql
ALTER TABLE shop_order ADD COLUMN channel varchar(20) NULL, ADD INDEX by_number (number); -- flagged
```

## Good

A statement for each: the column is added in an instant, and only the index is built.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, description text NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, note text NULL);
```

```sql
-- db/migrations/V2__order_channel.sql
ALTER TABLE shop_order ADD COLUMN channel varchar(20) NULL;
ALTER TABLE shop_order ADD INDEX by_number (number);
```

MODIFY that names the whole definition, but changes a default and a length within the same number of length bytes.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, description text NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, note text NULL);
```

```sql
-- db/migrations/V2__customer_country.sql
ALTER TABLE shop_customer MODIFY country varchar(20) NULL DEFAULT 'EE';
```

The table is made in the same change: there is nothing in it.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```sql
-- db/migrations/V2__coupon.sql
CREATE TABLE shop_coupon (id bigint PRIMARY KEY, code varchar(20) NULL);
ALTER TABLE shop_coupon MODIFY code varchar(20) NOT NULL;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import AddColumn, CreateIndex, DropColumn, DropIndex
from miglint.effects import Effect, Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._statements import MYSQL, existing_effects, problem

WRITTEN_ANEW = frozenset({Work.REWRITE, Work.COPY})


@statement_rule(severity=Severity.WARNING, databases=MYSQL)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis in analyses:
        for effect in existing_effects(analysis):
            if effect.work & WRITTEN_ANEW and not effect.dangerous:
                yield _problem(analysis, effect)


def _problem(analysis: Analysis, effect: Effect) -> Problem:
    table = effect.relation
    return problem(
        analysis,
        message=f"ALGORITHM={effect.algorithm}: every row of {table} is written anew; others can write meanwhile, "
        "but it needs the table's size again on disk, and replicas fall behind",
        help=f"{_parting(analysis)}run the rebuild of {table} when little is written, or as an online schema change "
        "(gh-ost, pt-online-schema-change)",
        identity=(table, str(analysis.statement.operation)),
    )


def _parting(analysis: Analysis) -> str:
    """Advice where a column comes or goes in one statement with an index."""
    columns = any(isinstance(change, AddColumn | DropColumn) for change in analysis.changes)
    indexes = any(isinstance(change, CreateIndex | DropIndex) for change in analysis.changes)
    return "give the columns and the indexes an ALTER TABLE each; else " if columns and indexes else ""
