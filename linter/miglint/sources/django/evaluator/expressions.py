"""How each kind of expression is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from miglint.sources.django.evaluator import bounded, files, natives
from miglint.sources.django.evaluator.bounded import NATIVE_ERRORS
from miglint.sources.django.evaluator.frames import Builtin, Class, Closure, Deferred, FilePath, Frame, Instance, Run
from miglint.sources.django.values import Attribute, Call, Reference, Setting, Unknown

_SYMBOLIC = (Call, Attribute, Setting, Reference, Instance)
"""Values whose operators Django overloads: `Q(a=1) | Q(b=2)`."""
_OPERATOR_NAMES: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
    ast.BitAnd: "and_",
    ast.MatMult: "matmul",
    ast.Invert: "inv",
    ast.USub: "neg",
    ast.UAdd: "pos",
}
_ABSENT = object()
_CONNECTIONS = "django.db.connections"
"""Whatever the alias: the database that the migration is for."""


def _name(run: Run, node: ast.Name, frame: Frame) -> Any:
    value = lookup(node.id, frame)
    if isinstance(value, Deferred):
        return run.evaluate(value.node, value.frame)
    if value is not _ABSENT:
        return value
    wildcards = frame.module().wildcards
    if wildcards:
        return Reference(f"{wildcards[-1]}.{node.id}", run.span(node, frame))
    if node.id == "__file__":
        return FilePath(frame.source.path)
    if node.id == "__name__":
        return frame.source.module
    return run.unknown(f"the name {node.id} is not defined", node, frame)


def lookup(name: str, frame: Frame) -> Any:
    """What a name stands for in a frame and those around it. Builtins last; `_ABSENT` for nothing."""
    current: Frame | None = frame.outer_names.get(name, frame)
    while current is not None:
        if name in current.names:
            return current.names[name]
        current = current.parent
    return Builtin(name) if name in _BUILTIN_NAMES else _ABSENT


_BUILTIN_NAMES = frozenset(natives.BUILTINS) | frozenset(
    "classmethod compile eval exec filter getattr globals hasattr input isinstance issubclass locals map "
    "next object open property setattr staticmethod super type vars __import__ Exception ValueError "
    "KeyError TypeError ImportError RuntimeError NotImplementedError AttributeError LookupError OSError "
    "bytes bytearray complex delattr dir format hash hex id memoryview oct bin pow slice callable ascii "
    "breakpoint".split()
)


def _attribute(run: Run, node: ast.Attribute, frame: Frame) -> Any:
    return run.attribute(run.evaluate(node.value, frame), node.attr, node, frame)


def _items(run: Run, nodes: list[ast.expr], frame: Frame) -> list[Any]:
    items: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            items.extend(iterate(run, run.evaluate(node.value, frame), node.value, frame))
        else:
            items.append(run.evaluate(node, frame))
    return bounded.check_size(items)  # type: ignore[no-any-return]


def _list(run: Run, node: ast.List, frame: Frame) -> Any:
    return _items(run, node.elts, frame)


def _tuple(run: Run, node: ast.Tuple, frame: Frame) -> Any:
    return tuple(_items(run, node.elts, frame))


def _set(run: Run, node: ast.Set, frame: Frame) -> Any:
    items = _items(run, node.elts, frame)
    bounded.weigh(items)
    return set(items)


def _dict(run: Run, node: ast.Dict, frame: Frame) -> Any:
    result: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = run.evaluate(value_node, frame)
        if key_node is not None:
            key = run.evaluate(key_node, frame)
            bounded.weigh(key)
            result[_as_key(key)] = value
        elif isinstance(value := run.demand(value, frame), dict):
            result.update(value)
        else:
            run.note("a mapping that is unpacked could not be worked out", value_node, frame)
    return bounded.check_size(result)


def _as_key(key: Any) -> Any:
    """Calls hold dictionaries and have no hash: such a key is a TypeError, as in Python for a list."""
    hash(key)
    return key


def iterate(run: Run, value: Any, node: ast.expr, frame: Frame) -> Iterator[Any]:
    """The items of a value, each a step of the budget; nothing, and a note, if it cannot be iterated."""
    value = run.demand(value, frame)
    if isinstance(value, range):
        for number in value:
            run.spend(1)
            yield number
        return
    try:
        items = natives.materialise(value)
    except TypeError:
        run.note("what is iterated here could not be worked out", node, frame)
        if isinstance(value, Unknown):
            yield value
        return
    for item in items:
        run.spend(1)
        yield item


def _binary(run: Run, node: ast.BinOp, frame: Frame) -> Any:
    """Chains such as `a + b + c` lean to the left, thousands deep at times: walked in a loop."""
    chain: list[ast.BinOp] = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    result = run.evaluate(chain[-1].left, frame)
    for part in reversed(chain):
        result = binary(run, part, result, run.evaluate(part.right, frame), frame)
    return result


def binary(run: Run, node: ast.BinOp | ast.AugAssign, left: Any, right: Any, frame: Frame) -> Any:
    """`left <op> right` of any two values."""
    kind = type(node.op)
    run.spend(1)
    if kind in (ast.Add, ast.Mod, ast.Mult, ast.Div):
        left, right = run.demand(left, frame), run.demand(right, frame)
        left, right = _beside_text(run, left, right, frame), _beside_text(run, right, left, frame)
    for side in (left, right):
        if isinstance(side, Unknown):
            return side
    if kind is ast.Mod and isinstance(left, str | bytes):
        if not bounded.is_plain(right):
            return run.unknown("a text is formatted with something that could not be worked out", node, frame)
    elif isinstance(left, _SYMBOLIC) or isinstance(right, _SYMBOLIC):
        return Call(f"operator.{_OPERATOR_NAMES[kind]}", (left, right), span=run.span(node, frame))
    if not isinstance(left, bounded.PLAIN) or not isinstance(right, bounded.PLAIN):
        return files.operate(kind, left, right) or run.unknown("an operator on these is not evaluated", node, frame)
    run.spend((bounded.size(left) + bounded.size(right)) // 64)
    return bounded.binary(kind, left, right)


def _beside_text(run: Run, value: Any, other: Any, frame: Frame) -> Any:
    """An operand; where the other is text, what settings stand for goes into the text."""
    if not isinstance(other, str):
        return value
    match value:
        case tuple():
            return tuple(run.value(item, frame) for item in value)
        case dict():
            return {key: run.value(item, frame) for key, item in value.items()}
    return run.value(value, frame)


def _unary(run: Run, node: ast.UnaryOp, frame: Frame) -> Any:
    value = run.evaluate(node.operand, frame)
    if isinstance(node.op, ast.Not):
        known = truth(run, value, frame)
        return run.unknown("a condition could not be worked out", node, frame) if known is None else not known
    if isinstance(value, Unknown):
        return value
    if isinstance(value, _SYMBOLIC):
        return Call(f"operator.{_OPERATOR_NAMES[type(node.op)]}", (value,), span=run.span(node, frame))
    return bounded.UNARY[type(node.op)](value)


def _boolean(run: Run, node: ast.BoolOp, frame: Frame) -> Any:
    """`and`, `or`: the first value that decides, as in Python; one that is not known leaves the whole unknown."""
    decides = isinstance(node.op, ast.Or)
    value: Any = None
    for operand in node.values:
        value = run.evaluate(operand, frame)
        known = truth(run, value, frame)
        if known is None:
            return run.unknown("a condition could not be worked out", operand, frame)
        if known is decides:
            return value
    return value


def truth(run: Run, value: Any, frame: Frame) -> bool | None:
    """Whether a value is true; None if that is not known."""
    value = run.value(value, frame)
    if isinstance(value, bounded.PLAIN):
        return bool(value)
    if isinstance(value, Closure | Class):
        return True
    return None


def _compare(run: Run, node: ast.Compare, frame: Frame) -> Any:
    left = run.value(run.evaluate(node.left, frame), frame)
    for operation, right_node in zip(node.ops, node.comparators, strict=True):
        right = run.value(run.evaluate(right_node, frame), frame)
        if isinstance(right, dict) and isinstance(operation, ast.In | ast.NotIn):
            right = list(right)  # whatever its values are
        identity = isinstance(operation, ast.Is | ast.IsNot)
        never_none = identity and ((left is None and _is_object(right)) or (right is None and _is_object(left)))
        if not never_none and not (_is_known(left, identity=identity) and _is_known(right, identity=identity)):
            return run.unknown("a comparison could not be worked out", node, frame)
        run.spend((bounded.size(left) + bounded.size(right)) // 64)
        if not bounded.compare(type(operation), left, right):
            return False
        left = right
    return True


def _is_object(value: Any) -> bool:
    """Whether a value is an object that a class or an operator makes, which is not None whatever else it is."""
    if isinstance(value, Call) and value.receiver is None:
        module, _, name = value.target.rpartition(".")
        made = module == "operator" and name in _OPERATOR_NAMES.values()
        return made or (name[:1].isupper() and _is_of_django(module))
    return isinstance(value, Instance)


def _is_of_django(module: str) -> bool:
    return module.startswith(("django.db.", "django.contrib.postgres."))


def _is_known(value: Any, *, identity: bool) -> bool:
    return (
        isinstance(value, Class | Closure)
        if identity and not isinstance(value, bounded.PLAIN)
        else (bounded.is_plain(value))
    )


def _conditional(run: Run, node: ast.IfExp, frame: Frame) -> Any:
    known = truth(run, run.evaluate(node.test, frame), frame)
    if known is None:
        run.note("a condition could not be worked out; what stands before `if` is taken", node.test, frame)
    return run.evaluate(node.orelse if known is False else node.body, frame)


def _joined(run: Run, node: ast.JoinedStr, frame: Frame) -> Any:
    parts: list[str] = []
    length = 0
    for part in node.values:
        value = run.evaluate(part, frame)
        if not isinstance(value, str):
            return value if isinstance(value, Unknown) else run.unknown("an f-string holds a value", part, frame)
        parts.append(value)
        length += len(value)
        run.spend(len(value) // 64)
        if length > bounded.MAX_TEXT:
            return run.unknown("a text is too long", node, frame)
    return "".join(parts)


def _formatted(run: Run, node: ast.FormattedValue, frame: Frame) -> Any:
    value = run.value(run.evaluate(node.value, frame), frame)
    spec = run.evaluate(node.format_spec, frame) if node.format_spec else ""
    if isinstance(value, Unknown):
        return value
    if not bounded.is_plain(value) or not isinstance(spec, str):
        return run.unknown("an f-string holds something that could not be worked out", node.value, frame)
    return bounded.format_value(value, spec, chr(node.conversion) if node.conversion > 0 else "")


def _subscript(run: Run, node: ast.Subscript, frame: Frame) -> Any:
    value = run.evaluate(node.value, frame)
    index = run.evaluate(node.slice, frame)
    if isinstance(value, Reference | Setting):
        found = run.demand(run.value(value, frame), frame)
        value = found if isinstance(found, bounded.PLAIN) else value
    for side in (value, index):
        if isinstance(side, Unknown):
            return side
    if isinstance(value, Reference) and value.name == _CONNECTIONS:
        return Reference("django.db.connection", run.span(node, frame))
    if isinstance(value, _SYMBOLIC):
        return Call("operator.getitem", (value, index), span=run.span(node, frame))
    if isinstance(value, Class):
        return run.attribute(value, f"[{index}]", node, frame)
    if isinstance(index, Call) and index.target == "slice":
        run.spend(bounded.size(value) // 64)
        return value[slice(*index.args)]
    return value[index]


def _slice(run: Run, node: ast.Slice, frame: Frame) -> Any:
    bounds = [run.evaluate(part, frame) if part else None for part in (node.lower, node.upper, node.step)]
    return Call("slice", tuple(bounds), span=None)


def _comprehension(run: Run, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Any:
    items: list[Any] = []
    for inner in _iterations(run, node.generators, Frame(frame.source, parent=frame)):
        items.append(run.evaluate(node.elt, inner))
        bounded.check_size(items)
    if isinstance(node, ast.SetComp):
        bounded.weigh(items)
        return set(items)
    return items


def _dict_comprehension(run: Run, node: ast.DictComp, frame: Frame) -> Any:
    result: dict[Any, Any] = {}
    for inner in _iterations(run, node.generators, Frame(frame.source, parent=frame)):
        key = run.evaluate(node.key, inner)
        bounded.weigh(key)
        result[_as_key(key)] = run.evaluate(node.value, inner)
        bounded.check_size(result)
    return result


def _iterations(run: Run, generators: list[ast.comprehension], frame: Frame) -> Iterator[Frame]:
    if not generators:
        yield frame
        return
    first, *rest = generators
    for item in iterate(run, run.evaluate(first.iter, frame), first.iter, frame):
        run.assign(first.target, item, frame)
        if all(_holds(run, test, frame) for test in first.ifs):
            yield from _iterations(run, rest, frame)


def _holds(run: Run, test: ast.expr, frame: Frame) -> bool:
    known = truth(run, run.evaluate(test, frame), frame)
    if known is None:
        run.note("a condition could not be worked out; it is taken as true", test, frame)
    return known is not False


def _lambda(run: Run, node: ast.Lambda, frame: Frame) -> Any:
    return run.closure(node, "<lambda>", frame)


def _named(run: Run, node: ast.NamedExpr, frame: Frame) -> Any:
    value = run.evaluate(node.value, frame)
    run.assign(node.target, value, frame)
    return value


def _yield(run: Run, node: ast.Yield, frame: Frame) -> Any:
    if frame.yields is None:
        return run.unknown("yield outside a function", node, frame)
    frame.yields.append(run.evaluate(node.value, frame) if node.value else None)
    bounded.check_size(frame.yields)
    return None


def _yield_from(run: Run, node: ast.YieldFrom, frame: Frame) -> Any:
    if frame.yields is None:
        return run.unknown("yield outside a function", node, frame)
    for item in iterate(run, run.evaluate(node.value, frame), node.value, frame):
        frame.yields.append(item)
    bounded.check_size(frame.yields)
    return None


def _call(run: Run, node: ast.Call, frame: Frame) -> Any:
    function = run.evaluate(node.func, frame)
    args = _items(run, node.args, frame)
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = run.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
        elif isinstance(value := run.demand(value, frame), dict) and all(isinstance(key, str) for key in value):
            kwargs.update(value)
        else:
            run.note("keyword arguments that are unpacked could not be worked out", keyword.value, frame)
    return run.call(function, args, kwargs, node, frame)


Handler = Callable[[Any, Any, Frame], Any]
HANDLERS: dict[type[ast.expr], Handler] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: _comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _named,
    ast.Set: _set,
    ast.SetComp: _comprehension,
    ast.Slice: _slice,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}


def evaluate(run: Run, node: ast.expr, frame: Frame) -> Any:
    """The value of an expression; what Python would raise an exception for is Unknown."""
    handler = HANDLERS.get(type(node))
    if handler is None:
        return run.unknown(f"{type(node).__name__} is not evaluated", node, frame)
    try:
        return handler(run, node, frame)
    except NATIVE_ERRORS as error:
        return run.unknown(f"this raises {type(error).__name__}", node, frame)
