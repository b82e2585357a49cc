"""VACUUM, ANALYZE, CLUSTER and LOCK TABLE."""

from __future__ import annotations

from miglint.catalog import Name, Table, TableKind, View
from miglint.changes import LockTable, Maintain
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import text_of
from miglint.effects import Work


def vacuum(node: Node, execution: Execution) -> None:
    """VacuumStmt: VACUUM and ANALYZE; without a name every table."""
    full = _has(node, "full")
    is_vacuum = node.get("is_vacuumcmd", False)
    action = ("VACUUM FULL" if full else "VACUUM") if is_vacuum else "ANALYZE"
    execution.outside_transaction = is_vacuum
    named = [each["VacuumRelation"]["relation"] for each in node.get("rels", ())]
    tables = [execution.table(execution.resolve(each)) for each in named] or list(execution.catalog.tables())
    for table in tables:
        execution.changes.append(Maintain(table=table.name, action=action))
        for each in execution.family(table, only=_is_only(table, node, execution)):
            if full:
                rewrite(each, execution)
                continue
            sampled = each.name != table.name and not each.partition and execution.major < ALSO_CHILDREN
            execution.lock(each, Mode.ACCESS_SHARE if sampled else Mode.SHARE_UPDATE_EXCLUSIVE)
            execution.scan(each)


ALSO_CHILDREN = 18
"""The first version that vacuums and analyses what inherits from a table along with it, unless ONLY is written."""


def _is_only(table: Table, node: Node, execution: Execution) -> bool:
    named = [each["VacuumRelation"]["relation"] for each in node.get("rels", ())]
    if execution.major >= ALSO_CHILDREN:
        return any(not each.get("inh", False) for each in named if execution.resolve(each) == table.name)
    analyses = not node.get("is_vacuumcmd", False) or _has(node, "analyze")
    return table.kind is not TableKind.PARTITIONED and (not analyses or _has(node, "full"))


def _has(node: Node, option: str) -> bool:
    options = (each["DefElem"] for each in node.get("options", ()))
    given = [text_of(each.get("arg")) for each in options if each.get("defname") == option]
    return bool(given) and given[-1] not in ("false", "off", "0")


def rewrite(table: Table, execution: Execution) -> None:
    """A new heap and new indexes."""
    execution.lock(table, Mode.ACCESS_EXCLUSIVE)
    execution.work(table, Work.REWRITE, Work.SCAN)
    for index in table.indexes.values():
        execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE)
        execution.build_index(table)


def cluster(node: Node, execution: Execution) -> None:
    """ClusterStmt; without a name every table that was clustered before."""
    if "relation" not in node:
        execution.assume("CLUSTER without a table rewrites every table that was clustered before")
        return
    table = execution.table(execution.resolve(node["relation"]))
    execution.changes.append(Maintain(table=table.name, action="CLUSTER"))
    execution.outside_transaction = table.kind is TableKind.PARTITIONED
    for each in execution.family(table, only=table.kind is not TableKind.PARTITIONED):
        rewrite(each, execution)


def lock_table(node: Node, execution: Execution) -> None:
    """LockStmt."""
    mode = Mode(node.get("mode", Mode.ACCESS_EXCLUSIVE))
    for item in node.get("relations", ()):
        relation = item["RangeVar"]
        name = execution.resolve(relation)
        execution.changes.append(LockTable(table=name, mode=mode.label))
        _lock(name, mode, execution, only=not relation.get("inh", False))


def _lock(name: Name, mode: Mode, execution: Execution, *, only: bool) -> None:
    """A table and its children, or a view and what it reads."""
    found = execution.catalog.relations.get(name)
    if isinstance(found, View):
        execution.lock(found, mode)
        for source in sorted(found.sources):
            _lock(source, mode, execution, only=False)
        return
    for each in execution.family(execution.table(name), only=only):
        execution.lock(each, mode)
