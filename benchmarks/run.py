"""Measure `miglint check` on the generated repository, next to what cannot be done without.

    python benchmarks/run.py [--repeats 9] [--repository FOLDER]

All commands run by turns in one go, as whole processes, so that a busy machine slows all of them alike; what counts is
the ratio of medians. CPU seconds (git's and the workers' included) say more than seconds where others use the machine,
too; on an idle one, seconds are what a person waits. Peak memory is that of the largest process.

Nothing is measured before all commands have run once: an installed package has its compiled files.
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

    def forget(self) -> None:
        """Measure from here on."""
        self.seconds.clear()
        self.cpu.clear()

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


GRAPH = "multiple-leaf-nodes,missing-dependency,dependency-cycle,insertion-below-leaf"


def cases(folder: Path, cache: Path) -> list[Case]:
    """What is compared, the floors first."""
    python = sys.executable
    check = (python, "-m", "miglint", "check", "--base", "main", "--cache-dir", str(cache))
    restored = cache.with_name("restored")
    of_base = [*check[:-1], str(restored), "--head", "main"]
    subprocess.run(of_base, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, check=True)

    def empty() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    def restore() -> None:
        empty()
        shutil.copytree(restored, cache)

    def checking(name: str, before: Callable[[], None] = lambda: None, *options: str) -> Case:
        return Case(name, (*check, *options), before, (0, 1), b" checked")

    return [
        Case("python -c pass", (python, "-c", "pass")),
        Case('python -c "import click, git"', (python, "-c", "import click, git")),
        Case("importing Django's loader", (python, "-c", "import django.db.migrations.loader")),
        Case("read and ast.parse all migrations", (python, "-c", PARSE)),
        checking("check, cold, graph rules alone", empty, "--select", GRAPH),
        checking("check, cold", empty),
        checking("check, the base's cache restored", restore),
        checking("check, the same again"),
    ]


def environment() -> dict[str, str]:
    """The caller's, in which Python may keep compiled files."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def measure(case: Case, folder: Path) -> None:
    """Run a case once."""
    case.before()
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(case.command, cwd=folder, env=environment(), stdout=output, stderr=subprocess.STDOUT)
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
    """Print the table, and each goal with what was measured, in CPU seconds and in seconds."""
    by_name = {case.name: case for case in measured}
    parse = by_name["read and ast.parse all migrations"]
    summary(measured, parse)
    for unit in ("CPU s", "s"):

        def median(name: str, unit: str = unit) -> float:
            return by_name[name].median if unit == "s" else by_name[name].median_cpu

        parsing, loader = median(parse.name), median("importing Django's loader")
        imports = median('python -c "import click, git"')
        graph = "1.5 x reading and parsing + 0.15"
        judge("cold, graph rules alone", median("check, cold, graph rules alone"), graph, 1.5 * parsing + 0.15, unit)
        judge("cold", median("check, cold"), "4 x importing Django's loader", 4 * loader, unit)
        for warm in ("check, the base's cache restored", "check, the same again"):
            judge(f"{warm}, above the imports", median(warm) - imports, "0.25", 0.25, unit)


def judge(name: str, value: float, goal: str, limit: float, unit: str) -> None:
    """Print whether a goal was held."""
    print(f"{name}: {value:.3f} {unit}, goal {goal} = {limit:.3f}: {'held' if value <= limit else 'missed'}")


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
        measured = cases(folder, Path(name, "cache"))
        for case in measured:
            measure(case, folder)
            case.forget()
        for _ in range(arguments.repeats):
            for case in measured:
                measure(case, folder)
    report(measured)


if __name__ == "__main__":
    main()
