"""Which operations of an older migration bear on one line of models: what is left out need not be written.

Of a migration that makes thirty tables only a few operations have to do with the one that is asked for. Those are
executed; others that change what its models point to are only followed in the state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from miglint.history import History, Key, Migration, Operation, Statement
from miglint.sources.django import touches
from miglint.sources.django.timeline import Timeline
from miglint.sources.django.touches import ModelKey


class Slice(Struct, frozen=True):
    """The places of operations in a migration: of those that are executed, and of those that the state follows.

    What bears on `lines` is all there. What is executed and does not change `lines` itself, but something that they
    point to, is not `own`: of its statements only those on the tables of these lines are of use.
    """

    executed: frozenset[int]
    followed: frozenset[int] = frozenset()
    lines: frozenset[ModelKey] = frozenset()
    own: frozenset[int] = frozenset()


class Sliced(Struct, frozen=True):
    """The statements of a slice, of which the last so many were put off to the end of the migration."""

    slice: Slice
    written: tuple[Statement, ...]
    deferred: int

    def by_operation(self, *, deferred: bool) -> dict[int, list[Statement]]:
        """Those that were put off, or those that were not, by the place of what asked for them."""
        end = len(self.written) - self.deferred
        found: dict[int, list[Statement]] = {}
        for statement in self.written[end:] if deferred else self.written[:end]:
            found.setdefault(-1 if statement.operation is None else statement.operation, []).append(statement)
        return found


def together(slices: Sequence[Sliced]) -> Iterable[Statement]:
    """The statements of several slices of one migration in its order, of an operation in several of them once."""
    if len(slices) == 1:
        return slices[0].written
    merged: list[Statement] = []
    for deferred in (False, True):
        taken: dict[int, tuple[bool, list[Statement]]] = {}
        for each in slices:
            for place, statements in each.by_operation(deferred=deferred).items():
                own = place in each.slice.own
                if place not in taken or (own and not taken[place][0]):
                    taken[place] = own, statements
        for place in sorted(taken):
            merged.extend(taken[place][1])
    return merged


def making_collations(migration: Migration) -> Slice:
    """The operations of a migration that may make collations."""
    return Slice(frozenset(index for index, item in enumerate(migration.operations) if _may_make_collation(item)))


def _may_make_collation(operation: Operation) -> bool:
    return operation.name in {"CreateCollation", "RunSQL"} or any(
        map(_may_make_collation, operation.database_operations)
    )


class Slices:
    """The slices of one history's migrations."""

    def __init__(self, history: History, timeline: Timeline) -> None:
        self._history = history
        self._timeline = timeline
        self._bearing: dict[ModelKey, dict[Key, set[int]]] = {}
        self._pointed: dict[ModelKey, frozenset[ModelKey]] = {}

    def bearing(self, line: ModelKey) -> dict[Key, set[int]]:
        """The operations, by migration, that change a line's models or tables, or name its tables in SQL."""
        if line not in self._bearing:
            found: dict[Key, set[int]] = {}
            for key, index in self._find(line):
                found.setdefault(key, set()).add(index)
            self._bearing[line] = found
        return self._bearing[line]

    def _find(self, line: ModelKey) -> Iterator[tuple[Key, int]]:
        app = self._timeline.app(line.app)
        steps = app.of(line)
        yield from ((step.key, step.index) for step in steps)
        for target in self.pointed(line):  # renaming what a foreign key points to makes the key anew
            others = self._timeline.app(target.app).of(target)
            yield from ((step.key, step.index) for step in others if self._timeline.reaches(step.operation, target.app))
        members = {model for step in steps for model in touches.changed(step.operation, line.app)}
        tables = {f"{line.app}_{model.name}" for model in members if self._timeline.line(model) == line}
        tables |= set(tables_of(step.operation for step in steps))
        yield from ((step.key, step.index) for step, words in app.raw if words & tables)

    def pointed(self, line: ModelKey) -> frozenset[ModelKey]:
        """The lines that a line's models ever pointed to."""
        if line not in self._pointed:
            self._pointed[line] = frozenset(
                self._timeline.line(model)
                for step in self._timeline.app(line.app).of(line)
                for model in touches.named(step.operation, line.app)
                if self._timeline.knows(model.app)
            )
        return self._pointed[line]

    def of(self, key: Key, lines: Collection[ModelKey]) -> Slice:
        """The operations of a migration that bear on some lines."""
        operations = self._history.migrations[key].operations
        changed = [{self._timeline.line(model) for model in touches.changed(item, key.app)} for item in operations]
        here = set().union(*changed)
        lines, executed = set(lines), self._of_all(key, lines)
        while reaching := [
            index for index in executed if changed[index] & lines and self._timeline.reaches(operations[index], key.app)
        ]:
            # What changes keys of other tables asks for their names, as what is done before has left them.
            reached = set().union(*(changed[index] for index in reaching))
            more = (self._timeline.pointing_to(reached, self._timeline.before(key) | {key}) & here) - lines
            if not more:
                break
            lines |= more
            executed |= self._of_all(key, more)
        followed = self._leaned_on(lines, here)
        beside = {index for index, own in enumerate(changed) if own & followed} - executed
        own = {index for index in executed if changed[index] & lines or not changed[index]}
        return Slice(frozenset(executed), frozenset(beside), frozenset(lines), frozenset(own))

    def _of_all(self, key: Key, lines: Iterable[ModelKey]) -> set[int]:
        return {index for line in lines for index in self.bearing(line).get(key, ())}

    def _leaned_on(self, lines: Iterable[ModelKey], among: set[ModelKey]) -> set[ModelKey]:
        """The lines that these point to, and those that they point to, among some."""
        found: set[ModelKey] = set()
        pending = list(lines)
        while pending:
            more = (self.pointed(pending.pop()) & among) - found
            found |= more
            pending.extend(more)
        return found


def tables_of(operations: Iterable[Operation]) -> Iterator[str]:
    """The tables that options and AlterModelTable name."""
    for operation in operations:
        options = operation.arguments.get("options")
        table = options.get("db_table") if isinstance(options, dict) else operation.arguments.get("table")
        if isinstance(table, str):
            yield table.lower()
        yield from tables_of((*operation.database_operations, *operation.state_operations))
