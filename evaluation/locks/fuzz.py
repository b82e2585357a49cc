"""Feeds broken SQL to the whole way from a file's bytes to its effects, in a process that may die.

    python -m evaluation.locks.fuzz --seconds 600 --seed 1 [--corpus FOLDER] [--failures FOLDER]

The child reads each text as a migration after one that made tables. What is reported: a child that died, one that took
longer than `--patience` seconds, any exception, a text that was neither understood nor said not to be, and memory.
Exits with 1 if anything but memory was.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import queue
import resource
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from evaluation.locks import fuzz_texts
from evaluation.locks.generate import schema
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.dialects import analyse
from miglint.history import Target
from miglint.sources.sql.reader import read
from miglint.sources.sql.render import SqlRenderer

BASE, FUZZED = "db/migrations/V1__base.sql", "db/migrations/V2__fuzzed.sql"
TABLES = ";\n".join(schema(1).setup).encode()
PLAIN_TABLES = b"CREATE TABLE t (id int PRIMARY KEY, a int, b text);\nCREATE TABLE u (id int PRIMARY KEY, a int);\n"
TARGETS = (
    *[Target("postgresql", (version,)) for version in (12, 15, 18)] * 3,
    Target("mariadb", (10, 11)),
    Target("mysql", (8, 0)),
    Target("sqlite", (3, 45)),
)
ADDRESS_SPACE = 4 * 1024**3
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Failure:
    """A text that was not survived: which, and what happened."""

    seed: str
    text: bytes
    problem: str


def judged(text: bytes, target: Target) -> str:
    """What becomes of a text: how many of its statements were understood. Raises what the analysis raises."""
    base = TABLES if target.database == "postgresql" else PLAIN_TABLES
    tree = MemoryTree({BASE: base, FUZZED: text})
    (history,) = read(tree, Config())
    renderer = SqlRenderer(history, tree, target)
    keys = [key for key in history.migrations if history.migrations[key].path == FUZZED]
    rendered = [renderer.render(key) for key in keys]
    results = [each for found in analyse(renderer.prelude(keys), rendered, target) for each in found]
    for each in results:
        if not each.understood and not each.reason:
            raise AssertionError(f"not understood, and no reason given: {each.statement.sql[:200]!r}")
    if any(not each.understood for each in results):
        return "not understood"
    return "understood" if results else "empty"


def child() -> None:
    """Judge the texts that come, a line each; answer a line each."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for line in sys.stdin:
        number, encoded = line.split(" ")
        try:
            answer = judged(base64.b64decode(encoded), TARGETS[int(number) % len(TARGETS)])
        except Exception:  # whatever it is, it is what is looked for
            answer = "raised " + traceback.format_exc()
        print(json.dumps([answer, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]), flush=True)


class Child:
    """The process that judges."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evaluation.locks.fuzz", "--child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put("")

    def judge(self, number: int, text: bytes, patience: float) -> tuple[str, int]:
        """What the child says, and its peak memory in KiB. A child that says nothing is gone afterwards."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{number} {base64.b64encode(text).decode()}\n")
            self._process.stdin.flush()
            line = self._answers.get(timeout=patience)
        except queue.Empty:
            self.close()
            return f"hung: no answer in {patience:g} s", 0
        except BrokenPipeError:
            line = ""
        if not line:
            self.close()
            return f"died: exit status {self._process.returncode}", 0
        answer, memory = json.loads(line)
        return str(answer), int(memory)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def fuzz(
    seconds: float, seed: int, *, folder: Path | None = None, patience: float = PATIENCE_SECONDS
) -> tuple[list[Failure], Counter[str]]:
    """The failures met in that time, and how many texts had which fate (`KiB`: the most memory of any child)."""
    real = fuzz_texts.corpus(folder)
    failures: list[Failure] = []
    fates: Counter[str] = Counter()
    process = Child()
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        name = f"{seed}/{number}"
        made = fuzz_texts.text(name, real)
        started = time.monotonic()
        answer, memory = process.judge(number, made, patience)
        fates["slowest, ms"] = max(fates["slowest, ms"], int((time.monotonic() - started) * 1000))
        fates["memory, KiB"] = max(fates["memory, KiB"], memory)
        fate = answer.split(":")[0].split(" ")[0] if answer.startswith(("died", "hung", "raised")) else answer
        fates[fate] += 1
        if fate in ("died", "hung", "raised"):
            failures.append(Failure(name, made, answer))
        if fate in ("died", "hung"):
            process = Child()
        number += 1
    process.close()
    return failures, fates


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a folder of .sql files to start from as well")
    parser.add_argument("--failures", type=Path, help="where to write the texts that failed")
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child()
        return 0
    failures, fates = fuzz(arguments.seconds, arguments.seed, folder=arguments.corpus, patience=arguments.patience)
    for failure in failures:
        print(f"{failure.seed}: {failure.problem}\n    {failure.text[:200]!r}")
        if arguments.failures:
            arguments.failures.mkdir(parents=True, exist_ok=True)
            (arguments.failures / f"{failure.seed.replace('/', '-')}.sql").write_bytes(failure.text)
    print(", ".join(f"{fate}: {count}" for fate, count in sorted(fates.items())))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
