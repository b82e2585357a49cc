"""CREATE RULE, and what becomes of a rule: its actions are run with the rows of its table that are written, or instead.

A rule on a view is only looked at, for who writes to the view is not followed into it.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from miglint.catalog import Name, Rule, Table
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.queries import WRITTEN, relations_read


def remember(node: Node, table: Table, execution: Execution) -> None:
    """Put a RuleStmt into the catalog."""
    rule = Rule(
        node.get("rulename", ""),
        node.get("event", "").removeprefix("CMD_").lower(),
        instead=node.get("instead", False) and not node.get("whereClause"),
        actions=node.get("actions"),
        relations=_named(node.get("actions"), execution) - {table.name},
    )
    latest = execution.latest(table)
    execution.put(replace(latest, rules=latest.rules.set(rule.name, rule)))


def _named(actions: Any, execution: Execution) -> frozenset[Name]:
    written = [node["relation"] for kind in WRITTEN for node in execution.nodes(actions, kind)]
    return frozenset([*relations_read(actions, execution), *map(execution.resolve, written)])


def rename(table: Table, old: str, new: str, execution: Execution) -> None:
    """ALTER RULE … RENAME."""
    if old in table.rules:
        renamed = replace(table.rules[old], name=new)
        execution.put(replace(table, rules=table.rules.remove(old).set(new, renamed)))


def enable(table: Table, action: str, name: str, execution: Execution) -> None:
    """ENABLE RULE and DISABLE RULE."""
    latest = execution.latest(table)
    if name in latest.rules:
        rule = replace(latest.rules[name], enabled=action in ("ENABLE RULE", "ENABLE ALWAYS RULE"))
        execution.put(replace(latest, rules=latest.rules.set(name, rule)))


def forget(table: Table, name: str, execution: Execution) -> None:
    """DROP RULE."""
    latest = execution.latest(table)
    execution.put(replace(latest, rules=latest.rules.remove(name)))


def drop_those_that_name(relation: Name, execution: Execution) -> None:
    """DROP … CASCADE takes along the rules whose actions name what is dropped."""
    for table in [each for each in execution.catalog.tables() if each.rules]:
        for rule in [each for each in table.rules.values() if relation in each.relations]:
            execution.lock(table, Mode.ACCESS_EXCLUSIVE)
            forget(table, rule.name, execution)
