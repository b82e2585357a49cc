"""The names of Django and of the standard library that may be looked up to build operations.

Nothing else is ever imported or called: whatever a migration names beside these stays a description of itself.
"""

from __future__ import annotations

import datetime as dt
import decimal
import importlib
import operator
import sys
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from miglint.sources.django.backends.drivers import stand_ins

_CLASSES = (
    "django.db.models",
    "django.db.migrations",
    "django.contrib.postgres.constraints",
    "django.contrib.postgres.fields",
    "django.contrib.postgres.functions",
    "django.contrib.postgres.indexes",
    "django.contrib.postgres.operations",
    "django.contrib.postgres.search",
)

_LIBRARY: Mapping[str, Callable[..., Any]] = {
    "datetime.date": dt.date,
    "datetime.datetime": dt.datetime,
    "datetime.time": dt.time,
    "datetime.timedelta": dt.timedelta,
    "datetime.timezone": dt.timezone,
    "decimal.Decimal": decimal.Decimal,
    "operator.and_": operator.and_,
    "operator.or_": operator.or_,
    "operator.xor": operator.xor,
    "operator.inv": operator.invert,
    "operator.invert": operator.invert,
    "operator.add": operator.add,
    "operator.sub": operator.sub,
    "operator.mul": operator.mul,
    "operator.pow": operator.pow,
    "operator.truediv": operator.truediv,
    "operator.mod": operator.mod,
    "operator.neg": operator.neg,
    "uuid.UUID": uuid.UUID,
}

METHODS = frozenset({"asc", "desc", "bitand", "bitor", "bitxor"})
"""Methods that may be called on an expression."""


def function(name: str) -> Callable[..., Any] | None:
    """The function or class of the standard library of this dotted name, if it may be called."""
    return _LIBRARY.get(name)


def django_class(name: str) -> Any | None:
    """The public class or deletion rule of this dotted name, if it is one that builds operations; else None."""
    if not any(name.startswith(f"{prefix}.") for prefix in _CLASSES):
        return None
    found = _attribute(name)
    if name == "django.contrib.postgres.indexes.OpClass":
        _let_indexes_name_operator_classes(found)
    return found if isinstance(found, type) and issubclass(found, _kinds()) else None


@cache
def _let_indexes_name_operator_classes(op_class: Any) -> None:
    """What the AppConfig of django.contrib.postgres does where it is installed, as `OpClass` needs it."""
    from django.db.models import OrderBy
    from django.db.models.functions import Collate
    from django.db.models.indexes import IndexExpression

    IndexExpression.register_wrappers(OrderBy, op_class, Collate)


def constant(name: str) -> str | int | None:
    """A word or number that a class of Django gives a name, such as `RangeOperators.OVERLAPS`."""
    found = _attribute(name) if any(name.startswith(f"{prefix}.") for prefix in _CLASSES) else None
    return found if isinstance(found, str | int) else None


def deletion_rule(name: str) -> Any | None:
    """`django.db.models.CASCADE` and its like."""
    head, _, last = name.rpartition(".")
    if head not in {"django.db.models", "django.db.models.deletion"} or not last.isupper():
        return None
    return _attribute(name)


@cache
def _attribute(name: str) -> Any | None:
    parts = name.split(".")
    if not all(part.isidentifier() and not part.startswith("_") for part in parts):
        return None
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found: Any = _module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part, None)
        return found
    return None


def _module(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    with stand_ins():
        return importlib.import_module(name)


@cache
def _kinds() -> tuple[type, ...]:
    """Operations, fields, expressions, conditions, indexes and constraints."""
    from django.db.migrations.operations.base import Operation
    from django.db.models import Deferrable, Field, Index, Q
    from django.db.models.constraints import BaseConstraint
    from django.db.models.expressions import BaseExpression, Combinable
    from django.db.models.lookups import Lookup

    return (Operation, Field, Index, Q, BaseConstraint, BaseExpression, Combinable, Deferrable, Lookup)
