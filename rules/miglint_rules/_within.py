"""Columns whose name is younger than the code that runs: the change itself brings or renames them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from miglint.analysis import Analysis
from miglint.changes import AddColumn, DropColumn, RenameColumn
from miglint.history import Operation
from miglint.scope import Scope
from miglint_rules._forgotten import tables_of
from miglint_rules._remedies import field_of, model_of


def column_is_made_before(analyses: Sequence[Analysis], analysis: Analysis, change: DropColumn | RenameColumn) -> bool:
    """Whether an earlier statement of the migration adds the column that this one drops or renames."""
    return any(
        isinstance(each, AddColumn) and (each.table, each.column.name) == (change.table, change.column)
        for earlier in takewhile(lambda one: one is not analysis, analyses)
        for each in earlier.changes
    )


def column_is_of_this_change(scope: Scope, analysis: Analysis, table: str, column: str) -> bool:
    """Whether an earlier migration of the change adds the column, or gives it its name; if so no code knows it yet."""
    if scope.base_history is None:
        return False
    app = analysis.migration.key.app
    return any(
        column in {name, f"{name}_id"} and table in tables_of(scope, app, model_of(operation))
        for operation in _earlier(scope, analysis)
        for name in [_named(operation)]
        if name
    )


def _named(operation: Operation) -> str:
    """The field that an operation brings under a name of its own."""
    if operation.name == "RenameField":
        return str(operation.arguments.get("new_name", "")).lower()
    return field_of(operation) if operation.name == "AddField" else ""


def _earlier(scope: Scope, analysis: Analysis) -> Iterator[Operation]:
    """The operations of the change's own migrations of the app that come first."""
    key, known = analysis.migration.key, scope.base_history.migrations if scope.base_history else {}
    for other in scope.introduced:
        if other.app == key.app and other not in known and scope.graph.is_ancestor(other, key):
            yield from scope.history.migrations[other].operations
    for operation in analysis.migration.operations:
        if key not in known and operation.index < (analysis.statement.operation or 0):
            yield operation
