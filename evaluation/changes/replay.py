"""Check the last changes of a project's migrations one by one, each as a pull request against the main line before it.

    python -m evaluation.changes.replay PATH/TO/REPOSITORY [--last 50] [--json FILE] [--show error] [OPTION…]

Further options go to the check. Prints every finding with the commit that it belongs to, and at the end how many there
were of each rule. A check that does not end with 0 or 1 is printed with what it said and makes this end with 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RANKS = {"notice": 1, "warning": 2, "error": 3}


@dataclass(frozen=True, slots=True)
class Checked:
    """A commit, its subject, and what the check of it came to: a result, or what was said instead."""

    commit: str
    subject: str
    result: dict[str, Any] | None
    failure: str = ""


def changes(repository: Path, last: int) -> Iterator[tuple[str, str, str]]:
    """What came to the main line and touches a migration, newest first: commit, parent there and subject.

    A merge is one change, as its pull request was; the commits of its branch were never a base of their own.
    """
    form = "--format=%H%x09%P%x09%s"
    done = subprocess.run(
        ["git", "-C", repository, "log", "--first-parent", form, "--", "*migrations/[!_]*.py"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    for line in done.stdout.splitlines()[:last]:
        commit, parents, subject = line.split("\t", 2)
        if parents:
            yield commit, parents.split()[0], subject


def checked(repository: Path, commit: str, parent: str, subject: str, options: list[str]) -> Checked:
    """The outcome of `miglint check` for one commit."""
    command = [sys.executable, "-m", "miglint", "check", "--base", parent, "--head", commit, "--format", "json"]
    done = subprocess.run([*command, *options], cwd=repository, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1} or "Traceback" in done.stderr:
        return Checked(commit, subject, None, f"exit {done.returncode}: {done.stderr.strip()}")
    return Checked(commit, subject, json.loads(done.stdout))


def main() -> int:
    """Check, print, count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repository", type=Path)
    parser.add_argument("--last", type=int, default=50)
    parser.add_argument("--show", choices=RANKS, default="error")
    parser.add_argument("--json", type=Path)
    arguments, options = parser.parse_known_args()
    outcomes = []
    for change in changes(arguments.repository, arguments.last):
        outcomes.append(checked(arguments.repository, *change, options))
        _show(outcomes[-1], RANKS[arguments.show])
    _count(outcomes)
    if arguments.json:
        rows = [{"commit": one.commit, "subject": one.subject, "result": one.result} for one in outcomes]
        arguments.json.write_text(json.dumps(rows, indent=1))
    return int(any(one.failure for one in outcomes))


def _show(outcome: Checked, rank: int) -> None:
    findings = outcome.result["findings"] if outcome.result else []
    shown = [finding for finding in findings if RANKS[finding["severity"]] >= rank]
    if shown or outcome.failure:
        print(f"{outcome.commit[:12]} {outcome.subject[:90]}")
    if outcome.failure:
        print(f"    FAILED {outcome.failure}")
    for finding in shown:
        print(f"    {finding['severity']:8}{finding['rule']:34}{finding['path']}:{finding['line']}")
        print(f"            {finding['message']}", flush=True)


def _count(outcomes: list[Checked]) -> None:
    findings = [finding for one in outcomes if one.result for finding in one.result["findings"]]
    counts = Counter((finding["severity"], finding["rule"]) for finding in findings)
    print(f"{len(outcomes)} changes, {sum(bool(one.failure) for one in outcomes)} failures")
    for (severity, rule), count in sorted(counts.items()):
        print(f"    {count:5} {severity:8} {rule}")


if __name__ == "__main__":
    sys.exit(main())
