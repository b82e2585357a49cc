"""A near word for one that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, possible: Iterable[str]) -> str:
    """The word that is nearest, or an empty one if none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, sorted(possible), n=1)), "")


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """` (did you mean X?)`, or nothing if nothing is near."""
    near = nearest(word, possible)
    return f" (did you mean {near}?)" if near else ""
