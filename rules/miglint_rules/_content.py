"""Whether two versions of a migration do the same, whatever they look like."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from miglint.finding import Span
from miglint.history import Migration, Operation
from miglint.sources.django.values import Function, LocalClass, Unknown
from miglint_rules._alike import alike, plain_sql, relevant
from miglint_rules._module_code import module_code
from miglint_rules._plain_code import plain
from miglint_rules._words import DJANGO


class Difference(Struct, frozen=True):
    """What differs between two versions of a migration, in words, and where in the later one.

    `harmless`: only in what reaches no database.
    """

    what: str
    span: Span
    harmless: bool = False


def difference(before: Migration, after: Migration, old: bytes, new: bytes) -> Difference | None:
    """The first difference that matters in the operations of two versions, else a harmless one; None if none."""
    if after.source != DJANGO:
        same = plain_sql(old.decode(errors="replace")) == plain_sql(new.decode(errors="replace"))
        return None if same else Difference("the SQL", after.span)
    pairs = list(zip(before.operations, after.operations, strict=False))
    differing = [now for was, now in pairs if not alike(was, now)]
    harmful = [now for was, now in pairs if not alike(was, now, loosely=True)]
    if harmful:
        return Difference(_numbered(harmful[0]), harmful[0].span)
    if len(after.operations) > len(before.operations):
        extra = after.operations[len(before.operations)]
        return Difference(f"{_numbered(extra)}, which is new,", extra.span)
    if len(after.operations) < len(before.operations):
        lost = before.operations[len(after.operations)]
        return Difference(f"{_numbered(lost)}, which is gone,", after.span)
    code = _changed_code(before, after, old, new)
    if code is not None or not differing:
        return code
    return Difference(_numbered(differing[0]), differing[0].span, harmless=True)


def _numbered(operation: Operation) -> str:
    return f"operation {operation.index + 1}, {_named(operation)}"


def _named(operation: Operation) -> str:
    model = operation.arguments.get("model_name")
    name = operation.arguments.get("name")
    words = [word for word in (model, name) if isinstance(word, str)]
    return f"{operation.name} {'.'.join(words)}".strip()


def _changed_code(before: Migration, after: Migration, old: bytes, new: bytes) -> Difference | None:
    """What differs in Python that the operations name, or that could not be evaluated."""
    was, now = _forward_parts(before), _forward_parts(after)
    opaque = [part for part in now if _is_opaque(part)]
    if _written(was, old) != _written(now, new):
        return Difference("what could not be evaluated", opaque[0].span if opaque and opaque[0].span else after.span)
    if not opaque and not _defined(now):
        return None
    found = _other_code(was, now, old, new, silent=False)
    if found is None or _other_code(was, now, old, new, silent=True) is not None:
        return found
    return replace(found, harmless=True)


def _other_code(was: Sequence[Any], now: Sequence[Any], old: bytes, new: bytes, *, silent: bool) -> Difference | None:
    """The function or class among the values whose code is another; `silent`: not only in what it prints."""
    before, after = module_code(old, silent=silent), module_code(new, silent=silent)
    if before is None or after is None:
        return None
    before.beside(after)
    after.beside(before)
    for earlier, later in zip(_defined(was), _defined(now), strict=False):
        if earlier.span and later.span and before.at(earlier.span) != after.at(later.span):
            return Difference(f"the code of {later.name}", later.span)
    opaque = [part.span for part in now if _is_opaque(part) and part.span]
    if opaque and before.of_migration() != after.of_migration():
        return Difference("the code that its operations are made with", opaque[0])
    return None


def _defined(parts: Sequence[Any]) -> list[Function | LocalClass]:
    """The functions and classes of the file among the parts."""
    return [part for part in parts if isinstance(part, Function | LocalClass)]


def _forward_parts(migration: Migration) -> list[Any]:
    """Every value that counts on the way forwards."""
    backwards = {id(part) for operation in migration.operations for part in _backwards(operation)}
    parts = (part for operation in migration.operations for part in _parts(operation))
    return [part for part in parts if id(part) not in backwards]


def _is_opaque(part: Any) -> bool:
    return isinstance(part, Unknown) or _not_understood(part)


def _written(parts: Sequence[Any], content: bytes) -> list[str]:
    """How what could not be evaluated is written, without white space, comments and annotations."""
    lines = content.decode(errors="replace").splitlines()
    return sorted(_normal(_segment(lines, part.span)) for part in parts if _is_opaque(part) and part.span)


def _segment(lines: Sequence[str], span: Span) -> str:
    chosen = list(lines[span.line - 1 : span.end_line])
    if chosen:
        chosen[-1] = chosen[-1][: span.end_column - 1]
        chosen[0] = chosen[0][span.column - 1 :]
    return "\n".join(chosen)


def _normal(text: str) -> str:
    try:
        return "".join(map(ast.dump, plain(ast.parse(f"value = ({text}\n)").body)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "".join(text.split())


def _backwards(operation: Operation) -> list[Any]:
    """What only counts when a migration is reversed: then the file as it is now counts, for every database."""
    return [operation.arguments.get(name) for name in ("reverse_code", "reverse_sql")]


def _not_understood(part: Any) -> bool:
    return isinstance(part, Operation) and (part.not_understood is not None or bool(part.overridden))


def _parts(value: Any) -> Iterator[Any]:
    """A value and everything in it that can reach a database."""
    stack = [value]
    while stack:
        part = stack.pop()
        yield part
        if isinstance(part, Mapping):
            stack.extend(relevant(part).values())
        elif isinstance(part, list | tuple | set | frozenset):
            stack.extend(part)
        elif isinstance(part, Struct) and not isinstance(part, Span):
            stack.extend(getattr(part, name) for name in part.__struct_fields__)
