"""An index is built or dropped CONCURRENTLY inside a transaction, which PostgreSQL refuses, so the migration fails.

`CREATE INDEX CONCURRENTLY` commits in between to let writers pass, so it cannot be part of a transaction. Django wraps
a migration in one unless its class says `atomic = False`, and PostgreSQL makes one of every string that holds several
statements. The migration fails on PostgreSQL only, which is why it passes tests that run on SQLite.

Tools for plain SQL files differ: goose, dbmate and Diesel open a transaction around a file unless it is marked, Flyway
refuses to mix such a statement with others, and those that send a file as it is (golang-migrate, Prisma, dbmate with
`transaction:false`) can run it only where it is alone, for the server makes one transaction of the whole string.

Without the transaction nothing is rolled back if a later operation fails: leave the concurrent operation alone in its
migration.

## Bad
The migration is atomic, as every migration is by default:

```python
# shop/migrations/0002_order_status_idx.py
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddIndexConcurrently(  # flagged
            model_name="order",
            index=models.Index(fields=["status"], name="order_status_idx"),
        ),
    ]
```

Raw SQL fails in the same way, also inside other operations:

```python
# shop/migrations/0002_order_status_idx.py
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(  # flagged
                    "CREATE UNIQUE INDEX CONCURRENTLY order_number_uniq ON shop_order (number)",
                    "DROP INDEX CONCURRENTLY order_number_uniq",
                ),
            ],
        ),
    ]
```

PostgreSQL runs a string of several statements in a transaction even if Django does not:

```python
# shop/migrations/0002_order_status_idx.py
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(  # flagged
            "SET statement_timeout = 0; create index concurrently order_status_idx on shop_order (status);",
            migrations.RunSQL.noop,
        ),
    ]
```

golang-migrate sends the file as one string, which PostgreSQL runs in one transaction:

```sql
-- db/migrations/2_order_status.up.sql
SET statement_timeout = 0;
CREATE INDEX CONCURRENTLY shop_order_status_idx ON shop_order (status); -- flagged
```

goose opens a transaction, though the statement is alone:

```sql
-- db/migrations/00002_order_status.sql
-- +goose Up
CREATE INDEX CONCURRENTLY shop_order_status_idx ON shop_order (status); -- flagged

-- +goose Down
DROP INDEX CONCURRENTLY shop_order_status_idx;
```

## Good
The migration is not atomic:

```python
# shop/migrations/0002_order_status_idx.py
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["status"], name="order_status_idx"),
        ),
    ]
```

The statements are apart, each a string of its own:

```python
# shop/migrations/0002_order_status_idx.py
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "SET statement_timeout = 0",
                "CREATE INDEX CONCURRENTLY order_status_idx ON shop_order (status);  -- the only one; really",
            ],
            migrations.RunSQL.noop,
        ),
    ]
```

The word in a comment, a string or a quoted name builds nothing:

```python
# shop/migrations/0002_concurrently.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "-- CREATE INDEX CONCURRENTLY would be better\\n"
            "CREATE INDEX \\"concurrently\\" ON shop_order (status);"
            "COMMENT ON INDEX \\"concurrently\\" IS 'CREATE INDEX CONCURRENTLY'",
            migrations.RunSQL.noop,
        ),
    ]
```

The statement is alone in its file, which Flyway then runs without a transaction:

```sql
-- db/migrations/V2__order_status.sql
-- BEGIN would be wrong here
CREATE INDEX CONCURRENTLY shop_order_status_idx ON shop_order (status);
```

goose is told, and sends the statements one by one:

```sql
-- db/migrations/00002_order_status.sql
-- +goose NO TRANSACTION
-- +goose Up
SET statement_timeout = 0;
CREATE INDEX CONCURRENTLY shop_order_status_idx ON shop_order (status);
```
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from miglint.coverage import operations_in
from miglint.finding import Fix, Location, Problem, Severity
from miglint.history import Migration, Operation
from miglint.rule import migration_rule
from miglint.scope import Scope
from miglint.sources.sql.alone import Refusal, refusals
from miglint_rules._class_body import not_atomic
from miglint_rules._sql_words import statements

OPERATIONS = ("AddIndexConcurrently", "RemoveIndexConcurrently")
_BEGINNINGS = (
    ("CREATE", "INDEX", "CONCURRENTLY"),
    ("CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"),
    ("DROP", "INDEX", "CONCURRENTLY"),
    ("REINDEX", "INDEX", "CONCURRENTLY"),
    ("REINDEX", "TABLE", "CONCURRENTLY"),
)


@migration_rule(severity=Severity.ERROR)
def check(migration: Migration, scope: Scope) -> Iterator[Problem]:
    if scope.config.target_of(migration.key.app, migration.path).database != "postgresql":
        return
    if migration.source == "sql":
        yield from (_in_file(each, migration) for each in refusals(migration, scope.change_set.tree))
        return
    for operation in operations_in(migration):
        for problem in _of_operation(operation, migration, scope):
            yield replace(problem, operation=operation.index)


def _in_file(refusal: Refusal, migration: Migration) -> Problem:
    return Problem(
        at=Location(migration.path, refusal.span),
        message=f"{refusal.what} cannot run inside a transaction: {refusal.why}",
        help=refusal.help,
        identity=(refusal.what, " ".join(refusal.sql.split())),
        statement=refusal.sql,
    )


def _of_operation(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    if operation.name in OPERATIONS:
        if migration.atomic:
            yield _atomic(operation, migration, scope, operation.name)
        return
    if operation.name != "RunSQL":
        return
    for sql in _strings(operation.arguments.get("sql")):
        found = list(statements(sql))
        concurrent = [words for words in found if any(tuple(words[: len(start)]) == start for start in _BEGINNINGS)]
        if concurrent and migration.atomic:
            yield _atomic(operation, migration, scope, _beginning(concurrent[0]))
            return
        if concurrent and len(found) > 1:
            yield _several(operation, migration, _beginning(concurrent[0]), len(found))
            return


def _atomic(operation: Operation, migration: Migration, scope: Scope, what: str) -> Problem:
    edits = not_atomic(migration, scope)
    # Other operations would no longer be rolled back with it.
    alone = len(migration.operations) == 1
    return Problem(
        at=Location(migration.path, operation.span),
        message=f"{what} cannot run inside a transaction, and {migration.key} is atomic: PostgreSQL refuses it",
        help="run the migration without a transaction, and leave nothing else in it:\n\n"
        "    class Migration(migrations.Migration):\n"
        "        atomic = False",
        identity=(what, _subject(operation)),
        fix=Fix("set atomic = False", alone, edits) if edits else None,
    )


def _several(operation: Operation, migration: Migration, what: str, count: int) -> Problem:
    return Problem(
        at=Location(migration.path, operation.span),
        message=f"{what} stands in one string with other statements: PostgreSQL runs all {count} of them in a "
        "transaction and refuses it",
        help='give RunSQL a list with one statement a string:\n\n    migrations.RunSQL(["SET …", "CREATE INDEX …"])',
        identity=(what, _subject(operation)),
    )


def _strings(sql: object) -> Iterator[str]:
    """The strings that RunSQL sends: its argument, or the items of the list, which may be pairs with parameters."""
    for item in sql if isinstance(sql, (list, tuple)) else [sql]:
        text = item[0] if isinstance(item, (list, tuple)) and item else item
        if isinstance(text, str):
            yield text


def _beginning(words: list[str]) -> str:
    return " ".join(words[: words.index("CONCURRENTLY") + 1])


def _subject(operation: Operation) -> str:
    name = operation.arguments.get("name") or operation.arguments.get("model_name")
    return name if isinstance(name, str) else ""
