"""Where a function of a migration writes whole tables at once, as far as its source shows. Nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from miglint.finding import Span
from miglint.sources.django.values import Function
from miglint_rules._get_model import Definitions
from miglint_rules._queries import Queries, queries, span_of

_EVERY_ROW = frozenset({"objects", "_default_manager", "_base_manager", "all", "order_by", "using", "db_manager"})
_ALL_AT_ONCE = _EVERY_ROW | {"filter", "exclude", "select_related", "prefetch_related", "annotate", "distinct"}


class Loop(Struct, frozen=True):
    """A loop over rows of a model that saves each. `fields` are those that it sets."""

    app: str
    model: str
    function: str
    span: Span
    row: str
    query: str
    fields: tuple[str, ...]


class Update(Struct, frozen=True):
    """An UPDATE of every row of a model; the query and the values as they are written."""

    app: str
    model: str
    function: str
    span: Span
    query: str
    values: str


def whole_tables(function: Function, file: Definitions) -> Iterator[Loop | Update]:
    """The loops and the updates in a function, in their order."""
    found = queries(function, file)
    for node in ast.walk(found.function) if found is not None else ():
        if found is not None and isinstance(node, ast.For):
            yield from _loop(node, found)
        elif found is not None and isinstance(node, ast.Call):
            yield from _update(node, found)


def _loop(node: ast.For, found: Queries) -> Iterator[Loop]:
    use, chain = found.start(node.iter)
    if use is None or not isinstance(node.target, ast.Name) or not chain or not set(chain) <= _ALL_AT_ONCE:
        return  # one by one, sliced, counted, a method of the queryset's own …
    row = node.target.id
    body = [each for statement in node.body for each in ast.walk(statement)]
    if any(_is_saved(each, row) for each in body):
        fields = dict.fromkeys(each.attr for each in body if _is_set(each, row) and isinstance(each, ast.Attribute))
        where = use.app, use.model, found.function.name, span_of(node.iter)
        yield Loop(*where, row, ast.unparse(node.iter), tuple(fields))


def _update(node: ast.Call, found: Queries) -> Iterator[Update]:
    use, chain = found.start(node.func)
    if use is not None and chain[:1] == ("update",) and node.keywords and set(chain[1:]) <= _EVERY_ROW and chain[1:]:
        values = ", ".join(ast.unparse(keyword) for keyword in node.keywords)
        query = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        yield Update(use.app, use.model, found.function.name, span_of(node), query, values)


def _is_saved(node: ast.AST, row: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="save")):
            return name == row
    return False


def _is_set(node: ast.AST, row: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()):
            return name == row
    return False
