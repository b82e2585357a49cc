"""Which copies of Django are here, found without importing one.

The one that Python finds by itself is always there. The environment variable MIGLINT_DJANGO can name a folder that
holds others, each in a folder called by its series: `5.2`, `6.1`.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

VARIABLE = "MIGLINT_DJANGO"


def copies(environment: Mapping[str, str]) -> list[Path]:
    """The `django/__init__.py` of every Django that is here, the one that Python finds by itself last."""
    prefix, own = environment.get(VARIABLE), found_by_python()
    folders = sorted(Path(prefix).iterdir()) if prefix and Path(prefix).is_dir() else ()
    modules = (folder / "django" / "__init__.py" for folder in folders)
    return [module for module in modules if module.is_file()] + ([own] if own else [])


def found_by_python() -> Path | None:
    """The one that `import django` would import."""
    spec = importlib.util.find_spec("django")
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


def has_setting(name: str) -> bool:
    """Whether Django has a default for a setting of this name, so that it is there in every project."""
    return name in _settings()


@cache
def _settings() -> frozenset[str]:
    django = found_by_python()
    module = None if django is None else django.parent / "conf" / "global_settings.py"
    if module is None or not module.is_file():
        return frozenset()
    return frozenset(re.findall(r"^([A-Z][A-Z0-9_]*)\b", module.read_text(encoding="utf-8"), re.MULTILINE))
