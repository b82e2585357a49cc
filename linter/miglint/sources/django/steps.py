"""What happened to the models of one app, in order; no more is evaluated than where what is asked for may stand.

Models that are renamed into one another form a line, which is named by its first key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from miglint.history import Key, Migration, Operation
from miglint.sources.django import touches
from miglint.sources.django.mentions import Mentions
from miglint.sources.django.schema_code import CALLS
from miglint.sources.django.touches import ModelKey


class Step(Struct, frozen=True):
    """An operation of a migration; `index` is its place there."""

    key: Key
    index: int
    operation: Operation


class AppTimeline:
    """The steps of one app; `keys` are its migrations in order."""

    def __init__(self, keys: Sequence[Key], migrations: Mapping[Key, Migration], mentions: Mentions) -> None:
        self._keys = keys
        self._migrations = migrations
        self._mentions = mentions
        self._of: dict[ModelKey, list[Step]] = {}

    def line(self, model: ModelKey) -> ModelKey:
        """The line of a model."""
        while (found := self._lines.get(model, model)) != model:
            model = found
        return model

    def members(self, line: ModelKey) -> set[ModelKey]:
        """The models that a line consists of."""
        return {line} | {model for model in self._lines if self.line(model) == line}

    def of(self, line: ModelKey) -> list[Step]:
        """The steps that change the models of a line."""
        if line not in self._of:
            named = self._mentions.naming(self.members(line), self._keys)
            self._of[line] = [step for step in self._steps(named) if line in self._lines_of(step)]
        return self._of[line]

    def makes(self, model: ModelKey) -> bool:
        """Whether a model comes into the state here."""
        named = set(self._mentions.naming({model}, self._keys))
        makers = self._mentions.holding(("createmodel", "renamemodel"), self._keys)
        steps = self._steps(key for key in makers if key in named)
        return any(model in touches.changed(step.operation, model.app) for step in steps)

    @cached_property
    def lines(self) -> set[ModelKey]:
        """Every line; evaluates all that there is."""
        return {line for step in self._steps(self._keys) for line in self._lines_of(step)}

    @cached_property
    def renamed(self) -> frozenset[ModelKey]:
        """Models that are given another name somewhere."""
        return frozenset(old for old, _ in self._renames)

    @cached_property
    def raw(self) -> list[tuple[Step, frozenset[str]]]:
        """Steps with SQL of their own, and its words."""
        steps = self._steps(self._mentions.holding(("runsql",), self._keys))
        found = ((step, frozenset(touches.sql_words(step.operation))) for step in steps)
        return [(step, words) for step, words in found if words]

    @cached_property
    def coded(self) -> list[tuple[Step, frozenset[str]]]:
        """Steps with code that changes tables itself, and its words."""
        steps = self._steps(self._mentions.holding(CALLS, self._keys))
        found = ((step, frozenset(touches.code_words(step.operation))) for step in steps)
        return [(step, words) for step, words in found if words]

    def _steps(self, keys: Iterator[Key] | Sequence[Key]) -> Iterator[Step]:
        for key in keys:
            for index, operation in enumerate(self._migrations[key].operations):
                yield Step(key, index, operation)

    def _lines_of(self, step: Step) -> set[ModelKey]:
        return {self.line(model) for model in touches.changed(step.operation, step.key.app)}

    @cached_property
    def _renames(self) -> list[tuple[ModelKey, ModelKey]]:
        steps = self._steps(self._mentions.holding(("renamemodel",), self._keys))
        return [pair for step in steps for pair in touches.renames(step.operation, step.key.app)]

    @cached_property
    def _lines(self) -> dict[ModelKey, ModelKey]:
        lines: dict[ModelKey, ModelKey] = {}

        def line(model: ModelKey) -> ModelKey:
            while (found := lines.get(model, model)) != model:
                model = found
            return model

        for old, new in self._renames:
            lines[line(new)] = line(old)
        return lines
