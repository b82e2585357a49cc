"""Small repositories in memory, and their one history."""

from __future__ import annotations

from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import History, Key, Migration, Statement, Target
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer

IMPORTS = "from django.conf import settings\nfrom django.db import migrations, models\n"


def tree_of(files: dict[str, str | bytes]) -> MemoryTree:
    """A tree of these files."""
    return MemoryTree({path: text.encode() if isinstance(text, str) else text for path, text in files.items()})


def histories_of(files: dict[str, str | bytes], config: Config | None = None) -> list[History]:
    """All histories that are read from these files."""
    return read(tree_of(files), config or Config(), NullCache())


def history_of(files: dict[str, str | bytes], config: Config | None = None) -> History:
    """The one history that is read from these files."""
    (history,) = histories_of(files, config)
    return history


def migration_of(body: str, *, before: str = "", files: dict[str, str | bytes] | None = None) -> Migration:
    """The migration shop.0001_initial with this class body, one level indented, and module code before the class."""
    lines = "\n".join(f"    {line}" if line else "" for line in body.splitlines()) or "    pass"
    text = f"{IMPORTS}{before}\n\nclass Migration(migrations.Migration):\n{lines}\n"
    history = history_of({"shop/migrations/__init__.py": "", "shop/migrations/0001_initial.py": text} | (files or {}))
    return history.migrations[Key("shop", "0001_initial")]


def chain_of(
    files: dict[str, str],
    *bodies: str,
    imports: str = "import shop.models\nimport elsewhere\n",
    database: str = "postgresql",
) -> tuple[Statement, ...]:
    """The statements of the last of a chain of migrations of the app shop, a body of operations each."""
    found: dict[str, str | bytes] = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", **files}
    for number, body in enumerate(bodies):
        dependencies = f"[('shop', '{number - 1:04}')]" if number else "[]"
        text = f"    dependencies = {dependencies}\n    operations = [{body}]\n"
        found[f"shop/migrations/{number:04}.py"] = f"{IMPORTS}{imports}\nclass Migration(migrations.Migration):\n{text}"
    target = Target(database, (15,))
    (history,) = histories_of(found, Config(target=target))
    writer = DjangoRenderer(history, Graph.of(history), tree_of(found), target, as_printed=True)
    return writer.render(Key("shop", f"{len(bodies) - 1:04}")).statements
