"""Classes of the repository: their namespace, and what an attribute of one is, enumerations included."""

from __future__ import annotations

import ast
from typing import Any

from miglint.finding import Span
from miglint.sources.django.evaluator.bounded import PLAIN
from miglint.sources.django.evaluator.expressions import iterate
from miglint.sources.django.evaluator.frames import Class, Deferred, Frame, Instance, Run
from miglint.sources.django.values import Call, Reference

LISTS = frozenset(("dependencies", "replaces", "run_before", "operations"))
"""Attributes of a migration whose elements each have a place."""
_QUIET = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)
_CHOICES = frozenset(("TextChoices", "IntegerChoices", "Choices"))
_MAX_BASES = 20


def define_class(run: Run, node: ast.ClassDef, frame: Frame) -> Class:
    """Execute a class body. A migration's `operations` are left for later where nothing afterwards can change them."""
    bases = tuple(run.evaluate(base, frame) for base in node.bases if not isinstance(base, ast.Starred))
    scope = Frame(frame.source, parent=frame, is_class=True)
    result = Class(node.name, bases, scope.names, node, frame.source, run.span(node, frame))
    for statement in node.body:
        value, name = _list_attribute(statement)
        if value is None or name is None:
            if not isinstance(statement, _QUIET):
                _settle(run, scope)
            run.execute([statement], scope)
            continue
        span = run.span(value, scope)
        if span is not None:
            result.whole[name] = span
        if name == "operations" and isinstance(statement, ast.Assign | ast.AnnAssign):
            scope.names[name] = Deferred(value, _as_it_is(scope))
        else:
            items, spans = located(run, value, scope)
            _store(result, scope, name, items, spans, add=isinstance(statement, ast.AugAssign))
    return result


def _as_it_is(scope: Frame) -> Frame:
    """The frame with the names it has now: in `operations = [operations.X()]` the second one is another's."""
    return Frame(scope.source, dict(scope.names), scope.parent, is_class=True, outer_names=scope.outer_names)


def _list_attribute(statement: ast.stmt) -> tuple[ast.expr | None, str | None]:
    """The value and name of `dependencies = …`, `replaces += …` and so on."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in LISTS:
            return value, name
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if name in LISTS:
            return value, name
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value) if name in LISTS:
            return value, name
    return None, None


def _store(result: Class, scope: Frame, name: str, items: list[Any], spans: list[Span | None], *, add: bool) -> None:
    kept = [span or result.whole.get(name) for span in spans]
    places = [span for span in kept if span is not None]
    if add and isinstance(scope.names.get(name), list):
        scope.names[name].extend(items)
        result.spans.setdefault(name, []).extend(places)
    else:
        scope.names[name] = items
        result.spans[name] = places


def _settle(run: Run, scope: Frame) -> None:
    """Evaluate deferred operations now: the next statement could change what they are made of."""
    value = scope.names.get("operations")
    if isinstance(value, Deferred):
        scope.names["operations"] = run.evaluate(value.node, value.frame)


def located(run: Run, node: ast.expr, frame: Frame) -> tuple[list[Any], list[Span | None]]:
    """The items of a list expression, and for each the place in the main file that brought it."""
    if isinstance(node, ast.List | ast.Tuple):
        items: list[Any] = []
        spans: list[Span | None] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                more, places = located(run, element.value, frame)
            else:
                more, places = [run.evaluate(element, frame)], [run.span(element, frame)]
            items.extend(more)
            spans.extend(places)
        return items, spans
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, left_spans = located(run, node.left, frame)
        right, right_spans = located(run, node.right, frame)
        return left + right, left_spans + right_spans
    span = run.span(node, frame)
    items = list(iterate(run, run.evaluate(node, frame), node, frame))
    return items, [_own_span(item) or span for item in items]


def _own_span(item: Any) -> Span | None:
    return item.span if isinstance(item, Call | Instance) else None


def class_attribute(run: Run, owner: Class, name: str, node: ast.expr | ast.stmt, frame: Frame) -> Any:
    """An attribute by the class's bases; of an enumeration the member's value."""
    chain = ancestry(run, owner)
    known = {base.name.rpartition(".")[2] for base in chain if isinstance(base, Reference)}
    for cls in chain:
        if isinstance(cls, Class) and name in cls.names:
            value = run.demand(cls.names[name], frame) if isinstance(cls.names[name], Deferred) else cls.names[name]
            if known & _CHOICES and isinstance(value, tuple) and value:
                return value[0] if len(value) == 2 else value
            return value
    if known & _CHOICES and name in ("choices", "values", "labels", "names"):
        return _choices(owner, name)
    return Reference(f"{owner.target}.{name}", run.span(node, frame))


def _choices(owner: Class, name: str) -> list[Any]:
    members = [
        (key, value if isinstance(value, tuple) and len(value) == 2 else (value, key.replace("_", " ").title()))
        for key, value in owner.names.items()
        if not key.startswith("_") and isinstance(value, PLAIN)
    ]
    columns: dict[str, list[Any]] = {
        "choices": [pair for _, pair in members],
        "values": [pair[0] for _, pair in members],
        "labels": [pair[1] for _, pair in members],
        "names": [key for key, _ in members],
    }
    return columns[name]


def members(run: Run, value: Any) -> list[Any] | None:
    """The values of an enumeration that is Django's `Choices` by its bases, or made by calling them; else None."""
    match value:
        case Class():
            bases = {base.name.rpartition(".")[2] for base in ancestry(run, value) if isinstance(base, Reference)}
            return _choices(value, "values") if bases & _CHOICES else None
        case Call(target="django.db.models.TextChoices", args=(_, names)):
            names = run.demand(names, Frame(run.main))
            return [_member(item) for item in names] if isinstance(names, list | tuple) else None
    return None


def _member(item: Any) -> Any:
    """A member's value in `TextChoices("Name", …)`: its name, or what stands beside the name, less the label."""
    if not isinstance(item, list | tuple):
        return item
    value = item[-1]
    return value[0] if isinstance(value, tuple) and len(value) == 2 else value


def ancestry(run: Run, owner: Class) -> list[Class | Reference]:
    """The class, then its bases depth first: classes of the repository and names from outside."""
    chain: list[Class | Reference] = []
    pending: list[Any] = [owner]
    while pending and len(chain) < _MAX_BASES:
        item = pending.pop(0)
        if isinstance(item, Reference):
            item = run.demand(item, Frame(owner.source))
        if isinstance(item, Class) and item not in chain:
            chain.append(item)
            pending = [*item.bases, *pending]
        elif isinstance(item, Reference):
            chain.append(item)
    return chain
