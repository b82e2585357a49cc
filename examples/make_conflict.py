"""Build a small Django shop whose branch conflicts with `main`, and show what miglint says about it.

    python examples/make_conflict.py            builds it in a temporary folder that is removed again
    python examples/make_conflict.py FOLDER     builds it there and leaves it for you to look around

The folders of `examples/shop` are the commits, in order: two colleagues start from the same place, each adds a
migration, and the one on `main` is merged first. Exits with 0 if miglint found what it should.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SHOP = Path(__file__).parent / "shop"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: the files of `folder`, on `branch`."""

    folder: str
    branch: str
    author: str
    message: str
    day: int


STEPS = (
    Step("1-main", "main", "Ada", "Add the catalog and orders", 1),
    Step("2-branch", "order-status-index", "Ben", "Index orders by status and close the old ones", 2),
    Step("3-main", "main", "Cleo", "Give orders a tracking code", 3),
)


def build(folder: Path) -> None:
    """Make the repository with its two branches; the branch of the pull request is checked out at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    for step in STEPS:
        known = git(folder, "branch", "--list", step.branch)
        if step is not STEPS[0]:
            git(folder, "switch", "--quiet", *([] if known else ["--create"]), step.branch)
        shutil.copytree(SHOP / step.folder, folder, dirs_exist_ok=True)
        commit(folder, step)
    git(folder, "switch", "--quiet", "order-status-index")


def commit(folder: Path, step: Step) -> None:
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (
            ("NAME", step.author),
            ("EMAIL", f"{step.author.lower()}@example.org"),
            ("DATE", f"2026-03-{step.day:02}T10:00:00Z"),
        )
    }
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", step.message, environment=who)


def git(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """Run git apart from the user's own configuration, hooks and signing keys."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | (environment or {})
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=clean, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def check(folder: Path, *, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run miglint in the shop as a user would, apart from the CI system that may run this script."""
    here = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS")}
    command = [sys.executable, "-m", "miglint", "check", "--base", "main"]
    return subprocess.run(command, cwd=folder, env=here, text=True, stdout=subprocess.PIPE if capture else None)


def show(folder: Path) -> int:
    """Run miglint as a user would, say what happened, and return 0 if it found the conflict."""
    print("A shop with orders. The branch and main went separate ways, each with a migration of its own:\n")
    print(git(folder, "log", "--graph", "--all", "--format=%h %an: %s%d", "--abbrev=7"))
    print("The branch looks fine by itself. Before it is merged, on the branch:\n")
    print("$ miglint check --base main\n", flush=True)
    status = check(folder).returncode
    print(f"\nmiglint exited with {status}.", end=" ")
    if status != 1:
        print("It should have been 1: the two migrations conflict.")
        return 1
    print("That is what stops the merge in CI: 0 means that nothing was found, 1 that")
    print("something was, 2 that miglint could not look. Nothing of the shop was imported or run, and no database was")
    print("asked. With `main` alone, or with the branch alone, Django is content; together `migrate` refuses to start.")
    return 0


def main() -> int:
    """Build, show, and clean up unless a folder was given."""
    if importlib.util.find_spec("miglint") is None:
        sys.exit("miglint is not installed in this Python: `make demo` installs it first")
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        build(folder)
        return show(folder)
    with tempfile.TemporaryDirectory(prefix="miglint-demo-") as name:
        build(Path(name, "shop"))
        return show(Path(name, "shop"))


if __name__ == "__main__":
    sys.exit(main())
