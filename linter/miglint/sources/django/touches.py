"""Which models an operation changes or names, told from its arguments alone, before anything is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from miglint.history import Operation
from miglint.sources.django.values import Call, Setting

_REACHING = frozenset({"AlterField", "RenameModel", "RenameField"})
"""Operations that can change columns of other tables, through foreign keys that point to what they change."""


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
    """Every word of the code that an operation runs and that changes tables itself."""
    yield from operation.schema_words
    for nested in operation.database_operations:
        yield from code_words(nested)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        separated = "".join(character if character.isalnum() or character == "_" else " " for character in value)
        yield from separated.lower().split()
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)


def reaches(operation: Operation) -> bool:
    """Whether an operation can change columns of other tables, through foreign keys to what it changes."""
    nested = (*operation.database_operations, *operation.state_operations)
    if any(reaches(item) for item in nested):
        return True
    if operation.name != "AlterField":
        return operation.name in _REACHING
    return operation.arguments.get("name") == "id" or any(
        _is_key(item.target, item.kwargs) for _, item in fields(operation)
    )


def _is_key(target: str, kwargs: Any) -> bool:
    return bool(kwargs.get("primary_key") or kwargs.get("unique")) or target.endswith(("OneToOneField", "AutoField"))


_CASCADING_WORDS = frozenset({"delete", "drop", "truncate", "type", "update"})


def cascades(operation: Operation) -> bool:
    """Whether an operation can lock, read or write tables whose foreign keys point to what it changes."""
    nested = (*operation.database_operations, *operation.state_operations)
    if any(cascades(item) for item in nested):
        return True
    return (
        operation.name == "DeleteModel" or reaches(operation) or not _CASCADING_WORDS.isdisjoint(sql_words(operation))
    )
