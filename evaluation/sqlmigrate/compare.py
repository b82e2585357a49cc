"""Compare miglint's SQL with the truth that truth.py wrote, migration by migration, as multisets of statements.

    PYTHONPATH=linter:rules python evaluation/sqlmigrate/compare.py PROJECT truth.jsonl --database postgresql

PROJECT is a folder with the project's source. Whitespace, final semicolons and quoted UUIDs and timestamps are
normalised. Each migration that differs is put into a class: an `exact` statement that is wrong (the gravest), one that
was said to be assumed or unknown, or one that is missing or too many.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

UUID = re.compile(r"'[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}'", re.IGNORECASE)
MOMENT = re.compile(r"'\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?)?)?'")


def normalised(sql: str) -> str:
    text = " ".join(sql.split()).rstrip("; ")
    return MOMENT.sub("'<moment>'", UUID.sub("'<uuid>'", text))


def load(root: Path, database: str, version: str, user_model: str | None):
    from miglint.cache import NullCache
    from miglint.changeset import MemoryTree
    from miglint.config import Config, DjangoConfig
    from miglint.graph import Graph
    from miglint.history import Target
    from miglint.sources.django import read
    from miglint.sources.django.render import DjangoRenderer

    wanted = {".py", ".sql", ".toml", ".txt", ".cfg", ".lock"}
    files = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.suffix in wanted and path.is_file() and "node_modules" not in path.parts
    }
    tree = MemoryTree(files)
    config = Config(django=DjangoConfig(auth_user_model=user_model))
    history = max(read(tree, config, NullCache()), key=lambda item: len(item.migrations))
    number = tuple(int(part) for part in version.split(".") if part)
    return history, DjangoRenderer(history, Graph.of(history), tree, Target(database, number), as_printed=True)


def main() -> None:
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
    history, renderer = load(arguments.project, arguments.database, arguments.version, arguments.user_model)
    truth = [json.loads(line) for line in arguments.truth.read_text().splitlines()]
    counts = Counter[str]()
    for line in truth:
        key = next((key for key in history.migrations if key == (line["app"], line["name"])), None)
        if key is None:
            counts["not in the repository"] += 1
            continue
        if line.get("stale"):
            counts["after a refusal by the server"] += 1
            continue
        judge(key, renderer.render(key).statements, line, counts, arguments.quiet)
    print(f"{arguments.project.name} {arguments.database} Django {renderer.choice.series}", end=": ")
    print(", ".join(f"{name} {number}" for name, number in sorted(counts.items())))
    print(f"{time.perf_counter() - started:.1f} s")


def judge(key: object, statements: Iterable, line: dict, counts: Counter, quiet: bool) -> None:
    ours = [statement for statement in statements if not statement.opaque]
    opaque = [statement for statement in statements if statement.opaque not in {"", "RunPython"}]
    expected = Counter(normalised(sql) for sql in line["sql"] if normalised(sql))
    written = Counter(normalised(statement.sql) for statement in ours if normalised(statement.sql))
    exact = all(statement.confidence == "exact" for statement in (*ours, *opaque))
    counts["migrations"] += 1
    counts["migrations exact"] += exact
    counts["statements"] += expected.total()
    counts["statements equal"] += (expected & written).total()
    equal = expected == written
    counts["equal"] += equal
    counts["equal among exact"] += equal and exact
    if equal:
        return
    if line["error"]:
        counts["the real one failed"] += 1
    spare = written - expected
    wrong = [item for item in ours if item.confidence == "exact" and normalised(item.sql) in spare]
    counts["exact statements that are wrong"] += len(wrong)
    if not quiet:
        print(f"{key}: {'exact' if exact else 'not exact'} {line['error']}")
        for sql in (expected - written).elements():
            print(f"  - {sql[:600]}")
        for item in ours:
            if normalised(item.sql) in spare:
                print(f"  + {normalised(item.sql)[:600]}   [{item.confidence}: {item.reason}]")
        for item in opaque:
            print(f"  ? {item.opaque} [{item.confidence}: {item.reason}]")


main()
