"""From the values in a list of operations to operations with their arguments by name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from miglint.finding import Span
from miglint.history import Literal, NotUnderstood, Operation
from miglint.sources.django.catalogue import CALLABLE, NESTED, SQL, parameters_of
from miglint.sources.django.evaluator.classes import ancestry
from miglint.sources.django.evaluator.frames import Class, Closure, Frame, Instance
from miglint.sources.django.evaluator.interpreter import Interpreter
from miglint.sources.django.evaluator.statements import body_of
from miglint.sources.django.export import Exporter
from miglint.sources.django.schema_code import schema_words
from miglint.sources.django.touches import spoken
from miglint.sources.django.values import Call, Reference, Unknown

_MAX_NESTING = 5
_STATE_ONLY = "django.db.migrations.SeparateDatabaseAndState"
"""What stands for an operation that does nothing to the database."""
_ON_THE_DATABASE = frozenset(("database_forwards", "database_backwards"))
_CLASS_NOISE = frozenset(("__doc__", "__module__", "__qualname__", "__slots__"))


class OperationBuilder:
    """Builds the operations of one file; `not_understood` collects what was not understood in them."""

    def __init__(self, run: Interpreter) -> None:
        self._run = run
        self._frame = Frame(run.main)
        self._strings: dict[int, ast.Constant] | None = None
        self.not_understood: list[NotUnderstood] = []

    def build(self, item: Any, index: int, span: Span, depth: int = 0) -> Operation:
        """The operation that a value in the list stands for. Never raises but GaveUp."""
        item = self._run.demand(item, self._frame)
        if isinstance(item, Call) and item.receiver is None:
            parameters = parameters_of(item.target)
            if parameters is not None:
                name = item.target.rpartition(".")[2]
                return self._known(name, item.target, parameters, item, index, item.span or span, depth)
            found = self._run.demand(Reference(item.target), self._frame)
            if isinstance(found, Reference) and parameters_of(found.name) is not None:
                return self.build(replace(item, target=found.name), index, span, depth)
            if isinstance(found, Class):
                item = Instance(found, item.args, item.kwargs, item.span)
            else:
                reason = f"{_short(item.target)} is not an operation that is known"
                return self._unknown(item.target, reason, index, span, [item])
        if isinstance(item, Instance):
            return self._subclass(item, index, item.span or span, depth)
        reason = item.reason if isinstance(item, Unknown) else "this is not an operation that could be worked out"
        return self._unknown("", reason, index, span)

    def _unknown(self, target: str, reason: str, index: int, span: Span, given: Sequence[Any] = ()) -> Operation:
        """An operation that may do anything to what it is `given` the names of, or to all models if to none."""
        lost = NotUnderstood(reason, span)
        self.not_understood.append(lost)
        words = tuple(sorted(set(spoken(given)))) or ("",)
        return Operation(index, target.rpartition(".")[2], target, span, not_understood=lost, schema_words=words)

    def _subclass(self, item: Instance, index: int, span: Span, depth: int) -> Operation:
        """An operation class of the repository stands for the first base that is Django's own."""
        overridden: dict[str, Any] = {}
        given: tuple[list[Any], dict[str, Any]] | None = (list(item.args), dict(item.kwargs))
        for base in ancestry(self._run, item.of):
            if isinstance(base, Class):
                own = {name: value for name, value in base.names.items() if name not in _CLASS_NOISE}
                overridden = own | overridden
                initialiser = base.names.get("__init__")
                if isinstance(initialiser, Closure) and given is not None:
                    given = self._run.initialise(initialiser, *given, item, span)
                continue
            parameters = parameters_of(base.name)
            if parameters is not None and given is not None:
                name = base.name.rpartition(".")[2]
                call = Call(base.name, tuple(given[0]), given[1], span)
                overridden.pop("__init__", None)
                if _leaves_the_database(overridden):
                    known = self._known(name, base.name, parameters, call, index, span, depth)
                    return Operation(index, _short(_STATE_ONLY), _STATE_ONLY, span, state_operations=(known,))
                return self._known(name, item.of.target, parameters, call, index, span, depth, tuple(overridden))
        if _leaves_the_state(overridden, item.of):
            words = schema_words(self._run, item.of.names.get("database_forwards"), editor=2)
            words = words and tuple(sorted({*words, *spoken([item.args, item.kwargs])}))
            name = item.of.name
            return Operation(index, name, item.of.target, span, overridden=tuple(overridden), schema_words=words)
        reason = f"{item.of.name} is an operation of the repository's own"
        return self._unknown(item.of.target, reason, index, span, [item.args, item.kwargs])

    def _known(
        self,
        name: str,
        target: str,
        parameters: tuple[str, ...],
        call: Call,
        index: int,
        span: Span,
        depth: int,
        overridden: tuple[str, ...] = (),
    ) -> Operation:
        if len(call.args) > len(parameters):
            return self._unknown(target, f"{name} has more arguments than parameters", index, span, [call])
        raw = dict(zip(parameters, call.args, strict=False)) | dict(call.kwargs)
        exporter = Exporter(self._run, span)
        nested = {key: self._nested(raw.get(key), index, span, depth) for key in NESTED & set(parameters)}
        arguments = {
            key: exporter.export(value if key in CALLABLE else self._run.demand(value, self._frame))
            for key, value in raw.items()
            if key not in nested
        }
        lost = [value for value in arguments.values() if isinstance(value, Unknown)]
        self.not_understood.extend(exporter.unknown)
        return Operation(
            index,
            name,
            target,
            span,
            arguments,
            database_operations=nested.get("database_operations", ()),
            state_operations=nested.get("state_operations", ()),
            not_understood=NotUnderstood(lost[0].reason, lost[0].span or span) if lost else None,
            overridden=overridden,
            literals=self._literals(raw, span) if SQL & set(parameters) else (),
            schema_words=schema_words(self._run, raw.get("code")) if name == "RunPython" else (),
        )

    def _nested(self, value: Any, index: int, span: Span, depth: int) -> tuple[Operation, ...]:
        value = self._run.demand(value, self._frame)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or depth >= _MAX_NESTING:
            return (self._unknown("", "the nested operations could not be worked out", index, span),)
        return tuple(self.build(item, index, span, depth + 1) for item in value)

    def _literals(self, raw: dict[str, Any], span: Span) -> tuple[Literal, ...]:
        """Where the texts among the arguments are written, by the identity of the parser's constants."""
        if self._strings is None:
            nodes = [node for node in ast.walk(self._run.main.tree) if isinstance(node, ast.Constant)]
            self._strings = {id(node.value): node for node in nodes if isinstance(node.value, str)}
        found = [
            self._strings[id(text)]
            for text in _texts(raw[key] for key in raw if key in SQL)
            if id(text) in self._strings
        ]
        return tuple(
            Literal(node.value, place, self._run.main.segment(place))
            for node in found
            if isinstance(node.value, str)
            for place in [self._run.main.span(node)]
        )


def _texts(values: Iterable[Any], depth: int = 0) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple) and depth < _MAX_NESTING:
            yield from _texts(value, depth + 1)


def _leaves_the_database(overridden: Mapping[str, Any]) -> bool:
    """Whether an operation class replaces just what reaches the database, by methods that do nothing."""
    return overridden.keys() == _ON_THE_DATABASE and all(
        isinstance(method, Closure) and all(_does_nothing(node) for node in body_of(method))
        for method in overridden.values()
    )


def _leaves_the_state(overridden: Iterable[str], cls: Class) -> bool:
    """Whether an operation of the repository's own says itself that it leaves the models as they are."""
    if not {"state_forwards", "database_forwards"} <= set(overridden):
        return False
    method = cls.names.get("state_forwards")
    return isinstance(method, Closure) and all(_does_nothing(node) for node in body_of(method))


def _does_nothing(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Return) and (node.value is None or ast.unparse(node.value) == "None"))
    )


def _short(target: str) -> str:
    return target.rpartition(".")[2] or target
