"""Statements that an earlier run wrote, used again where everything that they rest on is the same.

That is much: other migrations, field classes, helpers, files that are read, pins. So nothing finer is asked than
whether any file of the tree has changed: then there is no doubt. Django is imported only where something must be
written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from miglint.cache import Cache
from miglint.changeset import Tree, digest
from miglint.history import Confidence, History, Key, Rendered, Statement, Target
from miglint.sources.django.memo import MALFORMED
from miglint.sources.django.records import place_from, span_to
from miglint.sources.renderer import Renderer


class KeptRenderer:
    """A renderer whose answers are kept. `make` gives the one that is asked for the others.

    `rest` names what the answers rest on, see `rest_of`.
    """

    def __init__(self, make: Callable[[], Renderer], history: History, target: Target, cache: Cache, rest: str) -> None:
        self._make = make
        self._history = history
        self._target = target
        self._cache = cache
        self._rest = rest

    @property
    def replays_all(self) -> bool:
        """Whether a prelude is everything that runs before."""
        return self._writer.replays_all

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how the statements are written."""
        return self._writer.notes

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those that say why they may not be what the project's own Django writes."""
        kept = self._cache.get("django-warnings", self._rest)
        if isinstance(kept, list):
            return tuple(map(str, kept))
        warnings = self._writer.warnings
        self._cache.put("django-warnings", self._rest, list(warnings))
        return warnings

    def render(self, key: Key, *, backwards: bool = False) -> Rendered:
        """The statements of one migration."""

        def write() -> list[Rendered]:
            return [self._writer.render(key, backwards=backwards)]

        return next(iter(self._kept(["migration", key, backwards], write)))

    def prelude(self, keys: Sequence[Key]) -> Iterable[Rendered]:
        """The earlier migrations, in order, that built the tables which `keys` touch."""
        return self._kept(["prelude", *keys], lambda: list(self._writer.prelude(keys)))

    @cached_property
    def _writer(self) -> Renderer:
        return self._make()

    def _kept(self, question: list[Any], write: Callable[[], list[Rendered]]) -> list[Rendered]:
        name = json.dumps([self._rest, *question])
        data = self._cache.get("django-sql", name)
        if data is not None:
            try:
                return [self._rendered_from(item) for item in data]
            except MALFORMED:
                pass
        written = write()
        self._cache.put("django-sql", name, [_rendered_to(item) for item in written])
        return written

    def _rendered_from(self, data: Any) -> Rendered:
        app, name, atomic, statements = data
        migration = self._history.migrations[Key(app, name)]
        return Rendered(migration, self._target.database, tuple(map(_statement_from, statements)), bool(atomic))


def rest_of(
    history: History, tree: Tree, target: Target, applied: Collection[Key], copies: Iterable[Path], *, as_printed: bool
) -> str:
    """A digest of all that statements rest on; `copies` are the files that tell the versions of the Djangos here."""
    found = hashlib.sha256()
    migrations = sorted((*key, migration.path) for key, migration in history.migrations.items())
    settings = sorted(history.settings.items())
    said = [history.root, settings, migrations, sorted(applied), target.database, target.version, target.time_zone]
    found.update(json.dumps([*said, as_printed]).encode())
    for copy in copies:
        found.update(f"{copy}\0".encode() + copy.read_bytes())
    found.update(digest(tree).encode())
    return found.hexdigest()


def _rendered_to(rendered: Rendered) -> Any:
    return [*rendered.migration.key, rendered.atomic, [_statement_to(item) for item in rendered.statements]]


def _statement_to(statement: Statement) -> Any:
    return [
        statement.sql,
        span_to(statement.span),
        statement.operation,
        statement.confidence.value,
        statement.reason,
        statement.opaque,
    ]


def _statement_from(data: Any) -> Statement:
    sql, span, operation, confidence, reason, opaque = data
    index = None if operation is None else int(operation)
    return Statement(str(sql), place_from(span), index, Confidence(confidence), str(reason), str(opaque))
