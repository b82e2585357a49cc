"""How each kind of statement is executed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from miglint.sources.django.evaluator import bounded
from miglint.sources.django.evaluator.bounded import NATIVE_ERRORS
from miglint.sources.django.evaluator.expressions import binary, iterate, truth
from miglint.sources.django.evaluator.frames import Class, Closure, Frame, OpenFile, Run
from miglint.sources.django.values import Reference, Unknown


class Flow:
    """Why a block was left before its end."""

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: Any = None) -> None:
        self.kind = kind
        self.value = value


BREAK = Flow("break")
CONTINUE = Flow("continue")
RAISE = Flow("raise")


def _assign(run: Run, node: ast.Assign, frame: Frame) -> None:
    value = run.evaluate(node.value, frame)
    for target in node.targets:
        run.assign(target, value, frame)


def _annotated(run: Run, node: ast.AnnAssign, frame: Frame) -> None:
    if node.value is not None:
        run.assign(node.target, run.evaluate(node.value, frame), frame)


def _augmented(run: Run, node: ast.AugAssign, frame: Frame) -> None:
    target = node.target
    load = ast.copy_location(_as_load(target), target)
    left, right = run.demand(run.evaluate(load, frame), frame), run.evaluate(node.value, frame)
    if isinstance(left, list) and isinstance(node.op, ast.Add):
        left.extend(iterate(run, right, node.value, frame))
        bounded.check_size(left)
        value: Any = left
    else:
        value = binary(run, node, left, right, frame)
    run.assign(target, value, frame)


def _as_load(target: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Attribute):
        return ast.Attribute(target.value, target.attr, ast.Load())
    return ast.Subscript(target.value, target.slice, ast.Load())


def assign(run: Run, target: ast.expr, value: Any, frame: Frame) -> None:
    """Bind what stands left of `=`."""
    if isinstance(target, ast.Name):
        frame.outer_names.get(target.id, frame).names[target.id] = value
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(run, target.elts, value, frame)
    elif isinstance(target, ast.Starred):
        assign(run, target.value, value, frame)
    elif isinstance(target, ast.Subscript):
        _set_item(run, target, value, frame)
    elif isinstance(target, ast.Attribute):
        owner = run.evaluate(target.value, frame)
        if isinstance(owner, Class):
            owner.names[target.attr] = value


def _unpack(run: Run, targets: list[ast.expr], value: Any, frame: Frame) -> None:
    items = list(iterate(run, value, targets[0], frame)) if targets else []
    stars = [index for index, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if stars:
        after = len(targets) - stars[0] - 1
        stop = max(len(items) - after, stars[0])
        items = [*items[: stars[0]], items[stars[0] : stop], *items[stop:]]
    if len(items) != len(targets):
        items = [run.unknown("what is unpacked could not be worked out", target, frame) for target in targets]
    for target, item in zip(targets, items, strict=True):
        assign(run, target, item, frame)


def _set_item(run: Run, target: ast.Subscript, value: Any, frame: Frame) -> None:
    owner = run.demand(run.evaluate(target.value, frame), frame)
    index = run.evaluate(target.slice, frame)
    if isinstance(owner, list | dict) and not isinstance(index, Unknown):
        bounded.weigh(index)
        owner[index] = value
        bounded.check_size(owner)


def _function(run: Run, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    """Decorators are not applied: `@transaction.atomic` and its like leave a function what it is."""
    frame.outer_names.get(node.name, frame).names[node.name] = run.closure(node, node.name, frame)


def _class(run: Run, node: ast.ClassDef, frame: Frame) -> None:
    frame.outer_names.get(node.name, frame).names[node.name] = run.define_class(node, frame)


def _import(run: Run, node: ast.Import, frame: Frame) -> None:
    for alias in node.names:
        if alias.asname:
            frame.names[alias.asname] = Reference(alias.name, run.span(node, frame))
        else:
            top = alias.name.partition(".")[0]
            frame.names[top] = Reference(top, run.span(node, frame))


def _import_from(run: Run, node: ast.ImportFrom, frame: Frame) -> None:
    module = absolute_module(node, frame.source.package)
    for alias in node.names:
        if alias.name == "*":
            names = run.world.public_names(module, frame.source)
            if names is None:
                frame.module().wildcards.append(module)
            else:
                frame.names.update(names)
                _inherit(run, module, names, node, frame)
        else:
            frame.names[alias.asname or alias.name] = Reference(f"{module}.{alias.name}", run.span(node, frame))


def _inherit(run: Run, module: str, names: Iterable[str], node: ast.ImportFrom, frame: Frame) -> None:
    """Remember by name what was taken to be so in the other module; in a main file it bears on where it stands."""
    frame.module().brought[node] = tuple(names)
    for name in names:
        reasons = tuple(run.world.doubts(f"{module}.{name}", frame.source))
        if reasons:
            frame.module().inherited[name] = reasons
        for reason in reasons if run.span(node, frame) else ():
            run.note(reason, node, frame)


def absolute_module(node: ast.ImportFrom, package: str) -> str:
    """The dotted name of the module that is imported from."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _if(run: Run, node: ast.If, frame: Frame) -> Flow | None:
    known = truth(run, run.evaluate(node.test, frame), frame)
    if known is None:
        run.note("a condition could not be worked out; its body is taken", node.test, frame)
    return execute(run, node.orelse if known is False else node.body, frame)


def _for(run: Run, node: ast.For | ast.AsyncFor, frame: Frame) -> Flow | None:
    for item in iterate(run, run.evaluate(node.iter, frame), node.iter, frame):
        assign(run, node.target, item, frame)
        flow = execute(run, node.body, frame)
        if flow is BREAK:
            return None
        if flow is not None and flow is not CONTINUE:
            return flow
    return execute(run, node.orelse, frame)


_TURN = 20
"""Steps that each turn of a `while` takes besides its own: it has no end that is in sight."""


def _while(run: Run, node: ast.While, frame: Frame) -> Flow | None:
    while True:
        run.spend(_TURN)
        known = truth(run, run.evaluate(node.test, frame), frame)
        if known is None:
            run.note("the condition of a loop could not be worked out; it is taken as false", node.test, frame)
        if not known:
            return execute(run, node.orelse, frame)
        flow = execute(run, node.body, frame)
        if flow is BREAK:
            return None
        if flow is not None and flow is not CONTINUE:
            return flow


def _try(run: Run, node: ast.Try | ast.TryStar, frame: Frame) -> Flow | None:
    """Nothing raises in here but `raise`: handlers run only for that."""
    flow = execute(run, node.body, frame)
    if flow is RAISE and node.handlers:
        flow = execute(run, node.handlers[0].body, frame)
    elif flow is None:
        flow = execute(run, node.orelse, frame)
    return execute(run, node.finalbody, frame) or flow


def _with(run: Run, node: ast.With | ast.AsyncWith, frame: Frame) -> Flow | None:
    for item in node.items:
        value = run.evaluate(item.context_expr, frame)
        if item.optional_vars is not None:
            entered = (
                value if isinstance(value, OpenFile) else run.unknown("what `with` gives", item.context_expr, frame)
            )
            assign(run, item.optional_vars, entered, frame)
    return execute(run, node.body, frame)


def _return(run: Run, node: ast.Return, frame: Frame) -> Flow:
    return Flow("return", run.evaluate(node.value, frame) if node.value else None)


def _expression(run: Run, node: ast.Expr, frame: Frame) -> None:
    if not isinstance(node.value, ast.Constant):
        run.evaluate(node.value, frame)


def _delete(run: Run, node: ast.Delete, frame: Frame) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            frame.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            owner, index = run.evaluate(target.value, frame), run.evaluate(target.slice, frame)
            if isinstance(owner, list | dict) and not isinstance(index, Unknown):
                del owner[index]


def _declare(run: Run, node: ast.Global | ast.Nonlocal, frame: Frame) -> None:
    for name in node.names:
        owner = frame.module() if isinstance(node, ast.Global) else _enclosing(name, frame)
        frame.outer_names[name] = owner


def _enclosing(name: str, frame: Frame) -> Frame:
    current = frame.parent
    while current is not None and name not in current.names and current.parent is not None:
        current = current.parent
    return current or frame


def _nothing(run: Run, node: ast.stmt, frame: Frame) -> None:
    """`pass`, `assert`, type aliases: no effect on what a migration holds."""


def _match(run: Run, node: ast.Match, frame: Frame) -> None:
    run.note("match is not evaluated", node, frame)


HANDLERS: dict[type[ast.stmt], Callable[[Any, Any, Frame], Flow | None]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _nothing,
    ast.Assign: _assign,
    ast.AsyncFor: _for,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: _with,
    ast.AugAssign: _augmented,
    ast.Break: lambda _run, _node, _frame: BREAK,
    ast.ClassDef: _class,
    ast.Continue: lambda _run, _node, _frame: CONTINUE,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.For: _for,
    ast.FunctionDef: _function,
    ast.Global: _declare,
    ast.If: _if,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Match: _match,
    ast.Nonlocal: _declare,
    ast.Pass: _nothing,
    ast.Raise: lambda _run, _node, _frame: RAISE,
    ast.Return: _return,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.While: _while,
    ast.With: _with,
}


def execute(run: Run, body: list[ast.stmt], frame: Frame) -> Flow | None:
    """Run statements in order until one leaves the block."""
    for node in body:
        run.spend(1)
        try:
            flow = HANDLERS.get(type(node), _nothing)(run, node, frame)
        except NATIVE_ERRORS as error:
            run.note(f"this raises {type(error).__name__}", node, frame)
            continue
        if flow is not None:
            return flow
    return None


def returned(flow: Flow | None) -> Any:
    """What a function's body gives back."""
    return flow.value if flow is not None and flow.kind == "return" else None


def body_of(closure: Closure) -> list[ast.stmt]:
    """The statements of a function; a lambda's expression as a return."""
    node = closure.node
    if isinstance(node, ast.Lambda):
        return [ast.copy_location(ast.Return(node.body), node.body)]
    return node.body
