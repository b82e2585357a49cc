"""What released migrations have already taken out of Django's state while the database kept it.

A field or model that a migration of the base removed by `state_operations` alone is unknown to the running code: its
column or table may go.
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.history import Key, Migration, Operation
from miglint.scope import Scope
from miglint_rules._remedies import field_of, model_of


def column_is_forgotten(scope: Scope, app: str, table: str, column: str) -> bool:
    """Whether a released migration removed the field of a column from Django's state and left the column."""
    return any(
        operation.name == "RemoveField"
        and column in {field_of(operation), f"{field_of(operation)}_id"}
        and table in _tables(scope, key.app, model_of(operation))
        for key, operation in _forgetting(scope, app)
    ) or table_is_forgotten(scope, app, table)


def table_is_forgotten(scope: Scope, app: str, table: str) -> bool:
    """Whether a released migration removed the model of a table from Django's state and left the table."""
    return any(
        operation.name == "DeleteModel" and table in _tables(scope, key.app, model_of(operation))
        for key, operation in _forgetting(scope, app)
    )


def _forgetting(scope: Scope, app: str) -> Iterator[tuple[Key, Operation]]:
    """The operations of released migrations that change the state alone, the app's own first."""
    known = scope.base_history.migrations if scope.base_history is not None else scope.history.migrations
    released = known if scope.released is None else {key: known[key] for key in scope.released if key in known}
    for key in sorted(released, key=lambda key: (key.app != app, key)):
        for operation in released[key].operations:
            if operation.name == "SeparateDatabaseAndState" and not operation.database_operations:
                yield from ((key, each) for each in operation.state_operations)


def _tables(scope: Scope, app: str, model: str) -> frozenset[str]:
    """The names that a model's table has or had, as far as the app's migrations say."""
    names = {f"{app}_{model}"}
    for migration in _migrations_of(scope, app):
        for operation in migration.operations:
            if operation.name == "CreateModel" and model_of(operation) == model:
                options = operation.arguments.get("options")
                named = options.get("db_table") if isinstance(options, dict) else None
            elif operation.name == "AlterModelTable" and model_of(operation) == model:
                named = operation.arguments.get("table")
            else:
                continue
            if isinstance(named, str):
                names.add(named)
    return frozenset(names)


def _migrations_of(scope: Scope, app: str) -> Iterator[Migration]:
    return (migration for key, migration in scope.history.migrations.items() if key.app == app)
