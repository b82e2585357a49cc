"""What the interpreter holds while it runs: modules, frames of names, and the values that never leave it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from miglint.finding import Span
from miglint.sources.django.source import Source
from miglint.sources.django.values import Unknown, Value


class GaveUp(Exception):
    """The budget of steps, sizes or depth is spent. Caught where a file or a statement of it is evaluated."""


class World(Protocol):
    """What a module can ask of its surroundings: the rest of the repository and the facts of the project."""

    def resolve(self, name: str, importer: Source) -> Any:
        """What a dotted name stands for in the repository, or None if the repository does not define it."""

    def doubts(self, name: str, importer: Source) -> Sequence[str]:
        """What was taken to be so where the repository defines a name, in the module's own statements."""

    def public_names(self, module: str, importer: Source) -> Mapping[str, Any] | None:
        """What `from module import *` brings, or None if the module is not in the repository."""

    def read_text(self, path: str) -> str | None:
        """The text of a file of the repository."""

    def setting(self, name: str) -> Value | None:
        """The value of a Django setting; None if no settings module tells."""

    def setting_doubts(self, name: str) -> Sequence[str]:
        """What was taken to be so where settings modules give a setting its value, or leave it out."""

    def is_unset(self, name: str) -> bool:
        """Whether settings modules were read whole and neither they nor Django itself have such a setting."""

    def fact(self, name: str, importer: Source) -> Value:
        """`connection.vendor`, `django.VERSION` and the like, as this file sees them."""


class Frame(Struct):
    """Names of a module, class body, function call or comprehension, and the frame around it."""

    source: Source
    names: dict[str, Any] = field(default_factory=dict)
    parent: Frame | None = None
    is_class: bool = False
    wildcards: list[str] = field(default_factory=list)
    """Modules outside the repository that were imported with `*`."""
    inherited: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What was taken to be so of names that `*` brought from other modules of the repository."""
    brought: dict[ast.ImportFrom, tuple[str, ...]] = field(default_factory=dict)
    """The names that each such `*` brought."""
    outer_names: dict[str, Frame] = field(default_factory=dict)
    """Names declared `global` or `nonlocal`, and the frame that holds them."""
    yields: list[Any] | None = None
    """What a generator's body has yielded so far."""

    def module(self) -> Frame:
        """The outermost frame."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Closure(Struct, frozen=True, eq=False):
    """A function or lambda and the frame it was defined in."""

    node: FunctionNode
    frame: Frame
    name: str
    defaults: tuple[Any, ...]
    keyword_defaults: Mapping[str, Any]
    span: Span | None


class Class(Struct, eq=False):
    """A class that was defined in the repository."""

    name: str
    bases: tuple[Any, ...]
    names: dict[str, Any]
    node: ast.ClassDef
    source: Source
    span: Span | None
    spans: dict[str, list[Span]] = field(default_factory=dict)
    """Of attributes that are lists: where each element is written."""
    whole: dict[str, Span] = field(default_factory=dict)
    """Of attributes: where the value is written."""

    @property
    def target(self) -> str:
        """The class's dotted name."""
        return f"{self.source.module}.{self.name}"


class Instance(Struct, frozen=True, eq=False):
    """A call of a class of the repository, read but not made."""

    of: Class
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    span: Span | None


class Partial(Struct, frozen=True, eq=False):
    """`functools.partial(function, ...)`."""

    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    span: Span | None


class Method(Struct, frozen=True, eq=False):
    """A method of plain data, not called yet: `"...".format`."""

    receiver: Any
    name: str


class Builtin(Struct, frozen=True, eq=False):
    """A name of Python's `builtins`."""

    name: str


class Parent(Struct, frozen=True, eq=False):
    """`super()` within a method: notes what the base class is initialised with, or gives back what it is given."""

    echoes: bool = False
    calls: list[tuple[list[Any], dict[str, Any]]] = field(default_factory=list)


class FilePath(Struct, frozen=True):
    """A path in the repository, relative to its root: what `__file__` and `Path(__file__).parent` stand for."""

    path: str


class OpenFile(Struct, frozen=True):
    """`open(...)` of a file of the repository."""

    path: str


class Deferred(Struct, eq=False):
    """The value of a class attribute that is evaluated when somebody asks for it."""

    node: ast.expr
    frame: Frame


class Run(Protocol):
    """The interpreter, as its parts see it."""

    world: World
    main: Source

    def evaluate(self, node: ast.expr, frame: Frame) -> Any: ...

    def execute(self, body: list[ast.stmt], frame: Frame) -> Any: ...

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.Call, frame: Frame) -> Any: ...

    def call_closure(self, closure: Closure, args: list[Any], kwargs: dict[str, Any], span: Span | None) -> Any: ...

    def closure(self, node: FunctionNode, name: str, frame: Frame) -> Closure: ...

    def define_class(self, node: ast.ClassDef, frame: Frame) -> Class: ...

    def assign(self, target: ast.expr, value: Any, frame: Frame) -> None: ...

    def attribute(self, value: Any, name: str, node: ast.expr, frame: Frame) -> Any: ...

    def demand(self, value: Any, frame: Frame) -> Any:
        """What a reference stands for if the repository tells, else the value itself."""

    def value(self, value: Any, frame: Frame) -> Any:
        """What a reference or a setting stands for if the repository tells, else the value itself."""

    def spend(self, steps: int) -> None:
        """Take steps from the budget. Raises GaveUp when none are left."""

    def span(self, node: ast.expr | ast.stmt, frame: Frame) -> Span | None:
        """Where a node stands in the main file; within a call of a function, where the call stands."""

    def note(self, reason: str, node: ast.expr | ast.stmt, frame: Frame) -> None:
        """Remember something that was not understood."""

    def unknown(self, reason: str, node: ast.expr | ast.stmt, frame: Frame) -> Unknown:
        """A value that could not be worked out."""
