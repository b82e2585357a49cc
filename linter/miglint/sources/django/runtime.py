"""Django in this process: which copy, and set up so that nothing of a project is needed.

Only one Django can be imported into a process; the first one asked for stays.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache


@cache
def start(folder: str | None = None) -> tuple[int, int]:
    """Import Django, from `folder` where one is given, and configure it. Gives the series that is there."""
    if folder is not None and "django" not in sys.modules:
        sys.path.insert(0, folder)
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            INSTALLED_APPS=[],
            DATABASES={},
            USE_I18N=False,
            USE_TZ=True,
            TIME_ZONE="UTC",
            SILENCED_SYSTEM_CHECKS=["fields"],
        )
        _ready()
    return django.VERSION[0], django.VERSION[1]


def _ready() -> None:
    """What django.setup() does, less the logging."""
    from django.apps import apps

    apps.populate(())


def adopt(project: Mapping[str, str]) -> None:
    """Have these settings of the project; where it says nothing, Django's own defaults."""
    from django.conf import global_settings, settings

    for name in ("AUTH_USER_MODEL", "DEFAULT_AUTO_FIELD"):
        setattr(settings, name, project.get(name) or getattr(global_settings, name))
