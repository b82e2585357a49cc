"""What the migrations before one have made of the database, as far as an editor asks: names, extensions, collations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from miglint.history import History, Key, Operation, Rendered
from miglint.sources.django import touches
from miglint.sources.django.backends.definitions import replay
from miglint.sources.django.backends.names import Names
from miglint.sources.django.fields import NotBuilt
from miglint.sources.django.mentions import Mentions
from miglint.sources.django.state import States
from miglint.sources.django.timeline import Timeline
from miglint.sources.django.touches import ModelKey


class Earlier:
    """Replays into the virtual catalog what bears on a migration; `executed` gives the statements of others."""

    def __init__(
        self,
        history: History,
        timeline: Timeline,
        mentions: Mentions,
        states: States,
        executed: Callable[[Key], Rendered],
        database: str,
    ) -> None:
        self._history = history
        self._timeline = timeline
        self._mentions = mentions
        self._states = states
        self._executed = executed
        self._database = database
        self._names: dict[frozenset[ModelKey], tuple[tuple[Key, ...], Names]] = {}

    def names(self, key: Key, lines: frozenset[ModelKey]) -> Names:
        """The virtual catalog of the tables of these lines, as it is before a migration; to be copied."""
        before = self._timeline.before(key)
        lines |= self._makers(lines, before)
        keys = self._timeline.in_order({found for line in lines for found in self.built_by(line, before)})
        done, names = self._names.get(lines, ((), Names(self._database)))
        if done != tuple(keys[: len(done)]):
            done, names = (), Names(self._database)
        for earlier in keys[len(done) :]:
            self._replay(names, earlier)
        self._names[lines] = (tuple(keys), names)
        return names.copy()

    def extensions(self, key: Key) -> set[str]:
        """The PostgreSQL extensions that migrations before this one have created."""
        operations = (
            item for earlier in self._timeline.before(key) for item in self._history.migrations[earlier].operations
        )
        found = set()
        for operation in operations:
            if operation.name.endswith("Extension") and operation.not_understood is None:
                with contextlib.suppress(NotBuilt):
                    found.add(str(getattr(self._states.build(operation), "name", "")))
        return found

    def collations(self, key: Key) -> dict[str, bool]:
        """The collations that migrations before this one have created, and whether each is deterministic."""
        names = Names(self._database)
        before = self._timeline.before(key)
        for earlier in self._timeline.in_order(self._mentions.containing("collation", before)):
            self._replay(names, earlier)
        return names.collations

    def _replay(self, names: Names, key: Key) -> None:
        for statement in self._executed(key).statements:
            replay(names, statement.sql)

    def built_by(self, line: ModelKey, keys: Collection[Key]) -> set[Key]:
        """The migrations among the keys that change a line's models, or name its tables in SQL."""
        app = self._timeline.app(line.app)
        members = {model for step in app.by_line.get(line, ()) for model in touches.changed(step.operation, line.app)}
        tables = {f"{line.app}_{model.name}" for model in members if self._timeline.line(model) == line}
        tables |= set(_tables(step.operation for step in app.by_line.get(line, ())))
        found = {step.key for step in self._timeline.steps(line, keys)}
        pointed = {
            self._timeline.line(model)
            for step in app.by_line.get(line, ())
            for model in touches.named(step.operation, line.app)
            if self._timeline.knows(model.app)
        }
        for target in pointed:  # renaming what a foreign key points to makes the key anew
            found |= {step.key for step in self._timeline.steps(target, keys) if touches.reaches(step.operation)}
        return found | {step.key for step, words in app.raw if step.key in keys and words & tables}

    def code(self, key: Key, index: int, operation: Operation) -> Iterator[Key]:
        """The migrations before an operation whose code may have changed its tables; of another app's none is told."""
        for line in {self._timeline.line(model) for model in touches.changed(operation, key.app)}:
            app = self._timeline.app(line.app)
            earlier = [
                (step, words)
                for step, words in app.coded
                if step.key in self._timeline.before(key) or (step.key == key and step.index < index)
            ]
            if earlier:
                every = {name for other in app.by_line for name in self._called(other)}
                own = self._called(line)
                yield from (step.key for step, words in earlier if words & own or not words & every)

    def _called(self, line: ModelKey) -> set[str]:
        """What a line's models and tables are called."""
        app = self._timeline.app(line.app)
        models = {model.name for model in app.members(line)}
        return (
            models
            | {f"{line.app}_{name}" for name in models}
            | set(_tables(s.operation for s in app.by_line.get(line, ())))
        )

    def lines_in_sql(self, operation: Operation) -> set[ModelKey]:
        """The lines of the models whose tables SQL names, by the names that Django gives to tables."""
        found: set[ModelKey] = set()
        for word in set(touches.sql_words(operation)):
            found |= self._lines_called(word)
        return found

    def _lines_called(self, table: str) -> set[ModelKey]:
        """The lines of the models to whose tables Django gives this name."""
        found: set[ModelKey] = set()
        for label in self._history.apps:
            if table.startswith(f"{label}_"):
                timeline = self._timeline.app(label)
                line = timeline.line(ModelKey(label, table.removeprefix(f"{label}_")))
                found |= {line} & timeline.by_line.keys()
        return found

    def _makers(self, lines: frozenset[ModelKey], keys: Collection[Key]) -> frozenset[ModelKey]:
        """The lines of other apps whose tables these lines took over, as the options of one or the other say."""
        found: set[ModelKey] = set()
        for line in lines:
            steps = self._timeline.steps(line, keys)
            tables = set(_tables(step.operation for step in steps))
            for table in tables:
                found |= self._lines_called(table)
            if any(_is_taken_over(step.operation) for step in steps):
                found |= self._given_away(tables or {f"{line.app}_{line.name}"}, line.app, keys)
        return frozenset(found)

    def _given_away(self, tables: set[str], taker: str, keys: Collection[Key]) -> set[ModelKey]:
        """The lines of other apps whose operations give a table one of these names."""
        naming = {key for table in tables for key in self._mentions.containing(table, keys) if key.app != taker}
        return {
            self._timeline.line(model)
            for key in naming
            for operation in self._history.migrations[key].operations
            if tables & set(_tables([operation]))
            for model in touches.changed(operation, key.app)
        }


def _is_taken_over(operation: Operation) -> bool:
    """Whether a model comes into the state whose table is made elsewhere."""
    made = [item.name for item in operation.database_operations]
    return any(item.name == "CreateModel" for item in operation.state_operations) and "CreateModel" not in made


def _tables(operations: Iterable[Operation]) -> Iterator[str]:
    """The tables that options and AlterModelTable name."""
    for operation in operations:
        options = operation.arguments.get("options")
        table = options.get("db_table") if isinstance(options, dict) else operation.arguments.get("table")
        if isinstance(table, str):
            yield table.lower()
        yield from _tables((*operation.database_operations, *operation.state_operations))
