"""What every source offers once its history is read: the SQL of a migration, and what must be replayed before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from miglint.history import Key, Rendered


class Renderer(Protocol):
    """Writes the SQL of one history's migrations for one target database, lazily."""

    @property
    def replays_all(self) -> bool:
        """Whether a prelude is everything that runs before, and not only what bears on the tables in question."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it is written (`the SQL is that of Django 5.2`)."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of the notes that say why it may not be what the project's own framework writes."""

    def render(self, key: Key, *, backwards: bool = False) -> Rendered:
        """The statements of one migration."""

    def prelude(self, keys: Sequence[Key]) -> Iterable[Rendered]:
        """The earlier migrations, in order, that built the tables which `keys` touch: enough for a true catalog.

        Never one of `keys` itself, nor a descendant of one.
        """
