"""MySQL and MariaDB commit at every DDL statement, so a migration of several steps can stop half-way.

There is no transaction around a migration on these servers, whatever `atomic` says: each `CREATE`, `ALTER` and `DROP`
ends the running transaction and is kept. When a later step fails, the earlier ones stay, Django does not note the
migration as applied, and the next run fails on what is there already.

One step a migration leaves nothing half done.

## Bad

The second column fails: the first one stays, and `migrate` says "Duplicate column name" from then on.

```yaml
# .miglint.yml
database: mysql
```

```python
# shop/migrations/0002_order_fields.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
        migrations.AddField("order", "campaign", models.CharField(max_length=20, null=True)),  # flagged
    ]
```

The rows that were written before the `ALTER` are committed by it.

```yaml
# .miglint.yml
database: mysql
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, total decimal(10, 2) NOT NULL);
```

```sql
-- db/migrations/V2__product_stock.sql
UPDATE shop_product SET stock = 0 WHERE stock IS NULL;
ALTER TABLE shop_product MODIFY stock int NOT NULL; -- flagged
```

## Good

One step.

```yaml
# .miglint.yml
database: mysql
```

```python
# shop/migrations/0002_order_channel.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "channel", models.CharField(max_length=20, null=True)),
    ]
```

Several changes of one table in one statement are done together or not at all.

```yaml
# .miglint.yml
database: mysql
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_customer (id bigint PRIMARY KEY, name varchar(100) NOT NULL, country varchar(2) NULL);
CREATE TABLE shop_product (id bigint PRIMARY KEY, name varchar(200) NOT NULL, stock int NULL);
CREATE TABLE shop_order (id bigint PRIMARY KEY, number int NOT NULL, total decimal(10, 2) NOT NULL);
```

```sql
-- db/migrations/V2__order_fields.sql
ALTER TABLE shop_order ADD COLUMN channel varchar(20) NULL, ADD COLUMN campaign varchar(20) NULL;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import Name
from miglint.changes import (
    Change,
    CreateTable,
    DeleteRows,
    InsertRows,
    ReadRows,
    SetVariable,
    TransactionControl,
    UpdateRows,
)
from miglint.finding import Problem, Related, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import is_django
from miglint_rules._statements import MYSQL, changes_of, problem

SILENT = (SetVariable, TransactionControl, ReadRows)
DATA = (InsertRows, UpdateRows, DeleteRows)


@statement_rule(severity=Severity.WARNING, databases=MYSQL)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    made = frozenset(change.table for _, change, _ in changes_of(analyses, CreateTable))
    first: Analysis | None = None
    for analysis in analyses:
        if not _is_step(analysis, made):
            continue
        if first is None:
            first = analysis
        elif _is_another_step(first, analysis) and _commits(analysis):
            yield _problem(first, analysis)
            return


def _is_step(analysis: Analysis, made: frozenset[Name]) -> bool:
    """Whether a statement leaves something behind in a table that the migration does not make itself."""
    if analysis.statement.opaque:
        return True
    return any(not isinstance(change, SILENT) and _table(change) not in made for change in analysis.changes)


def _table(change: Change) -> Name | None:
    table = getattr(change, "table", None)
    return table if isinstance(table, Name) else None


def _is_another_step(first: Analysis, second: Analysis) -> bool:
    """Statements of one Django operation cannot be parted by its user."""
    one, other = first.statement.operation, second.statement.operation
    return one is None or one != other


def _commits(analysis: Analysis) -> bool:
    return any(not isinstance(change, (*SILENT, *DATA)) for change in analysis.changes)


def _problem(first: Analysis, second: Analysis) -> Problem:
    server = "MariaDB" if second.target.database == "mariadb" else "MySQL"
    where = first.statement.span.line
    return problem(
        second,
        message=f"{server} commits at every DDL statement: when this step fails, the one at line {where} stays, and "
        "the next run fails on it",
        help="one step a migration"
        + ("; move this operation into the next one" if is_django(second) else "; move this statement into the next"),
        identity=(str(second.statement.operation), second.migration.key.name),
        related=(Related(first.migration.path, where, "this stays when the later step fails"),),
    )
