"""What happened to each model, in order: the part of a history that bears on one migration.

Models that are renamed into one another form a line. A line's steps stand in the migrations of one app, so of a large
history only the apps that a migration has to do with are ever evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property

from miglint.graph import Graph
from miglint.history import History, Key, Operation
from miglint.sources.django import touches
from miglint.sources.django.mentions import Mentions
from miglint.sources.django.steps import AppTimeline, Step
from miglint.sources.django.touches import ModelKey


class Timeline:
    """Steps by app and by model; what comes before a migration."""

    def __init__(self, history: History, graph: Graph, mentions: Mentions, applied: Collection[Key] = ()) -> None:
        self._history = history
        self._mentions = mentions
        self._graph = graph
        self._applied = frozenset(applied).intersection(history.migrations)  # others went under another name
        self._apps: dict[str, AppTimeline] = {}
        self._before: dict[Key, frozenset[Key]] = {}
        self._pointing: dict[ModelKey, list[tuple[Key, frozenset[ModelKey]]]] = {}
        self._reaching: dict[tuple[ModelKey, str], bool] = {}

    def order(self) -> tuple[Key, ...]:
        """Every migration, replaced ones too, each after those that it depends on."""
        return tuple(self.in_order(self._history.migrations))

    def before(self, key: Key) -> frozenset[Key]:
        """What is taken to be applied when a migration runs.

        On an empty database that is all that stands before it in the plan. Where something is said to be applied, and
        this migration is not, it is that and what it depends on. A replaced migration has only what it depends on.
        """
        if key not in self._before:
            self._before[key] = frozenset(self._find_before(key))
        return self._before[key]

    def _find_before(self, key: Key) -> Collection[Key]:
        if key not in self._graph:
            return self._unreplaced.ancestors(key) - {key}
        if not self._applied or key in self._applied:
            return self._graph.order()[: self._position[key]]
        return (self._graph.ancestors(key) | self._applied) - self._graph.descendants(key) - {key}

    def descendants(self, keys: Iterable[Key]) -> set[Key]:
        """Everything that comes after the keys."""
        return {found for key in keys for found in self._graph_of(key).descendants(key)}

    def app(self, label: str) -> AppTimeline:
        """The timeline of an app."""
        if label not in self._apps:
            keys = self.in_order(self._by_app.get(label, ()))
            self._apps[label] = AppTimeline(keys, self._history.migrations, self._mentions)
        return self._apps[label]

    def line(self, model: ModelKey) -> ModelKey:
        """The line that a model belongs to."""
        return self.app(model.app).line(model)

    def steps(self, line: ModelKey, keys: Collection[Key]) -> list[Step]:
        """The steps of a line that are in these migrations, in order."""
        found = [step for step in self.app(line.app).of(line) if step.key in keys]
        place = self._places({step.key for step in found})
        return sorted(found, key=lambda step: place(step.key))

    def name_after(self, model: ModelKey, since: Step, keys: Collection[Key]) -> ModelKey:
        """The name that a model has after these migrations, if it had this one when a step named it."""
        if not self.knows(model.app) or model not in self.app(model.app).renamed:
            return model
        for step in self._since(model, since, keys):
            model = dict(touches.renames(step.operation, model.app)).get(model, model)
        return model

    def field_after(self, model: ModelKey, name: str, since: Step, keys: Collection[Key]) -> str:
        """The name that a field has after these migrations, if it and its model had these when a step named them."""
        for step in self._since(model, since, keys) if self.knows(model.app) else ():
            name = dict(touches.renames_of_fields(step.operation, model)).get(name, name)
            model = dict(touches.renames(step.operation, model.app)).get(model, model)
        return name

    def _since(self, model: ModelKey, since: Step, keys: Collection[Key]) -> Iterator[Step]:
        """The steps of a model's line that come after one of any line."""
        steps = self.steps(self.line(model), keys)
        place = self._places({since.key, *(step.key for step in steps)})
        return (step for step in steps if (place(step.key), step.index) > (place(since.key), since.index))

    def knows(self, label: str) -> bool:
        """Whether the app's migrations are here."""
        return label in self._by_app

    def pointing_to(self, lines: Collection[ModelKey], keys: Collection[Key]) -> set[ModelKey]:
        """The lines whose fields point, or once pointed, to one of these; evaluates what may name them, in all apps."""
        pointing = (found for line in lines for key, found in self._pointers(line) if key in keys)
        return set().union(*pointing).difference(lines)

    def _pointers(self, line: ModelKey) -> list[tuple[Key, frozenset[ModelKey]]]:
        """The migrations that point to a line, and the lines that do it there."""
        if line not in self._pointing:
            models = self.app(line.app).members(line)
            found: list[tuple[Key, frozenset[ModelKey]]] = []
            for key in self._mentions.naming(models, self._history.migrations):
                lines = {
                    self.line(model)
                    for operation in self._history.migrations[key].operations
                    if not models.isdisjoint(touches.named(operation, key.app))
                    for model in touches.changed(operation, key.app)
                }
                if lines:
                    found.append((key, frozenset(lines)))
            self._pointing[line] = found
        return self._pointing[line]

    def reaches(self, operation: Operation, app: str) -> bool:
        """Whether an operation can change columns of other tables, through foreign keys to what it changes.

        A foreign key points to a primary key, or by name to a unique field.
        """
        nested = touches.nested(operation)
        if any(self.reaches(item, app) for item in nested):
            return True
        if operation.name not in {"AlterField", "RenameField"} or not touches.reaches(operation):
            return touches.reaches(operation)
        name = operation.arguments.get("name" if operation.name == "AlterField" else "old_name")
        models = list(touches.changed(operation, app))
        if not isinstance(name, str) or not models:
            return True
        line = self.line(models[0])
        if (line, name) not in self._reaching:
            self._reaching[line, name] = self._may_be_pointed_to(line, name)
        return self._reaching[line, name]

    def cascades(self, operation: Operation, app: str) -> bool:
        """Whether an operation can lock, read or write tables whose foreign keys point to what it changes."""
        return touches.destroys(operation) or self.reaches(operation, app)

    def _may_be_pointed_to(self, line: ModelKey, name: str) -> bool:
        """Whether a field of a line ever was a primary key, or may be what foreign keys name."""
        app = self.app(line.app)
        operations = [step.operation for step in app.of(line)]
        made = [
            value for called in touches.names_of_field(name, operations) for value in touches.made(called, operations)
        ]
        if name == "id" or not made or any(map(touches.may_be_primary, made)):
            return True
        if not any(map(touches.may_be_unique, made)):
            return False
        by_name = self._mentions.containing("to_field", self._history.migrations)
        return next(self._mentions.naming(app.members(line), by_name), None) is not None

    def in_order(self, keys: Iterable[Key]) -> list[Key]:
        """The keys in the order that they are applied."""
        keys = list(keys)
        return sorted(keys, key=self._places(keys))

    def _places(self, keys: Collection[Key]) -> Callable[[Key], tuple[int, Key]]:
        """Where each key stands; where replaced migrations are among them, as if there were no squashes."""
        position = self._position if all(key in self._position for key in keys) else self._position_unreplaced
        return lambda key: (position.get(key, len(position)), key)

    @cached_property
    def _by_app(self) -> dict[str, list[Key]]:
        found: dict[str, list[Key]] = {}
        for key in self._history.migrations:
            found.setdefault(key.app, []).append(key)
        return found

    def _graph_of(self, key: Key) -> Graph:
        return self._graph if key in self._graph else self._unreplaced

    @cached_property
    def _unreplaced(self) -> Graph:
        """The graph with squashes standing beside what they replace, as `sqlmigrate` sees it."""
        from msgspec.structs import replace

        migrations = {key: replace(item, replaces=()) for key, item in self._history.migrations.items()}
        return Graph.of(replace(self._history, migrations=migrations))

    @cached_property
    def _position(self) -> dict[Key, int]:
        return {key: index for index, key in enumerate(self._graph.order())}

    @cached_property
    def _position_unreplaced(self) -> dict[Key, int]:
        return {key: index for index, key in enumerate(self._unreplaced.order())}
