"""Maintenance that rewrites or rebuilds a table keeps everybody away from it until it is done.

`VACUUM FULL`, `CLUSTER`, `REINDEX`, `REFRESH MATERIALIZED VIEW`, `SET LOGGED`, `SET TABLESPACE` and `SET ACCESS METHOD`
write a table or its indexes anew under a lock that makes reads, or at least writes, wait all the while; `ATTACH
PARTITION` reads the whole table to prove that its rows belong there. How long that takes depends on the size of the
production's table, not on the migration.

Most of them have a gentle form: CONCURRENTLY, an ordinary `VACUUM`, a check that proves it beforehand.

## Bad

Nobody can write to the orders until all their indexes are built again.

```sql
-- db/migrations/V2__reindex.sql
REINDEX TABLE shop_order; -- flagged
```

The whole table is written anew, in the order of an index.

```python
# shop/migrations/0002_cluster.py
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("CLUSTER shop_order USING shop_order_pkey", migrations.RunSQL.noop),  # flagged
    ]
```

## Good

The indexes are built beside the old ones, outside of a transaction.

```python
# shop/migrations/0002_reindex.py
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("REINDEX TABLE CONCURRENTLY shop_order", migrations.RunSQL.noop),
    ]
```

Fresh statistics keep nobody away: ANALYZE reads a sample, under a lock that only other maintenance waits for.

```sql
-- db/migrations/V2__analyze.sql
ANALYZE shop_order;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.changes import AttachPartition, Change, Maintain, Reindex, SetTableOption
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._remedies import indented
from miglint_rules._statements import existing_effects, problem, shown, to_blame, who_waits

KINDS = (Maintain, Reindex, SetTableOption, AttachPartition)
ALONE = "in a migration of its own, outside of a transaction:"


@statement_rule(severity=Severity.ERROR, explains_work=True, blamed=KINDS)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for kind in KINDS:
        for analysis, change, _ in to_blame(analyses, kind):
            yield _problem(analysis, change, scope)


def _problem(analysis: Analysis, change: Change, scope: Scope) -> Problem:
    what, name = _said(analysis, change)
    blocking = [effect for effect in existing_effects(analysis) if effect.blocks]
    tables = sorted({effect.table or effect.relation for effect in blocking if effect.dangerous}) or [name]
    done = (
        "reads the whole table to prove its rows" if isinstance(change, AttachPartition) else "works through all of it"
    )
    return problem(
        analysis,
        message=f"{what} {done}: {who_waits(blocking)} of {' and '.join(tables)} wait until it is done",
        help=_help(change, name),
        identity=(what,),
        scope=scope,
        table=change.table if isinstance(change, Maintain | SetTableOption) else None,
    )


def _said(analysis: Analysis, change: Change) -> tuple[str, str]:
    """The command as a reader knows it, and the relation that is worked on."""
    match change:
        case Maintain(action=action):
            name = shown(analysis, change.table)
            return f"{action} {name}", name
        case Reindex(what=what):
            name = shown(analysis, change.name)
            return f"REINDEX {what.upper()} {name}", name
        case SetTableOption(action=action):
            name = shown(analysis, change.table)
            return f"{action} of {name}", name
        case AttachPartition():
            name = shown(analysis, change.partition)
            return f"ATTACH PARTITION {name}", name
    return "this maintenance", ""


def _help(change: Change, name: str) -> str:
    match change:
        case Maintain(action="REFRESH MATERIALIZED VIEW"):
            lead = "with a unique index on the view, refresh it while it is read, outside of deployments:"
            return f"{lead}\n{indented(f'REFRESH MATERIALIZED VIEW CONCURRENTLY {name};')}"
        case Reindex(what=what):
            return (
                f"build them beside the old ones, {ALONE}\n{indented(f'REINDEX {what.upper()} CONCURRENTLY {name};')}"
            )
        case Maintain(action=action) if action.startswith("VACUUM"):
            lead = "let an ordinary VACUUM make the space usable again; where the disk needs it back, use pg_repack:"
            return f"{lead}\n{indented(f'VACUUM {name};')}"
        case Maintain():
            return f"do it while nobody needs {name}, or with pg_repack, which lets everybody work meanwhile"
        case AttachPartition():
            return (
                "prove the bounds beforehand, while everybody works: a check that says what the bounds say, "
                "NOT VALID, then validated in the next migration; attaching reads nothing then:\n"
                + indented(
                    f"ALTER TABLE {name} ADD CONSTRAINT {name.rpartition('.')[2]}_bounds CHECK (...) NOT VALID;",
                    "-- in the next migration",
                    f"ALTER TABLE {name} VALIDATE CONSTRAINT {name.rpartition('.')[2]}_bounds;",
                )
            )
    return f"make a new table as {name} is to be, fill it in batches while both are written, and exchange their names"
