"""Pairs of operations in two branches whose order decides what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint.history import Key
from miglint.scope import Scope
from miglint_rules._alike import alike
from miglint_rules._touches import Touch, touches

Collision = tuple[Touch, Touch]


def collisions(left: Sequence[Touch], right: Sequence[Touch]) -> Iterator[Collision]:
    """The first pair for each thing that both sides touch; what both do alike to it is none."""
    seen: set[tuple[str, str]] = set()
    by_model: dict[str, list[Touch]] = {}
    for touch in right:
        by_model.setdefault(touch.model, []).append(touch)
    for one in left:
        for other in by_model.get(one.model, ()):
            thing = (one.label(), other.label())
            if thing not in seen and _collide(one, other):
                seen.add(thing)
                yield one, other


def between(one: Key, other: Key, scope: Scope) -> Iterator[Collision]:
    """The collisions of the branches that lead to two nodes, each without what it shares with the other."""
    left, right = scope.graph.branch(one, None), scope.graph.branch(other, None)
    yield from collisions(
        touches(scope.history.migrations[key] for key in left if key not in right),
        touches(scope.history.migrations[key] for key in right if key not in left),
    )


def _collide(one: Touch, other: Touch) -> bool:
    if one.thing == other.thing:
        if one.kind in ("use", "field use"):
            return False
        return one.exclusive or other.exclusive or not _alike_there(one, other)
    return _takes(one, other) or _takes(other, one)


def _alike_there(one: Touch, other: Touch) -> bool:
    """Whether both leave the same in a database, however they spell what they do it to."""
    said, other_said = (
        {key: value for key, value in touch.operation.arguments.items() if key not in ("model_name", "name")}
        for touch in (one, other)
    )
    return alike(said, other_said, loosely=True)


def _takes(owner: Touch, part: Touch) -> bool:
    """Whether one touch renames, creates or removes what the other, on the same model, relies on."""
    if owner.kind == "model" and owner.exclusive:
        return True
    return (
        owner.kind == "field"
        and part.kind == "field use"
        and owner.name == part.name
        and owner.operation.name in ("RemoveField", "RenameField")
    )
