"""States without what an operation never looks at: other fields of its model; copies without what it never changes.

Rendering a state into classes takes most of the time of writing SQL, and grows with the fields, the models that they
point to, and the tables in between. What Django's editors look at for AddField, AlterField and RemoveField is the field
itself, the table, what points to the field, and the names of the indexes and constraints among the model's options.
"""

from __future__ import annotations

import copy
from typing import Any

from miglint.history import Operation
from miglint.sources.django import touches
from miglint.sources.django.touches import ModelKey, reaches

_OF_ONE_FIELD = frozenset({"AddField", "AlterField", "RemoveField"})
_SPEAK_OF_FIELDS = frozenset({"index_together", "unique_together"})


_OF_ONE_MODEL = _OF_ONE_FIELD | {"AddConstraint", "AddIndex", "CreateModel", "RemoveConstraint", "RemoveIndex"}
"""Operations that leave the states of all other models as they are."""


def fork(project: Any, operation: Operation, app: str) -> Any:
    """The state as it is now, to be kept while an operation changes the other one."""
    from django.db.migrations.state import ProjectState

    if operation.name not in _OF_ONE_MODEL:
        return project.clone()
    kept = ProjectState()
    kept.models = dict(project.models)
    for model in touches.changed(operation, app):
        if model in kept.models:
            kept.models[tuple(model)] = kept.models[model].clone()
    return kept


def prune(state: Any, operation: Operation) -> None:
    """Take the fields away that have nothing to do with the one that an operation adds, alters or removes."""
    if operation.name not in _OF_ONE_FIELD:
        return
    asked = (operation.arguments.get("name"), state.options.get("order_with_respect_to"))
    own = state.fields.get(operation.arguments.get("name"))
    is_key = reaches(operation) or bool(own and own.primary_key)
    kept = {
        name: item
        for name, item in state.fields.items()
        if name in asked or _is_of_others(item, state) or (is_key and item.many_to_many)
    }
    if not any(_leans_on_others(item) for item in kept.values()):
        state.fields = kept
        state.options = {name: value for name, value in state.options.items() if name not in _SPEAK_OF_FIELDS}


def _is_of_others(field: Any, state: Any) -> bool:
    """Whether other fields may point to this one, or this one to its own model."""
    target = getattr(field.remote_field, "model", None) if field.remote_field else None
    own = target == "self" or (
        isinstance(target, str)
        and ModelKey.parse(target, state.app_label) == ModelKey(state.app_label, state.name_lower)
    )
    return bool(field.primary_key or field.unique or own)


def _leans_on_others(field: Any) -> bool:
    """Whether a field is made of others: a generated column, a composite key, a relation over several columns."""
    from_fields = getattr(field, "from_fields", None) or ["self"]
    made_of = getattr(field, "generated", False) or getattr(field, "field_names", ())
    return bool(made_of) or list(from_fields) != ["self"]


def is_for_the_state_alone(operation: Any, app: str, editor: Any, before: Any, after: Any) -> bool:
    """Whether a real operation alters a field in nothing that a database sees: most AlterFields do.

    The editor tells it from the fields as they stand in the states, before any class is made of them.
    """
    from django.db.migrations.operations import AlterField

    if not isinstance(operation, AlterField) or not operation.preserve_default:
        return False
    model = app, operation.model_name_lower
    try:
        fields = [_named(state.models[model].fields[operation.name], operation.name) for state in (before, after)]
        return not editor._field_should_be_altered(*fields)
    except Exception:  # what cannot be compared like this is altered as always, and says itself what is wrong
        return False


def _named(field: Any, name: str) -> Any:
    bound = copy.copy(field)
    bound.set_attributes_from_name(name)
    return bound
