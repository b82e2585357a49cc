"""Reporters: each module here is a format of that name, found by its file; adding one touches nothing else.

A reporter module defines `SUFFIXES`, the endings of file names that stand for its format (`(".sarif",)`), and
`report(result, console)`, which returns the whole report as text. It takes what it says from the result alone.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, cast

from msgspec import Struct

from miglint.result import Result


class Console(Struct, frozen=True):
    """What the report is written to: whether colour is wanted there and how many columns it has."""

    colour: bool = False
    width: int = 100


class Reporter(Protocol):
    """A module that writes one format."""

    @property
    def SUFFIXES(self) -> tuple[str, ...]: ...

    def report(self, result: Result, console: Console) -> str:
        """The report, ending in a newline if it is not empty."""


def formats() -> list[str]:
    """The names of all formats, without importing any of them."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))


def reporter(name: str) -> Reporter:
    """The reporter of a format that `formats` names."""
    return cast("Reporter", importlib.import_module(f"{__name__}.{name}"))
