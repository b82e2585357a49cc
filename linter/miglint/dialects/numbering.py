"""The number that makes a name free, as servers give to what a statement leaves unnamed."""

from __future__ import annotations

from collections.abc import Callable

TRIED_IN_ORDER = 20


def first_free(start: int, taken: Callable[[int], bool]) -> int:
    """The first number from `start` on that is not taken.

    After some tries those taken are supposed to have no gaps: thousands of names are not asked for one by one.
    """
    for number in range(start, start + TRIED_IN_ORDER):
        if not taken(number):
            return number
    low = start + TRIED_IN_ORDER - 1
    step = 1
    while taken(low + step):
        low, step = low + step, step * 2
    low, high = low + 1, low + step
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if taken(middle) else (low, middle)
    return low
