"""What statements do to relations that existed before, as measured and as predicted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""PostgreSQL's table lock modes, weakest first."""

BLOCKS_WRITES = frozenset(MODES[4:])
BLOCKS_READS = frozenset(MODES[7:])


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` is the SQLSTATE of statements that fail; nothing else is then known."""

    locks: Mapping[str, str] = field(default_factory=dict)
    index_locks: Mapping[str, str] = field(default_factory=dict)
    rewrites: frozenset[str] = frozenset()
    scans: frozenset[str] = frozenset()
    index_builds: frozenset[str] = frozenset()
    """The tables on which an index was built."""
    dangerous: bool = False
    error: str = ""
    unknown: str = ""
    """Why a prediction could not be made."""

    def differences(self, other: Outcome) -> dict[str, tuple[object, object]]:
        """The aspects in which two outcomes differ, each with both values."""
        if self.unknown or other.unknown:
            return {"understood": (self.unknown, other.unknown)}
        aspects = ("error",) if self.error or other.error else ASPECTS
        pairs = {aspect: (getattr(self, aspect), getattr(other, aspect)) for aspect in aspects}
        return {aspect: (mine, theirs) for aspect, (mine, theirs) in pairs.items() if mine != theirs}


ASPECTS = ("locks", "rewrites", "scans", "index_builds", "dangerous")
"""What is compared. Locks on indexes follow from these and are recorded only."""


def strongest(modes: Iterable[str]) -> str:
    """The strongest of some lock modes."""
    return max(modes, key=MODES.index)


def recorded(data: Mapping[str, object]) -> Outcome:
    """An outcome from a recorded measurement."""
    if data.get("error"):
        return Outcome(error=str(data["error"]))
    builds = data["index_builds"]
    locks, index_locks = data["locks"], data["index_locks"]
    if not (isinstance(locks, Mapping) and isinstance(index_locks, Mapping) and isinstance(builds, list)):
        raise TypeError("a recorded measurement has locks by relation and a list of index builds")
    return Outcome(
        locks=locks,
        index_locks=index_locks,
        rewrites=_names(data["rewrites"]),
        scans=_names(data["scans"]),
        index_builds=frozenset(table for _, table in builds),
        dangerous=bool(data["dangerous"]),
    )


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError("a recorded measurement has lists of names")
    return frozenset(value)
