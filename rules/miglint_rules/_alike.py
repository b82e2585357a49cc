"""Whether operations and values say the same, wherever they stand and however they are formatted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from miglint.history import Operation
from miglint.sources.django.values import Call, Reference

_IN_NO_DATABASE = frozenset(
    "auto_created base_manager_name blank choices default_manager_name default_permissions editable elidable "
    "error_messages get_latest_by help_text hints limit_choices_to managers ordering permissions preserve_default "
    "related_name related_query_name reverse_code reverse_sql serialize validators verbose_name "
    "verbose_name_plural".split()
)
"""Attributes of fields, options of models and arguments of operations that no statement forwards ever depends on."""


def alike(was: Any, now: Any, *, loosely: bool = False) -> bool:
    """Whether two operations or values say the same, wherever they stand; loosely: to a database."""
    if isinstance(was, Operation) and isinstance(now, Operation):
        parts = [
            (was.target, now.target),
            (dict(was.arguments), dict(now.arguments)),
            (was.database_operations, now.database_operations),
            (was.state_operations, now.state_operations),
        ]
        return all(alike(one, other, loosely=loosely) for one, other in parts)
    if isinstance(was, str) and isinstance(now, str):
        return was == now or (_is_sql(was) and plain_sql(was) == plain_sql(now))
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        one, other = (_relevant(was), _relevant(now)) if loosely else (was, now)
        keys = [key for key in one if not (loosely and key != "default" and _are_functions(one[key], other.get(key)))]
        return one.keys() == other.keys() and all(alike(one[key], other[key], loosely=loosely) for key in keys)
    if isinstance(was, list | tuple) and isinstance(now, list | tuple):
        return len(was) == len(now) and all(alike(*pair, loosely=loosely) for pair in zip(was, now, strict=True))
    if isinstance(was, Call) and isinstance(now, Call) and was.target == now.target == "decimal.Decimal":
        return [str(part) for part in was.args] == [str(part) for part in now.args]
    if isinstance(was, Call | Reference) and type(was) is type(now):
        return _name(was) == _name(now) and all(_alike_parts(was, now, loosely=loosely))
    if is_dataclass(was) and type(was) is type(now):
        compared = [field.name for field in fields(was) if field.compare]
        return all(alike(getattr(was, name), getattr(now, name), loosely=loosely) for name in compared)
    return type(was) is type(now) and bool(was == now)


def _name(value: Call | Reference) -> str:
    """What is called or named, wherever it is imported from: code moves, and old migrations must follow it."""
    return (value.target if isinstance(value, Call) else value.name).rpartition(".")[2]


def _alike_parts(was: Call | Reference, now: Call | Reference, *, loosely: bool) -> Iterator[bool]:
    if isinstance(was, Call) and isinstance(now, Call):
        yield alike(was.args, now.args, loosely=loosely)
        yield alike(was.kwargs, now.kwargs, loosely=loosely)
        yield alike(was.receiver, now.receiver, loosely=loosely)


def _relevant(given: Mapping[Any, Any]) -> dict[Any, Any]:
    """Arguments without those that reach no database. Which of Django's own `on_delete` is chosen never does."""
    return {
        key: value
        for key, value in given.items()
        if key not in _IN_NO_DATABASE
        and not (key == "on_delete" and "DB_" not in (value.name if isinstance(value, Reference) else "DB_"))
    }


def _are_functions(was: Any, now: Any) -> bool:
    """Two functions that a field is given (`upload_to`): no database calls them, though a default's value is sent."""
    return all(isinstance(value, Reference) and _name(value).islower() for value in (was, now))


def _is_sql(text: str) -> bool:
    """Long or of several words: worth a comparison of its tokens."""
    return " " in text.strip() or "\n" in text


def plain_sql(text: str) -> list[str]:
    """The tokens of SQL without white space and comments."""
    import sqlparse

    tokens: Any = sqlparse.lexer.tokenize
    return [
        value
        for kind, value in tokens(text)
        if kind not in sqlparse.tokens.Whitespace and kind not in sqlparse.tokens.Comment
    ]
