"""What a branch of migrations touches, by the names that things had before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import Struct, field

from miglint.history import Migration, Operation
from miglint.sources.django.values import Call

_OPTIONS = {
    "AlterModelOptions": "options",
    "AlterModelManagers": "managers",
    "AlterUniqueTogether": "unique_together",
    "AlterIndexTogether": "index_together",
    "AlterOrderWithRespectTo": "order_with_respect_to",
    "AlterModelTable": "table",
    "AlterModelTableComment": "table comment",
}
_INDEXES = (
    *("AddIndex", "AddIndexConcurrently", "RemoveIndex", "RemoveIndexConcurrently", "RenameIndex"),
    *("AddConstraint", "AddConstraintNotValid", "RemoveConstraint", "ValidateConstraint", "AlterConstraint"),
)


class Touch(Struct, frozen=True):
    """An operation on a thing: a model (`order`), or a field, an index, a constraint or a setting of one."""

    kind: str
    model: str
    name: str
    operation: Operation
    migration: Migration
    exclusive: bool = False
    """Whether nothing else may be done to the thing, or to what belongs to it, in another order."""

    @property
    def thing(self) -> tuple[str, str, str]:
        """What is touched."""
        return self.kind, self.model, self.name

    def label(self) -> str:
        """The thing as a reader calls it."""
        if self.kind == "model":
            return self.model
        if self.kind == "field":
            return f"{self.model}.{self.name}"
        return f"{self.kind} {self.name} of {self.model}" if self.name else f"{self.kind} of {self.model}"


class _Names(Struct):
    """The names of models and fields as they were before the branch, by what they are now."""

    models: dict[str, str] = field(default_factory=dict)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)

    def model(self, name: str) -> str:
        return self.models.get(name.lower(), name.lower())

    def field(self, model: str, name: str) -> str:
        return self.fields.get((model, name.lower()), name.lower())


def touches(migrations: Iterable[Migration]) -> list[Touch]:
    """Everything that migrations touch in their order, renames followed back to the first name."""
    names = _Names()
    return [
        touch
        for migration in migrations
        for operation in _flat(migration.operations)
        for touch in _touched(operation, migration, names)
    ]


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        nested = (*operation.state_operations, *operation.database_operations)
        yield from _flat(nested) if nested else [operation]


def _touched(operation: Operation, migration: Migration, names: _Names) -> Iterator[Touch]:
    look = _LOOKS.get(operation.name)
    for touched in look(operation, migration.key.app, names) if look else ():
        yield Touch(touched.kind, touched.model, touched.name, operation, migration, touched.exclusive)


class _Touched(NamedTuple):
    kind: str
    model: str
    name: str = ""
    exclusive: bool = False


def _model(operation: Operation, app: str, names: _Names) -> Iterator[_Touched]:
    name = operation.arguments.get("name")
    if isinstance(name, str):
        yield _Touched("model", names.model(name), exclusive=True)
        for value in _fields(operation.arguments.get("fields")):
            yield from (_Touched("use", names.model(other)) for other in _targets(value, app))


def _renamed_model(operation: Operation, app: str, names: _Names) -> Iterator[_Touched]:
    old, new = operation.arguments.get("old_name"), operation.arguments.get("new_name")
    if isinstance(old, str) and isinstance(new, str):
        first = names.model(old)
        names.models[new.lower()] = first
        yield _Touched("model", first, exclusive=True)
        yield _Touched("model", new.lower(), exclusive=True)


def _field(operation: Operation, app: str, names: _Names) -> Iterator[_Touched]:
    model, name = operation.arguments.get("model_name"), operation.arguments.get("name")
    if isinstance(model, str) and isinstance(name, str):
        first = names.model(model)
        yield _Touched("field", first, names.field(first, name), exclusive=operation.name != "AlterField")
        targets = _targets(operation.arguments.get("field"), app)
        yield from (_Touched("use", names.model(other)) for other in targets)


def _renamed_field(operation: Operation, app: str, names: _Names) -> Iterator[_Touched]:
    model = operation.arguments.get("model_name")
    old, new = operation.arguments.get("old_name"), operation.arguments.get("new_name")
    if isinstance(model, str) and isinstance(old, str) and isinstance(new, str):
        first = names.model(model)
        original = names.field(first, old)
        names.fields[first, new.lower()] = original
        yield _Touched("field", first, original, exclusive=True)
        yield _Touched("field", first, new.lower(), exclusive=True)


def _index(operation: Operation, app: str, names: _Names) -> Iterator[_Touched]:
    """An index or a constraint: its names, and the fields that it is on."""
    model, kind = operation.arguments.get("model_name"), "index" if "Index" in operation.name else "constraint"
    if isinstance(model, str):
        first = names.model(model)
        yield from (_Touched(kind, first, name, exclusive=True) for name in _index_names(operation.arguments))
        fields = _index_fields(operation.arguments.get(kind))
        yield from (_Touched("field use", first, names.field(first, field)) for field in fields)


def _option(operation: Operation, app: str, names: _Names) -> Iterator[_Touched]:
    name = operation.arguments.get("name")
    if isinstance(name, str):
        yield _Touched(_OPTIONS[operation.name], names.model(name))


_LOOKS: Mapping[str, Callable[[Operation, str, _Names], Iterator[_Touched]]] = {
    **dict.fromkeys(("CreateModel", "DeleteModel"), _model),
    "RenameModel": _renamed_model,
    **dict.fromkeys(("AddField", "AlterField", "RemoveField"), _field),
    "RenameField": _renamed_field,
    **dict.fromkeys(_INDEXES, _index),
    **dict.fromkeys(_OPTIONS, _option),
}


def _fields(fields: Any) -> Iterator[Any]:
    for pair in fields if isinstance(fields, list | tuple) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2:
            yield pair[1]


def _targets(value: Any, app: str) -> Iterator[str]:
    """The models of the same app that a field points at."""
    if isinstance(value, Call):
        for given in (value.kwargs.get("to"), value.kwargs.get("through"), *value.args[:1]):
            if isinstance(given, str):
                label, _, name = given.rpartition(".")
                if label in ("", app) and name.isidentifier() and name != "self":
                    yield name


def _index_names(arguments: Mapping[str, Any]) -> Iterator[str]:
    for value in (arguments.get("index"), arguments.get("constraint")):
        if isinstance(value, Call) and isinstance(value.kwargs.get("name"), str):
            yield value.kwargs["name"].lower()
    for given in (arguments.get("name"), arguments.get("old_name"), arguments.get("new_name")):
        if isinstance(given, str):
            yield given.lower()


def _index_fields(value: Any) -> Iterator[str]:
    fields = value.kwargs.get("fields") if isinstance(value, Call) else None
    for name in fields if isinstance(fields, list | tuple) else ():
        if isinstance(name, str):
            yield name.lstrip("-").lower()
