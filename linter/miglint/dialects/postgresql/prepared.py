"""PREPARE, EXECUTE, DEALLOCATE: a statement is looked at when it is prepared, and does its work when executed."""

from __future__ import annotations

from miglint.catalog import Name
from miglint.changes import AlterObject, RunCode
from miglint.dialects.postgresql.execution import Execution, NotFollowed
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.queries import look_at
from miglint.dialects.postgresql.rows import WRITERS, select
from miglint.dialects.postgresql.tree import unwrap


def prepare(node: Node, execution: Execution) -> None:
    """PrepareStmt."""
    look_at(node.get("query"), execution)
    execution.session.prepared[node.get("name", "")] = node.get("query", {})
    execution.changes.append(AlterObject(kind="other", name=Name("", ""), action=""))


def execute(node: Node, execution: Execution) -> None:
    """ExecuteStmt."""
    name = node.get("name", "")
    kind, statement = unwrap(execution.session.prepared.get(name))
    handler = {"SelectStmt": select, **WRITERS}.get(kind)
    if handler is None:
        execution.changes.append(RunCode(what=f"the prepared statement {name}"))
        raise NotFollowed(f"the prepared statement {name} is not followed")
    handler(statement, execution)


def deallocate(node: Node, execution: Execution) -> None:
    """DeallocateStmt: without a name, ALL."""
    if node.get("name"):
        execution.session.prepared.pop(node["name"], None)
    else:
        execution.session.prepared.clear()
    execution.changes.append(AlterObject(kind="other", name=Name("", ""), action=""))
