"""Statements of an earlier run are used where nothing has changed, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from miglint.cache import FileCache, NullCache
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import Key, Target
from miglint.sources import renderer_of
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer
from tests.django_files import tree_of

FILES: dict[str, str | bytes] = {
    "shop/__init__.py": "",
    "shop/names.py": "LENGTH = 10\n",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Order", [("id", models.AutoField(primary_key=True))])]
""",
    "shop/migrations/0002_note.py": """from django.db import migrations, models
from shop.names import LENGTH
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("order", "note", models.CharField(max_length=LENGTH, null=True))]
""",
}
NOTE = Key("shop", "0002_note")
TARGET = Target("postgresql", (16,))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """The migrations that Django has written."""
    keys: list[Key] = []
    render = DjangoRenderer.render

    def noted(self: DjangoRenderer, key: Key, *, backwards: bool = False) -> object:
        keys.append(key)
        return render(self, key, backwards=backwards)

    monkeypatch.setattr(DjangoRenderer, "render", noted)
    return keys


def _run(folder: Path, files: dict[str, str | bytes], target: Target = TARGET, *, kept: bool = True) -> list[str]:
    """The statements of the second migration and of what was before it, as a run of its own gives them."""
    cache = FileCache(folder) if kept else NullCache()
    tree = tree_of(files)
    (history,) = read(tree, Config(), cache)
    writer = renderer_of(history, Graph.of(history), tree, target, frozenset({Key("shop", "0001_initial")}), cache)
    found = [writer.render(NOTE), *writer.prelude([NOTE])]
    if isinstance(cache, FileCache):
        cache.save()
    return [repr(statement) for one in found for statement in one.statements]


def test_nothing_is_written_twice(tmp_path: Path, written: list[Key]) -> None:
    first = _run(tmp_path, FILES)
    del written[:]
    assert _run(tmp_path, FILES) == first == _run(tmp_path, FILES, kept=True)
    assert written == []
    assert "varchar(10)" in first[0]
    assert any("CREATE TABLE" in statement for statement in first)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("shop/names.py", "LENGTH = 20\n"),
        ("requirements.txt", "django==5.2\n"),
        ("shop/migrations/0001_initial.py", str(FILES["shop/migrations/0001_initial.py"]).replace("Auto", "BigAuto")),
    ],
)
def test_a_changed_file_is_not_overlooked(path: str, content: str, tmp_path: Path, written: list[Key]) -> None:
    _run(tmp_path, FILES)
    del written[:]
    changed = {**FILES, path: content}
    assert _run(tmp_path, changed) == _run(tmp_path, changed, kept=False)
    assert written.count(NOTE) == 2


def test_another_database_is_another_matter(tmp_path: Path, written: list[Key]) -> None:
    _run(tmp_path, FILES)
    del written[:]
    _run(tmp_path, FILES, replace(TARGET, database="mysql", version=(8, 0)))
    assert written.count(NOTE) == 1


def test_what_is_not_a_list_of_statements_is_written_anew(tmp_path: Path) -> None:
    first = _run(tmp_path, FILES)
    (file,) = tmp_path.iterdir()
    for wrong in ('"sure"', '"exact", 5]', "1e9"):
        file.write_bytes(file.read_bytes().replace(b'"exact"', wrong.encode()))
        assert _run(tmp_path, FILES) == first
