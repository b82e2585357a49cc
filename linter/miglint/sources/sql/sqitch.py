"""Sqitch's plan: the order of changes. https://sqitch.org/docs/manual/sqitchchanges/"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CHANGE = re.compile(r"[ \t]*[+]?[ \t]*(?P<name>[^\s%@#\[+-][^\s\[]*)(?:[ \t]|$)")


def planned(text: str) -> Iterator[str]:
    """The names of the changes of a plan, in order. A reworked change stands at its first place."""
    seen: set[str] = set()
    for line in text.splitlines():
        found = _CHANGE.match(line)
        if found is not None and found["name"] not in seen:
            seen.add(found["name"])
            yield found["name"]
