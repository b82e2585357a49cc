"""A statement reads or writes a whole table while others have to wait.

The statement's effects say that it scans, rewrites, copies or builds an index on an existing table under a lock which
makes readers or writers of it, or of another table that the transaction holds, wait. No more precise rule has a remedy
for it; nothing dangerous goes unsaid.

Take the statement apart: the step that needs the strong lock alone and short, the work in a transaction that lets
everybody go on.

## Bad

A new constraint of a domain is tried on every table that has a column of it.

```sql
-- main: db/migrations/V2__order_code.sql
CREATE DOMAIN shop_code AS varchar(10);
ALTER TABLE shop_order ADD COLUMN code shop_code;
```

```sql
-- db/migrations/V3__code_upper.sql
ALTER DOMAIN shop_code ADD CONSTRAINT code_upper CHECK (VALUE = upper(VALUE)); -- flagged
```

An exclusion constraint builds its index under the strongest lock.

```sql
-- db/migrations/V2__order_exclusion.sql
ALTER TABLE shop_order ADD CONSTRAINT order_number_excl EXCLUDE USING btree (number WITH =); -- flagged
```

## Good

`ANALYZE` reads the table and lets everybody work.

```sql
-- db/migrations/V2__analyze.sql
ANALYZE shop_order;
```

The work is on a table that the same change makes.

```sql
-- db/migrations/V2__archive.sql
CREATE TABLE shop_archive (id bigint NOT NULL, total numeric(10, 2));
ALTER TABLE shop_archive SET UNLOGGED;
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.analysis import Analysis
from miglint.effects import Effect, Work
from miglint.finding import Problem, Severity
from miglint.rule import statement_rule
from miglint.scope import Scope
from miglint_rules._statements import BLOCKING_MODES, existing_effects, problem, who_waits

EXCLUSIVE = "AccessExclusiveLock"
DONE = {
    Work.REWRITE: "written anew",
    Work.COPY: "copied",
    Work.INDEX_BUILD: "gone through to build an index",
    Work.SCAN: "read as a whole",
}


@statement_rule(severity=Severity.ERROR, fallback=True)
def check(analyses: Sequence[Analysis], scope: Scope) -> Iterator[Problem]:
    for analysis in analyses:
        if analysis.dangerous and (dangerous := [each for each in existing_effects(analysis) if each.dangerous]):
            yield _problem(analysis, dangerous)


def _problem(analysis: Analysis, dangerous: Sequence[Effect]) -> Problem:
    worked = dangerous[0]
    done = next((text for kind, text in DONE.items() if kind in worked.work), "worked on")
    locked, waiting, lock = (
        _waiting(analysis) or _waiting_before(analysis) or ([worked.relation], "writes", worked.lock)
    )
    names = " and ".join(locked)
    return problem(
        analysis,
        message=f"{worked.relation} is {done} while {waiting} of {names} wait ({lock})",
        help=f"part the two: the step that locks {names} alone and short, and the work on "
        f"{worked.relation} in a transaction of its own under a weaker lock, or in batches",
        identity=(worked.relation, done),
    )


def _waiting(analysis: Analysis) -> tuple[list[str], str, str] | None:
    """What the statement itself locks so that others wait, who they are, and the lock."""
    blocking = [effect for effect in existing_effects(analysis) if effect.blocks]
    names = sorted({effect.table or effect.relation for effect in blocking})
    return (names, who_waits(blocking), blocking[0].lock) if blocking else None


def _waiting_before(analysis: Analysis) -> tuple[list[str], str, str] | None:
    """The same of what its transaction has locked before."""
    blocking = {name: mode for name, mode in analysis.held.items() if mode in BLOCKING_MODES}
    held = {name: mode for name, mode in blocking.items() if analysis.before.displayed(name) is not None}
    exclusive = sorted(name for name, mode in held.items() if mode == EXCLUSIVE)
    if exclusive:
        return exclusive, "reads and writes", EXCLUSIVE
    return (sorted(held), "writes", min(held.values())) if held else None
