"""What a check came to, kept: one that is asked again in the same situation is answered without doing it again.

A hook runs twice on the same files, a job is run again. Nothing then needs to be read, no rule, framework or dialect to
be imported. The outcome rests on all that `_inputs` names, and on nothing else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from miglint.cache import Cache, NullCache
from miglint.changeset import digest
from miglint.cli._preparing import Prepared
from miglint.config_origin import DISK
from miglint.excerpts import excerpts
from miglint.git import Repository
from miglint.history import Migration
from miglint.lazy import LazySequence
from miglint.plain import MALFORMED, from_plain, to_plain
from miglint.registry import brings_code
from miglint.result import CheckedMigration, Result
from miglint.rule import Rule

_KIND = "outcome"
_PACKAGES = ("miglint", "miglint_rules")
_LIBRARIES = ("postgast", "sqlparse")
"""What writes or reads SQL besides Django."""


def outcome(repository: Repository, prepared: Prepared, cache: Cache, *, statements: bool) -> Result:
    """The result of a check. `statements`: whether they are to be shown."""
    # A rule that others wrote may look at anything, so its outcome rests on more than can be named.
    if isinstance(cache, NullCache) or brings_code(prepared.config.plugins):
        return _checked(prepared, cache, statements=statements)
    key = key_of(prepared, statements=statements)
    kept = _recalled(cache.get(_KIND, key), prepared)
    if kept is None:
        kept = _checked(prepared, cache, statements=statements)
        if not repository.objects.lacking:  # what a partial clone lacks may be there the next time
            cache.put(_KIND, key, to_plain(_reported(kept)))
    return kept


def _checked(prepared: Prepared, cache: Cache, *, statements: bool) -> Result:
    from miglint.engine import check

    return check(prepared.changes, prepared.config, cache, prepared.request(statements=statements))


def _reported(result: Result) -> Result:
    """The result as far as it must be kept: of migrations what reports say of them."""
    migrations = tuple(replace(one, migration=_headline(one)) for one in result.migrations)
    return replace(result, migrations=migrations, rules=(), sources={})


def _headline(checked: CheckedMigration) -> Migration:
    migration = checked.migration
    return Migration(migration.key, migration.source, migration.path, migration.blob, migration.span)


def _recalled(data: Any, prepared: Prepared) -> Result | None:
    """The result that was kept, with the rules and the text that it points into as they are now, which is as then."""
    if data is None:
        return None
    try:
        result = from_plain(Result, data)
    except MALFORMED:
        return None

    def rules() -> list[Rule]:
        request = prepared.request()
        return [rule for rule in request.rules if rule.name in request.active]

    return replace(result, rules=LazySequence(rules), sources=excerpts(prepared.changes, result.findings))


def key_of(prepared: Prepared, *, statements: bool) -> str:
    """A hash of everything that the outcome rests on."""
    inputs = {**dict(_inputs(prepared)), "statements": statements}
    return hashlib.sha256(json.dumps(to_plain(inputs)).encode()).hexdigest()


def _inputs(prepared: Prepared) -> Iterator[tuple[str, object]]:
    """Everything that a check's outcome rests on. The clone, the terminal and the reports asked for are not of it."""
    changes = prepared.changes
    yield "miglint", _own_source()  # not its version: who works on it runs it from a checkout
    yield "python", sys.version  # whose parser reads the migrations
    yield "libraries", [_versions(name) for name in _LIBRARIES]
    yield "djangos", _djangos()  # which of them writes the SQL is told from the tree
    yield "debug", os.environ.get("MIGLINT_DEBUG")  # what fails within is then an error
    yield "today", prepared.today  # suppressions expire
    yield "configuration", [replace(prepared.config, files=DISK), prepared.config.files is DISK]  # a change's, or not
    yield "notes", prepared.ruling.notes
    yield "selection", [prepared.selection.select, prepared.selection.ignore]
    yield "paths", prepared.paths
    yield "baseline", prepared.baseline
    yield "revisions", [changes.head, changes.base, changes.merge_base]  # reports name them
    yield "changes", [list(changes.changes.values()), changes.conflicted, changes.notes]
    for name, tree in (("head", changes.tree), ("base", changes.base_tree), ("released", prepared.released)):
        yield name, None if tree is None else digest(tree)  # any file may be read, so all count


def _own_source() -> str:
    """A hash of the code that does the work."""
    found = hashlib.sha256()
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            for file in sorted(_modules(folder)):
                content = Path(file).read_bytes()
                found.update(b"%s\0%d\0%s" % (os.fsencode(file[len(folder) :]), len(content), content))
    return found.hexdigest()


def _modules(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        yield from (os.path.join(place, name) for name in names if name.endswith(".py"))  # noqa: PTH118 -- of hundreds


def _versions(package: str) -> list[str]:
    """What lies beside a package and begins with its name: the folder of its metadata, called by its version.

    Asking importlib.metadata takes longer than all else that is asked here.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return []
    with os.scandir(Path(spec.origin).parent.parent) as entries:
        return sorted(entry.name for entry in entries if entry.name.startswith(package))


def _djangos() -> list[list[str]]:
    from miglint.sources.django.installed import copies

    return [[str(module), module.read_text("utf-8")] for module in copies(os.environ)]
