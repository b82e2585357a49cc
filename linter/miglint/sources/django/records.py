"""Operations and edges as JSON, and back: what the cache keeps of a migration."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from miglint.finding import Span
from miglint.history import Dependency, Key, Literal, NotUnderstood, Operation
from miglint.sources.django.migration import Body, Header
from miglint.sources.django.values import Attribute, Call, Function, LocalClass, Reference, Setting, Unknown, Value

Json = Any

# A value that JSON has no form for is a list whose first item tells its kind; a list itself is `["l", ...]`.


def value_to(value: Value) -> Json:
    """A value as JSON."""
    if value is None or isinstance(value, bool | str):
        return value
    kind = _TO.get(type(value))
    if kind is None:
        raise TypeError(f"{type(value).__name__} is not a value")
    return kind(value)


def _int_to(value: int) -> Json:
    return value if -(2**53) < value < 2**53 else ["i", hex(value)]


def _mapping_to(value: Mapping[Any, Any]) -> list[Json]:
    return [[value_to(key), value_to(item)] for key, item in value.items()]


def _all_to(values: Sequence[Any]) -> list[Json]:
    return [value_to(item) for item in values]


def span_to(span: Span | None) -> Json:
    """A span as four numbers."""
    return None if span is None else [span.line, span.column, span.end_line, span.end_column]


def span_from(data: Json) -> Span | None:
    """A span from four numbers."""
    return None if data is None else place_from(data)


def place_from(data: Json) -> Span:
    """A span that must be there. Raises for anything that is not four numbers."""
    line, column, end_line, end_column = map(int, data)
    return Span(line, column, end_line, end_column)


_TO: dict[type, Callable[[Any], Json]] = {
    int: _int_to,
    float: lambda value: ["f", struct.pack(">d", value).hex()],
    complex: lambda value: ["j", struct.pack(">dd", value.real, value.imag).hex()],
    bytes: lambda value: ["b", base64.b64encode(value).decode()],
    list: lambda value: ["l", *_all_to(value)],
    tuple: lambda value: ["t", *_all_to(value)],
    set: lambda value: ["s", *_all_to(sorted(value, key=repr))],
    frozenset: lambda value: ["z", *_all_to(sorted(value, key=repr))],
    dict: lambda value: ["d", *_mapping_to(value)],
    Reference: lambda value: ["R", value.name, span_to(value.span)],
    Setting: lambda value: ["S", value.name, value_to(value.value), span_to(value.span)],
    Function: lambda value: [
        "F",
        value.name,
        list(value.parameters),
        value.required,
        span_to(value.span),
        _all_to(value.gives),
        value.module,
    ],
    Call: lambda value: [
        "C",
        value.target,
        _all_to(value.args),
        _mapping_to(value.kwargs),
        span_to(value.span),
        value_to(value.receiver),
    ],
    Attribute: lambda value: ["A", value_to(value.of), value.name, span_to(value.span)],
    LocalClass: lambda value: [
        "L",
        value.name,
        _all_to(value.bases),
        _mapping_to(value.attributes),
        span_to(value.span),
    ],
    Unknown: lambda value: ["U", value.reason, span_to(value.span)],
}


def value_from(data: Json) -> Value:
    """A value from JSON. Raises LookupError, TypeError or ValueError for what `value_to` did not write."""
    if not isinstance(data, list):
        return data
    return _FROM[data[0]](data[1:])


def _all_from(data: Json) -> tuple[Any, ...]:
    return tuple(value_from(item) for item in data)


def _mapping_from(data: Json) -> dict[Any, Any]:
    return {value_from(key): value_from(item) for key, item in data}


_FROM: dict[str, Callable[[list[Json]], Value]] = {
    "i": lambda data: int(data[0], 16),
    "f": lambda data: struct.unpack(">d", bytes.fromhex(data[0]))[0],
    "j": lambda data: complex(*struct.unpack(">dd", bytes.fromhex(data[0]))),
    "b": lambda data: base64.b64decode(data[0]),
    "l": lambda data: list(_all_from(data)),
    "t": _all_from,
    "s": lambda data: set(_all_from(data)),
    "z": lambda data: frozenset(_all_from(data)),
    "d": _mapping_from,
    "R": lambda data: Reference(str(data[0]), span_from(data[1])),
    "S": lambda data: Setting(str(data[0]), value_from(data[1]), span_from(data[2])),
    "F": lambda data: Function(
        str(data[0]),
        tuple(map(str, data[1])),
        int(data[2]),
        span_from(data[3]),
        tuple(map(value_from, data[4])),
        str(data[5]),
    ),
    "C": lambda data: Call(
        str(data[0]), _all_from(data[1]), _mapping_from(data[2]), span_from(data[3]), value_from(data[4])
    ),
    "A": lambda data: Attribute(value_from(data[0]), str(data[1]), span_from(data[2])),
    "L": lambda data: LocalClass(str(data[0]), _all_from(data[1]), _mapping_from(data[2]), span_from(data[3])),
    "U": lambda data: Unknown(str(data[0]), span_from(data[1])),
}


def notes_to(notes: Sequence[NotUnderstood]) -> Json:
    """What was not understood, as JSON."""
    return [[note.reason, span_to(note.span)] for note in notes]


def notes_from(data: Json) -> tuple[NotUnderstood, ...]:
    """What was not understood."""
    return tuple(NotUnderstood(str(reason), place_from(span)) for reason, span in data)


def operations_to(operations: Sequence[Operation]) -> Json:
    """Operations as JSON."""
    return [
        [
            operation.index,
            operation.name,
            operation.target,
            span_to(operation.span),
            _mapping_to(operation.arguments),
            operations_to(operation.database_operations),
            operations_to(operation.state_operations),
            notes_to([operation.not_understood] if operation.not_understood else []),
            list(operation.overridden),
            list(operation.assumptions),
            [[item.text, span_to(item.span), item.source, item.path] for item in operation.literals],
            list(operation.schema_words),
        ]
        for operation in operations
    ]


def operations_from(data: Json) -> tuple[Operation, ...]:
    """Operations from JSON."""
    return tuple(_operation_from(item) for item in data)


def _operation_from(data: Json) -> Operation:
    index, name, target, span, arguments, database, state, lost, overridden, assumptions, literals, words = data
    return Operation(
        int(index),
        str(name),
        str(target),
        place_from(span),
        _mapping_from(arguments),
        operations_from(database),
        operations_from(state),
        next(iter(notes_from(lost)), None),
        tuple(map(str, overridden)),
        tuple(map(str, assumptions)),
        tuple(Literal(str(text), place_from(at), str(source), path) for text, at, source, path in literals),
        tuple(map(str, words)),
    )


def body_to(body: Body) -> Json:
    """A migration's operations as JSON."""
    return [operations_to(body.operations), notes_to(body.not_understood)]


def body_from(data: Json) -> Body:
    """A migration's operations from JSON."""
    operations, notes = data
    return Body(operations_from(operations), notes_from(notes))


def _edges_to(edges: Sequence[Dependency]) -> Json:
    return [[edge.key.app, edge.key.name, span_to(edge.span), edge.swappable] for edge in edges]


def _edges_from(data: Json) -> tuple[Dependency, ...]:
    return tuple(Dependency(Key(str(app), str(name)), place_from(at), swappable) for app, name, at, swappable in data)


def header_to(header: Header) -> Json:
    """A migration's edges and attributes as JSON."""
    return [
        span_to(header.span),
        _edges_to(header.dependencies),
        _edges_to(header.run_before),
        _edges_to(header.replaces),
        header.atomic,
        header.initial,
        span_to(header.dependencies_span),
        header.dependencies_incomplete,
        notes_to(header.not_understood),
        header.certain,
    ]


def header_from(data: Json) -> Header:
    """A migration's edges and attributes from JSON."""
    span, dependencies, run_before, replaces, atomic, initial, dependencies_span, incomplete, notes, certain = data
    return Header(
        place_from(span),
        _edges_from(dependencies),
        _edges_from(run_before),
        _edges_from(replaces),
        bool(atomic),
        bool(initial),
        span_from(dependencies_span),
        bool(incomplete),
        notes_from(notes),
        bool(certain),
    )
