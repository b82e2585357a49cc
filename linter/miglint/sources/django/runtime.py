"""Django in this process: which copy, and set up so that nothing of a project is needed.

Only one Django can be imported into a process; the first one asked for stays.
"""

from __future__ import annotations

import datetime as dt
import sys
import zoneinfo
from collections.abc import Mapping
from functools import cache, partial

from miglint.history import Confidence
from miglint.sources.django.backends.spared import spared
from miglint.sources.django.doubts import Doubt, Ledger


@cache
def start(folder: str | None = None) -> tuple[int, int]:
    """Import Django, from `folder` where one is given, and configure it. Gives the series that is there."""
    if folder is not None and "django" not in sys.modules:
        sys.path.insert(0, folder)
    with spared():
        import django
        import django.core.checks.model_checks
        import django.db.migrations.operations
        import django.db.migrations.state
        import django.db.models
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


def adopt(project: Mapping[str, str], ledger: Ledger) -> None:
    """Have these settings of the project; where it says nothing, Django's own defaults."""
    from django.conf import global_settings, settings
    from django.utils import timezone

    settings.AUTH_USER_MODEL = project.get("AUTH_USER_MODEL") or global_settings.AUTH_USER_MODEL
    settings.DEFAULT_AUTO_FIELD = _key(project.get("DEFAULT_AUTO_FIELD"), ledger)
    settings.USE_TZ = {"True": True, "False": False, None: True}.get(project.get("USE_TZ"), global_settings.USE_TZ)
    timezone.get_default_timezone = partial(_time_zone, project, ledger)


def _key(said: str | None, ledger: Ledger) -> str:
    """The class of automatic keys that no migration names: of tables of many to many, and where there is none."""
    if said is not None:
        return said
    from miglint.sources.django.stand_in_fields import AssumedKey

    AssumedKey.noting = ledger
    return f"{AssumedKey.__module__}.{AssumedKey.__name__}"


def _time_zone(project: Mapping[str, str], ledger: Ledger) -> dt.tzinfo:
    """The time zone of values without one, of which Django asks if USE_TZ holds."""
    unknown = [name for name in ("TIME_ZONE", "USE_TZ") if name not in project]
    if unknown:
        ledger.note(Doubt(Confidence.ASSUMED, f"a value depends on {' and '.join(unknown)}, which no settings tell"))
    name = project.get("TIME_ZONE", "UTC")
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        ledger.note(Doubt(Confidence.ASSUMED, f"the time zone {name} is not known here: UTC is taken"))
        return dt.UTC
