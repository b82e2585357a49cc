"""A statement as rules see it: what it changes, what that does to relations that exist, the schema before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from msgspec import Struct, field

from miglint.catalog import Catalog
from miglint.changes import Change
from miglint.effects import Effect, Work
from miglint.history import Migration, Statement, Target

C = TypeVar("C", bound=Change)
D = TypeVar("D")
_ByKind = dict[type[Change], list[tuple["Analysis", int, Any]]]


class Analysis(Struct, frozen=True):
    """One statement of a migration.

    `understood` is False where it could not be read (`reason` says why, `effects` are then unknown and not to be taken
    for safe). `assumptions` say what of the effects rests on something not known, such as a column that nothing made.
    """

    migration: Migration
    statement: Statement
    before: Catalog
    after: Catalog
    target: Target = field(default_factory=Target)
    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()
    understood: bool = True
    reason: str = ""
    causes: Mapping[int, frozenset[Work]] = field(default_factory=dict)
    """Which of `changes`, by position, causes which of the dangerous work: rules name the change that is to blame."""
    assumptions: tuple[str, ...] = ()
    transaction: int | None = None
    """Which transaction of the migration it runs in, from 0; None: a transaction of its own."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Relations that its transaction had locked before it, and the strongest mode."""
    lock_timeout: str | None = None
    """The lock_timeout set in sight of it, None if there is none (or `0`)."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Other settings in force that were set in sight of it."""

    @property
    def dangerous(self) -> bool:
        """Whether any of its effects is."""
        return any(effect.dangerous for effect in self.effects)


class Analyses(tuple[Analysis, ...]):
    """The analyses of a migration's statements, in order, and their changes by kind: each rule looks at a few kinds."""

    def changes(self, kind: type[C]) -> Sequence[tuple[Analysis, int, C]]:
        """Every change of a kind, the statement that it is in and its position there."""
        return _of_kind(self._by_kind, kind)

    def blamed(self, kind: type[C]) -> Sequence[tuple[Analysis, int, C]]:
        """Those of them that cause dangerous work."""
        return _of_kind(self._blamed_by_kind, kind)

    @cached_property
    def kinds(self) -> frozenset[type[Change]]:
        """The kinds of changes that there are."""
        return frozenset(self._by_kind)

    @cached_property
    def blamed_kinds(self) -> frozenset[type[Change]]:
        """The kinds of those that cause dangerous work."""
        return frozenset(self._blamed_by_kind)

    def derived(self, function: Callable[[Analyses], D]) -> D:
        """What a function that looks at nothing else says of them: worked out once for all rules that ask."""
        if function not in self._derived:
            self._derived[function] = function(self)
        found: D = self._derived[function]
        return found

    @cached_property
    def _derived(self) -> dict[Callable[[Analyses], Any], Any]:
        return {}

    @cached_property
    def _by_kind(self) -> _ByKind:
        found: _ByKind = {}
        for analysis in self:
            for position, change in enumerate(analysis.changes):
                found.setdefault(type(change), []).append((analysis, position, change))
        return found

    @cached_property
    def _blamed_by_kind(self) -> _ByKind:
        found: _ByKind = {}
        for analysis in self:
            for position in sorted(analysis.causes):
                if analysis.causes[position]:
                    change = analysis.changes[position]
                    found.setdefault(type(change), []).append((analysis, position, change))
        return found


def _of_kind(found: _ByKind, kind: type[C]) -> Sequence[tuple[Analysis, int, C]]:
    """The changes of a class, or of those that are made from it: nobody asks for such a one more than once."""
    if not kind.__subclasses__():
        return found.get(kind, ())
    return [entry for own, entries in found.items() if issubclass(own, kind) for entry in entries]
