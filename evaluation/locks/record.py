"""Measures PostgreSQL cases and writes what was seen beside each, with the major that it was seen on.

python -m evaluation.locks.record evaluation/locks/cases/postgresql_seen.jsonl --major 15

Cases that another major measured, or that this one refuses, stay as they are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation import servers
from evaluation.locks.cases import read_cases
from evaluation.locks.outcome import Outcome
from evaluation.locks.postgresql import Lab


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--major", type=int)
    arguments = parser.parse_args()
    with servers.postgresql(arguments.major) as server:
        lab = Lab(server)
        lab.provide()
        lines = [*_recorded(lab, arguments.cases)]
        lab.close()
    arguments.cases.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def _recorded(lab: Lab, path: Path) -> Iterator[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for text, case in zip(lines, read_cases(path), strict=True):
        line = json.loads(text)
        outside = case.majors and lab.major not in case.majors
        if not outside and line.get("expect", {}).get("major", lab.major) == lab.major:
            seen = lab.measure(case)
            if seen.error:
                print(f"{case.id}: {seen.error}: {case.statement}")
            else:
                line["expect"] = {"major": lab.major, **_data(seen)}
        yield line


def _data(seen: Outcome) -> dict[str, Any]:
    return {
        "locks": dict(sorted(seen.locks.items())),
        "index_locks": dict(sorted(seen.index_locks.items())),
        "rewrites": sorted(seen.rewrites),
        "scans": sorted(seen.scans),
        "index_builds": [["", table] for table in sorted(seen.index_builds)],
        "dangerous": seen.dangerous,
    }


if __name__ == "__main__":
    main()
