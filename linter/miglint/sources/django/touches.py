"""Which models an operation changes or names, told from its arguments alone, before anything is built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from miglint.history import Operation
from miglint.sources.django.catalogue import is_of_django
from miglint.sources.django.values import Call, Setting

_REACHING = frozenset({"AlterField", "RenameModel", "RenameField"})
"""Operations that can change columns of other tables, through foreign keys that point to what they change."""
_MOST_NESTED = 8


class ModelKey(NamedTuple):
    """A model as Django's state knows it: the app's label and the name in lower case."""

    app: str
    name: str

    @classmethod
    def parse(cls, text: str, app: str) -> ModelKey:
        """The model that `app.Model` or `Model` names within an app."""
        label, _, name = text.rpartition(".")
        return cls(label or app, name.lower())


_BY_NAME = frozenset(
    {
        "AlterIndexTogether",
        "AlterModelOptions",
        "AlterModelTable",
        "AlterModelTableComment",
        "AlterOrderWithRespectTo",
        "AlterUniqueTogether",
        "CreateModel",
        "DeleteModel",
    }
)


def changed(operation: Operation, app: str) -> Iterator[ModelKey]:
    """The models whose state or table an operation changes, those of nested operations included."""
    arguments = operation.arguments
    if operation.name == "RenameModel":
        names = [arguments.get("old_name"), arguments.get("new_name")]
    elif operation.name in _BY_NAME:
        names = [arguments.get("name")]
    else:
        names = [arguments.get("model_name")]
    for name in names:
        if isinstance(name, str):
            yield ModelKey(app, name.lower())
    for nested in (*operation.database_operations, *operation.state_operations):
        yield from changed(nested, app)


def renames(operation: Operation, app: str) -> Iterator[tuple[ModelKey, ModelKey]]:
    """The old and new keys of each model that an operation renames."""
    if operation.name == "RenameModel":
        pair = tuple(changed(operation, app))
        if len(pair) == 2:
            yield pair[0], pair[1]
    for nested in (*operation.database_operations, *operation.state_operations):
        yield from renames(nested, app)


def renames_of_fields(operation: Operation, model: ModelKey) -> Iterator[tuple[str, str]]:
    """The old and new name of each field of a model that an operation renames in the state."""
    if operation.name == "RenameField" and model in changed(operation, model.app):
        yield str(operation.arguments.get("old_name")), str(operation.arguments.get("new_name"))
    for nested in operation.state_operations:
        yield from renames_of_fields(nested, model)


def fields(operation: Operation) -> Iterator[tuple[str, Call]]:
    """Each field that an operation holds, with its name."""
    arguments = operation.arguments
    pairs = arguments.get("fields")
    if isinstance(pairs, list | tuple):
        for pair in pairs:
            if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[1], Call):
                yield str(pair[0]), pair[1]
    if isinstance(arguments.get("field"), Call):
        yield str(arguments.get("name")), arguments["field"]


def named(operation: Operation, app: str) -> Iterator[ModelKey]:
    """The models that an operation's fields and bases point to."""
    for _, field in fields(operation):
        yield from relations(field, app)
    bases = operation.arguments.get("bases")
    for base in bases if isinstance(bases, list | tuple) else ():
        if isinstance(base, str):
            yield ModelKey.parse(base, app)
    for nested in (*operation.database_operations, *operation.state_operations):
        yield from named(nested, app)


def relations(field: Call, app: str) -> Iterator[ModelKey]:
    """The models that a field may point to: its target, and the model in between."""
    values: list[Any] = [field.kwargs.get("to"), field.kwargs.get("through"), *field.args[:1]]
    for value in values:
        text = value.value if isinstance(value, Setting) else value
        if isinstance(text, str) and text != "self" and " " not in text:
            yield ModelKey.parse(text, app)


def sql_words(operation: Operation) -> Iterator[str]:
    """Every word of the SQL that an operation holds, in lower case."""
    if operation.name == "RunSQL":
        for literal in operation.literals:
            yield from _words(literal.text)
        yield from _words(operation.arguments.get("sql"))
        yield from _words(operation.arguments.get("reverse_sql"))
    for nested in operation.database_operations:
        yield from sql_words(nested)


def code_words(operation: Operation) -> Iterator[str]:
    """Every word of the code that an operation runs and that changes tables itself, or models in an unknown way."""
    yield from operation.schema_words
    lost = operation.not_understood is not None and operation.name != "RunPython"
    own = is_of_django(operation.name) and "state_forwards" in operation.overridden
    if not operation.schema_words and (lost or own):
        words = list(spoken(operation.arguments))
        yield from words or [""]
    for nested in (*operation.database_operations, *operation.state_operations):
        yield from code_words(nested)


def spoken(value: Any, depth: int = 0) -> Iterator[str]:
    """Every word of the texts that a value holds, in lower case."""
    if depth > _MOST_NESTED:
        return
    match value:
        case str():
            yield from _words(value)
        case Mapping():
            yield from spoken([*value.keys(), *value.values()], depth + 1)
        case Call():
            yield from spoken([*value.args, *value.kwargs.values()], depth + 1)
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from spoken(item, depth + 1)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        separated = "".join(character if character.isalnum() or character == "_" else " " for character in value)
        yield from separated.lower().split()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)


def reaches(operation: Operation) -> bool:
    """Whether an operation may change columns of other tables, for all that it says itself."""
    if any(map(reaches, nested(operation))):
        return True
    if operation.name != "AlterField":
        return operation.name in _REACHING
    return operation.arguments.get("name") == "id" or any(
        _is_primary(item) or _is_unique(item) for _, item in fields(operation)
    )


def nested(operation: Operation) -> tuple[Operation, ...]:
    """The operations that one holds."""
    return (*operation.database_operations, *operation.state_operations)


def names_of_field(name: str, operations: Sequence[Operation]) -> set[str]:
    """Every name that a field may have had among the operations on its model."""
    found, pairs = {name}, [pair for operation in operations for pair in _field_renames(operation)]
    while more := {other for pair in pairs if found & set(pair) for other in pair} - found:
        found |= more
    return found


def _field_renames(operation: Operation) -> Iterator[tuple[str, str]]:
    if operation.name == "RenameField":
        yield str(operation.arguments.get("old_name")), str(operation.arguments.get("new_name"))
    for item in nested(operation):
        yield from _field_renames(item)


def made(name: str, operations: Iterable[Operation]) -> Iterator[Any]:
    """What operations say of a field of this name, whether it could be evaluated or not."""
    for operation in operations:
        pairs = operation.arguments.get("fields")
        for pair in pairs if isinstance(pairs, list | tuple) else ():
            if isinstance(pair, list | tuple) and len(pair) == 2 and pair[0] == name:
                yield pair[1]
        if operation.arguments.get("name") == name and "field" in operation.arguments:
            yield operation.arguments["field"]
        yield from made(name, nested(operation))


def may_be_primary(field: Any) -> bool:
    """Whether a field may be a primary key; one of a class that is not Django's may say so by itself."""
    return not isinstance(field, Call) or not field.target.startswith("django.") or _is_primary(field)


def may_be_unique(field: Any) -> bool:
    """Whether a field may be one that others can point to by name."""
    return not isinstance(field, Call) or not field.target.startswith("django.") or _is_unique(field)


def _is_primary(field: Call) -> bool:
    return bool(field.kwargs.get("primary_key")) or field.target.endswith("AutoField")


def _is_unique(field: Call) -> bool:
    return bool(field.kwargs.get("unique")) or field.target.endswith("OneToOneField")


_CASCADING_WORDS = frozenset({"delete", "drop", "truncate", "type", "update"})


def destroys(operation: Operation) -> bool:
    """Whether an operation deletes a model, or has words in its SQL that may cascade to tables which point there."""
    return (
        operation.name == "DeleteModel"
        or not _CASCADING_WORDS.isdisjoint(sql_words(operation))
        or any(map(destroys, nested(operation)))
    )
