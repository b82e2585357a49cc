"""What Django imports at the top of its modules and writing SQL never uses: forms, checks, event loops, test databases.

Together they take a third of the time that importing Django takes. While Django's core and a database's backend are
imported, stand-ins are in their places, and never afterwards: whoever wants the real ones can import them, as
django.contrib.postgres does (up to 5.0 by way of django.test, which needs nearly all of Django). What was imported
before stays.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from miglint.sources.django.backends.modules import StandIn

_UNUSED = (
    "django.core.serializers",
    "django.db.backends.base.creation",
    "django.db.backends.mysql.creation",
    "django.db.backends.oracle.creation",
    "django.db.backends.postgresql.creation",
    "django.db.backends.sqlite3.creation",
    "django.forms",
)
"""Fields make form fields of these only where a form is made, and a wrapper creates only databases of tests."""
_CHECKS = "django.core.checks"


@contextlib.contextmanager
def spared() -> Iterator[None]:
    """Have the stand-ins in the places of those that are not there yet."""
    placed = {name: module for name, module in _stand_ins().items() if name not in sys.modules}
    sys.modules.update(placed)
    if _CHECKS in placed:
        _fill(placed[_CHECKS])
    try:
        yield
    finally:
        for name, module in placed.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


@cache
def _stand_ins() -> dict[str, ModuleType]:
    modules: dict[str, ModuleType] = {name: StandIn(name) for name in _UNUSED}
    asyncio: Any = StandIn("asyncio")
    asyncio.get_running_loop = _no_loop
    asyncio.iscoroutinefunction = _is_never
    sync: Any = StandIn("asgiref.sync")
    sync.iscoroutinefunction = _is_never
    return {**modules, "asyncio": asyncio, "asgiref.sync": sync, _CHECKS: _checks()}


def _checks() -> ModuleType:
    """The package of Django's checks without the modules of checks, of which each brings in what it checks."""
    package = StandIn(_CHECKS)
    django = importlib.util.find_spec("django")
    package.__path__ = [
        str(Path(folder, "core", "checks")) for folder in (django and django.submodule_search_locations) or ()
    ]
    return package


def _fill(package: ModuleType) -> None:
    """The registry and the messages are the real ones: rendering a state asks one check, and reads what it says."""
    for part in ("messages", "registry"):
        for name, value in vars(importlib.import_module(f"{_CHECKS}.{part}")).items():
            if not name.startswith("_"):
                setattr(package, name, value)


def _no_loop() -> NoReturn:
    raise RuntimeError("no running event loop")


def _is_never(function: object) -> bool:
    return False
