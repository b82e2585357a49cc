"""What a remedy for a conflict comes to: edits, new names of files, new files; and what speaks against it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from miglint.conflict import Conflict
from miglint.finding import Edit, Fix
from miglint.history import Key
from miglint.scope import Scope
from miglint.scopes import touched
from miglint_rules._collisions import between


class NoRemedy(Exception):
    """Why a conflict cannot be mended here, and what to do instead."""


class Remedy(Struct, frozen=True):
    """What mends a conflict. `fix.safe` is false where `doubt` says what a person should look at first."""

    fix: Fix
    renames: Mapping[str, str] = field(default_factory=dict)
    """The new path of each file that gets another name, by the old one; its edits are by the old one."""
    created: Mapping[str, bytes] = field(default_factory=dict)
    doubt: str = ""
    relies_on: tuple[str, ...] = ()
    """Files of migrations on which those that are edited or made will depend."""


def remedy(
    title: str,
    conflict: Conflict,
    scope: Scope,
    *,
    edits: tuple[Edit, ...] = (),
    renames: Mapping[str, str] | None = None,
    created: Mapping[str, bytes] | None = None,
    relies_on: tuple[str, ...] = (),
) -> Remedy:
    """A remedy, safe unless something speaks against it."""
    doubt = next(_doubts(conflict, scope), "")
    return Remedy(Fix(title, not doubt, edits), renames or {}, created or {}, doubt, relies_on)


def refuse_unread(conflict: Conflict, scope: Scope) -> None:
    """Stop where it is not known what depends on what."""
    for one in scope.history.unreadable:
        if one.app == conflict.app or touched(scope.change_set, one.path):
            raise NoRemedy(f"{one.path} cannot be read ({one.reason}), so it is not known what it depends on")
    for key in sorted(scope.graph.opaque):
        if key.app == conflict.app and key in scope.history.migrations:
            raise NoRemedy(f"what {scope.history.migrations[key].path} depends on cannot be read")


def _doubts(conflict: Conflict, scope: Scope) -> Iterator[str]:
    for one, other in itertools.combinations(conflict.leaves, 2):
        for left, right in between(one, other, scope):
            names = f"{left.operation.name} in {left.migration.key.name} and {right.operation.name} in "
            yield f"both sides touch {left.label()}: {names}{right.migration.key.name}"
    for migration in (scope.history.migrations[key] for key in _branches(conflict)):
        for problem in migration.not_understood:
            yield f"{migration.path}:{problem.span.line} is not understood ({problem.reason})"


def _branches(conflict: Conflict) -> Iterator[Key]:
    for branch in conflict.branches:
        yield from branch.migrations
