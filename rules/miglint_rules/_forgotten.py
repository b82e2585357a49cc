"""What released migrations have already taken out of Django's state while the database kept it.

A field or model that a migration of the base removed by the `state_operations` of a SeparateDatabaseAndState is unknown
to the running code: its column or table, where it is still there, may go.
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.history import Migration, Operation
from miglint.scope import Scope
from miglint_rules._remedies import field_of, model_of


def column_is_forgotten(scope: Scope, app: str, table: str, column: str) -> bool:
    """Whether a released migration of the app removed the field of a column from Django's state."""
    return any(
        operation.name == "RemoveField"
        and column in {field_of(operation), f"{field_of(operation)}_id"}
        and table in tables_of(scope, app, model_of(operation))
        for operation in _of_the_state_alone(scope, app)
    ) or table_is_forgotten(scope, app, table)


def table_is_forgotten(scope: Scope, app: str, table: str) -> bool:
    """Whether a released migration of the app removed the model of a table from Django's state."""
    return any(
        operation.name == "DeleteModel" and table in tables_of(scope, app, model_of(operation))
        for operation in _of_the_state_alone(scope, app)
    )


def _of_the_state_alone(scope: Scope, app: str) -> Iterator[Operation]:
    """The operations of the app's released migrations that change the state and not the database."""
    history = scope.base_history if scope.base_history is not None else scope.history
    for key, migration in history.migrations.items():
        if key.app == app and (scope.released is None or key in scope.released):
            for operation in migration.operations:
                if operation.name == "SeparateDatabaseAndState":
                    yield from operation.state_operations


def table_of(scope: Scope, app: str, model: str) -> str:
    """The table of a model: the name that a migration gives it, else Django's usual one."""
    usual = f"{app}_{model}"
    return min(tables_of(scope, app, model) - {usual}, default=usual)


def tables_of(scope: Scope, app: str, model: str) -> frozenset[str]:
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
