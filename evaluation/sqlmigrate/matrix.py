"""Write a Django project whose migrations hold every field type altered to every other, with every option.

    python matrix.py FOLDER [--kind fields|operations|newer] [--portable] [--series 5.2] [--together]
                     [--sample N --seed SEED | --slice 3/10]

Each case is a model of its own that is created, changed in steps and deleted again, one migration a step, or one for
the whole case (`--together`). With truth.py (`--go-on`, for casts that the server refuses) and compare.py all of it is
compared with the real schema editor.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import matrix_newer
import matrix_operations

TYPES = {
    "BigInteger": "models.BigIntegerField({})",
    "Binary": "models.BinaryField({})",
    "Boolean": "models.BooleanField({})",
    "Char": "models.CharField(max_length=50, {})",
    "LongChar": "models.CharField(max_length=200, {})",
    "Date": "models.DateField({})",
    "DateTime": "models.DateTimeField({})",
    "Decimal": "models.DecimalField(max_digits=8, decimal_places=2, {})",
    "Duration": "models.DurationField({})",
    "Email": "models.EmailField({})",
    "File": "models.FileField(upload_to='x', {})",
    "Float": "models.FloatField({})",
    "IPAddress": "models.GenericIPAddressField({})",
    "Integer": "models.IntegerField({})",
    "JSON": "models.JSONField({})",
    "PositiveBigInteger": "models.PositiveBigIntegerField({})",
    "PositiveInteger": "models.PositiveIntegerField({})",
    "PositiveSmallInteger": "models.PositiveSmallIntegerField({})",
    "Slug": "models.SlugField({})",
    "SmallInteger": "models.SmallIntegerField({})",
    "Text": "models.TextField({})",
    "Time": "models.TimeField({})",
    "URL": "models.URLField({})",
    "UUID": "models.UUIDField({})",
    "Array": "ArrayField(models.IntegerField(), {})",
    "ForeignKey": "models.ForeignKey('matrix.target', models.CASCADE, {})",
    "OneToOne": "models.OneToOneField('matrix.target', models.CASCADE, {})",
}
DEFAULTS = {
    "Binary": "b'x'",
    "Boolean": "True",
    "Date": "datetime.date(2020, 1, 2)",
    "DateTime": "datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)",
    "Decimal": "Decimal('1.50')",
    "Duration": "datetime.timedelta(days=1, seconds=3)",
    "Float": "-1.5",
    "IPAddress": "'10.0.0.1'",
    "JSON": "dict",
    "Time": "datetime.time(12, 30)",
    "UUID": "uuid.UUID('12345678-1234-5678-1234-567812345678')",
    "Array": "list",
}
NUMBERS = ("Integer", "BigInteger", "SmallInteger", "PositiveInteger", "PositiveBigInteger", "PositiveSmallInteger")
TEXTS = ("Char", "LongChar", "Email", "File", "Slug", "Text", "URL")
WITHOUT_DATABASE_DEFAULT = ("JSON", "Array", "ForeignKey", "OneToOne", "Binary")


def default_of(kind: str) -> str:
    return DEFAULTS.get(kind, "7" if kind in (*NUMBERS, "ForeignKey", "OneToOne") else "'it''s 50%'")


def options_of(kind: str) -> dict[str, str]:
    options = {
        "null": "null=True",
        "default": f"default={default_of(kind)}",
        "unique": "unique=True",
        "index": "db_index=True",
        "column": "db_column='other'",
        "comment": 'db_comment="it\'s"',
        "null_unique": "null=True, unique=True",
    }
    if kind == "OneToOne":
        del options["unique"], options["null_unique"], options["index"]
    if kind in TEXTS:
        options["collation"] = "db_collation='C'" if kind != "File" else "blank=True"
    if kind not in WITHOUT_DATABASE_DEFAULT:
        options["db_default"] = f"db_default={default_of(kind)}"
    if kind not in ("Array", "JSON", "ForeignKey", "OneToOne"):
        options["key"] = "primary_key=True"
    return options


def cases() -> Iterator[list[str]]:
    """The operations of one case, a list a migration; `{model}` stands for its model."""
    for one, first in TYPES.items():
        for two, second in TYPES.items():
            if one != two:
                yield steps(first.format(""), second.format(""))
        for option in options_of(one).values():
            yield steps(first.format(""), first.format(option))
            yield added(first.format(option))
        for option in ("null=True", "null=True, db_index=True"):
            yield steps(first.format(option), first.format(f"default={default_of(one)}"))
        for options in itertools.permutations(options_of(one).values(), 2):
            if "primary_key=True" not in options:
                yield steps(*map(first.format, options))


def created(field: str) -> str:
    own = "" if "primary_key" in field else "('id', models.BigAutoField(primary_key=True)), "
    return f"migrations.CreateModel('{{model}}', [{own}('field', {field}), ('extra', models.IntegerField(null=True))])"


def steps(first: str, second: str) -> list[str]:
    start = created(first)
    if "primary_key" in second:
        return [created(second), "migrations.RenameField('{model}', 'field', 'renamed')", DELETE]
    alter = f"migrations.AlterField('{{model}}', 'field', {second})"
    back = f"migrations.AlterField('{{model}}', 'field', {first})"
    return [
        start,
        alter,
        "migrations.RenameField('{model}', 'field', 'renamed')",
        back.replace("'field'", "'renamed'"),
        DELETE,
    ]


def added(field: str) -> list[str]:
    if "primary_key" in field:
        return []
    return [
        "migrations.CreateModel('{model}', [('id', models.AutoField(primary_key=True))])",
        f"migrations.AddField('{{model}}', 'field', {field})",
        "migrations.AddIndex('{model}', models.Index(fields=['field'], name='{model}_index'))",
        "migrations.AddConstraint('{model}', models.UniqueConstraint(fields=['field', 'id'], name='{model}_unique'))",
        "migrations.AlterUniqueTogether('{model}', {{('field', 'id')}})",
        "migrations.AlterUniqueTogether('{model}', set())",
        "migrations.RemoveIndex('{model}', '{model}_index')",
        "migrations.RemoveConstraint('{model}', '{model}_unique')",
        "migrations.RemoveField('{model}', 'field')",
        "migrations.RenameModel('{model}', '{model}renamed')",
        DELETE.replace("{model}", "{model}renamed"),
    ]


DELETE = "migrations.DeleteModel('{model}')"
HEAD = """import datetime
import uuid
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateRangeField, DateTimeRangeField
from django.contrib.postgres.fields import DecimalRangeField, HStoreField, IntegerRangeField
from django.contrib.postgres.indexes import BloomIndex, BrinIndex, BTreeIndex, GinIndex, GistIndex, HashIndex, OpClass
from django.contrib.postgres.indexes import SpGistIndex
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, BloomExtension
from django.contrib.postgres.operations import BtreeGinExtension
from django.contrib.postgres.operations import BtreeGistExtension, CITextExtension, CreateCollation, CreateExtension
from django.contrib.postgres.operations import CryptoExtension, HStoreExtension, RemoveCollation
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension, ValidateConstraint
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models
from django.db.models import ExpressionWrapper
from django.db.models.functions import Abs, Cast, Coalesce, Collate, Concat, JSONObject, Lower, Now, Pi, Random, Round
from django.db.models.functions import Substr, TruncDate, Upper
{imports}

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [{dependencies}]
    operations = [{operation}]
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, help="take so many cases by chance, not all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--slice", type=slice_of, default=slice(None), help="take the third of ten parts: 3/10")
    parser.add_argument("--without", action="append", default=[], help="leave out cases with this argument")
    parser.add_argument("--kind", choices=CASES, default="fields")
    parser.add_argument("--portable", action="store_true", help="leave out what only PostgreSQL has")
    parser.add_argument("--series", type=series_of, default=(99, 0), help="leave out what came with a later Django")
    parser.add_argument("--together", action="store_true", help="one migration for each case, not for each step")
    arguments = parser.parse_args()
    left_out = [*arguments.without, *(word for word, first in matrix_newer.NEEDS.items() if first > arguments.series)]
    left_out += matrix_operations.OF_POSTGRESQL if arguments.portable else []
    every = [case for case in CASES[arguments.kind]() if not any(word in step for word in left_out for step in case)]
    every = every[arguments.slice]
    wanted = every if arguments.sample is None else random.Random(arguments.seed).sample(every, arguments.sample)
    needed = [] if arguments.kind == "fields" or arguments.portable else matrix_operations.PRELUDE
    count = write(Project(arguments.folder, arguments.series, arguments.together), wanted, needed)
    print(f"{len(wanted)} cases, {count} migrations")


CASES = {"fields": cases, "operations": matrix_operations.cases, "newer": matrix_newer.cases}


def series_of(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def slice_of(text: str) -> slice:
    """Every so many-th case, so that each part has some of every kind."""
    part, parts = text.split("/")
    return slice(int(part) - 1, None, int(parts))


@dataclass(frozen=True)
class Project:
    """Where the project is written, for which series, and whether a case is one migration."""

    root: Path
    series: tuple[int, int]
    together: bool

    @property
    def imports(self) -> str:
        """Names that came with later series."""
        found = ["JSONArray"] if self.series >= (5, 2) else []
        found += ["UUID4", "UUID7"] if self.series >= (6, 1) else []
        return f"from django.db.models.functions import {', '.join(found)}\n" if found else ""

    def spelt(self, operation: str) -> str:
        """A check's condition was called `check` before 5.1."""
        older = self.series < (5, 1)
        return operation.replace("CheckConstraint(condition=", "CheckConstraint(check=") if older else operation


def write(project: Project, wanted: Sequence[list[str]], prelude: Sequence[str]) -> int:
    """Write the project with these cases; gives the number of its migrations."""
    root = project.root
    folder = root / "matrix" / "migrations"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    (root / "settings.py").write_text(
        "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.postgres', 'matrix']\nUSE_TZ = True\nDATABASES = {}\n"
        "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
    )
    (root / "requirements.txt").write_text("psycopg\n")
    (root / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
    target = "migrations.CreateModel('target', [('id', models.BigAutoField(primary_key=True))])"
    named = [[project.spelt(step.format(model=f"case{number}")) for step in case] for number, case in enumerate(wanted)]
    steps = [", ".join(case) for case in named] if project.together else list(itertools.chain(*named))
    migrations = [target, *prelude, *steps]
    previous = ""
    for number, operations in enumerate(migrations):
        name = f"{number:05}"
        dependencies = f"('matrix', '{previous}')" if previous else ""
        atomic = "Concurrently" not in operations
        text = HEAD.format(dependencies=dependencies, operation=operations, atomic=atomic, imports=project.imports)
        (folder / f"{name}.py").write_text(text)
        previous = name
    return len(migrations)


if __name__ == "__main__":
    main()
