"""Compare miglint's SQL with the truth that truth.py wrote, migration by migration, as multisets of statements.

    PYTHONPATH=linter:rules python evaluation/sqlmigrate/compare.py PROJECT truth.jsonl --database postgresql

PROJECT is a folder with the project's source. Whitespace, final semicolons and quoted UUIDs and timestamps are
normalised. Every migration that differs is printed: statements that only the real one has (-), those that only we have
(+) with their confidence, and operations that we do not render (?), but for RunPython that seems to change no table.
A migration that the server refused is compared itself; for those after it the history is taken without it, as it was
for the server. One whose SQL the real editor could not collect to the end is compared as far as that came. Ends with 1
if a statement said to be `exact` is wrong, or a migration said to be exact lacks one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

if TYPE_CHECKING:
    from miglint.history import History, Statement
    from miglint.sources.django.render import DjangoRenderer

UUID = re.compile(r"'[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}'", re.IGNORECASE)
MOMENT = re.compile(r"'\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?)?)?'")
WORDS = re.compile(r"(?<= IN \()'[a-z]+'(?:,'[a-z]+')+(?=\))")
"""Such as Django's own set of JSON's kinds, in whatever order."""
READ = frozenset({".py", ".sql", ".toml", ".txt", ".cfg", ".lock"})


def normalised(sql: str) -> str:
    text = " ".join(sql.split()).rstrip("; ")
    text = WORDS.sub(lambda found: ",".join(sorted(found[0].split(","))), text)
    return MOMENT.sub("'<moment>'", UUID.sub("'<uuid>'", text))


@dataclass
class Renderers:
    """For the migrations that the server took, and for those that it refused."""

    history: History
    taken: DjangoRenderer
    refused: DjangoRenderer


def load(arguments: argparse.Namespace, refused: set[tuple[str, str]]) -> Renderers:
    from miglint.cache import NullCache
    from miglint.changeset import MemoryTree
    from miglint.config import Config, DjangoConfig
    from miglint.graph import Graph
    from miglint.history import Target
    from miglint.sources.django import read
    from miglint.sources.django.render import DjangoRenderer

    root = arguments.project
    files = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.suffix in READ and path.is_file() and "node_modules" not in path.parts
    }
    tree = MemoryTree(files)
    target = Target(arguments.database, tuple(int(part) for part in arguments.version.split(".") if part))
    version = _version_there() if arguments.django else None
    config = Config(target=target, django=DjangoConfig(version=version, auth_user_model=arguments.user_model))
    whole = max(read(tree, config, NullCache()), key=lambda item: len(item.migrations))
    left = {
        key: replace(item, operations=()) if tuple(key) in refused else item for key, item in whole.migrations.items()
    }
    renderers = [
        DjangoRenderer(history, Graph.of(history), tree, target, as_printed=True)
        for history in (replace(whole, migrations=left) if refused else whole, whole)
    ]
    return Renderers(whole, *renderers)


def _version_there() -> str:
    """The series of the Django that is given. Imported here only: otherwise miglint chooses which one to import."""
    import django

    return ".".join(map(str, django.VERSION[:2]))


@dataclass
class Verdict:
    """What one comparison counted, and the lines about what differs."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)


def judge(key: object, statements: Sequence[Statement], truth: dict[str, Any], verdict: Verdict) -> None:
    ours = [statement for statement in statements if not statement.opaque]
    opaque = [item for item in statements if item.opaque and (item.opaque, item.confidence) != ("RunPython", "exact")]
    expected = Counter(normalised(sql) for sql in truth["sql"] if normalised(sql))
    written = Counter(normalised(statement.sql) for statement in ours if normalised(statement.sql))
    exact = all(statement.confidence == "exact" for statement in (*ours, *opaque))
    if truth["error"]:  # nothing is known of what the real one would have written after that
        verdict.counts["collected in part"] += 1
        written &= expected
    spare = written - expected
    equal = expected == written
    wrong = [item for item in ours if item.confidence == "exact" and normalised(item.sql) in spare]
    verdict.counts.update(
        {
            "migrations": 1,
            "migrations exact": exact,
            "statements": expected.total(),
            "statements equal": (expected & written).total(),
            "equal": equal,
            "equal among exact": equal and exact,
            "exact statements that are wrong": len(wrong),
            "exact migrations that lack statements": exact and not equal and not spare and not _runs_python(statements),
        }
    )
    if not equal:
        verdict.lines.append(f"{key}: {'exact' if exact else 'not exact'} {truth['error']}")
        verdict.lines += [f"  - {sql[:600]}" for sql in (expected - written).elements()]
        verdict.lines += [
            f"  + {normalised(item.sql)[:600]}   [{item.confidence}: {item.reason}]"
            for item in ours
            if normalised(item.sql) in spare
        ]
        verdict.lines += [f"  ? {item.opaque} [{item.confidence}: {item.reason}]" for item in opaque]


def _runs_python(statements: Sequence[Statement]) -> bool:
    """Whether there is code that the real one runs, which may execute statements."""
    return any(statement.opaque == "RunPython" for statement in statements)


def compare(renderers: Renderers, truth: Sequence[dict[str, Any]]) -> Verdict:
    verdict = Verdict()
    keys = {tuple(key): key for key in renderers.history.migrations}
    for line in truth:
        key = keys.get((line["app"], line["name"]))
        if key is None:
            verdict.counts["not in the repository"] += 1
            continue
        if line["refused"]:
            verdict.counts["refused by the server"] += 1
        renderer = renderers.refused if line["refused"] else renderers.taken
        judge(key, renderer.render(key).statements, line, verdict)
    return verdict


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--database", default="postgresql")
    parser.add_argument("--version", default="")
    parser.add_argument("--django", help="a folder that holds the Django to render with")
    parser.add_argument("--user-model", help="as `auth_user_model` in the configuration")
    parser.add_argument("--quiet", action="store_true")
    arguments = parser.parse_args()
    if arguments.django:
        sys.path.insert(0, arguments.django)
    started = time.perf_counter()
    truth = [json.loads(line) for line in arguments.truth.read_text().splitlines()]
    renderers = load(arguments, {(line["app"], line["name"]) for line in truth if line["refused"]})
    verdict = compare(renderers, truth)
    if not arguments.quiet:
        print("\n".join(verdict.lines))
    series = ".".join(map(str, renderers.taken.choice.series))
    counts = ", ".join(f"{name} {number}" for name, number in sorted(verdict.counts.items()))
    print(f"{arguments.project.name} {arguments.database} Django {series}: {counts}")
    print(f"{time.perf_counter() - started:.1f} s", file=sys.stderr)
    wrong = ("exact statements that are wrong", "exact migrations that lack statements")
    return 1 if any(verdict.counts[name] for name in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
