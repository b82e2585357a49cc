"""The statements of SQL files: what a file says is what runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from miglint.changeset import Tree
from miglint.history import Confidence, History, Key, Migration, Rendered, Statement, Target
from miglint.sources.sql import PLAN
from miglint.sources.sql.cut import cut
from miglint.sources.sql.layouts import way_back
from miglint.sources.sql.reader import START

MAX_BYTES = 16 * 1024 * 1024
AHEAD = 500
"""Files that are read in one go: git takes ten milliseconds to answer at all."""
SMALL = 32 * 1024
"""Bytes of a file up to which it is read with others."""


class SqlRenderer:
    """Writes nothing: reads a history's files when asked, and cuts them into statements."""

    def __init__(self, history: History, tree: Tree, target: Target) -> None:
        self._history = history
        self._tree = tree
        self._target = target
        plan = f"{history.root}/{PLAN}" if history.root else PLAN
        self._in_transaction = plan not in tree
        """Whether the tool opens a transaction around each file: Sqitch's scripts hold their own BEGIN and COMMIT."""
        self._paths = [migration.path for migration in history.migrations.values()]
        self._places = {path: number for number, path in enumerate(self._paths)}
        self._ahead: Mapping[str, bytes | None] = {}

    @property
    def replays_all(self) -> bool:
        """Any file may touch any table."""
        return True

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing: the statements are the files' own."""
        return ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Nothing, as above."""
        return ()

    def render(self, key: Key, *, backwards: bool = False) -> Rendered:
        """The statements of one migration."""
        migration = self._history.migrations[key]
        path = self._path(migration, backwards=backwards)
        if path is None:
            return Rendered(migration, self._target.database, (), atomic=True)
        content = self._content(path)
        if content is None:
            reason = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
            unread = Statement("", START, confidence=Confidence.UNKNOWN, reason=reason)
            return Rendered(migration, self._target.database, (unread,), atomic=True)
        return self._rendered(migration, path, content, backwards=backwards)

    def prelude(self, keys: Sequence[Key]) -> Iterable[Rendered]:
        """Everything that runs before the first of `keys`."""
        wanted = set(keys)
        for key in self._history.migrations:
            if key in wanted:
                return
            yield self.render(key)

    def _content(self, path: str) -> bytes | None:
        """The file's bytes, None if they are too many. Those of the files after it are read in one go, as they are most
        likely asked for next."""
        if path not in self._ahead:
            at = self._places.get(path, len(self._paths))
            following = [path, *self._paths[at + 1 : at + AHEAD]]
            small = self._tree.read_small(following, SMALL)
            self._ahead = {each: small.get(each) for each in following}
        content = self._ahead[path]
        if content is None and self._tree.sizes([path]).get(path, 0) <= MAX_BYTES:
            content = self._tree.read([path])[path]
        return content

    def _path(self, migration: Migration, *, backwards: bool) -> str | None:
        """The file that holds the way; where it is in the same file, that file."""
        if not backwards:
            return migration.path
        beside = way_back(migration.path)
        if beside is None:
            return migration.path
        return beside if beside in self._tree else None

    def _rendered(self, migration: Migration, path: str, content: bytes, *, backwards: bool) -> Rendered:
        database = self._target.database
        file = cut(path, content, database, back=backwards and path == migration.path)
        statements = [Statement(each.sql, span) for each, span in zip(file.pieces, file.spans, strict=True)]
        atomic = file.section.transaction and self._in_transaction and not any(file.alone)
        return Rendered(migration, database, tuple(statements), atomic)
