"""Pairs of operations in two branches whose order decides what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from miglint_rules._touches import Touch

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


def _collide(one: Touch, other: Touch) -> bool:
    if one.thing == other.thing:
        if one.kind in ("use", "field use"):
            return False
        return one.exclusive or other.exclusive or one.operation.arguments != other.operation.arguments
    return _takes(one, other) or _takes(other, one)


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
