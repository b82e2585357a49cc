"""Which brief locks are felt, and whether the wait for one is bounded."""

from __future__ import annotations

from miglint.analysis import Analysis
from miglint.scope import Scope

MANY = 10
"""A table that so many others reference is in the middle of the application: whoever waits there is many."""


def why_busy(analysis: Analysis, relation: str, scope: Scope) -> str:
    """Why a lock on a relation is felt even if it is brief; empty where nothing says so."""
    if relation in scope.config.busy_tables:
        return "busy_tables names it"
    schema, _, name = relation.rpartition(".")
    resolved = analysis.before.resolve(schema or None, name)
    others = {table.name for table, _ in analysis.before.foreign_keys_to(resolved)} - {resolved}
    return f"{len(others)} other tables reference it" if len(others) >= MANY else ""


def has_timeout(scope: Scope) -> bool:
    """Whether the sessions that migrate have a lock_timeout, by the configuration or the project's settings."""
    known = scope.config.lock_timeout or scope.history.settings.get("LOCK_TIMEOUT", "0")
    return known.strip("sm'") != "0"
