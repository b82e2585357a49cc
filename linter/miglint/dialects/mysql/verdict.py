"""From a statement's changes to its effects on the tables that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from miglint.catalog import Catalog, Constraint, ConstraintKind, Name, Table
from miglint.changes import (
    AddColumn,
    AddConstraint,
    Change,
    CreateObject,
    CreateTable,
    DeleteRows,
    DropIndex,
    DropTable,
    InsertRows,
    LockTable,
    Maintain,
    ReadRows,
    RedefineColumn,
    RenameIndex,
    RenameTable,
    SetTableOption,
    TableChange,
    TruncateTable,
    UpdateRows,
)
from miglint.dialects.mysql import tables
from miglint.dialects.mysql.algorithms import Plan, copying, plan
from miglint.dialects.mysql.asks import demand_of, former_names
from miglint.dialects.mysql.demands import Demand
from miglint.dialects.mysql.replay import known_table
from miglint.dialects.mysql.server import Server
from miglint.effects import Access, Effect, Work

WRITES = frozenset({Access.INSERT, Access.UPDATE, Access.DELETE})
ALL = frozenset(Access)
BLOCKED = {"NONE": frozenset[Access](), "SHARED": WRITES, "EXCLUSIVE": ALL}
NOT_IN_PLACE = frozenset({"OPTIMIZE PARTITION"})
"""What MySQL does to partitions by a copy of the whole table."""
ROWS_OF_PARTITIONS = {
    "ADD PARTITION": Work.SCAN,
    "COALESCE PARTITION": Work.COPY,
    "REORGANIZE PARTITION": Work.COPY,
    "REBUILD PARTITION": Work.COPY,
    "OPTIMIZE PARTITION": Work.COPY,
    "REPAIR PARTITION": Work.COPY,
    "EXCHANGE PARTITION": Work.SCAN,
    "CONVERT PARTITION": Work.COPY,
    "CHECK PARTITION": Work.SCAN,
    "DROP PARTITION": Work.COPY,
    "TRUNCATE PARTITION": Work.COPY,
}
FILES_OF_PARTITIONS = frozenset({"DROP PARTITION", "TRUNCATE PARTITION", "CONVERT PARTITION"})
"""What MariaDB does to whole partitions under an exclusive lock, without reading them."""


class Verdict(Struct, frozen=True):
    """The effects of a statement, and what of them rests on a guess."""

    effects: tuple[Effect, ...] = ()
    assumptions: tuple[str, ...] = ()


def is_alteration(change: Change) -> bool:
    """Whether a change is part of an ALTER TABLE, CREATE INDEX or DROP INDEX, whose changes are done at one go."""
    apart = CreateTable | DropTable | TruncateTable | Maintain | LockTable | InsertRows | UpdateRows | DeleteRows
    if isinstance(change, DropIndex | RenameIndex):
        return change.table is not None
    return isinstance(change, TableChange) and not isinstance(change, apart)


def effects_of(changes: Sequence[Change], catalog: Catalog, server: Server) -> Verdict:
    """What a statement does. `catalog` is as before it. RENAME TABLE begins with its change, ALTER TABLE does not."""
    if any(isinstance(change, CreateTable) for change in changes):
        return Verdict(_creation(changes, catalog))
    if not all(is_alteration(change) for change in changes):
        return Verdict(tuple(effect for change in changes for effect in _single(change, catalog, server)))
    if all(isinstance(change, RenameTable) and not change.location for change in changes):
        return Verdict(tuple(effect for change in changes for effect in _single(change, catalog, server)))
    return _alteration(changes, catalog, server)


def _alteration(changes: Sequence[Change], catalog: Catalog, server: Server) -> Verdict:
    name = _altered(changes)
    if name is None:
        return Verdict()
    table = known_table(catalog, name)
    partitioning = [
        each
        for each in changes
        if isinstance(each, SetTableOption)
        and each.action in ROWS_OF_PARTITIONS
        and (server.is_mariadb or each.action not in OF_MARIADB)
    ]
    if partitioning:
        return Verdict(_partition_work(partitioning[0], catalog, name, server))
    demand = demand_of(changes, table, server)
    found = _as_requested(plan(demand, table, server), copying(demand, table, server), changes)
    effects = [_effect(catalog.display(name), found)]
    for target in _referenced(changes):
        if target != name and server.foreign_key_checks:
            lock = found.lock if found.algorithm == "COPY" else "NONE"
            effects.append(
                Effect(catalog.display(target), lock, blocks=BLOCKED[lock], taken=lock, dangerous=_holds_up(found))
            )
    return Verdict(tuple(effects), tuple(_assumed(changes, catalog, name)))


def _altered(changes: Sequence[Change]) -> Name | None:
    for change in changes:
        if isinstance(change, TableChange | DropIndex | RenameIndex):
            return change.table
    return None


def _as_requested(found: Plan, copy: Plan, changes: Sequence[Change]) -> Plan:
    """What the statement's own LOCK and ALGORITHM=COPY add; asking for less than is needed fails and locks nothing."""
    requests = {each.action: each.value for each in changes if isinstance(each, SetTableOption)}
    if requests.get("ALGORITHM") == "COPY" and found.algorithm != "COPY":
        found = copy
    levels = list(BLOCKED)
    lock = requests.get("LOCK", "")
    if lock in levels and levels.index(lock) > levels.index(found.lock):
        found = Plan(found.algorithm, lock, found.work)
    return found


def _holds_up(found: Plan) -> bool:
    return bool(found.work) and found.lock != "NONE"


def _effect(relation: str, found: Plan) -> Effect:
    return Effect(
        relation,
        found.lock,
        work=found.work,
        blocks=BLOCKED[found.lock],
        algorithm=found.algorithm,
        dangerous=_holds_up(found),
        taken=found.lock,
    )


def _referenced(changes: Sequence[Change]) -> tuple[Name, ...]:
    """The tables that new foreign keys point to."""
    constraints: list[Constraint] = []
    for change in changes:
        if isinstance(change, AddConstraint):
            constraints.append(change.constraint)
        elif isinstance(change, AddColumn | RedefineColumn | CreateTable):
            constraints += change.constraints
    targets = (each.references for each in constraints if each.kind is ConstraintKind.FOREIGN_KEY)
    return tuple(dict.fromkeys(target for target in targets if target is not None))


def _partition_work(change: SetTableOption, catalog: Catalog, name: Name, server: Server) -> tuple[Effect, ...]:
    """Rows move between partitions under a lock; a new RANGE or LIST partition is empty, and EXCHANGE only looks."""
    table = known_table(catalog, name)
    if server.is_mariadb and (found := _on_mariadb(change.action, table, server)) is not None:
        return (_effect(catalog.display(name), found),)
    work = ROWS_OF_PARTITIONS[change.action]
    moved = {"hash": Work.COPY, "key": Work.COPY}.get(table.partition_strategy) if work is Work.SCAN else work
    if change.action == "EXCHANGE PARTITION":
        others = [catalog.display(Name(name.schema, change.value))] if change.value else []
        found = Plan("INPLACE", "SHARED" if server.is_mariadb else "EXCLUSIVE", frozenset({Work.SCAN}))
        return tuple(_without_algorithm(_effect(each, found)) for each in (catalog.display(name), *others))
    if change.action == "REPAIR PARTITION" and not server.is_mariadb:
        moved = None
    copies = moved and (server.is_mariadb or change.action in NOT_IN_PLACE)
    lock = "SHARED" if moved else "NONE"
    found = Plan("COPY" if copies else "INPLACE", lock, frozenset({moved} if moved else ()))
    return (_effect(catalog.display(name), found),)


LOCKED_AS_A_WHOLE = frozenset({"myisam", "aria", "memory"})
"""Engines without locks on rows: whoever writes locks the table."""
OF_MARIADB = frozenset({"CHECK PARTITION", "DROP PARTITION", "TRUNCATE PARTITION"})
"""Told apart for MariaDB, where they were watched; for MySQL the manual's word on them is elsewhere."""


def _on_mariadb(action: str, table: Table, server: Server) -> Plan | None:
    """Where InnoDB optimises a partition, it rebuilds the table; it repairs nothing, and nobody waits for its check."""
    innodb = tables.engine(table) == "innodb"
    if action in FILES_OF_PARTITIONS:
        return Plan("INPLACE", "EXCLUSIVE")
    if action == "CHECK PARTITION":
        return Plan("INPLACE", "NONE" if innodb else "SHARED", frozenset({Work.SCAN}))
    if action == "OPTIMIZE PARTITION" and innodb:
        return plan(Demand.REBUILD, table, server)
    return Plan("INSTANT") if action == "REPAIR PARTITION" and innodb else None


def _without_algorithm(effect: Effect) -> Effect:
    return replace(effect, algorithm=None)


def _assumed(changes: Sequence[Change], catalog: Catalog, name: Name) -> list[str]:
    table = catalog.table(name)
    if table is None or table.assumed:
        return [f"nothing that was read makes the table {catalog.display(name)}: it is taken to exist, as InnoDB"]
    unknown = [
        change.column
        for change in map(former_names(changes), changes)
        if isinstance(change, RedefineColumn) and tables.find(table.columns, change.column) is None
    ]
    return [f"the former type of {catalog.display(name)}.{column} is not known" for column in unknown]


def _creation(changes: Sequence[Change], catalog: Catalog) -> tuple[Effect, ...]:
    """A new table touches those that its foreign keys point to, for the moment in which metadata is written."""
    effects = [Effect(catalog.display(target), "NONE", taken="NONE") for target in _referenced(changes)]
    reads = [table for change in changes if isinstance(change, InsertRows) for table in change.reads]
    return (*effects, *(_reading(table, catalog) for table in reads))


def _reading(table: Name, catalog: Catalog) -> Effect:
    return Effect(catalog.display(table), "NONE", work=frozenset({Work.SCAN}), taken="NONE")


def _single(change: Change, catalog: Catalog, server: Server) -> tuple[Effect, ...]:
    if isinstance(change, DropTable | RenameTable | TruncateTable):
        return (_brief(change, catalog),)
    if isinstance(change, InsertRows):
        return (
            Effect(catalog.display(change.table), "NONE", taken="NONE"),
            *(_reading(t, catalog) for t in change.reads),
        )
    if isinstance(change, UpdateRows | DeleteRows):
        work = frozenset({Work.SCAN}) if change.whole_table else frozenset[Work]()
        if tables.engine(known_table(catalog, change.table)) in LOCKED_AS_A_WHOLE:
            return (_without_algorithm(_effect(catalog.display(change.table), Plan("", "EXCLUSIVE", work))),)
        return (Effect(catalog.display(change.table), "NONE", work=work, taken="NONE"),)
    if isinstance(change, Maintain):
        return (_effect(catalog.display(change.table), _maintenance(change, catalog, server)),)
    if isinstance(change, LockTable):
        lock = "SHARED" if change.mode == "READ" else "EXCLUSIVE"
        return (Effect(catalog.display(change.table), lock, blocks=BLOCKED[lock], taken=lock),)
    if isinstance(change, CreateObject) and change.table is not None:
        return (Effect(catalog.display(change.table), "NONE", taken="NONE"),)
    return tuple(_reading(table, catalog) for table in change.tables) if isinstance(change, ReadRows) else ()


def _brief(change: DropTable | RenameTable | TruncateTable, catalog: Catalog) -> Effect:
    """Metadata under an exclusive lock: brief, once every statement on the table has ended."""
    return Effect(
        catalog.display(change.table),
        "EXCLUSIVE",
        blocks=ALL,
        taken="EXCLUSIVE",
        dropped=isinstance(change, DropTable),
        emptied=isinstance(change, TruncateTable),
    )


def _maintenance(change: Maintain, catalog: Catalog, server: Server) -> Plan:
    """InnoDB rebuilds in place to optimise (not MySQL's a FULLTEXT index); the other engines lock the table."""
    table = known_table(catalog, change.table)
    engine = tables.engine(table)
    if change.action == "ANALYZE":
        return Plan("INPLACE", "SHARED", frozenset({Work.SCAN})) if engine == "myisam" else Plan("INSTANT")
    if change.action == "ANALYZE PERSISTENT":
        return Plan("INPLACE", "NONE", frozenset({Work.SCAN}))
    if change.action == "CHECK" and engine in LOCKED_AS_A_WHOLE:
        return Plan("INPLACE", "SHARED", frozenset({Work.SCAN}))
    if engine == "innodb":
        if change.action == "OPTIMIZE":
            return plan(Demand.REBUILD, table, server)
        return Plan("INPLACE", "NONE", frozenset({Work.SCAN}))
    return Plan("COPY", "EXCLUSIVE", frozenset({Work.COPY}))


def causes_of(
    changes: Sequence[Change], catalog: Catalog, server: Server, effects: tuple[Effect, ...]
) -> Mapping[int, frozenset[Work]]:
    """Which change is to blame for which of the dangerous work: one that alone would do it, else those that alter."""
    done = frozenset[Work]().union(*(effect.work for effect in effects if effect.dangerous))
    if not done:
        return {}
    alone: dict[int, frozenset[Work]] = {}
    for position, change in enumerate(changes):
        work = frozenset[Work]().union(*(each.work for each in effects_of([change], catalog, server).effects))
        if work & done:
            alone[position] = work & done
    return alone or {position: done for position, change in enumerate(changes) if is_alteration(change)}
