"""Which brief locks are felt, and whether the wait for one is bounded."""

from __future__ import annotations

import re
from functools import lru_cache

from miglint.analysis import Analysis
from miglint.scope import Scope

MANY = 10
"""A table that so many others reference is in the middle of the application: whoever waits there is many."""
_USER = "settings.AUTH_USER_MODEL"
_KEY = re.compile(
    rb"""\bto\s*=\s*["'](\w+\.\w+)["']"""
    rb"""|(?:ForeignKey|OneToOneField)\(\s*["'](\w+\.\w+)["']"""
    rb"""|(?<!swappable_dependency\()(settings\.AUTH_USER_MODEL)\b"""
)


def why_busy(analysis: Analysis, relation: str, scope: Scope) -> str:
    """Why a lock on a relation is felt even if it is brief; empty where nothing says so."""
    if relation in scope.config.busy_tables:
        return "busy_tables names it"
    if analysis.migration.source == "django":
        migrations = _pointing(_Texts(scope), relation.rpartition(".")[2].lower())
        return f"{migrations} migrations point to it" if migrations >= MANY else ""
    name = analysis.before.displayed(relation)
    if name is None or len(analysis.before.referencing.get(name, ())) < MANY:
        return ""
    others = len(analysis.before.referencing_tables(name))
    return f"{others} other tables reference it" if others >= MANY else ""


def has_timeout(scope: Scope) -> bool:
    """Whether the sessions that migrate have a lock_timeout, by the configuration or the project's settings."""
    known = scope.config.lock_timeout or scope.history.settings.get("LOCK_TIMEOUT", "0")
    return known.strip("sm'") != "0"


class _Texts:
    """The texts of a history's migrations, known by their blobs."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._blobs = tuple(migration.blob for migration in scope.history.migrations.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Texts) and self._blobs == other._blobs

    def __hash__(self) -> int:
        return hash(self._blobs)


@lru_cache(maxsize=64)
def _pointing(texts: _Texts, table: str) -> int:
    """How many migrations have keys to a table, by the name that Django gives it, as their texts tell.

    The schema of all that came before is not at hand where a change is checked: only its own tables are written.
    """
    user = (texts.scope.history.settings.get("AUTH_USER_MODEL") or "auth.User").replace(".", "_").lower()
    labels = {f"{table[:place]}.{table[place + 1 :]}".encode() for place, sign in enumerate(table) if sign == "_"}
    words = labels | ({_USER.lower().encode()} if table == user else set())
    return sum(
        any(word in lower for word in words) and any(_table_of(match, user) == table for match in _KEY.finditer(text))
        for text, lower in _contents(texts)
    )


def _table_of(match: re.Match[bytes], user: str) -> str:
    """The table that a key points to."""
    model = next(filter(None, match.groups())).decode()
    return user if model == _USER else model.replace(".", "_").lower()


@lru_cache(maxsize=2)
def _contents(texts: _Texts) -> list[tuple[bytes, bytes]]:
    """What is in the migrations, and the same in lower case."""
    paths = [migration.path for migration in texts.scope.history.migrations.values()]
    return [(text, text.lower()) for text in texts.scope.change_set.tree.read(paths).values()]
