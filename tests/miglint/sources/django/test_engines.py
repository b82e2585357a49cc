"""The database that settings name in so many words, and nothing where they do not."""

from __future__ import annotations

import pytest

from django_files import tree_of
from miglint.sources.django.engines import databases

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"
POSTGRESQL = "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'x'}}\n"


def found(settings: str, **more: str) -> set[str]:
    files: dict[str, str | bytes] = {"manage.py": MANAGE, "config/__init__.py": "", "config/settings.py": settings}
    files |= {path.replace("__", "/") + ".py": text for path, text in more.items()}
    return set(databases(tree_of({**files, "shop/migrations/__init__.py": ""})))


@pytest.mark.parametrize(
    ("engine", "database"),
    [
        ("django.db.backends.postgresql", "postgresql"),
        ("django.contrib.gis.db.backends.postgis", "postgresql"),
        ("django.db.backends.mysql", "mysql"),
        ("django.db.backends.sqlite3", "sqlite"),
        ("django_prometheus.db.backends.postgresql", "postgresql"),
        ("django.db.backends.oracle", "oracle"),
    ],
)
def test_engines(engine: str, database: str) -> None:
    assert found(POSTGRESQL.replace("django.db.backends.postgresql", engine)) == {database}


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "import environ\nDATABASES = {'default': environ.Env().db()}\n",
        "import os\nDATABASES = {'default': {'ENGINE': os.environ['ENGINE']}}\n",
        "DATABASES = {'other': {'ENGINE': 'django.db.backends.postgresql'}}\n",
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.dummy'}}\n",
        "DATABASES = 3\n",
    ],
)
def test_what_is_not_said_is_not_guessed(settings: str) -> None:
    assert found(settings) == set()


def test_what_the_named_module_imports_counts() -> None:
    assert found("from .base import *\n", config__base=POSTGRESQL) == {"postgresql"}
