"""One migration file: its class `Migration`, the edges at once, the operations when somebody asks."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from miglint.finding import Span
from miglint.history import Dependency, Key, NotUnderstood, Operation
from miglint.sources.django.assumptions import with_assumptions, within
from miglint.sources.django.evaluator.classes import ancestry, located
from miglint.sources.django.evaluator.frames import Class, Deferred, Frame, GaveUp, World
from miglint.sources.django.evaluator.interpreter import Interpreter
from miglint.sources.django.operations import OperationBuilder
from miglint.sources.django.source import START, Source
from miglint.sources.django.values import Call, Reference, Setting, Unknown

BASES = frozenset(("django.db.migrations.Migration", "django.db.migrations.migration.Migration"))
_NOT_MIGRATIONS = ("django.db.models.", "south.", "builtins.")
"""Where classes come from that are called Migration and are something else."""
_DECIDING = frozenset(("__init__", "apply", "mutate_state", "unapply"))
_SWAPPABLE = frozenset(
    ("django.db.migrations.swappable_dependency", "django.db.migrations.migration.swappable_dependency")
)


class Header(Struct, frozen=True):
    """Everything of a migration but its operations. Dependencies by their labels as written."""

    span: Span
    dependencies: tuple[Dependency, ...]
    run_before: tuple[Dependency, ...]
    replaces: tuple[Dependency, ...]
    atomic: bool
    initial: bool
    dependencies_span: Span | None
    dependencies_incomplete: bool
    """Whether there may be a dependency on the same app that was not understood."""
    not_understood: tuple[NotUnderstood, ...]
    certain: bool
    """Whether the class is known to be a migration: its bases lead to Django's own."""


class Body(Struct, frozen=True):
    """The operations, and what was not understood in them."""

    operations: tuple[Operation, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()


class MigrationFile:
    """A migration file that was parsed: `header` is read at once, `body()` evaluates the operations."""

    def __init__(self, source: Source, world: World) -> None:
        self._run = Interpreter(world, source)
        self._frame = self._run.run_module()
        found = self._frame.names.get("Migration")
        found = self._run.demand(found, self._frame) if isinstance(found, Reference) else found
        self._class = found if isinstance(found, Class) else None
        self.header = self._header(self._class) if self._class is not None else None

    def _header(self, cls: Class) -> Header | None:
        chain = list(ancestry(self._run, cls))
        certain = any(isinstance(base, Reference) and base.name in BASES for base in chain)
        foreign = [base.name for base in chain if isinstance(base, Reference)]
        if not certain and (not cls.bases or any(name.startswith(_NOT_MIGRATIONS) for name in foreign)):
            return None
        span = _headline(cls, self._run.main)
        attributes = _Attributes(self._run, [base for base in chain if isinstance(base, Class)], span)
        notes = list(self._run.notes)
        if not certain:
            notes.append(NotUnderstood(f"the base class of {cls.name} is not known to be a migration", span))
        written = attributes.items("dependencies")
        dependencies = tuple(_edges(written, notes, "a dependency"))
        run_before = tuple(_edges(attributes.items("run_before"), notes, "an entry of run_before"))
        replaces = tuple(_edges(attributes.items("replaces"), notes, "an entry of replaces"))
        return Header(
            span=span,
            dependencies=dependencies,
            run_before=run_before,
            replaces=replaces,
            atomic=attributes.get("atomic", default=True) is not False,
            initial=attributes.get("initial", default=None) is True,
            dependencies_span=cls.whole.get("dependencies"),
            dependencies_incomplete=any(_edge(*item) is None and not _is_swappable(item[0]) for item in written),
            not_understood=tuple(notes),
            certain=certain,
        )

    def body(self) -> Body:
        """The operations in order. Never raises."""
        if self._class is None or self.header is None:
            return Body()
        builder = OperationBuilder(self._run)
        known = len(self._run.notes)
        operations: list[Operation] = []
        try:
            for item, span in self._items(self._class, self.header.span):
                operations.append(builder.build(item, len(operations), span))
        except (GaveUp, RecursionError) as error:
            reason = str(error) if isinstance(error, GaveUp) else "the code is nested too deeply"
            operations.append(_lost(reason, len(operations), self._class.whole.get("operations", self.header.span)))
            builder.not_understood.append(NotUnderstood(reason, operations[-1].span))
        if not operations:
            operations.extend(self._maybe_others())
        own: list[NotUnderstood] = []
        with contextlib.suppress(GaveUp, RecursionError):  # where that is so, an operation says it
            own.extend(self._own_methods())
        noted = [*self._run.notes[known:], *builder.not_understood, *own]
        assumed = with_assumptions(operations, [*self._run.notes, *own], self.header.dependencies_span)
        return Body(tuple(assumed), tuple(dict.fromkeys(noted)))

    def _own_methods(self) -> Iterator[NotUnderstood]:
        """Methods with which a migration may do something else than its operations, or leave them."""
        assert self._class is not None
        for owner in ancestry(self._run, self._class):
            for name in _DECIDING & owner.names.keys() if isinstance(owner, Class) else ():
                span = self.header.span if self.header is not None else START
                yield NotUnderstood(f"the migration has its own {name}()", span)

    def _maybe_others(self) -> Iterator[Operation]:
        """Where no operation is left, but by what could not be worked out: that there may be some after all."""
        value = self._class.names.get("operations") if self._class is not None else None
        if isinstance(value, Deferred) and isinstance(value.node, ast.List | ast.Tuple) and not value.node.elts:
            return
        around = self.header.dependencies_span if self.header is not None else None
        for note in self._run.notes:
            if around is None or not within(note.span, around):
                yield _lost(f"no operation is left: {note.reason}", 0, note.span)
                return

    def _items(self, cls: Class, fallback: Span) -> Iterator[tuple[Any, Span]]:
        for owner in ancestry(self._run, cls):
            if isinstance(owner, Class) and "operations" in owner.names:
                value = owner.names["operations"]
                whole = owner.whole.get("operations", fallback) if owner.source is self._run.main else fallback
                if isinstance(value, Deferred):
                    items, spans = located(self._run, value.node, value.frame)
                else:
                    value = self._run.demand(value, Frame(owner.source))
                    items = list(value) if isinstance(value, list | tuple) else [value]
                    spans = [*owner.spans.get("operations", ())]
                places = [*spans, *[None] * (len(items) - len(spans))]
                for item, span in zip(items, places, strict=True):
                    yield item, span or whole
                return


def _lost(reason: str, index: int, span: Span) -> Operation:
    return Operation(index, "", "", span, not_understood=NotUnderstood(reason, span))


def _headline(cls: Class, main: Source) -> Span:
    """The `class Migration(...)` line; the file's start if the class comes from elsewhere."""
    if cls.source is not main:
        return Span(1, 1, 1, 1)
    start = main.span(cls.node)
    return Span(start.line, start.column, start.line, max(len(main.line(start.line).rstrip()) + 1, start.column))


class _Attributes(Struct, frozen=True):
    """Attributes of the class `Migration` by its bases in the repository."""

    run: Interpreter
    chain: list[Class]
    fallback: Span

    def get(self, name: str, *, default: Any) -> Any:
        for owner in self.chain:
            if name in owner.names:
                return self.run.demand(owner.names[name], Frame(owner.source))
        return default

    def items(self, name: str) -> list[tuple[Any, Span]]:
        """The items of a list attribute and where each is written."""
        for owner in self.chain:
            if name in owner.names:
                value = self.run.demand(owner.names[name], Frame(owner.source))
                whole = owner.whole.get(name, self.fallback) if owner.source is self.run.main else self.fallback
                items = list(value) if isinstance(value, list | tuple | set) else [value]
                spans = owner.spans.get(name, [])
                places = [*spans[: len(items)], *[whole] * (len(items) - len(spans))]
                return list(zip(items, places, strict=True))
        return []


def _edges(items: list[tuple[Any, Span]], notes: list[NotUnderstood], what: str) -> Iterator[Dependency]:
    for item, span in items:
        edge = _edge(item, span)
        if edge is None:
            reason = item.reason if isinstance(item, Unknown) else f"{what} could not be worked out"
            notes.append(NotUnderstood(reason, span))
        else:
            yield edge


def _edge(item: Any, span: Span) -> Dependency | None:
    if isinstance(item, tuple | list) and len(item) == 2:
        app, name = (part.value if isinstance(part, Setting) else part for part in item)
        return Dependency(Key(app, name), span) if isinstance(app, str) and isinstance(name, str) else None
    if _is_swappable(item) and len(item.args) == 1:
        model = item.args[0]
        setting = model.name if isinstance(model, Setting) else None
        value = model.value if isinstance(model, Setting) else model
        if isinstance(value, str) and value.count(".") == 1:
            return Dependency(Key(value.partition(".")[0], "__first__"), span, setting)
    return None


def _is_swappable(item: Any) -> bool:
    return isinstance(item, Call) and item.target in _SWAPPABLE
