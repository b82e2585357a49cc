"""Measure `miglint check` on the generated repository, next to what cannot be done without.

    python benchmarks/run.py [--repeats 9] [--repository FOLDER]

All commands run by turns in one go, as whole processes, so that a busy machine slows all of them alike; what counts is
the ratio of medians. CPU seconds (git's included) say more than seconds where others use the machine, too. Peak memory
is that of the process itself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generate import generate

PARSE = """
import ast, pathlib
for path in pathlib.Path('.').glob('project/*/migrations/*.py'):
    ast.parse(path.read_bytes())
"""


@dataclass(slots=True)
class Case:
    """A command, what to do before each run of it, and what was measured."""

    name: str
    command: Sequence[str]
    before: Callable[[], None] = lambda: None
    statuses: tuple[int, ...] = (0,)
    says: bytes = b""
    """What stands in its output when it did what it should: a command that cannot start exits with 1, too."""
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


def cases(cache: Path) -> list[Case]:
    """What is compared, the floors first."""
    python = sys.executable
    check = (python, "-m", "miglint", "check", "--base", "main", "--cache-dir", str(cache))
    return [
        Case("python -c pass", (python, "-c", "pass")),
        Case('python -c "import click, git"', (python, "-c", "import click, git")),
        Case("importing Django's loader", (python, "-c", "import django.db.migrations.loader")),
        Case("read and ast.parse all migrations", (python, "-c", PARSE)),
        Case(
            "miglint check --base main, cold",
            check,
            lambda: shutil.rmtree(cache, ignore_errors=True),
            (0, 1),
            b" checked",
        ),
        Case("miglint check --base main, warm", check, statuses=(0, 1), says=b" checked"),
    ]


def measure(case: Case, folder: Path) -> None:
    """Run a case once."""
    case.before()
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(case.command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        case.seconds.append(time.perf_counter() - start)
        case.cpu.append(usage.ru_utime + usage.ru_stime)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode not in case.statuses or case.says not in said:
        sys.exit(f"{case.name} exited with {process.returncode}:\n{said.decode(errors='replace')}")
    divisor = 1_000_000 if sys.platform == "darwin" else 1_000  # ru_maxrss is in bytes there, else in kilobytes
    case.megabytes = max(case.megabytes, usage.ru_maxrss / divisor)


def summary(measured: list[Case], floor: Case) -> None:
    """Print the table; the last column but one is relative to the floor."""
    print(f"| {'command':34} | median s | fastest s | CPU s | times the CPU of {floor.name} | peak MB |")
    print(f"|{'-' * 36}|---------:|----------:|------:|{'-' * (19 + len(floor.name))}:|--------:|")
    for case in measured:
        times = f"{case.median:8.3f} | {min(case.seconds):9.3f} | {case.median_cpu:5.2f}"
        ratio = f"{case.median_cpu / floor.median_cpu:{18 + len(floor.name)}.2f}"
        print(f"| {case.name:34} | {times} | {ratio} | {case.megabytes:7.0f} |")
    print()


def report(measured: list[Case]) -> None:
    """Print the table, and each goal with what was measured, in CPU seconds."""
    _, imports, loader, parse, cold, warm = measured
    summary(measured, parse)
    judge("cold", cold.median_cpu, "1.5 x reading and parsing + 0.15 s", 1.5 * parse.median_cpu + 0.15)
    judge("cold", cold.median_cpu, "4 x importing Django's loader", 4 * loader.median_cpu)
    judge("warm, above the imports", warm.median_cpu - imports.median_cpu, "0.25 s", 0.25)


def judge(name: str, value: float, goal: str, limit: float) -> None:
    """Print whether a goal was held."""
    print(f"{name}: {value:.3f} s, goal {goal} = {limit:.3f} s: {'held' if value <= limit else 'missed'}")


def main() -> None:
    """Generate the repository unless one is given, measure by turns, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--repository", type=Path, help="a folder that generate.py wrote (default: a new one)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="miglint-benchmark-") as name:
        folder = arguments.repository or Path(name, "repository")
        if not folder.exists():
            generate(folder)
        measured = cases(Path(name, "cache"))
        for _ in range(arguments.repeats):
            for case in measured:
                measure(case, folder)
    report(measured)


if __name__ == "__main__":
    main()
