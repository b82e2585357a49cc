"""Measures recorded cases again, to see that the lab agrees with what was recorded.

python -m evaluation.locks.remeasure truth/postgresql.jsonl --major 15
"""

from __future__ import annotations

import argparse
from pathlib import Path

from msgspec.structs import replace

from evaluation import servers
from evaluation.locks.cases import read_cases
from evaluation.locks.outcome import recorded
from evaluation.locks.postgresql import Lab

GIVEN = ("CREATE SCHEMA IF NOT EXISTS app",)
"""What the recorded cases take for granted."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--major", type=int)
    parser.add_argument("--only", help="the id of one case")
    arguments = parser.parse_args()
    agreed = measured = 0
    with servers.postgresql(arguments.major) as server:
        lab = Lab(server)
        lab.provide()
        for case in read_cases(arguments.cases):
            if (case.majors and lab.major not in case.majors) or arguments.only not in (None, case.id):
                continue
            measured += 1
            differences = lab.measure(replace(case, setup=(*GIVEN, *case.setup))).differences(
                recorded(case.expected(lab.major))
            )
            agreed += not differences
            if differences:
                print(f"{case.id}: {case.statement}")
                for aspect, (mine, theirs) in differences.items():
                    print(f"    {aspect}: measured {mine}, recorded {theirs}")
        lab.close()
    print(f"{agreed} of {measured} cases agree on PostgreSQL {'.'.join(map(str, server.version))}")


if __name__ == "__main__":
    main()
