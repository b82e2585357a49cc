"""The table of operations against the real classes of the installed Django."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import django.contrib.postgres
import pytest
from django.db.migrations import operations

from miglint.sources.django.catalogue import OPERATIONS, parameters_of


def _constructor(cls: type) -> tuple[str, ...]:
    return tuple(name for name in inspect.signature(cls).parameters if name not in ("args", "kwargs"))


@pytest.mark.parametrize("name", operations.__all__)
def test_the_parameters_are_those_of_django(name: str) -> None:
    assert parameters_of(f"django.db.migrations.{name}") == _constructor(getattr(operations, name))


def test_what_is_not_in_this_django_is_newer() -> None:
    newer = {(5, 2): set(), (4, 2): {"AlterConstraint"}}
    missing = OPERATIONS.keys() - set(operations.__all__)
    assert missing <= newer.get(django.VERSION[:2], set())


def test_the_parameters_of_postgres_operations_are_those_of_django() -> None:
    """Read from the source: importing it needs a database driver."""
    source = Path(django.contrib.postgres.__file__).with_name("operations.py").read_text()
    classes = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    public = [name for name in classes if name not in ("NotInTransactionMixin", "CollationOperation")]
    assert len(public) == 15
    for name in public:
        found = parameters_of(f"django.contrib.postgres.operations.{name}")
        assert found is not None
        parameters = _init_parameters(name, classes)
        if parameters is not None:
            assert found[: len(parameters)] == parameters  # `hints` came with a later Django


def _init_parameters(name: str, classes: dict) -> tuple[str, ...] | None:
    for node in classes[name].body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return tuple(arg.arg for arg in (*node.args.args[1:], *node.args.kwonlyargs))
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name) and base.id in classes]
    return next((found for base in bases if (found := _init_parameters(base, classes))), None)
