"""Measure `miglint check --all` on plain SQL files next to squawk (squawk-cli on PyPI), which reads the same ones.

    python benchmarks/throughput.py [--repeats 5] [--files 500] [--statements 10]

Both run by turns as whole processes, so that a busy machine slows both alike. They do not do the same: squawk looks
at each statement by itself, miglint follows tables, indexes and constraints through all files, which are laid out as
Flyway has them.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from run import Case, measure, summary

_TYPES = ("integer", "bigint", "text", "varchar(200)", "boolean", "timestamptz", "numeric(12, 2)", "jsonb", "uuid")


def write(folder: Path, files: int, statements: int) -> None:
    """A repository of migrations, all in one commit."""
    chance = random.Random(20)
    source = _statements(chance)
    migrations = folder / "db" / "migrations"
    migrations.mkdir(parents=True)
    for number in range(1, files + 1):
        lines = [f"{next(source)};\n" for _ in range(statements)]
        (migrations / f"V{number}__step.sql").write_text("".join(lines))
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Add the migrations"]):
        who = ["-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.com"]
        subprocess.run(["git", *who, *command], cwd=folder, check=True)


def _statements(chance: random.Random) -> Iterator[str]:
    """Statements without end, each valid after those before it."""
    columns: dict[str, list[str]] = {}
    for number in range(sys.maxsize):
        if len(columns) < 3 or number % 25 == 0:
            table = f"shop_table_{len(columns)}"
            columns[table] = ["name"]
            yield f"CREATE TABLE {table} (id bigserial PRIMARY KEY, name varchar(100) NOT NULL)"
            continue
        table, other = chance.sample(list(columns), 2)
        column = chance.choice(columns[table])
        match chance.randrange(7):
            case 0 | 1 | 2:
                columns[table].append(f"column_{number}")
                yield f"ALTER TABLE {table} ADD COLUMN column_{number} {chance.choice(_TYPES)}"
            case 3:
                yield f"CREATE INDEX CONCURRENTLY index_{number} ON {table} ({column})"
            case 4:
                columns[table].append(f"other_{number}")
                yield f"ALTER TABLE {table} ADD COLUMN other_{number} bigint REFERENCES {other} (id)"
            case 5:
                yield f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"
            case 6:
                yield f"UPDATE {table} SET {column} = DEFAULT WHERE id < {number}"


def cases(folder: Path, squawk: str) -> list[Case]:
    """The two commands."""
    files = sorted(str(path.relative_to(folder)) for path in folder.glob("db/migrations/*.sql"))
    check = (sys.executable, "-m", "miglint", "check", "--all", "--no-cache", "--database", "postgresql")
    return [
        Case("squawk", (squawk, *files), statuses=(0, 1), says=b" source files"),
        Case("miglint check --all", check, statuses=(0, 1), says=b" checked"),
    ]


def main() -> None:
    """Write the files, measure by turns, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--statements", type=int, default=10, help="in each file")
    arguments = parser.parse_args()
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    squawk = shutil.which("squawk", path=beside)
    if squawk is None:
        sys.exit("squawk is not here: pip install squawk-cli")
    with tempfile.TemporaryDirectory(prefix="miglint-throughput-") as name:
        folder = Path(name)
        write(folder, arguments.files, arguments.statements)
        measured = cases(folder, squawk)
        for _ in range(arguments.repeats):
            for case in measured:
                measure(case, folder)
    summary(measured, measured[0])


if __name__ == "__main__":
    main()
