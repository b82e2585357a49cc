"""Patterns for paths of the repository: `legacy/**`, `*/migrations/0001_*.py`, `db`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is about a path: it names the path itself or a folder that holds it.

    `*` and `?` stay within one name, `**` crosses folders. A pattern starts at the repository's root.
    """
    return any(_compiled(pattern).match(path) for pattern in patterns)


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    return re.compile("".join(_name(name, last=index == len(names) - 1) for index, name in enumerate(names)))


def _name(name: str, *, last: bool) -> str:
    if name == "**":
        return "" if last else "(?:.*/)?"
    body = "".join({"*": "[^/]*", "?": "[^/]"}.get(char) or re.escape(char) for char in name)
    return f"{body}(?:/|$)" if last else f"{body}/"
