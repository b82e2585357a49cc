"""What a call does: functions of the repository are interpreted, pure ones computed, all others only read."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from miglint.finding import Span
from miglint.sources.django.evaluator import bounded, files, natives
from miglint.sources.django.evaluator.expressions import iterate, lookup, truth
from miglint.sources.django.evaluator.frames import (
    Builtin,
    Class,
    Closure,
    FilePath,
    Frame,
    Instance,
    Method,
    OpenFile,
    Parent,
    Partial,
    Run,
)
from miglint.sources.django.evaluator.statements import body_of, execute, returned
from miglint.sources.django.values import Attribute, Call, Reference, Setting, Unknown

_SETTINGS = "django.conf.settings"
_IMPORTS = frozenset({"django.utils.module_loading.import_string", "importlib.import_module"})
SUPER = "super()"
"""The name, which no source can bind, of what `super()` stands for."""


def call(run: Run, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    """The value of a call of any value."""
    match function:
        case Closure():
            return run.call_closure(function, args, kwargs, run.span(node, frame))
        case Reference():
            return _call_reference(run, function, args, kwargs, node, frame)
        case Method():
            return _call_method(run, function, args, kwargs, node, frame)
        case Builtin():
            return _call_builtin(run, function.name, args, kwargs, node, frame)
        case Class():
            return Instance(function, tuple(args), kwargs, run.span(node, frame))
        case Partial():
            merged = {**function.kwargs, **kwargs}
            return call(run, function.function, [*function.args, *args], merged, node, frame)
        case Attribute():
            return Call(function.name, tuple(args), kwargs, run.span(node, frame), receiver=function.of)
        case Call() | Setting():
            return Call("__call__", tuple(args), kwargs, run.span(node, frame), receiver=function)
        case Unknown():
            return function
    return run.unknown("what is called here could not be worked out", node, frame)


def _call_reference(
    run: Run, function: Reference, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame
) -> Any:
    name = function.name
    if name == "functools.partial" and args:
        return Partial(args[0], tuple(args[1:]), kwargs, run.span(node, frame))
    if name in natives.LIBRARY:
        args = [run.demand(arg, frame) for arg in args]
        if all(isinstance(arg, bounded.PLAIN) for arg in args):
            return natives.LIBRARY[name](*args, **kwargs)
    if name in _IMPORTS and len(args) == 1:
        wanted = args[0].value if isinstance(args[0], Setting) else args[0]
        if isinstance(wanted, str):  # what it names, as an import statement would; nothing is imported
            return Reference(wanted)
    path = files.call_function(name, args)
    if path is not None:
        return path
    if not name.rpartition(".")[2][:1].isupper():
        found = _function_of(run, function, frame)
        if found is not None:
            return call(run, found, args, kwargs, node, frame)
    return Call(name, tuple(args), kwargs, run.span(node, frame))


def _function_of(run: Run, reference: Reference, frame: Frame) -> Closure | Partial | Method | None:
    """The function of the repository, or the method of one of its constants, that a name stands for."""
    found = run.demand(reference, frame)
    if isinstance(found, Closure | Partial):
        return found
    owner, _, method = reference.name.rpartition(".")
    if not owner.rpartition(".")[2].isupper():
        return None
    value = run.demand(Reference(owner, reference.span), frame)
    return Method(value, method) if natives.has_method(value, method) else None


def _call_method(
    run: Run, method: Method, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame
) -> Any:
    receiver = method.receiver
    if isinstance(receiver, Parent):
        receiver.calls.append((args, kwargs))
        return args[0] if receiver.echoes and args else None
    if isinstance(receiver, FilePath | OpenFile):
        result = files.call_method(run.world, receiver, method.name, args)
        return run.unknown("a file could not be read from the repository", node, frame) if result is None else result
    find = run.value if isinstance(receiver, str) else run.demand
    args = [find(arg, frame) if not isinstance(arg, bounded.PLAIN) else arg for arg in args]
    kwargs = {name: find(value, frame) for name, value in kwargs.items()}
    run.spend((bounded.size(receiver) + sum(map(bounded.size, args))) // 64)
    if isinstance(receiver, list) and method.name == "extend" and len(args) == 1:
        args = [list(iterate(run, args[0], node.args[0], frame))]
    if isinstance(receiver, str | bytes) and not all(bounded.is_plain(arg) for arg in (*args, *kwargs.values())):
        return run.unknown("a text is made of something that could not be worked out", node, frame)
    return natives.call_method(receiver, method.name, args, kwargs)


def _call_builtin(run: Run, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    special = _SPECIAL.get(name)
    if special is not None:
        return special(run, args, kwargs, node, frame)
    compute = natives.BUILTINS.get(name)
    if compute is None:
        return run.unknown(f"{name}() is not evaluated", node, frame)
    args = [run.value(arg, frame) for arg in args]
    for arg in (*args, *kwargs.values()):
        if isinstance(arg, Unknown):
            return arg
        if isinstance(arg, FilePath) and name == "str":
            return arg
        if not isinstance(arg, bounded.PLAIN):
            return run.unknown(f"{name}() of something that could not be worked out", node, frame)
    run.spend(sum(map(bounded.size, args)) // 16)
    if name in ("str", "repr") and not all(bounded.is_plain(arg) for arg in args):
        return run.unknown(f"{name}() of something that could not be worked out", node, frame)
    return compute(*args, **kwargs)


def _getattr(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    """`getattr(settings, "NAME", default)` gives the default where no settings module sets the name."""
    if len(args) < 2 or not isinstance(args[1], str):
        return run.unknown("getattr() of a name that could not be worked out", node, frame)
    owner, name = args[0], args[1]
    if isinstance(owner, Reference) and owner.name == _SETTINGS and len(args) > 2:
        value = run.world.setting(name)
        _doubt_setting(run, name, node, frame)
        if value is None and not run.world.is_unset(name):
            run.note(f"whether the setting {name} is set cannot be told; the default of it is taken", node, frame)
        return args[2] if value is None else value
    return run.attribute(owner, name, node, frame)


def _doubt_setting(run: Run, name: str, node: ast.Call, frame: Frame) -> None:
    for reason in run.world.setting_doubts(name):
        run.note(f"of the setting {name}: {reason}", node, frame)


def _hasattr(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    if len(args) == 2 and isinstance(args[0], Reference) and args[0].name == _SETTINGS and isinstance(args[1], str):
        _doubt_setting(run, args[1], node, frame)
        if run.world.setting(args[1]) is not None:
            return True
        if run.world.is_unset(args[1]):
            return False
    return run.unknown("hasattr() could not be worked out", node, frame)


def _open(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    found = files.call_function("open", args)
    return run.unknown("a file could not be read from the repository", node, frame) if found is None else found


def _map(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    if len(args) != 2:
        return run.unknown("map() of several sequences is not evaluated", node, frame)
    return [call(run, args[0], [item], {}, node, frame) for item in iterate(run, args[1], node, frame)]


def _filter(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    kept = []
    for item in iterate(run, args[1], node, frame):
        verdict = item if args[0] is None else call(run, args[0], [item], {}, node, frame)
        if truth(run, verdict, frame) is not False:
            kept.append(item)
    return kept


def _next(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    for item in iterate(run, args[0], node, frame):
        return item
    return args[1] if len(args) > 1 else run.unknown("next() of nothing", node, frame)


def _super(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    """The recorder that `initialise` put around the call; nowhere else is there anything above a class."""
    found = lookup(SUPER, frame)
    return found if isinstance(found, Parent) else run.unknown("super() is not evaluated here", node, frame)


def _isinstance(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    """Of plain data: it is of Python's own types and of no class that is defined anywhere else."""
    value, classes = args
    known = value is None or isinstance(value, str | int | float | bytes)
    verdicts = [_is_of(value, item) for item in (classes if isinstance(classes, tuple) else (classes,))]
    if known and True in verdicts:
        return True
    if not known or None in verdicts:
        return run.unknown("isinstance() could not be worked out", node, frame)
    return False


def _is_of(value: Any, cls: Any) -> bool | None:
    match cls:
        case Builtin(name=name):
            return any(base.__name__ == name for base in type(value).__mro__)
        case Class():
            return False
        case Reference(name=name):
            return None if name.partition(".")[0] in _ABSTRACT else False
    return None


_ABSTRACT = frozenset({"collections", "numbers", "types", "typing"})
"""Where classes are defined that plain data can be an instance of."""


def _identity(run: Run, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
    return args[0]


_SPECIAL: dict[str, Callable[[Run, list[Any], dict[str, Any], ast.Call, Frame], Any]] = {
    "classmethod": _identity,
    "filter": _filter,
    "getattr": _getattr,
    "hasattr": _hasattr,
    "isinstance": _isinstance,
    "map": _map,
    "next": _next,
    "open": _open,
    "staticmethod": _identity,
    "super": _super,
}


def call_closure(run: Run, closure: Closure, args: list[Any], kwargs: dict[str, Any], span: Span | None) -> Any:
    """What a function of the repository returns; a generator's items as a list."""
    frame = Frame(closure.frame.source, parent=closure.frame)
    if not _bind(closure, args, kwargs, frame):
        return Unknown(f"the arguments do not fit {closure.name}()", span)
    body = body_of(closure)
    if _is_generator(closure.node):
        frame.yields = []
        execute(run, body, frame)
        return frame.yields
    return returned(execute(run, body, frame))


def initialise(
    run: Run, closure: Closure, args: list[Any], kwargs: dict[str, Any], this: Any
) -> tuple[list[Any], dict[str, Any]] | None:
    """Interpret an `__init__` and give what it initialises its base class with; None if it does so not just once."""
    frame = Frame(closure.frame.source, {SUPER: (parent := Parent())}, parent=closure.frame)
    if not _bind(closure, [this, *args], kwargs, frame):
        return None
    execute(run, body_of(closure), frame)
    return parent.calls[0] if len(parent.calls) == 1 else None


def _bind(closure: Closure, args: list[Any], kwargs: dict[str, Any], frame: Frame) -> bool:
    """Put arguments into the frame as Python would. False if they do not fit."""
    signature = closure.node.args
    names = [arg.arg for arg in (*signature.posonlyargs, *signature.args)]
    values = dict(zip(reversed(names), reversed(closure.defaults), strict=False))
    values.update(closure.keyword_defaults)
    values.update(zip(names, args, strict=False))
    known = {*names, *(arg.arg for arg in signature.kwonlyargs)}
    extra = {name: value for name, value in kwargs.items() if name not in known}
    values.update((name, value) for name, value in kwargs.items() if name in known)
    if (len(args) > len(names) and not signature.vararg) or (extra and not signature.kwarg):
        return False
    if signature.vararg:
        values[signature.vararg.arg] = tuple(args[len(names) :])
    if signature.kwarg:
        values[signature.kwarg.arg] = extra
    frame.names.update(values)
    return known <= values.keys()


def _is_generator(node: ast.AST) -> bool:
    if isinstance(node, ast.Lambda):
        return False
    pending: list[ast.AST] = list(getattr(node, "body", ()))
    while pending:
        item = pending.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(item))
    return False
