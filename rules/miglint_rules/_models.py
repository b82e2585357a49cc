"""Which models of an app Django's state has just before an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from miglint.history import Key, Migration, Operation
from miglint.scope import Scope
from miglint_rules._needs import created


class Models(Struct):
    """Names of models in lower case: those that are there, those that have gone, and who makes which."""

    there: set[str] = field(default_factory=set)
    gone: dict[str, tuple[Migration, str]] = field(default_factory=dict)
    """The migration that took a model away, and the name that it has since then, if it was renamed."""
    made: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)

    def makers(self, model: str) -> tuple[Key, ...]:
        """The migrations of the app that make a model of this name."""
        return self.made.get(model.lower(), ())


def models_before(scope: Scope, migration: Migration, operation: Operation, app: str) -> Models | None:
    """The app's models just before an operation; None where something that may make models is not understood."""
    models = Models(made=_made(scope, app))
    ancestors = scope.graph.ancestors(migration.key)
    for key in scope.graph.order():
        if key.app == app and key in ancestors and not _follow(scope.history.migrations[key], None, models):
            return None
    own = migration.key.app == app
    return models if not own or _follow(migration, operation, models) else None


def _made(scope: Scope, app: str) -> dict[str, tuple[Key, ...]]:
    made: dict[str, tuple[Key, ...]] = {}
    for key in scope.graph.nodes(app):
        for name in created(scope.history.migrations[key].operations):
            made[name] = (*made.get(name, ()), key)
    return made


def _follow(migration: Migration, until: Operation | None, models: Models) -> bool:
    """Apply what a migration's operations do to the names, up to one of them; False if one is not understood."""
    for operation in on_state(migration.operations):
        if until is not None and operation.index >= until.index:
            return True
        if operation.not_understood is not None:
            return False
        name, old, new = (_text(operation, argument) for argument in ("name", "old_name", "new_name"))
        match operation.name:
            case "CreateModel":
                models.there.add(name.lower())
                models.gone.pop(name.lower(), None)
            case "DeleteModel":
                models.there.discard(name.lower())
                models.gone[name.lower()] = migration, ""
            case "RenameModel":
                models.there.discard(old.lower())
                models.gone[old.lower()] = migration, new
                models.there.add(new.lower())
                models.gone.pop(new.lower(), None)
    return True


def on_state(operations: Iterable[Operation]) -> Iterator[Operation]:
    """The operations that Django's state sees: of SeparateDatabaseAndState its `state_operations`."""
    for operation in operations:
        if operation.name == "SeparateDatabaseAndState":
            yield from on_state(operation.state_operations)
        else:
            yield operation


def _text(operation: Operation, argument: str) -> str:
    value = operation.arguments.get(argument)
    return value if isinstance(value, str) else ""
