"""What the cache keeps of migrations: the same as without it, and never longer than what it rests on stays the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_files import IMPORTS, tree_of
from miglint.cache import Cache, FileCache, NullCache
from miglint.config import Config, DjangoConfig
from miglint.history import Key, Target
from miglint.sources import django
from miglint.sources.django import modules

FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/steps.py": "SQL = 'select 1'\n",
    "config/settings.py": 'AUTH_USER_MODEL = "accounts.User"\n',
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": f"from django.db import connection\nfrom shop.steps import SQL\n{IMPORTS}"
    "class Migration(migrations.Migration):\n"
    "    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\n"
    "    operations = [migrations.RunSQL(SQL), migrations.RunSQL(connection.vendor)]\n",
}


def _read(files: dict[str, str | bytes], cache: Cache, config: Config | None = None) -> tuple[object, ...]:
    (history,) = django.read(tree_of(files), config or Config(), cache)
    migration = history.migrations[Key("shop", "0001_initial")]
    return migration.dependencies[0].key.app, *(operation.arguments["sql"] for operation in migration.operations)


def _warmed(folder: Path) -> FileCache:
    cache = FileCache(folder)
    assert _read(FILES, cache) == _read(FILES, NullCache()) == ("accounts", "select 1", "postgresql")
    cache.save()
    modules._tree.cache_clear()
    return FileCache(folder)


def test_nothing_is_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = _warmed(tmp_path)
    monkeypatch.setattr("ast.parse", lambda *_: pytest.fail("a file was parsed"))
    assert _read(FILES, cache) == ("accounts", "select 1", "postgresql")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shop/steps.py": "SQL = 'select 2'\n"}, ("accounts", "select 2", "postgresql")),
        ({"config/settings.py": 'AUTH_USER_MODEL = "people.User"\n'}, ("people", "select 1", "postgresql")),
        ({"shop/steps/__init__.py": "SQL = 'never'\n"}, ("accounts", "select 1", "postgresql")),
    ],
)
def test_what_a_migration_imports_is_not_stale(
    tmp_path: Path, change: dict[str, str | bytes], expected: tuple[str, ...]
) -> None:
    assert _read(FILES | change, _warmed(tmp_path)) == expected


def test_another_database_is_another_result(tmp_path: Path) -> None:
    config = Config(target=Target("mysql"))
    assert _read(FILES, _warmed(tmp_path), config) == ("accounts", "select 1", "mysql")


def test_another_user_model_is_another_result(tmp_path: Path) -> None:
    config = Config(django=DjangoConfig(auth_user_model="people.Person"))
    assert _read(FILES, _warmed(tmp_path), config) == ("people", "select 1", "postgresql")


def test_a_module_that_hands_a_setting_on_asks_for_it_once(tmp_path: Path) -> None:
    """wagtail/compat.py passes for a settings module, and what it says of the user model is what settings say of it."""
    settings = "INSTALLED_APPS = ['shop']\n"
    files: dict[str, str | bytes] = {
        **FILES,
        "app/compat.py": "from django.conf import settings\nAUTH_USER_MODEL = settings.AUTH_USER_MODEL\n",
        "config/settings.py": settings,
    }
    for change in ("", "DEBUG = False\n", "DEBUG = True\n", "DEBUG = True\n"):
        cache = FileCache(tmp_path)
        assert _read({**files, "config/settings.py": settings + change}, cache) == ("auth", "select 1", "postgresql")
        cache.save()


def test_entries_of_the_wrong_shape_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "miglint-cache.jsonl"
    _warmed(tmp_path)
    header, *lines = path.read_bytes().splitlines()
    for wrong in (
        b"1",
        b"[]",
        b'{"facts":[],"data":[["header",7]]}',
        b'{"facts":[["what"]],"data":{}}',
        b'{"facts":[]}',
    ):
        path.write_bytes(b"\n".join([header, *(line.partition(b"\t")[0] + b"\t" + wrong for line in lines)]))
        assert _read(FILES, FileCache(tmp_path)) == ("accounts", "select 1", "postgresql")
