"""The fields that an app's migrations have declared by a certain point, renames followed."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.history import Key, Migration, Operation
from miglint.scope import Scope
from miglint_rules._remedies import field_of, model_of

Fields = dict[tuple[str, str], tuple[Migration, object]]
"""By model and name: where a field was declared last, and its value there."""


def declared_fields(scope: Scope, key: Key, before: int = 0) -> Fields:
    """The fields of the app's models just before a migration, or before its operation of an index."""
    fields: Fields = {}
    for migration, operation in operations_before(scope, key, before):
        model = model_of(operation)
        match operation.name:
            case "CreateModel":
                declared = operation.arguments.get("fields") or ()
                pairs = [one for one in declared if isinstance(one, list | tuple) and len(one) == 2]
                fields |= {(model, str(name)): (migration, value) for name, value in pairs}
            case "AddField" | "AlterField":
                fields[model, field_of(operation)] = migration, operation.arguments.get("field")
            case "RenameField" | "RenameModel":
                fields = _renamed(fields, operation)
    return fields


def operations_before(scope: Scope, key: Key, before: int = 0) -> Iterator[tuple[Migration, Operation]]:
    """The app's operations that come before a migration's operation of an index, with their migrations."""
    ancestors = scope.graph.ancestors(key)
    for each in scope.graph.order():
        if each.app == key.app and each in ancestors:
            migration = scope.history.migrations[each]
            yield from ((migration, operation) for operation in migration.operations)
    own = scope.history.migrations[key]
    yield from ((own, operation) for operation in own.operations if operation.index < before)


def _renamed(fields: Fields, operation: Operation) -> Fields:
    old, new = (str(operation.arguments.get(name)) for name in ("old_name", "new_name"))
    if operation.name == "RenameField":
        was, now = (model_of(operation), old), (model_of(operation), new)
        return {(now if at == was else at): value for at, value in fields.items()}
    return {((new.lower() if model == old.lower() else model), name): v for (model, name), v in fields.items()}
