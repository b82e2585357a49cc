"""Views and materialised views."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import Name, Table, View
from miglint.changes import CreateObject, Maintain
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.queries import columns_read, read_relation, relations_read, scan_view
from miglint.dialects.postgresql.tables import new_name
from miglint.effects import Work


def create_view(node: Node, execution: Execution) -> None:
    """ViewStmt: its query is looked at, not run."""
    name = execution.resolve(node["view"])
    before = execution.catalog.relations.get(name)
    replaced = node.get("replace", False)
    if before is None or not replaced:
        name = new_name(node["view"], execution)
    query = node.get("query")
    execution.changes.append(CreateObject(kind="view", name=name, replace=replaced))
    sources = relations_read(query, execution)
    for source in sources:
        _look_at(source, execution)
    view = View(
        before.oid if isinstance(before, View) else execution.oid(),
        name,
        frozenset(sources),
        columns_read(query),
        query,
    )
    if isinstance(before, View):
        execution.lock(before, Mode.ACCESS_EXCLUSIVE)
        execution.put(view)
    else:
        execution.create(view)


def _look_at(source: Name, execution: Execution) -> None:
    relation = execution.catalog.relations.get(source)
    if relation is None and (source.schema == "pg_catalog" or source.name.startswith("pg_")):
        return
    execution.lock(relation if relation is not None else execution.table(source), Mode.ACCESS_SHARE)


def refresh(node: Node, execution: Execution) -> None:
    """RefreshMatViewStmt: a new heap and new indexes, or CONCURRENTLY a comparison that lets readers by."""
    view = execution.table(execution.resolve(node["relation"]))
    concurrently = node.get("concurrent", False)
    no_data = node.get("skipData", False)
    execution.changes.append(
        Maintain(table=view.name, action="REFRESH MATERIALIZED VIEW", concurrently=concurrently, no_data=no_data)
    )
    execution.lock(view, Mode.EXCLUSIVE if concurrently else Mode.ACCESS_EXCLUSIVE)
    for source in sorted(view.sources) if not no_data else ():
        read_relation(source, execution)
        found = execution.catalog.relations.get(source)
        if isinstance(found, View):
            scan_view(found, execution)
        for each in execution.family(found) if isinstance(found, Table) else ():
            execution.scan(each)
    if concurrently:
        execution.scan(view)
        return
    for index in view.indexes.values():
        execution.lock_index(view, index, Mode.ACCESS_EXCLUSIVE)
    filled = replace(view, empty=no_data)
    execution.put(filled)
    if no_data:
        execution.lock(view, Mode.ACCESS_EXCLUSIVE).emptied = True
        return
    execution.work(filled, Work.REWRITE)
    if view.indexes:
        execution.work(filled, Work.INDEX_BUILD, *([] if view.empty else [Work.SCAN]))
