"""Which Django writes the SQL: the series that the project pins, if it is there.

Series differ (`DROP COLUMN … CASCADE` is gone in 6.1, identity columns came with 4.1). The one that Python finds by
itself is always there; others may be in a folder that the environment names, see `installed`.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from miglint.changeset import Tree
from miglint.sources.django.installed import copies, found_by_python
from miglint.sources.django.pins import Pin, pins

Series = tuple[int, int]
_LAST_OF_MAJOR = {1: 11, 2: 2, 3: 2, 4: 2, 5: 2, 6: 1}
RELEASED: tuple[Series, ...] = tuple(
    (major, minor) for major, last in _LAST_OF_MAJOR.items() for minor in range(8 if major == 1 else 0, last + 1)
)
"""Since there are migrations."""


class Choice(Struct, frozen=True):
    """The series that renders, the folder to import it from (None: where Python finds it), and why."""

    series: Series
    folder: str | None
    wanted: Series | None
    because: str

    @property
    def note(self) -> str:
        """What a reader should know; empty if the project's own series is used."""
        used = _text(self.series)
        if self.wanted is None:
            return f"the project pins no Django: the SQL is that of Django {used}"
        if self.wanted != self.series:
            return f"{self.because} asks for Django {_text(self.wanted)}, which is not here: the SQL is that of {used}"
        return ""


def choose(tree: Tree, root: str, configured: str | None, environment: Mapping[str, str] = os.environ) -> Choice:
    """The Django for a project whose root is this folder of the tree."""
    there = available(environment)
    pin = Pin(f"=={configured}.*", "the configuration") if configured else next(iter(pins(tree, root)), None)
    wanted = _wanted(pin, there) if pin else None
    because = pin.path if pin else ""
    if "django" in sys.modules:
        version = sys.modules["django"].VERSION
        return Choice((version[0], version[1]), None, wanted, because)
    used = _nearest(wanted, there)
    return Choice(used, there[used], wanted, because)


def available(environment: Mapping[str, str]) -> dict[Series, str | None]:
    """Every series that is here, and the folder that it is to be imported from."""
    found: dict[Series, str | None] = {}
    own = found_by_python()
    for module in copies(environment):
        series = _version(module)
        if series is not None:
            found.setdefault(series, None if module == own else str(module.parents[1]))
    return found


def _version(module: Path) -> Series | None:
    """The series of a Django, read from its source: importing it would be for good."""
    try:
        tree = ast.parse(module.read_bytes())
    except (OSError, SyntaxError):
        return None
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="VERSION")], value=ast.Tuple(elts=[major, minor, *_])):
                return int(ast.literal_eval(major)), int(ast.literal_eval(minor))
    return None


def _wanted(pin: Pin, there: Iterable[Series]) -> Series | None:
    """The newest series that fits a requirement, one that is here before others."""
    fitting = [series for series in {*RELEASED, *there} if pin.allows(series)] or pin.series()
    here = [series for series in fitting if series in set(there)]
    return max(here or fitting, default=None)


def _nearest(wanted: Series | None, there: Iterable[Series]) -> Series:
    """The wanted series, else the next newer one, else the newest."""
    known = sorted(there)
    return next((series for series in known if wanted is not None and series >= wanted), known[-1])


def _text(series: Series) -> str:
    return f"{series[0]}.{series[1]}"
