"""The SQL of Django migrations, written by Django's own schema editors from what was read of the source."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from miglint.changeset import Tree
from miglint.graph import Graph
from miglint.history import Confidence, History, Key, Migration, Operation, Rendered, Statement, Target
from miglint.sources.django import pruned, runtime, spans, touches
from miglint.sources.django.backends.connection import Answers, connect
from miglint.sources.django.backends.definitions import replay
from miglint.sources.django.backends.names import Names, is_built_in
from miglint.sources.django.backends.older_driver import written_for
from miglint.sources.django.calls import Calls
from miglint.sources.django.construct import Constructor
from miglint.sources.django.custom_fields import CustomFields
from miglint.sources.django.doubts import Doubt, Ledger, summed_up
from miglint.sources.django.earlier import Earlier
from miglint.sources.django.fields import FieldTypes, NotBuilt
from miglint.sources.django.mentions import Mentions
from miglint.sources.django.pins import driver
from miglint.sources.django.series import Choice, choose
from miglint.sources.django.slices import Slice, Sliced, Slices, making_collations, together
from miglint.sources.django.state import States, carried_on, pointed_to_by_packages
from miglint.sources.django.timeline import Timeline
from miglint.sources.django.touches import ModelKey


class DjangoRenderer:
    """Renders the migrations of one history for one target. `applied` are those that the database already has.

    An editor looks up the names of constraints as they are at that moment. `sqlmigrate` executes nothing, so its editor
    sees the names as they were before the migration; with `as_printed` so does ours. Without it the statements are
    those that `migrate` executes.
    """

    def __init__(
        self,
        history: History,
        graph: Graph,
        tree: Tree,
        target: Target,
        *,
        applied: Collection[Key] = (),
        choice: Choice | None = None,
        as_printed: bool = False,
    ) -> None:
        self.choice = choice or choose(tree, history.root, history.settings.get("DJANGO_VERSION"))
        runtime.start(self.choice.folder)
        self._history = history
        self._target = target
        self.as_printed = as_printed
        self._connection = connect(target)
        self._ledger = self._connection.ledger = Ledger()
        if target.database == "postgresql":
            offline = self._connection.connection
            offline.literal, offline.quoted = written_for(driver(tree, history.root), self._ledger)
        mentions = Mentions(history, tree)
        self._timeline = Timeline(history, graph, mentions, applied)
        calls = Calls(tree, history.root, target, history.settings)
        constructor = Constructor(FieldTypes(CustomFields(tree, history.root)), self._ledger, calls)
        in_full = target.database == "sqlite"
        user = "AUTH_USER_MODEL" in history.settings
        self._states = States(self._timeline, constructor, self._ledger, in_full=in_full, user_model_known=user)
        self._rendered: dict[tuple[Key, bool], Rendered] = {}
        self._executed: dict[Key, Rendered] = {}
        self._slices = Slices(history, self._timeline)
        self._sliced: dict[Key, list[Sliced]] = {}
        self._collating: dict[Key, Sliced] = {}
        self._earlier = Earlier(
            history, self._timeline, mentions, self._states, self._slices, self._bearing, target.database
        )

    @property
    def replays_all(self) -> bool:
        """Only what made the tables that are asked for is written."""
        return False

    @property
    def notes(self) -> tuple[str, ...]:
        """Which Django writes the SQL, where that is not the one that the project pins."""
        return (self.choice.note,) if self.choice.note else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The same, if the project pins one that is not here."""
        return self.notes if self.choice.wanted is not None else ()

    def render(self, key: Key, *, backwards: bool = False) -> Rendered:
        """The statements of one migration."""
        found = self._rendered.get((key, backwards))
        if found is None:
            found = self._rendered[key, backwards] = self._render(self._history.migrations[key], backwards)
        return found

    def executed(self, key: Key) -> Rendered:
        """The statements that `migrate` executes."""
        printed = self.render(key)
        return self._executed.get(key, printed)

    def prelude(self, keys: Sequence[Key]) -> Iterable[Rendered]:
        """The earlier migrations, in order, that built the tables which `keys` touch."""
        after = self._timeline.descendants(keys) | set(keys)
        earlier = {found for key in keys for found in self._timeline.before(key)} - after
        lines: set[ModelKey] = set()
        for key in keys:
            for operation in self._history.migrations[key].operations:
                lines |= self._lines_of(operation, key.app, earlier)
        wanted = {found for line in lines for found in self._earlier.built_by(line, earlier)}
        for key in self._timeline.in_order(wanted):
            yield self._finished(self._history.migrations[key], self._bearing(key, frozenset(lines)))

    def _lines_of(self, operation: Operation, app: str, earlier: Collection[Key]) -> set[ModelKey]:
        """The lines whose tables an operation may have to do with."""
        own = {self._timeline.line(model) for model in touches.changed(operation, app) if self._timeline.knows(app)}
        own |= self._earlier.lines_in_sql(operation)
        named = {
            self._timeline.line(model) for model in touches.named(operation, app) if self._timeline.knows(model.app)
        }
        return (
            own
            | named
            | (self._timeline.pointing_to(own, earlier) if self._timeline.cascades(operation, app) else set())
        )

    def _bearing(self, key: Key, lines: frozenset[ModelKey] | None) -> Iterable[Statement]:
        """What a migration executes that bears on some lines, or on collations; all of it where that is written."""
        if (key, False) in self._rendered:
            return self.executed(key).statements
        if lines is None:
            if key not in self._collating:
                self._collating[key] = self._slice(key, making_collations(self._history.migrations[key]))
            return self._collating[key].written
        wanted = {line for line in lines if key in self._slices.bearing(line)}
        here = self._sliced.setdefault(key, [])
        missing = wanted.difference(*(each.slice.lines for each in here))
        if missing:
            here.append(self._slice(key, self._slices.of(key, missing)))
        return together([each for each in here if not wanted.isdisjoint(each.slice.lines)])

    def _slice(self, key: Key, places: Slice) -> Sliced:
        rendering = _Rendering(self, self._history.migrations[key], places, live=True)
        return Sliced(places, tuple(rendering.run(False)), rendering.deferred)

    def _render(self, migration: Migration, backwards: bool) -> Rendered:
        rendering = _Rendering(self, migration, live=not self.as_printed)
        rendered = self._finished(migration, rendering.run(backwards))
        if self.as_printed and rendering.asked and not backwards:
            again = _Rendering(self, migration, live=True)
            self._executed[migration.key] = self._finished(migration, again.run(backwards))
        return rendered

    def _finished(self, migration: Migration, statements: Iterable[Statement]) -> Rendered:
        return Rendered(migration, self._target.database, tuple(statements), self._atomic(migration))

    def _atomic(self, migration: Migration) -> bool:
        return migration.atomic and bool(self._connection.features.can_rollback_ddl)


class _Rendering:
    """One migration being rendered, or those of its operations that `places` names."""

    def __init__(
        self, renderer: DjangoRenderer, migration: Migration, places: Slice | None = None, *, live: bool
    ) -> None:
        self.asked = False
        """Whether an editor asked for names."""
        self.deferred = 0
        """How many of the statements were put off to the end."""
        self._renderer = renderer
        self._migration = migration
        self._states = renderer._states
        self._earlier = renderer._earlier
        self._ledger = renderer._ledger
        self._connection = renderer._connection
        self._editor = self._connection.SchemaEditorClass(self._connection)
        self._operations = list(migration.operations)
        every = range(len(self._operations))
        self._executed = frozenset(every) if places is None else places.executed
        self._steps = [index for index in every if index in self._executed or (places and index in places.followed)]
        self._doubts: dict[int, list[Doubt]] = {}
        self._opaque: list[tuple[int, Statement]] = []
        self._places = places
        self._names: Names | None = None
        self._replayed: tuple[int, Names] | None = None
        """How many statements the catalog holds that `_done` gave last."""
        self._live = live

    def run(self, backwards: bool) -> Iterator[Statement]:
        """The statements, in the order that they are executed."""
        noted, calls, answers = self._ledger.take(), self._ledger.calls, self._connection.answers
        self._ledger.calls = 0
        runtime.adopt(self._renderer._history.settings, self._ledger)
        self._lines: frozenset[ModelKey] = frozenset()
        self._backwards = backwards
        try:
            extensions = partial(self._earlier.extensions, self._migration.key)
            self._connection.answers = Answers(self._catalog, extensions, self._is_deterministic)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # of the project's values, such as naive datetimes
                self._execute_all()
        finally:
            self._ledger.take()
            for doubt in noted:
                self._ledger.note(doubt)
            self._ledger.calls, self._connection.answers = calls, answers
        yield from self._statements()

    def _execute_all(self) -> None:
        executed = [self._operations[index] for index in self._steps if index in self._executed]
        followed = [self._operations[index] for index in self._steps if index not in self._executed]
        owns_what_reaches = self._places is None or any(
            self._reaches(index) for index in self._executed & self._places.own
        )
        among = None if owns_what_reaches or self._places is None else self._places.lines
        before = self._states.before(self._migration.key, executed, followed, among)
        self._lines = before.lines if among is None else before.lines.intersection(among)
        steps = [(index, self._operations[index]) for index in self._steps]
        if self._backwards:
            self._unapply(before.project, steps)
        else:
            self._apply(before.project, steps)
        written = len(self._editor.recorded)
        with self._noting(len(self._operations)):
            self._editor.run_deferred()
        self.deferred = len(self._editor.recorded) - written

    def _reaches(self, index: int) -> bool:
        return self._renderer._timeline.reaches(self._operations[index], self._migration.key.app)

    def _apply(self, project: Any, steps: Sequence[tuple[int, Operation]]) -> None:
        app = self._migration.key.app
        for index, operation in steps:
            with self._noting(index):
                if index not in self._executed:
                    self._states.advance(operation, app, project)
                    continue
                self._assume(operation)
                before = pruned.fork(project, operation, app)
                self._states.advance(operation, app, project)
                written = self._written
                self._forwards(index, operation, before, project)
            self._admit(index, operation, silent=written == self._written)

    def _unapply(self, project: Any, steps: Sequence[tuple[int, Operation]]) -> None:
        app = self._migration.key.app
        states = [project]
        for _, operation in steps:
            states.append(states[-1].clone())
            self._states.advance(operation, app, states[-1])
        self._ledger.take()
        for index, operation in reversed(steps):
            written = self._written
            with self._noting(index):
                self._assume(operation)
                self._reverse(index, operation, states[index + 1], states[index])
            self._admit(index, operation, silent=written == self._written)

    @property
    def _written(self) -> tuple[int, int, int]:
        """How much was written so far: what is executed, what is put off, and what only runs code."""
        return len(self._editor.recorded), len(self._editor.deferred_sql), len(self._opaque)

    def _admit(self, index: int, operation: Operation, *, silent: bool) -> None:
        """Where nothing was written for an operation of which something is not known, there may be more to it."""
        if silent and any(doubt.confidence is Confidence.UNKNOWN for doubt in self._doubts[index]):
            self._note_opaque(index, operation.name)

    def _assume(self, operation: Operation) -> None:
        for reason in operation.assumptions:
            self._ledger.note(Doubt(Confidence.ASSUMED, reason))

    def _forwards(self, index: int, operation: Operation, before: Any, after: Any) -> None:
        if operation.name == "SeparateDatabaseAndState":
            state = before
            for nested in operation.database_operations:
                following = state.clone()
                self._states.advance(nested, self._migration.key.app, following)
                self._forwards(index, nested, state, following)
                state = following
        elif not self._special(index, operation):
            self._execute(index, operation, "database_forwards", before, after)

    def _reverse(self, index: int, operation: Operation, after: Any, before: Any) -> None:
        if operation.name == "SeparateDatabaseAndState":
            states = [before]
            for nested in operation.database_operations:
                states.append(states[-1].clone())
                self._states.advance(nested, self._migration.key.app, states[-1])
            for position in reversed(range(len(operation.database_operations))):
                nested = operation.database_operations[position]
                self._reverse(index, nested, states[position + 1], states[position])
        elif not self._special(index, operation):
            self._execute(index, operation, "database_backwards", after, before)

    def _special(self, index: int, operation: Operation) -> bool:
        """Operations that are not Django's schema operations. True if it was one."""
        if operation.name == "RunPython":
            if operation.schema_words:
                self._ledger.note(Doubt(Confidence.UNKNOWN, "the code seems to change tables by itself"))
            self._note_opaque(index, "RunPython")
        elif operation.name == "RunSQL":
            self._run_sql(index, operation)
        elif operation.not_understood is not None:
            self._ledger.note(Doubt(Confidence.UNKNOWN, operation.not_understood.reason))
            self._note_opaque(index, operation.name)
        else:
            return False
        return True

    def _run_sql(self, index: int, operation: Operation) -> None:
        from django.db.migrations.operations import RunSQL

        wanted = operation.arguments.get("reverse_sql" if self._backwards else "sql")
        if wanted is None:
            self._note_opaque(index, "RunSQL")
            return
        try:
            sql = self._states.value(wanted)
        except NotBuilt as error:
            self._ledger.note(Doubt(Confidence.UNKNOWN, f"the SQL could not be evaluated: {error}"))
            self._note_opaque(index, "RunSQL")
            return
        real = RunSQL(sql)
        self._guarded(index, "RunSQL", lambda: real.database_forwards("", self._editor, None, None))

    def _execute(self, index: int, operation: Operation, method: str, first: Any, second: Any) -> None:
        try:
            real = self._states.build(operation)
        except NotBuilt as error:
            self._ledger.note(Doubt(Confidence.UNKNOWN, str(error)))
            self._note_opaque(index, operation.name)
            return
        if operation.overridden:
            named = ", ".join(operation.overridden)
            self._ledger.note(Doubt(Confidence.ASSUMED, f"{operation.target} has its own {named}"))
        for key in dict.fromkeys(self._earlier.code(self._migration.key, index, operation)):
            reason = f"code that {key.app}.{key.name} runs may have changed the table by itself"
            self._ledger.note(Doubt(Confidence.ASSUMED, reason))
        app = self._migration.key.app
        if pruned.is_for_the_state_alone(real, app, self._editor, first, second):
            return
        user_model = self._renderer._history.settings.get("AUTH_USER_MODEL", "auth.User")
        pointed_to = pointed_to_by_packages(first, operation, app, user_model)
        if pointed_to is not None:
            reason = f"tables of packages that point to {pointed_to.app}.{pointed_to.name} are altered as well"
            self._ledger.note(Doubt(Confidence.ASSUMED, reason))
        parts = [self._states.focus(state, operation, app) for state in (first, second)]
        states = [part.project for part in parts]
        if all(part.stale for part in parts):
            old = 0 if method == "database_forwards" else 1
            states[1 - old] = carried_on(states[old], real, app)

        def change() -> None:
            if self._connection.vendor == "sqlite":
                # A remade table has its columns in the order in which their fields were made, the old ones first.
                _ = states[0].apps
            getattr(real, method)(app, self._editor, *states)

        self._guarded(index, operation.name, change)

    def _guarded(self, index: int, name: str, action: Callable[[], None]) -> None:
        self._editor.step = index
        if not self._live and self._attempt(action) is None:
            return
        live, self._live = self._live, True
        error = self._attempt(action)
        self._live = live
        if error is not None:
            self._ledger.note(Doubt(Confidence.UNKNOWN, f"{name} could not be rendered: {error}"))
            self._note_opaque(index, name)

    def _attempt(self, action: Callable[[], None]) -> Exception | None:
        """Do it; where that fails, take back what was written and give the error."""
        recorded, deferred = len(self._editor.recorded), list(self._editor.deferred_sql)
        try:
            action()
        except Exception as error:  # whatever Django raises for a state or a catalog that does not fit
            del self._editor.recorded[recorded:]
            self._replayed = None
            self._editor.deferred_sql = deferred
            return error
        return None

    def _note_opaque(self, index: int, name: str) -> None:
        span = self._operations[index].span
        self._opaque.append((len(self._editor.recorded), Statement("", span, index, opaque=name)))

    def _noting(self, index: int) -> _Noting:
        return _Noting(self._ledger, self._doubts.setdefault(index, []))

    def _catalog(self, table: str) -> Names:
        """The names as they are now: before this migration, and what it has done so far."""
        self.asked = True
        if self._names is None:
            self._names, self._replayed = self._earlier.names(self._migration.key, self._lines), None
            if self._backwards:
                for statement in self._renderer.executed(self._migration.key).statements:
                    replay(self._names, statement.sql)
        if self._live or not self._names.has(table):
            names = self._done()
            if not names.has(table) and (self._places is None or self._editor.step in self._places.own):
                self._ledger.note(Doubt(Confidence.ASSUMED, f"no migration here makes the table {table}"))
            if self._live:
                return names
        return self._names

    def _done(self) -> Names:
        """The names as this migration has left them so far; not to be changed."""
        if self._replayed is None:
            self._replayed = (0, self._names.copy() if self._names is not None else Names(self._connection.vendor))
        count, names = self._replayed
        for recorded in self._editor.recorded[count:]:
            replay(names, recorded.sql)
        self._replayed = (len(self._editor.recorded), names)
        return names

    def _is_deterministic(self, collation: str) -> bool | None:
        """What PostgreSQL would answer Django; None for a collation that is not there."""
        before = self._earlier.collations(self._migration.key)
        made = self._done().collations
        known = {**before, **made} if self._live else before
        if collation in known:
            return known[collation]
        if collation not in made and not is_built_in(collation):
            self._ledger.note(Doubt(Confidence.ASSUMED, f"no migration here makes the collation {collation}"))
        return None if collation in made else True

    def _statements(self) -> Iterator[Statement]:
        opaque = list(self._opaque)
        for position, recorded in enumerate(self._editor.recorded):
            while opaque and opaque[0][0] <= position:
                yield self._certain(opaque.pop(0)[1])
            operation = self._operations[recorded.step]
            span = spans.of_statement(recorded.sql, operation)
            yield self._certain(Statement(recorded.sql, span, recorded.step))
        for _, statement in opaque:
            yield self._certain(statement)

    def _certain(self, statement: Statement) -> Statement:
        from msgspec.structs import replace

        doubts = self._doubts.get(statement.operation or 0, []) + self._doubts.get(len(self._operations), [])
        if not doubts:
            return statement
        confidence, reason = summed_up(doubts)
        return replace(statement, confidence=confidence, reason=reason)


class _Noting:
    """Gathers the doubts that are noted while it is entered."""

    def __init__(self, ledger: Ledger, into: list[Doubt]) -> None:
        self._ledger = ledger
        self._into = into

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        self._into.extend(self._ledger.take())
