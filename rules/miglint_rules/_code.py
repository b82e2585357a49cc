"""Calls as the user wrote them, taken apart so that the help can show them with other arguments."""

from __future__ import annotations

import ast
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from miglint.finding import Span
from miglint.history import Migration, Operation
from miglint.scope import Scope
from miglint.sources.django.values import Call
from miglint.text import decode, lines


class WrittenCall(Struct, frozen=True):
    """A call's source: what is called, the arguments by position and those by name (`**more` has an empty name)."""

    function: str
    arguments: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        named = (f"{name}={text}" if name else f"**{text}" for name, text in self.keywords)
        return f"{self.function}({', '.join((*self.arguments, *named))})"

    def argument(self, name: str) -> str:
        """The text of an argument that is given by name, else an empty one."""
        return dict(self.keywords).get(name, "")

    def replacing(self, **arguments: str) -> WrittenCall:
        """The call with some arguments by name, in their places where they were given already."""
        given = tuple((name, arguments.get(name, text)) for name, text in self.keywords)
        there = {name for name, _ in given}
        added = tuple((name, text) for name, text in arguments.items() if name not in there)
        return replace(self, keywords=given + added)

    def without(self, *names: str) -> WrittenCall:
        """The call without some of the arguments by name."""
        return replace(self, keywords=tuple(one for one in self.keywords if one[0] not in names))

    def calling(self, old: str, new: str) -> WrittenCall:
        """The call of another class of the same module: `models.PositiveIntegerField` -> `models.IntegerField`."""
        return replace(self, function=self.function.removesuffix(old) + new) if self.function.endswith(old) else self


def written_call(value: Any, migration: Migration, scope: Scope) -> WrittenCall | None:
    """A call that was evaluated, as its source has it; None where the place does not hold such a call."""
    if not isinstance(value, Call) or value.span is None:
        return None
    found = _parsed(_source(value.span, migration, scope))
    last = value.target.rpartition(".")[2]
    return found if found is not None and found.function.rpartition(".")[2] == last else None


def written_operation(operation: Operation, migration: Migration, scope: Scope) -> WrittenCall | None:
    """An operation as its source has it; None where a helper or a loop made it."""
    found = _parsed(_source(operation.span, migration, scope))
    last = operation.target.rpartition(".")[2]
    return found if found is not None and found.function.rpartition(".")[2] == last else None


def _source(span: Span, migration: Migration, scope: Scope) -> str:
    content = scope.change_set.tree.read([migration.path])[migration.path]
    found = lines(decode(migration.path, content))[span.line - 1 : span.end_line]
    if not found:
        return ""
    found[-1] = found[-1][: span.end_column - 1]
    found[0] = found[0][span.column - 1 :]
    return "\n".join(found)


def _parsed(source: str) -> WrittenCall | None:
    try:
        call = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(call, ast.Call):
        return None
    keywords = tuple((each.arg or "", _on_one_line(each.value, source)) for each in call.keywords)
    arguments = tuple(_on_one_line(each, source) for each in call.args)
    return WrittenCall(_on_one_line(call.func, source), arguments, keywords)


def _on_one_line(node: ast.expr, source: str) -> str:
    """The node's own text, or on one line and without its comments where it stands on several."""
    text = ast.get_source_segment(source, node) or ""
    if "\n" not in text:
        return text
    if isinstance(node, ast.Call):
        return str(_parsed(text) or ast.unparse(node))
    brackets = {ast.List: "[]", ast.Tuple: "()", ast.Set: "{}"}.get(type(node))
    if brackets and isinstance(node, ast.List | ast.Tuple | ast.Set):
        inside = ", ".join(_on_one_line(each, source) for each in node.elts)
        comma = "," if isinstance(node, ast.Tuple) and len(node.elts) == 1 else ""
        return f"{brackets[0]}{inside}{comma}{brackets[1]}"
    return ast.unparse(node)
