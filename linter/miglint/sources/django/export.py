"""From what the interpreter holds to the values that leave it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from miglint.finding import Span
from miglint.history import NotUnderstood
from miglint.sources.django.evaluator.bounded import PLAIN, is_plain, weigh
from miglint.sources.django.evaluator.classes import members
from miglint.sources.django.evaluator.frames import (
    Builtin,
    Class,
    Closure,
    Deferred,
    FilePath,
    Frame,
    GaveUp,
    Instance,
    Method,
    OpenFile,
    Partial,
)
from miglint.sources.django.evaluator.interpreter import Interpreter
from miglint.sources.django.evaluator.natives import materialise
from miglint.sources.django.values import Attribute, Call, Function, LocalClass, Reference, Setting, Unknown, Value

_MAX_DEPTH = 40
_STEPS = 20_000
_CLASS_NOISE = frozenset(("__doc__", "__module__", "__qualname__"))


class Exporter:
    """Turns internal values of one file into plain ones and collects what was not understood on the way."""

    def __init__(self, run: Interpreter, site: Span) -> None:
        self._run = run
        self._frame = Frame(run.main)
        self._site = site
        self._depth = 0
        self.unknown: list[NotUnderstood] = []

    def export(self, value: Any) -> Value:
        """The value as it leaves the interpreter. Never raises: what is too big is Unknown."""
        try:
            weigh(value)
            return self._export(value)
        except (GaveUp, RecursionError) as error:
            return self._lost(Unknown(str(error) or "a value is nested too deeply", self._site))

    def _export(self, value: Any) -> Value:
        if isinstance(value, str | int | float | None | bytes):
            return value
        self._depth += 1
        self._run.spend(1)
        try:
            if self._depth > _MAX_DEPTH:
                raise GaveUp("a value is nested too deeply")
            if isinstance(value, PLAIN):
                return self._container(value)
            return self._symbol(value)
        finally:
            self._depth -= 1

    def _container(self, value: Any) -> Value:
        match value:
            case list() | tuple() | set() | frozenset():
                return type(value)(self._export(item) for item in value)
            case range():
                return materialise(value)
            case dict():
                return {self._export(key): self._export(item) for key, item in value.items()}
        return value

    def _symbol(self, value: Any) -> Value:
        match value:
            case Call():
                kwargs = {name: self._keyword(name, item) for name, item in value.kwargs.items()}
                receiver = self._export(value.receiver)
                return Call(value.target, tuple(map(self._export, value.args)), kwargs, value.span, receiver)
            case Reference():
                return self._reference(value)
            case Attribute():
                return Attribute(self._export(value.of), value.name, value.span)
            case Setting():
                return self._setting(value)
            case Unknown():
                return self._lost(value)
        return self._internal(value)

    def _keyword(self, name: str, value: Any) -> Value:
        """An argument; a lookup `…__in` goes through the members of an enumeration, a default may be a function."""
        if name == "default" and isinstance(value, Closure) and value.frame.source is self._run.main:
            return replace(self._function(value), gives=self._given(value))
        if name.endswith("__in") and isinstance(value, Reference | Class):
            found = members(self._run, self._run.demand(value, self._frame))
            value = value if found is None else found
        return self._export(value)

    def _given(self, function: Closure) -> tuple[Value, ...]:
        """What a function gives that is called without arguments; nothing where that is not known for sure."""
        budget = min(_STEPS, self._run.left)
        run = Interpreter(self._run.world, self._run.main, located=False, steps=budget)
        try:
            made = run.call_closure(function, [], {}, None)
            return (made,) if is_plain(made) and not run.assumed else ()
        except (GaveUp, RecursionError):
            return ()
        finally:
            self._run.spend(budget - max(run.left, 0))

    def _setting(self, value: Setting) -> Value:
        if isinstance(value.value, Unknown):
            self._lost(value.value)
            return value
        return Setting(value.name, self._export(value.value), value.span)

    def _internal(self, value: Any) -> Value:
        match value:
            case Closure():
                return self._function(value)
            case Class() if value.source is self._run.main:
                return self._class(value)
            case Class():
                return Reference(value.target)
            case Instance():
                kwargs = {name: self._export(item) for name, item in value.kwargs.items()}
                args = tuple(map(self._export, value.args))
                if value.of.source is self._run.main:
                    return Call("__call__", args, kwargs, value.span, receiver=self._class(value.of))
                return Call(value.of.target, args, kwargs, value.span)
            case Partial():
                kwargs = {name: self._export(item) for name, item in value.kwargs.items()}
                args = tuple(map(self._export, (value.function, *value.args)))
                return Call("functools.partial", args, kwargs, value.span)
            case Builtin():
                return Reference(f"builtins.{value.name}")
            case Deferred():
                return self._export(self._run.demand(value, self._frame))
            case Method() | FilePath() | OpenFile():
                return self._lost(Unknown("a method or file that is not used", self._site))
        return self._lost(Unknown("a value that could not be worked out", self._site))

    def _lost(self, value: Unknown) -> Unknown:
        self.unknown.append(NotUnderstood(value.reason, value.span or self._site))
        return value

    def _reference(self, value: Reference) -> Value:
        """A constant or a member of an enumeration is looked up in the repository; classes and functions stay names."""
        owner, _, name = value.name.rpartition(".")
        class_name = owner.rpartition(".")[2]
        if not owner or not (name.isupper() or class_name[:1].isupper()) or value.name.startswith("django."):
            return value
        found = self._run.demand(value, self._frame)
        return self._export(found) if found is not value and isinstance(found, PLAIN) else value

    def _function(self, value: Closure) -> Value:
        if value.frame.source is not self._run.main:
            return Reference(f"{value.frame.source.module}.{value.name}", self._site)
        signature = value.node.args
        positional = [arg.arg for arg in (*signature.posonlyargs, *signature.args)]
        required = len(positional) - len(signature.defaults)
        return Function(value.name, tuple(positional), required, value.span, module=self._run.main.module)

    def _class(self, value: Class) -> LocalClass:
        bases = tuple(map(self._export, value.bases))
        attributes = {name: self._export(item) for name, item in value.names.items() if name not in _CLASS_NOISE}
        return LocalClass(value.name, bases, attributes, value.span)
