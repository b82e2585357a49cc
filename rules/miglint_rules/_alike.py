"""Whether operations and values say the same, wherever they stand and however they are formatted."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from miglint.history import Operation
from miglint.sources.django.values import Call, Function, Placed, Reference, Setting

_IN_NO_DATABASE = frozenset(
    "auto_created base_manager_name blank choices default_manager_name default_permissions editable elidable "
    "error_messages get_latest_by help_text hints limit_choices_to managers ordering permissions preserve_default "
    "related_name related_query_name reverse_code reverse_sql serialize storage upload_to validators verbose_name "
    "verbose_name_plural".split()
)
"""Attributes of fields, options of models and arguments of operations that no statement forwards ever depends on."""


_MODELS = frozenset({"bases", "model_name", "through", "to"})
"""Arguments that name a model, or several, in any case."""
_CONDITION = {"check": "condition"}


def alike(was: Any, now: Any, *, loosely: bool = False) -> bool:
    """Whether two operations or values say the same, wherever they stand; loosely: to a database."""
    if isinstance(was, Call) and isinstance(now, Call):
        return _alike_calls(_current(was), _current(now), loosely)
    if type(was) is not type(now):
        return loosely and _alike_kinds(was, now)
    match was:
        case Operation():
            return _alike_operations(was, now, loosely)
        case str():
            return bool(was == now) or (_is_sql(was) and plain_sql(was) == plain_sql(now))
        case Mapping():
            return _alike_mappings(was, now, loosely)
        case list() | tuple():
            return len(was) == len(now) and all(alike(*pair, loosely=loosely) for pair in zip(was, now, strict=True))
        case Reference():
            return _name(was) == _name(now)
        case Function():
            return True  # their code is compared
    if isinstance(was, Placed):
        return all(alike(*pair, loosely=loosely) for pair in zip(was.compared(), now.compared(), strict=True))
    return bool(was == now)


def _alike_operations(was: Operation, now: Operation, loosely: bool) -> bool:
    parts = [
        (was.target, now.target),
        (dict(was.arguments), dict(now.arguments)),
        (was.database_operations, now.database_operations),
        (was.state_operations, now.state_operations),
    ]
    return all(alike(one, other, loosely=loosely) for one, other in parts)


def _alike_mappings(was: Mapping[Any, Any], now: Mapping[Any, Any], loosely: bool) -> bool:
    one, other = (relevant(was), relevant(now)) if loosely else (was, now)
    if one.keys() != other.keys():
        return False
    for key in one:
        functions = loosely and key != "default" and _are_functions(one[key], other[key])
        models = loosely and key in _MODELS and _are_models(one[key], other[key])
        if not (functions or models or alike(one[key], other[key], loosely=loosely)):
            return False
    return True


def _alike_calls(was: Call, now: Call, loosely: bool) -> bool:
    if was.target == now.target == "decimal.Decimal":
        return [str(part) for part in was.args] == [str(part) for part in now.args]
    return (
        _name(was) == _name(now)
        and alike(_arguments(was, loosely), _arguments(now, loosely), loosely=loosely)
        and alike(was.kwargs, now.kwargs, loosely=loosely)
        and alike(was.receiver, now.receiver, loosely=loosely)
    )


def _alike_kinds(was: Any, now: Any) -> bool:
    """Whether values of two kinds are one to a database: `b""` of Python 2, a model by a setting or its label."""
    match was, now:
        case (bytes(), str()) | (str(), bytes()):
            return _text(was) == _text(now)
        case (Setting(), str()) | (str(), Setting()):
            return _model(was) == _model(now)
        case (Mapping(), Mapping()):
            return _alike_mappings(was, now, loosely=True)
    return False


def _name(value: Call | Reference) -> str:
    """What is called or named, wherever it is imported from: code moves, and old migrations must follow it."""
    name = (value.target if isinstance(value, Call) else value.name).rpartition(".")[2]
    return "UTC" if name == "utc" else name


def _current(call: Call) -> Call:
    """The call as today's Django has it, where only a name was another."""
    match _name(call):
        case "NullBooleanField":
            return replace(call, target="django.db.models.BooleanField", kwargs={**call.kwargs, "null": True})
        case "CheckConstraint" if "check" in call.kwargs:
            return replace(call, kwargs={_CONDITION.get(name, name): value for name, value in call.kwargs.items()})
    return call


def _arguments(call: Call, loosely: bool) -> tuple[Any, ...]:
    """Arguments by position; loosely, without the verbose name, and models in lower case."""
    if not (loosely and call.args and isinstance(call.args[0], str)):
        return tuple(call.args)
    if _name(call).endswith(("ForeignKey", "ToOneField", "ToManyField")):
        return (call.args[0].lower(), *call.args[1:])
    return tuple(call.args[1:]) if _name(call).endswith("Field") else tuple(call.args)


def _model(value: Any) -> str | None:
    """A model by its label, whatever its case; None if it is not known."""
    label = value.value if isinstance(value, Setting) else value
    return label.lower() if isinstance(label, str) else None


def _are_models(was: Any, now: Any) -> bool:
    """Whether two values name the same model, or the same ones among classes."""
    if isinstance(was, list | tuple) and isinstance(now, list | tuple):
        pairs = zip(was, now, strict=False)
        return len(was) == len(now) and all(_are_models(*pair) or alike(*pair, loosely=True) for pair in pairs)
    return _model(was) == _model(now) is not None


def _text(value: bytes | str) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def relevant(given: Mapping[Any, Any]) -> dict[Any, Any]:
    """Arguments without those that reach no database. Which of Django's own `on_delete` is chosen never does."""
    return {
        key: value
        for key, value in given.items()
        if key not in _IN_NO_DATABASE
        and not (key == "on_delete" and "DB_" not in (value.name if isinstance(value, Reference) else ""))
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
        _body(value)
        for kind, value in tokens(text)
        if kind not in sqlparse.tokens.Whitespace and kind not in sqlparse.tokens.Comment
    ]


def _body(token: str) -> str:
    """A token; of code between dollars the lines, wherever they start: the code of Python keeps its indentation."""
    if not token.startswith("$"):
        return token
    first, *rest = [line.rstrip() for line in token.splitlines() if line.strip()]
    return "\n".join([first, textwrap.dedent("\n".join(rest))])
