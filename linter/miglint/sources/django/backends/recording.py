"""Schema editors that write down each statement together with the operation that asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct


class Recorded(Struct, frozen=True):
    """A statement as it would be executed, and the place (`index` of the step) that made or deferred it."""

    sql: str
    step: int


class Deferred(list[Any]):
    """Django's list of statements to run at the end, noting for each the step that put it there."""

    def __init__(self, editor: RecordingMixin, items: Iterable[Any] = ()) -> None:
        super().__init__()
        self._editor = editor
        self.extend(items)

    def append(self, item: Any) -> None:
        """Defer a statement."""
        self._editor.origins.setdefault(id(item), (item, self._editor.step))
        super().append(item)

    def extend(self, items: Iterable[Any]) -> None:
        """Defer statements."""
        for item in items:
            self.append(item)


class RecordingMixin:
    """Laid over Django's schema editor of a backend, always collecting."""

    collected_sql: list[str]

    def __init__(self, connection: Any) -> None:
        super().__init__(connection, collect_sql=True, atomic=False)  # type: ignore[call-arg]  # Django's editor is next
        self.step = 0
        self.recorded: list[Recorded] = []
        self.origins: dict[int, tuple[Any, int]] = {}
        self.deferred_sql = Deferred(self)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Write down what Django would send to the server."""
        before = len(self.collected_sql)
        super().execute(sql, params)  # type: ignore[misc]  # Django's editor is next
        _, step = self.origins.get(id(sql), (sql, self.step))
        ending = "" if str(sql).rstrip().endswith(";") else ";"
        for text in self.collected_sql[before:]:
            self.recorded.append(Recorded(text.removesuffix(ending) if ending else text, step))

    def create_model(self, model: Any) -> None:
        """As Django, which writes groups of columns in the order that a set has in the process."""
        for name in ("unique_together", "index_together"):
            if getattr(model._meta, name, ()):
                setattr(model._meta, name, tuple(sorted(getattr(model._meta, name))))
        super().create_model(model)  # type: ignore[misc]  # Django's editor is next

    def alter_unique_together(self, model: Any, old: Iterable[Any], new: Iterable[Any]) -> None:
        """One group of columns after the other: Django takes them from sets, in another order in each process."""
        for gone, come in _one_by_one(old, new):
            super().alter_unique_together(model, gone, come)  # type: ignore[misc]  # Django's editor is next

    def alter_index_together(self, model: Any, old: Iterable[Any], new: Iterable[Any]) -> None:
        """As `alter_unique_together`."""
        for gone, come in _one_by_one(old, new):
            super().alter_index_together(model, gone, come)  # type: ignore[misc]  # Django's editor is next

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep `deferred_sql` a noting list; editors replace it by a plain one."""
        if name == "deferred_sql" and not isinstance(value, Deferred):
            value = Deferred(self, value)
        super().__setattr__(name, value)

    def run_deferred(self) -> None:
        """Execute what was put off to the end: before Django 5.0 as if there could be parameters."""
        from django import VERSION

        for sql in list(self.deferred_sql):
            try:
                self.execute(sql, None if VERSION >= (5, 0) else ())
            except (TypeError, ValueError):  # a % of its own, at which Django fails
                self.execute(sql, None)
        self.deferred_sql = Deferred(self)


Group = tuple[Any, ...]


def _one_by_one(old: Iterable[Any], new: Iterable[Any]) -> Iterator[tuple[list[Group], list[Group]]]:
    """What goes and what comes, a group at a time, in a fixed order."""
    olds, news = {tuple(fields) for fields in old}, {tuple(fields) for fields in new}
    yield from (([fields], []) for fields in sorted(olds - news))
    yield from (([], [fields]) for fields in sorted(news - olds))
