"""A database, a schema or all that a role owns is dropped with everything in it.

`DROP DATABASE`, `DROP SCHEMA … CASCADE` and `DROP OWNED` name a container, and take whatever is in it when they run: on
production that may be more than the migrations have made and than their author has seen. On MySQL and MariaDB nothing
brings it back but a backup, since they commit at once; the same goes for `DROP DATABASE` on PostgreSQL.

Name the tables that are meant, each in a migration that reviewers see, and drop the empty container at last: without
`CASCADE` the server refuses as long as anything is left.

## Bad

A schema and all of its tables.

```python
# main: shop/migrations/0002_archive.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("CREATE SCHEMA archive", migrations.RunSQL.noop),
        migrations.RunSQL("CREATE TABLE archive.orders AS SELECT * FROM shop_order", migrations.RunSQL.noop),
    ]
```

```python
# shop/migrations/0003_drop_archive.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_archive")]
    operations = [
        migrations.RunSQL("DROP SCHEMA IF EXISTS archive CASCADE", migrations.RunSQL.noop),  # flagged
    ]
```

Known tables go with it.

```sql
-- main: db/migrations/V2__archive.sql
CREATE SCHEMA archive;
CREATE TABLE archive.orders (id bigint PRIMARY KEY, total numeric(10, 2));
```

```sql
-- db/migrations/V3__drop_archive.sql
DROP SCHEMA archive CASCADE; -- flagged
```

Another database of the same server.

```yaml
# .miglint.yml
database: mariadb
```

```sql
-- main: db/migrations/V1__initial.sql
CREATE TABLE shop_order (id bigint PRIMARY KEY, total decimal(10, 2) NOT NULL);
```

```sql
-- db/migrations/V2__drop_statistics.sql
DROP DATABASE IF EXISTS statistics; -- flagged
```

## Good

The tables are named, and the schema has to be empty.

```sql
-- main: db/migrations/V2__archive.sql
CREATE SCHEMA archive;
CREATE TABLE archive.orders (id bigint PRIMARY KEY, total numeric(10, 2));
```

```sql
-- db/migrations/V3__drop_archive.sql
DROP TABLE archive.orders;
DROP SCHEMA archive;
```

A schema that the migration has made for its own use.

```sql
-- db/migrations/V2__sort_customers.sql
CREATE SCHEMA scratch;
CREATE TABLE scratch.sorted AS SELECT id FROM shop_customer ORDER BY name;
DROP SCHEMA scratch CASCADE;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.catalog import Table
from miglint.changes import CreateObject, DropObject
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._recipes import run_sql
from miglint_rules._remedies import indented, is_django
from miglint_rules._statements import MYSQL, problem, shown
from miglint_rules._words import listed

CONTAINERS = frozenset({"database", "schema", "owned"})


@statement_rule(severity=Severity.ERROR, changes=[DropObject])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    made: set[tuple[str, str]] = set()
    for analysis in analyses:
        for change in analysis.changes:
            if isinstance(change, CreateObject):
                made.add((change.kind, change.name.name))
            elif isinstance(change, DropObject) and change.kind in CONTAINERS:
                if (change.kind, change.name.name) in made or not _takes_all(analysis, change):
                    continue
                yield problem(
                    analysis,
                    message=_message(analysis, change),
                    help=_help(analysis, change),
                    identity=(change.kind, change.name.name),
                    scope=scope,
                )


def _takes_all(analysis: Analysis, change: DropObject) -> bool:
    """PostgreSQL refuses to drop a schema that is not empty without CASCADE."""
    return change.kind != "schema" or change.cascade or analysis.target.database in MYSQL


def _message(analysis: Analysis, change: DropObject) -> str:
    if change.kind == "owned":
        return f"everything that {change.name.name} owns in this database is dropped, whatever that is by then"
    tables = [shown(analysis, each.name) for each in _tables_in(analysis, change)]
    known = f", among it {listed(tables)}" if tables else ""
    return f"{change.kind} {change.name.name} is dropped with everything that is in it by then{known}"


def _tables_in(analysis: Analysis, change: DropObject) -> list[Table]:
    return [each for each in analysis.before.tables() if each.name.schema == change.name.name]


def _help(analysis: Analysis, change: DropObject) -> str:
    name = change.name.name
    if change.kind == "owned":
        return f"drop what is meant by name, and give the rest away:\n{indented(f'REASSIGN OWNED BY {name} TO …;')}"
    if change.kind == "database" or analysis.target.database in MYSQL:
        return f"drop the tables that are meant by name, and {name} by hand once it is empty and there is a backup"
    tables = [shown(analysis, each.name) for each in _tables_in(analysis, change)]
    statements = [*(f"DROP TABLE {each}" for each in tables), f"DROP SCHEMA {name}"]
    code = [f"{run_sql(each, '')}," if is_django(analysis) else f"{each};" for each in statements]
    lead = "name what is meant" if tables else "drop the tables that are meant by name, and then the empty schema"
    return f"{lead}; the server refuses to drop the schema as long as there is more in it:\n{indented(*code)}"
