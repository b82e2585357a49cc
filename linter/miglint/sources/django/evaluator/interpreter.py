"""The interpreter: the parts put together over one module, its budget and what it could not work out."""

from __future__ import annotations

import ast
from contextlib import suppress
from typing import Any

from miglint.finding import Span
from miglint.history import NotUnderstood
from miglint.sources.django.evaluator import calls, expressions, files, natives, statements
from miglint.sources.django.evaluator.classes import class_attribute, define_class
from miglint.sources.django.evaluator.frames import (
    Builtin,
    Class,
    Closure,
    Deferred,
    FilePath,
    Frame,
    FunctionNode,
    GaveUp,
    Instance,
    Method,
    OpenFile,
    Parent,
    World,
)
from miglint.sources.django.source import START, Source
from miglint.sources.django.values import Attribute, Call, Reference, Setting, Unknown

MAX_STEPS = 200_000
MAX_DEPTH = 90
_MAX_NAME = 500
_SETTINGS = "django.conf.settings"
_FACTS = {
    "django.db.connection.mysql_is_mariadb": "mariadb",
    "django.db.connection.vendor": "vendor",
    "django.db.connection.connection.vendor": "vendor",
    "django.VERSION": "version",
    "typing.TYPE_CHECKING": "type checking",
}


class Interpreter:
    """Evaluates one module, and calls of what it finds in others, under one budget.

    `located` is False for a module that is read on behalf of another: its places are of no use there.
    """

    def __init__(self, world: World, main: Source, *, located: bool = True, steps: int = MAX_STEPS) -> None:
        self.world = world
        self.main = main
        self.notes: list[NotUnderstood] = []
        self.assumed = False
        """Whether anything was noted, in places of no use too."""
        self.reasons: dict[ast.stmt, list[str]] = {}
        """What was noted in a module that is read on behalf of another, by the module's own statements."""
        self._statement: ast.stmt | None = None
        self._steps = steps
        self._depth = 0
        self._site: Span | None = None
        self._refills = 5
        self._located = located

    def run_module(self) -> Frame:
        """Execute the module's body; a statement that takes too much is noted and left."""
        frame = Frame(self.main)
        for node in self.main.tree.body:
            self._statement = node
            try:
                self.execute([node], frame)
            except GaveUp as error:
                self.note(str(error), node, frame)
                self._refill()
                self._bind_unknown(node, frame)
        self._statement = None
        return frame

    def _refill(self) -> None:
        """A little budget for the statements after one that took it all, but not again and again."""
        self._refills -= 1
        self._steps = max(self._steps, MAX_STEPS // 10 if self._refills >= 0 else 0)

    def _bind_unknown(self, node: ast.stmt, frame: Frame) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                frame.names[target.id] = self.unknown("this takes too much to work out", node, frame)

    def evaluate(self, node: ast.expr, frame: Frame) -> Any:
        """The value of an expression. Raises GaveUp."""
        if isinstance(node, ast.Constant):
            return node.value
        self.spend(1)
        if self._depth >= MAX_DEPTH:
            raise GaveUp("the code is nested too deeply")
        self._depth += 1
        try:
            return expressions.evaluate(self, node, frame)
        finally:
            self._depth -= 1

    def execute(self, body: list[ast.stmt], frame: Frame) -> Any:
        """Run statements. Raises GaveUp."""
        return statements.execute(self, body, frame)

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any:
        """The value of a call."""
        return calls.call(self, function, args, kwargs, node, frame)

    def call_closure(self, closure: Closure, args: list[Any], kwargs: dict[str, Any], span: Span | None) -> Any:
        """Interpret a function's body; all places in it are where the outermost call stands."""
        outer = self._site
        self._site = self._site or span
        self._depth += 3
        try:
            if self._depth >= MAX_DEPTH:
                raise GaveUp("the code is nested too deeply")
            return calls.call_closure(self, closure, args, kwargs, span)
        finally:
            self._depth -= 3
            self._site = outer

    def initialise(
        self, closure: Closure, args: list[Any], kwargs: dict[str, Any], this: Any, span: Span | None
    ) -> tuple[list[Any], dict[str, Any]] | None:
        """What an `__init__` of the repository initialises its base class with, all places in it being `span`."""
        self._site = span
        try:
            return calls.initialise(self, closure, args, kwargs, this)
        finally:
            self._site = None

    def closure(self, node: FunctionNode, name: str, frame: Frame) -> Closure:
        """A function with its defaults, evaluated now as in Python."""
        scope = frame.parent if frame.is_class and frame.parent else frame
        defaults = tuple(self.evaluate(default, frame) for default in node.args.defaults)
        keyword = {
            arg.arg: self.evaluate(default, frame)
            for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if default is not None
        }
        return Closure(node, scope, name, defaults, keyword, self.span(node, frame))

    def define_class(self, node: ast.ClassDef, frame: Frame) -> Class:
        """A class and its namespace."""
        return define_class(self, node, frame)

    def assign(self, target: ast.expr, value: Any, frame: Frame) -> None:
        """Bind what stands left of `=`."""
        statements.assign(self, target, value, frame)

    def attribute(self, value: Any, name: str, node: ast.expr, frame: Frame) -> Any:
        """`value.name`, whatever the value is."""
        match value:
            case Reference():
                return self._reference_attribute(value, name, node, frame)
            case Class():
                return class_attribute(self, value, name, node, frame)
            case FilePath() | OpenFile():
                found = files.attribute(value, name) if isinstance(value, FilePath) else None
                return Method(value, name) if found is None else found
            case Setting(value=str(text)) if natives.has_method(text, name):
                return Method(text, name)  # what it gives is text made of the setting, not the setting
            case Call() | Setting() | Attribute() | Instance():
                return Attribute(value, name, self.span(node, frame))
            case Unknown():
                return value
            case Parent():
                return (
                    Method(value, name)
                    if value.echoes or name == "__init__"
                    else self.unknown("super() is not evaluated", node, frame)
                )
            case Builtin():
                return Reference(f"builtins.{value.name}.{name}", self.span(node, frame))
        if natives.has_method(value, name):
            return Method(value, name)
        return self.unknown(f"the attribute {name} is not evaluated", node, frame)

    def _reference_attribute(self, value: Reference, name: str, node: ast.expr, frame: Frame) -> Any:
        if value.name == _SETTINGS:
            return Setting(name, self._setting(name, node, frame), self.span(node, frame))
        full = f"{value.name}.{name}"
        if full in _FACTS:
            return self.world.fact(_FACTS[full], self.main)
        if len(full) > _MAX_NAME:
            return self.unknown("a name is too long", node, frame)
        return Reference(full, self.span(node, frame))

    def _setting(self, name: str, node: ast.expr, frame: Frame) -> Any:
        value = self.world.setting(name)
        for reason in self.world.setting_doubts(name):
            self.note(f"of the setting {name}: {reason}", node, frame)
        return self.unknown(f"the setting {name} could not be found", node, frame) if value is None else value

    def demand(self, value: Any, frame: Frame) -> Any:
        """What a reference stands for if the repository tells, else the value itself."""
        if isinstance(value, Deferred):
            return self.evaluate(value.node, value.frame)
        if not isinstance(value, Reference):
            return value
        if value.name in _FACTS:
            return self.world.fact(_FACTS[value.name], self.main)
        self.spend(20)
        found = self.world.resolve(value.name, frame.source)
        if found is None:
            return value
        for reason in self.world.doubts(value.name, frame.source):
            self._remember(reason, self._site or value.span)
        return found

    def value(self, value: Any, frame: Frame) -> Any:
        """What a reference or a setting stands for if the repository tells, else the value itself."""
        found = self.demand(value, frame)
        return found.value if isinstance(found, Setting) else found

    @property
    def left(self) -> int:
        """The steps left in the budget."""
        return self._steps

    def spend(self, steps: int) -> None:
        """Take steps from the budget."""
        self._steps -= steps
        if self._steps < 0:
            raise GaveUp("this takes too many steps to work out")

    def span(self, node: ast.expr | ast.stmt, frame: Frame) -> Span | None:
        """Where a node stands in the main file; within a call, where the outermost call stands."""
        if self._site is not None:
            return self._site
        if not self._located or frame.source is not self.main:
            return None
        with suppress(AttributeError):
            return self.main.span(node)
        return None

    def note(self, reason: str, node: ast.expr | ast.stmt, frame: Frame) -> None:
        """Remember something that was not understood."""
        named = reason if frame.source is self.main and self._located else f"in {frame.source.module}, {reason}"
        self._remember(named, self.span(node, frame))

    def _remember(self, reason: str, span: Span | None) -> None:
        """Where a place is not in the main file, what is noted can bear on anything in it."""
        self.assumed = True
        if not self._located:
            if self._statement is not None:
                self.reasons.setdefault(self._statement, []).append(reason)
            return
        lost = NotUnderstood(reason, span or START)
        if len(self.notes) < 100 and lost not in self.notes:
            self.notes.append(lost)

    def unknown(self, reason: str, node: ast.expr | ast.stmt, frame: Frame) -> Unknown:
        """A value that could not be worked out."""
        return Unknown(reason, self.span(node, frame))
