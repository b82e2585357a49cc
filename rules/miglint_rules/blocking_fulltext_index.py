"""Nobody can write to a table while a FULLTEXT index on it is built.

MySQL and MariaDB build other indexes while everybody works. A `FULLTEXT` index needs `LOCK=SHARED`: reads go on, every
write waits until all the text of the table has been taken to words. The first one on a table rebuilds the table as
well, to add the hidden column `FTS_DOC_ID`, unless the table has a column of that name.

Make the index as an online schema change (`gh-ost`, `pt-online-schema-change`), which fills a new table that has it
already, or when nobody writes. From then on MySQL rebuilds this table only by a copy, which makes writers wait as well.

## Bad

The first full-text index of a table that is in use.

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
-- db/migrations/V2__search.sql
CREATE FULLTEXT INDEX search ON shop_product (description); -- flagged
```

The same over two columns, by a Django migration.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```python
# shop/migrations/0002_search.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE shop_product ADD FULLTEXT INDEX search (name, description)",  # flagged
            "ALTER TABLE shop_product DROP INDEX search",
        ),
    ]
```

## Good

The table comes with its index.

```yaml
# .miglint.yml
database: mysql
database_version: "8.0"
```

```sql
-- db/migrations/V2__article.sql
CREATE TABLE shop_article (id bigint PRIMARY KEY, body text NOT NULL, FULLTEXT INDEX search (body));
ALTER TABLE shop_article ADD FULLTEXT INDEX again (body);
```

An index of another kind, whatever its name, is built while others write.

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
-- db/migrations/V2__order_note.sql
CREATE INDEX fulltext_note ON shop_order (note(100));
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import CreateIndex
from miglint.effects import Effect, Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._statements import MYSQL, existing_effects, problem, shown


@statement_rule(severity=Severity.WARNING, explains_work=True, databases=MYSQL, changes=[CreateIndex])
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis in analyses:
        effects = {effect.relation: effect for effect in existing_effects(analysis)}
        for change in analysis.changes:
            if isinstance(change, CreateIndex) and change.index.method == "fulltext":
                effect = effects.get(shown(analysis, change.table))
                if effect is not None and effect.dangerous and effect.algorithm != "COPY":
                    yield _problem(analysis, change, effect)


def _problem(analysis: Analysis, change: CreateIndex, effect: Effect) -> Problem:
    table, name = effect.relation, change.index.name or "on " + ", ".join(change.index.columns)
    rebuilt = f", for which every row of {table} is written anew" if Work.REWRITE in effect.work else ""
    return problem(
        analysis,
        message=f"FULLTEXT index {name}: nobody can write to {table} until it is built{rebuilt}",
        help=f"make the index as an online schema change of {table} (gh-ost, pt-online-schema-change), "
        "or when nobody writes",
        identity=(table, name),
    )
