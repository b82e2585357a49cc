"""Columns whose name is younger than the code that runs: the change itself brings or renames them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from miglint.analysis import Analysis
from miglint.catalog import Name
from miglint.changes import AddColumn, DropColumn, RenameColumn
from miglint.history import Operation
from miglint.scope import Scope
from miglint_rules._forgotten import tables_of
from miglint_rules._remedies import field_of, model_of

C = TypeVar("C", DropColumn, RenameColumn)


def changes_of_older(analyses: Sequence[Analysis], kind: type[C]) -> Iterator[tuple[Analysis, C]]:
    """The changes of a kind of columns that no earlier statement of the migration adds."""
    made: set[tuple[Name, str]] = set()
    for analysis in analyses:
        for change in analysis.changes:
            if isinstance(change, kind) and (change.table, change.column) not in made:
                yield analysis, change
        made.update((each.table, each.column.name) for each in analysis.changes if isinstance(each, AddColumn))


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
