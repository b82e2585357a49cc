"""The imports that code needs which the help takes from one migration to be pasted into others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from miglint.history import Migration
from miglint.scope import Scope
from miglint.sources.django.source import Unparsable, parse

_NEW_FILE = re.compile(r"^    (?:# \d|# in a migration|class Migration\()", re.MULTILINE)
_IN_EVERY_MIGRATION = frozenset({"migrations", "models"})
_BLOCK = re.compile(r"^(?:    .*\n|\n(?=    ))+(?:    .*)?|^    .*\Z", re.MULTILINE)


def with_imports(text: str, migration: Migration, scope: Scope) -> str:
    """A help whose code for other migrations says what it needs of the imports of the migration that it comes from."""
    if migration.source != "django" or not _NEW_FILE.search(text):
        return text
    content = scope.change_set.tree.read([migration.path])[migration.path]
    try:
        body = parse(content, migration.path).body
    except Unparsable:
        return text
    return _BLOCK.sub(lambda found: _complete(found[0], body), text)


def _complete(block: str, body: list[ast.stmt]) -> str:
    """A block of code behind the imports of a module that it uses."""
    if not _NEW_FILE.search(block):
        return block
    needed = [f"    {line}\n" for line in _needed(block, body) if line not in block]
    apart = "" if block.startswith(("    from ", "    import ")) or not needed else "\n"
    return "".join(needed) + apart + block


def _needed(code: str, body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.Import(names=names):
                for name in names:
                    if _uses(code, name.asname or f"{name.name}."):
                        yield ast.unparse(ast.Import([name]))
            case ast.ImportFrom(names=names):
                used = [one for one in names if _uses(code, one.asname or one.name)]
                used = [one for one in used if one.name not in _IN_EVERY_MIGRATION]
                if used:
                    yield ast.unparse(ast.ImportFrom(statement.module, used, statement.level))


def _uses(code: str, name: str) -> bool:
    """Whether a name stands in code, not as part of another or in quotes; with a dot at the end, what is in it."""
    end = "" if name.endswith(".") else r"(?![\w\"'=])"
    return re.search(rf"(?<![\w.\"']){re.escape(name)}{end}", code) is not None
