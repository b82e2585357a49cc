"""Django's ProjectState before a migration, with only the models that bear on it.

Models that the migration changes are there in full. Models that they point to are skeletons: the primary key, and what
else is pointed to by name. Models that point to them are there only where a change reaches them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from msgspec import Struct, field

from miglint.history import Confidence, Key, Operation
from miglint.sources.django import touches
from miglint.sources.django.catalogue import is_of_django, parameters_of
from miglint.sources.django.construct import Constructor
from miglint.sources.django.doubts import Doubt, Ledger
from miglint.sources.django.fields import NotBuilt
from miglint.sources.django.pruned import prune
from miglint.sources.django.steps import Step
from miglint.sources.django.third_party_models import TABLES, known_key, name_of_key
from miglint.sources.django.timeline import Timeline
from miglint.sources.django.touches import ModelKey

Models = dict[ModelKey, Any]
_DJANGOS_USER = ModelKey("auth", "user")


class Snapshots(Struct):
    """The states of one line's models after each number of its steps."""

    steps: list[tuple[Key, int]] = field(default_factory=list)
    models: list[Models] = field(default_factory=lambda: [{}])


class Before(Struct, frozen=True):
    """The state before a migration, and the lines whose tables it may change."""

    project: Any
    lines: frozenset[ModelKey]


class Focus(Struct, frozen=True):
    """What one operation needs of a state; `stale` where Django does not make all classes in it anew."""

    project: Any
    stale: bool


def pointed_to_by_packages(project: Any, operation: Operation, app: str, user_model: str) -> ModelKey | None:
    """The model whose key an operation changes, if tables of packages may point to it: they name it by a setting."""
    for model in touches.changed(operation, app):
        state = project.models.get(tuple(model))
        if state is None or not (state.options.get("swappable") or model == ModelKey.parse(user_model, app)):
            continue
        own = state.fields.get(operation.arguments.get("name"))
        if operation.name == "RenameModel" or (operation.name == "AlterField" and own is not None and own.primary_key):
            return model
    return None


def carried_on(project: Any, real: Any, app: str) -> Any:
    """The state after an operation, with the classes that Django goes on with: those that it does not make anew."""
    _ = project.apps
    after = project.clone()
    real.state_forwards(app, after)
    return after


class States:
    """Builds states for one history."""

    def __init__(
        self,
        timeline: Timeline,
        constructor: Constructor,
        ledger: Ledger,
        *,
        in_full: bool,
        user_model_known: bool,
    ) -> None:
        self._timeline = timeline
        self._user_model_known = user_model_known
        self._constructor = constructor
        self._ledger = ledger
        self._in_full = in_full
        self._snapshots: dict[ModelKey, Snapshots] = {}
        self._built: dict[int, tuple[Operation, Any, list[Doubt]]] = {}
        self._failed: set[int] = set()

    def build(self, operation: Operation) -> Any:
        """The real operation, built once. Raises NotBuilt."""
        if id(operation) not in self._built:
            before, self._ledger.noted = self._ledger.noted, []
            made: Any
            try:
                made = self._constructor.operation(operation)
            except NotBuilt as error:
                made = error
                self._failed.add(id(operation))
            self._built[id(operation)] = (operation, made, self._ledger.take())
            self._ledger.noted = before
        _, made, doubts = self._built[id(operation)]
        for doubt in doubts:
            self._ledger.note(doubt)
        if isinstance(made, NotBuilt):
            raise made
        return made

    def is_lost(self, operation: Operation) -> bool:
        """Whether something of an operation was to be built, and could not be: then no state has followed it."""
        nested = (*operation.database_operations, *operation.state_operations)
        return bool(self._failed) and (id(operation) in self._failed or any(map(self.is_lost, nested)))

    def value(self, value: Any) -> Any:
        """The real value of an argument. Raises NotBuilt."""
        return self._constructor.value(value)

    def advance(self, operation: Operation, app: str, project: Any) -> None:
        """Change the state as an operation does. What cannot be done leaves it as it is."""
        for nested in operation.state_operations:
            self.advance(nested, app, project)
        if operation.name in {"RunPython", "RunSQL", "SeparateDatabaseAndState"} or operation.not_understood:
            return
        if not is_of_django(operation.name) and parameters_of(operation.target) is None:
            return
        try:
            self.build(operation).state_forwards(app, project)
        except (NotBuilt, KeyError, LookupError, ValueError, AttributeError, TypeError) as error:
            self._ledger.note(Doubt(Confidence.ASSUMED, f"the state could not follow {operation.name}: {error}"))

    def before(
        self,
        key: Key,
        operations: Iterable[Operation],
        followed: Iterable[Operation] = (),
        among: Collection[ModelKey] | None = None,
    ) -> Before:
        """The state that a migration's operations start from; those `followed` change it, but no tables.

        Of the lines that the operations reach only those `among` these, where they are given.
        """
        from django.db.migrations.state import ProjectState

        operations, followed, keys = list(operations), list(followed), self._timeline.before(key)
        changed = {self._timeline.line(model) for item in operations for model in touches.changed(item, key.app)}
        beside = {self._timeline.line(model) for item in followed for model in touches.changed(item, key.app)}
        models: Models = {}
        for line in sorted(changed | beside):  # so that each run makes the same, in the same order
            models.update(self._line(line, keys))
        reaching = any(self._timeline.reaches(item, key.app) for item in operations)
        reached = self._reached(changed, keys, among) if reaching else set()
        for line in sorted(reached - beside):
            for name, state in self._line(line, keys).items():
                kept = state if self._in_full else self._pointing(state, changed | reached)
                if kept is not None:
                    models[name] = kept
        wanted = {model for item in (*operations, *followed) for model in touches.named(item, key.app)}
        self._complete(models, wanted, keys)
        project = ProjectState()
        for state in models.values():
            project.models[state.app_label, state.name_lower] = state
        return Before(project, frozenset(changed | reached))

    def _reached(
        self, changed: set[ModelKey], keys: Collection[Key], among: Collection[ModelKey] | None
    ) -> set[ModelKey]:
        """The lines that point to what is changed, and to those of them whose primary key is such a pointer."""
        reached: set[ModelKey] = set()
        frontier = changed
        while frontier:
            found = self._timeline.pointing_to(changed | reached, keys)
            if among is not None:
                found.intersection_update(among)
            frontier = {line for line in found if self._keyed_by(line, changed | reached, keys)}
            reached |= found
        return reached

    def focus(self, project: Any, operation: Operation, app: str) -> Focus:
        """The part of a state that one operation needs, for rendering it into classes takes most of the time."""
        from django.db.migrations.state import ProjectState

        stale = False
        changed = {ModelKey(*model) for model in touches.changed(operation, app)}
        models: Models = {model: project.models[model].clone() for model in sorted(changed) if model in project.models}
        for state in () if self._in_full else models.values():
            prune(state, operation)
        frontier = (
            {self._timeline.line(model) for model in changed} if self._timeline.reaches(operation, app) else set()
        )
        direct = frontier
        while frontier:
            lines, frontier = frontier, set()
            for key, state in project.models.items():
                if key in models:
                    continue
                kept = state.clone() if self._in_full else self._pointing(state.clone(), lines)
                if kept is not None and self._points(state, lines):
                    models[ModelKey(*key)] = kept
                    if lines is not direct and not self._pointers(state, lines):
                        stale = True
                        reason = (
                            f"{key[0]}.{key[1]} has no pointer of its own: Django may go on with what it made before"
                        )
                        self._ledger.note(Doubt(Confidence.ASSUMED, reason))
                    if self._is_keyed_by(state, lines):
                        frontier.add(self._timeline.line(ModelKey(*key)))
        _add_named(models, set(touches.named(operation, app)), project)
        focused = ProjectState()
        for state in models.values():
            _leave_deleted_bases(state, project)
            focused.models[state.app_label, state.name_lower] = state
        return Focus(focused, stale)

    def _pointers(self, state: Any, lines: Collection[ModelKey]) -> list[Any]:
        """The fields of a model that point to one of the lines."""
        found = []
        for item in state.fields.values():
            target = getattr(item.remote_field, "model", None) if item.remote_field else None
            if not isinstance(target, str) or target == "self":
                continue
            if self._timeline.line(ModelKey.parse(target, state.app_label)) in lines:
                found.append(item)
        return found

    def _points(self, state: Any, lines: Collection[ModelKey]) -> bool:
        return bool(self._pointers(state, lines)) or self._is_based_on(state, lines)

    def _keyed_by(self, line: ModelKey, lines: Collection[ModelKey], keys: Collection[Key]) -> bool:
        """Whether a model's primary key is a pointer to one of the lines: then what points to it is reached too."""
        return any(self._is_keyed_by(state, lines) for state in self._line(line, keys).values())

    def _is_keyed_by(self, state: Any, lines: Collection[ModelKey]) -> bool:
        pointers = self._pointers(state, lines)
        return any(item.primary_key for item in pointers) or (not pointers and self._is_based_on(state, lines))

    def _is_based_on(self, state: Any, lines: Collection[ModelKey]) -> bool:
        """Whether a model inherits from one of the lines: unless it is a proxy, Django gives it a pointer."""
        bases = (ModelKey.parse(base, state.app_label) for base in state.bases if isinstance(base, str))
        return any(self._timeline.line(base) in lines for base in bases)

    def _line(self, line: ModelKey, keys: Collection[Key]) -> Models:
        """The models of a line as these migrations leave them; to be cloned before they are changed."""
        steps = self._timeline.steps(line, keys)
        known = self._snapshots.setdefault(line, Snapshots())
        same = 0
        for step, had in zip(steps, known.steps, strict=False):
            if (step.key, step.index) != had:
                break
            same += 1
        if same < len(known.steps) and same < len(steps):
            del known.steps[same:], known.models[same + 1 :]
        for step in steps[same:]:
            known.models.append(self._step(line, step, known.models[len(known.steps)]))
            known.steps.append((step.key, step.index))
        return {name: state.clone() for name, state in known.models[len(steps)].items()}

    def _step(self, line: ModelKey, step: Step, models: Models) -> Models:
        """The line's models after a step; what the step does to models of other lines is theirs to follow."""
        from django.db.migrations.state import ProjectState

        project = ProjectState()
        for name, state in models.items():
            project.models[tuple(name)] = state.clone()
        before = len(self._ledger.noted)
        self.advance(step.operation, step.key.app, project)
        del self._ledger.noted[before:]
        found = {ModelKey(*name): state for name, state in project.models.items()}
        left = {name: state for name, state in found.items() if self._timeline.line(name) == line}
        _say_where_named(left, models, step)
        return left

    def _complete(self, models: Models, wanted: set[ModelKey], keys: Collection[Key]) -> None:
        """Add a skeleton of everything that is pointed to, until nothing is missing."""
        pending = set(wanted)
        for state in list(models.values()):
            pending |= self._targets(state, keys)
        while pending:
            model = min(pending)
            pending.remove(model)
            if model not in models:
                models[model] = self._skeleton(model, keys)
                pending |= self._targets(models[model], keys)

    def _targets(self, state: Any, keys: Collection[Key]) -> set[ModelKey]:
        """What the fields and bases of a model point to; fields that name a model by a former name are repointed."""
        found = {ModelKey.parse(base, state.app_label) for base in state.bases if isinstance(base, str)}
        for name, item in list(state.fields.items()):
            for attribute in ("model", "through"):
                target = getattr(item.remote_field, attribute, None) if item.remote_field else None
                if not isinstance(target, str) or target == "self":
                    continue
                model = ModelKey.parse(target, state.app_label)
                since: Step | None = getattr(item, "named_in", None)
                current = model if since is None else self._timeline.name_after(model, since, keys)
                if current != model:
                    item = item.clone()
                    setattr(item.remote_field, attribute, f"{current.app}.{current.name}")
                    state.fields[name] = item
                found.add(current)
                if attribute == "model" and since is not None:
                    state.fields[name] = item = self._renamed_target(item, model, since, keys)
        return found - {ModelKey(state.app_label, state.name_lower)}

    def _renamed_target(self, item: Any, model: ModelKey, since: Step, keys: Collection[Key]) -> Any:
        """A relation to fields by name, by the names that these have now."""
        named = [name for name in getattr(item, "to_fields", None) or () if name not in {None, "self"}]
        now = {name: self._timeline.field_after(model, name, since, keys) for name in named}
        if all(old == new for old, new in now.items()):
            return item
        item = item.clone()
        item.to_fields = [now.get(name, name) for name in item.to_fields]
        item.remote_field.field_name = now.get(item.remote_field.field_name, item.remote_field.field_name)
        return item

    def _skeleton(self, model: ModelKey, keys: Collection[Key]) -> Any:
        state = self._line(self._timeline.line(model), keys).get(model) if self._timeline.knows(model.app) else None
        if state is None:
            return self._stand_in(model)
        return _bare(state)

    def _pointing(self, state: Any, lines: Collection[ModelKey]) -> Any | None:
        """The model with its key and the fields that point to one of the lines; None if none do."""
        pointers = self._pointers(state, lines)
        if not pointers and not self._is_based_on(state, lines):
            return None
        kept = {name: item for name, item in state.fields.items() if item.primary_key or item in pointers}
        state.fields = kept
        _strip(state)
        return state

    def _stand_in(self, model: ModelKey) -> Any:
        """A model whose migrations are not here: a table with an automatic key."""
        from django.db import models
        from django.db.migrations.state import ModelState

        from miglint.sources.django.construct import doubtful

        known = known_key(*model)
        cls: Any = getattr(models, known.base if known else "AutoField")
        arguments: dict[str, Any] = {"primary_key": True, **(known.arguments if known else {})}
        reason = known.doubt if known else ""
        if known is None:
            reason = f"the primary key of {model.app}.{model.name} is not known: its migrations are not here"
        elif not self._user_model_known and model == _DJANGOS_USER:
            reason = "AUTH_USER_MODEL is not known: no settings were found that tell it, so auth.User is taken"
        if reason:
            cls = doubtful(cls)
            arguments |= {"doubts": (Doubt(Confidence.ASSUMED, reason),), "ledger": self._ledger}
        options = {"db_table": TABLES[model]} if model in TABLES else {}
        return ModelState(model.app, model.name, [(name_of_key(*model), cls(**arguments))], options)


def _say_where_named(after: Models, before: Models, step: Step) -> None:
    """Note in each relation that a step made which step that was: models may be given other names later."""
    old = {id(item) for state in before.values() for item in state.fields.values()}
    for state in after.values():
        for item in state.fields.values():
            if item.remote_field is not None and id(item) not in old:
                item.named_in = step


def _bare(state: Any) -> Any:
    """The model reduced to what others can point to."""
    state.fields = {name: item for name, item in state.fields.items() if item.primary_key or item.unique}
    _strip(state)
    return state


def _add_named(models: Models, wanted: set[ModelKey], project: Any) -> None:
    """Add what is wanted of a state and what the models name, reduced to what others can point to."""
    pending = wanted.union(*map(_named_by, models.values()))
    while pending:
        model = min(pending)
        pending.remove(model)
        if model not in models and model in project.models:
            models[model] = _bare(project.models[model].clone())
            pending |= _named_by(models[model])


def _named_by(state: Any) -> set[ModelKey]:
    """The models that a model's fields and bases name."""
    found = {ModelKey.parse(base, state.app_label) for base in state.bases if isinstance(base, str)}
    for item in state.fields.values():
        for attribute in ("model", "through"):
            target = getattr(item.remote_field, attribute, None) if item.remote_field else None
            if isinstance(target, str) and target != "self":
                found.add(ModelKey.parse(target, state.app_label))
    return found


def _leave_deleted_bases(state: Any, project: Any) -> None:
    """Take away bases that an earlier operation deleted: Django goes on with the classes that it made before that."""
    from django.db.models import Model

    there = [
        base
        for base in state.bases
        if not isinstance(base, str) or ModelKey.parse(base, state.app_label) in project.models
    ]
    if len(there) < len(state.bases):
        state.bases = tuple(there) or (Model,)


def _strip(state: Any) -> None:
    """Take away the options that speak of fields which a skeleton has not."""
    kept = ("db_table", "managed", "proxy", "swappable", "db_tablespace")
    options = {name: value for name, value in state.options.items() if name in kept}
    state.options = {**options, "indexes": [], "constraints": []}
