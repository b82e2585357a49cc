"""Django is imported without what writing SQL never uses, and nothing of that is taken from anybody else."""

import json
import os
import subprocess
import sys

import pytest

from miglint.sources.django.installed import copies

FOLDERS = sorted({str(copy.parent.parent) for copy in copies(os.environ)})
UNUSED = ("asyncio", "asgiref.sync", "django.core.checks", "django.core.mail", "django.forms", "django.template")
CONNECTING = """
import sys
sys.path.insert(0, "linter")
from miglint.history import Target
from miglint.sources.django import runtime
from miglint.sources.django.backends.connection import connect
from miglint.sources.django.allowed import django_class
runtime.start({folder!r})
connected = [connect(Target(name)) for name in ("postgresql", "mysql", "sqlite", "oracle")]
"""


def run(folder: str, program: str) -> object:
    done = subprocess.run(
        [sys.executable, "-c", f"import json\n{CONNECTING.format(folder=folder)}{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_not_used_is_not_imported(folder: str) -> None:
    assert run(folder, f"print(json.dumps([name for name in {UNUSED} if name in sys.modules]))") == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_whoever_wants_the_real_ones_can_have_them_afterwards(folder: str) -> None:
    program = """
import asyncio, asgiref.sync, django.core.checks, django.core.serializers, django.forms
from django.core.checks.registry import registry
from django.db.backends.postgresql.creation import DatabaseCreation
async def answer(): return 1
field = django.forms.CharField(max_length=3)
checks = len(registry.get_checks())
print(json.dumps([asyncio.run(answer()), field.clean("abc"), checks > 10, DatabaseCreation.__mro__[1].__name__]))
"""
    assert run(folder, program) == [1, "abc", True, "BaseDatabaseCreation"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_check_that_rendering_a_state_asks_is_the_real_one(folder: str) -> None:
    program = """
from django.db import models
from django.db.migrations.state import ModelState, ProjectState
project = ProjectState()
key = models.ForeignKey("shop.nobody", models.CASCADE)
project.add_model(ModelState("shop", "order", [("id", models.AutoField(primary_key=True)), ("to", key)]))
try:
    project.apps
except ValueError as error:
    print(json.dumps(str(error)))
"""
    assert "was declared with a lazy reference to 'shop.nobody'" in str(run(folder, program))


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_needs_the_real_ones_finds_them(folder: str) -> None:
    fields = "ArrayField CICharField DateRangeField DecimalRangeField HStoreField IntegerRangeField"
    names = [f"django.contrib.postgres.fields.{name}" for name in fields.split()]
    names += [
        "django.contrib.postgres.constraints.ExclusionConstraint",
        "django.contrib.postgres.search.SearchQueryField",
    ]
    program = f"print(json.dumps([name for name in {names} if django_class(name) is None]))"
    assert run(folder, program) == []
