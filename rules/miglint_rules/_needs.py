"""The models of other apps that a migration's operations need in its state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from miglint.changeset import Tree
from miglint.finding import Span
from miglint.history import Migration, Operation
from miglint.sources.django.values import Call, Function, Setting
from miglint_rules._get_model import definitions, models_used

_RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField", "ParentalKey")


class Need(Struct, frozen=True):
    """A model that must be in the state when a migration runs. `setting` names the setting that chose it."""

    app: str
    model: str
    span: Span
    operation: Operation
    why: str
    """How the migration uses it: `the ForeignKey order`, `apps.get_model`."""
    setting: str | None = None


def needs(migration: Migration, tree: Tree) -> Iterator[Need]:
    """What a migration needs of other apps, in the order of its operations."""
    for operation in _flat(migration.operations):
        yield from needs_of(operation, migration, tree)


def needs_of(operation: Operation, migration: Migration, tree: Tree) -> Iterator[Need]:
    """What one operation needs, without those that it holds."""
    if operation.name in ("CreateModel", "AddField", "AlterField"):
        yield from _of_fields(operation)
    elif operation.name == "RunPython":
        for argument in ("code", "reverse_code"):
            function = operation.arguments.get(argument)
            if isinstance(function, Function) and migration.path in tree:
                file = definitions(tree.read([migration.path])[migration.path])
                for use in models_used(function, file):
                    yield Need(use.app, use.model, use.span, operation, f"{function.name}()")


def created(operations: Iterable[Operation]) -> Iterator[str]:
    """The models, in lower case, that exist under their name from these operations on."""
    for operation in _flat(operations):
        name = operation.arguments.get("new_name" if operation.name == "RenameModel" else "name")
        if operation.name in ("CreateModel", "RenameModel") and isinstance(name, str):
            yield name.lower()


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        nested = (*operation.state_operations, *operation.database_operations)
        yield from _flat(nested) if nested else [operation]


def _of_fields(operation: Operation) -> Iterator[Need]:
    bases = operation.arguments.get("bases")
    for base in bases if isinstance(bases, list | tuple) else ():
        yield from _need(base, operation, operation.span, "a base class")
    for name, field in _fields(operation.arguments):
        if isinstance(field, Call):
            kind = field.target.rpartition(".")[2]
            first = field.args[0] if field.args and kind.endswith(_RELATIONS) else None
            for target in (field.kwargs.get("to", first), field.kwargs.get("through")):
                yield from _need(target, operation, field.span or operation.span, f"the {kind} {name}")


def _fields(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    name = arguments.get("name")
    yield (name if isinstance(name, str) else "", arguments.get("field"))
    fields = arguments.get("fields")
    for pair in fields if isinstance(fields, list | tuple) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
            yield pair[0], pair[1]


def _need(target: Any, operation: Operation, span: Span, why: str) -> Iterator[Need]:
    setting = target.name if isinstance(target, Setting) else None
    label = target.value if isinstance(target, Setting) else target
    if isinstance(label, str):
        app, dot, model = label.partition(".")
        if dot and app.isidentifier() and model.isidentifier():
            yield Need(app, model, span, operation, why, setting)
