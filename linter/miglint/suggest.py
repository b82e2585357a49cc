"""A near word for one that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, possible: Iterable[str]) -> str:
    """` (did you mean X?)`, or nothing if nothing is near."""
    import difflib

    near = difflib.get_close_matches(word, sorted(possible), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
