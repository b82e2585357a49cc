"""Rendering runs Django's own code; of the repository it must import, call and unpickle nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

CANARY = "open(__import__('os').environ['CANARY'], 'a').write(__name__ + '\\n')\n"
FIELDS = f"""{CANARY}
import pickle
from django.db import models
from django.utils.deconstruct import deconstructible

class Evil(models.CharField):
    def __init__(self, *args, **kwargs):
        {CANARY}        kwargs["max_length"] = 7
        super().__init__(*args, **kwargs)

    def __reduce__(self):
        {CANARY}        return (print, ())

    def get_prep_value(self, value):
        {CANARY}        return pickle.loads(b"")

    def db_type(self, connection):
        {CANARY}        return super().db_type(connection)

@deconstructible
class Storage:
    def __init__(self, *args):
        {CANARY}
def default():
    {CANARY}    return "x"
"""
MIGRATION = f"""{CANARY}
import django_x, psycopg, shop.fields
from django.db import migrations, models

def forwards(apps, editor):
    {CANARY}
class Own(migrations.RunSQL):
    def database_forwards(self, *args):
        {CANARY}
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("a", [
            ("id", models.BigAutoField(primary_key=True)),
            ("one", shop.fields.Evil(default=shop.fields.default)),
            ("two", models.FileField(storage=shop.fields.Storage(), upload_to=shop.fields.default)),
            ("three", django_x.Field(default=django_x.default, null=True)),
        ], managers=[("objects", shop.fields.Storage())], bases=(django_x.Mixin, models.Model)),
        migrations.AddField("a", "four", shop.fields.Evil(default=shop.fields.default)),
        migrations.AlterField("a", "one", models.TextField(default=shop.fields.default)),
        migrations.RunPython(forwards, forwards),
        Own("SELECT 1"),
    ]
"""
FILES = {
    "shop/__init__.py": CANARY,
    "shop/apps.py": f"{CANARY}\nfrom django.apps import AppConfig\n\nclass ShopConfig(AppConfig):\n"
    f"    name = 'shop'\n    def ready(self):\n        {CANARY}",
    "shop/fields.py": FIELDS,
    "shop/migrations/__init__.py": CANARY,
    "shop/migrations/0001_initial.py": MIGRATION,
    "django_x/__init__.py": CANARY,
    "site_settings.py": f"{CANARY}\nINSTALLED_APPS = ['shop.apps.ShopConfig', 'django_x']\n",
    "manage.py": f"{CANARY}\nimport os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
    **{f"{name}/__init__.py": CANARY for name in ("psycopg", "psycopg2", "MySQLdb", "oracledb", "taggit", "pgvector")},
}
PROGRAM = """
import json, os, pickle, sys
from pathlib import Path

def refuse(*args, **kwargs):
    raise AssertionError("something is unpickled")

pickle.loads = pickle.load = refuse
from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import Target
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer

root = Path.cwd()
tree = MemoryTree({str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.py")})
written = 0
for database in ("postgresql", "mysql", "mariadb", "sqlite", "oracle"):
    (history,) = read(tree, Config(), NullCache())
    renderer = DjangoRenderer(history, Graph.of(history), tree, Target(database))
    for key in history.migrations:
        for backwards in (False, True):
            written += len(renderer.render(key, backwards=backwards).statements)
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps({"written": written, "imported": [name for name in files if name.startswith(str(root) + os.sep)]}))
"""


def test_nothing_of_the_repository_is_imported_called_or_unpickled(tmp_path: Path) -> None:
    root, canary = tmp_path / "repository", tmp_path / "canary"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    # The repository last on the path: an import that nobody else answers would find it.
    linter = Path(__file__).parents[4] / "linter"
    environment = {**os.environ, "PYTHONPATH": f"{linter}{os.pathsep}{root}", "CANARY": str(canary)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM], cwd=root, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["written"] >= 20
    assert result["imported"] == []
    assert not canary.exists(), canary.read_text()
