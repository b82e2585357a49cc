"""What the migrations before one have made of the database, as far as an editor asks: names, extensions, collations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator

from miglint.history import History, Key, Operation, Statement
from miglint.sources.django import touches
from miglint.sources.django.backends.definitions import replay
from miglint.sources.django.backends.names import Names
from miglint.sources.django.fields import NotBuilt
from miglint.sources.django.mentions import Mentions
from miglint.sources.django.slices import Slices, tables_of
from miglint.sources.django.state import States
from miglint.sources.django.steps import Step
from miglint.sources.django.timeline import Timeline
from miglint.sources.django.touches import ModelKey


class Earlier:
    """Replays into the virtual catalog what bears on a migration.

    `executed` gives the statements of other migrations, or those of them that bear on some lines, or on collations.
    """

    def __init__(
        self,
        history: History,
        timeline: Timeline,
        mentions: Mentions,
        states: States,
        slices: Slices,
        executed: Callable[[Key, frozenset[ModelKey] | None], Iterable[Statement]],
        database: str,
    ) -> None:
        self._history = history
        self._timeline = timeline
        self._mentions = mentions
        self._states = states
        self._slices = slices
        self._executed = executed
        self._database = database
        self._names_of_lines: dict[ModelKey, frozenset[str]] = {}
        self._names_of_apps: dict[str, frozenset[str]] = {}
        self._names: dict[frozenset[ModelKey], tuple[list[Key], Names]] = {}

    def names(self, key: Key, lines: frozenset[ModelKey]) -> Names:
        """The virtual catalog of the tables of these lines, as it is before a migration; to be copied."""
        before = self._timeline.before(key)
        lines |= self._makers(lines, before)
        keys = self._timeline.in_order({found for line in lines for found in self.built_by(line, before)})
        done, names = self._names.get(lines, ([], Names(self._database)))
        if done != keys[: len(done)]:
            done, names = [], Names(self._database)
        for earlier in keys[len(done) :]:
            # What this one asks for itself is what was replayed so far.
            self._names[lines] = (done, names)
            statements = self._executed(earlier, lines)
            for statement in statements:
                replay(names, statement.sql)
            done.append(earlier)
        self._names[lines] = (done, names)
        return names.copy()

    def extensions(self, key: Key) -> set[str]:
        """The PostgreSQL extensions that migrations before this one have created."""
        making = self._mentions.holding(("extension",), self._timeline.before(key))
        operations = (item for earlier in making for item in self._history.migrations[earlier].operations)
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
            for statement in self._executed(earlier, None):
                replay(names, statement.sql)
        return names.collations

    def built_by(self, line: ModelKey, keys: Collection[Key]) -> set[Key]:
        """The migrations among the keys that change a line's models, or name its tables in SQL."""
        return {key for key in self._slices.bearing(line) if key in keys}

    def code(self, key: Key, index: int, operation: Operation) -> Iterator[Key]:
        """The migrations before an operation whose code may have changed its tables; of another app's none is told."""
        before = self._timeline.before(key)

        def is_earlier(step: Step) -> bool:
            return step.key in before or (step.key == key and step.index < index)

        for line in {self._timeline.line(model) for model in touches.changed(operation, key.app)}:
            app = self._timeline.app(line.app)
            earlier = [(step, words) for step, words in app.coded if is_earlier(step)]
            yield from (step.key for step in app.of(line) if self._states.is_lost(step.operation) and is_earlier(step))
            if earlier:
                own, every = self._called(line), self._all_called(line.app)
                yield from (step.key for step, words in earlier if words & own or not words & every)

    def _called(self, line: ModelKey) -> frozenset[str]:
        """What a line's models and tables are called."""
        if line not in self._names_of_lines:
            app = self._timeline.app(line.app)
            models = {model.name for model in app.members(line)}
            tables = {f"{line.app}_{name}" for name in models}.union(tables_of(step.operation for step in app.of(line)))
            self._names_of_lines[line] = frozenset(models | tables)
        return self._names_of_lines[line]

    def _all_called(self, label: str) -> frozenset[str]:
        """What all models and tables of an app are called."""
        if label not in self._names_of_apps:
            lines = self._timeline.app(label).lines
            self._names_of_apps[label] = frozenset(name for line in lines for name in self._called(line))
        return self._names_of_apps[label]

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
                app, model = self._timeline.app(label), ModelKey(label, table.removeprefix(f"{label}_"))
                found |= {app.line(model)} if app.makes(model) else set()
        return found

    def _makers(self, lines: frozenset[ModelKey], keys: Collection[Key]) -> frozenset[ModelKey]:
        """The lines of other apps whose tables these lines took over, as the options of one or the other say."""
        found: set[ModelKey] = set()
        for line in lines:
            steps = self._timeline.steps(line, keys)
            tables = set(tables_of(step.operation for step in steps))
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
            if tables & set(tables_of([operation]))
            for model in touches.changed(operation, key.app)
        }


def _is_taken_over(operation: Operation) -> bool:
    """Whether a model comes into the state whose table is made elsewhere."""
    made = [item.name for item in operation.database_operations]
    return any(item.name == "CreateModel" for item in operation.state_operations) and "CreateModel" not in made
