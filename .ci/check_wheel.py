"""Check that a wheel holds every module of both source roots, the licence and the typing marks, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path


def expected() -> set[str]:
    """The tracked files of both packages, as they are called in a wheel."""
    tracked = subprocess.run(["git", "ls-files", "-z", "linter", "rules"], check=True, capture_output=True, text=True)
    return {name.partition("/")[2] for name in tracked.stdout.split("\0") if name}


def main(wheel: Path) -> int:
    """Compare, and say what is missing or too much."""
    names = set(zipfile.ZipFile(wheel).namelist())
    packaged = {name for name in names if ".dist-info/" not in name}
    metadata = {name.partition("/")[2] for name in names - packaged}
    problems = [f"missing: {name}" for name in sorted(expected() - packaged)]
    problems += [f"not expected: {name}" for name in sorted(packaged - expected())]
    problems += [f"missing: {name}" for name in ("licenses/LICENSE", "entry_points.txt") if name not in metadata]
    problems += [f"missing: {name}" for name in ("miglint/py.typed", "miglint_rules/py.typed") if name not in packaged]
    print("\n".join(problems) or f"{wheel.name}: {len(packaged)} files, as expected")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
