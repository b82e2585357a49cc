"""The score of predictions against recorded measurements on MariaDB, and each disagreement.

python -m evaluation.locks.truth_mariadb truth/mariadb.jsonl
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from evaluation.locks.cases import Case, read_cases
from evaluation.locks.prediction import analyses
from miglint.effects import Access
from miglint.history import Target

TARGET = Target("mariadb", (10, 11))


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is predicted for the table that a statement alters."""

    algorithm: str | None
    lock: str | None
    dangerous: bool
    reason: str = ""


def predict(case: Case) -> Prediction:
    results = analyses(case.setup, [case.statement], TARGET, session=case.session)
    reason = "; ".join(each.reason for each in results if not each.understood)
    effects = [effect for each in results for effect in each.effects]
    first = next((effect for effect in effects if effect.algorithm), None)
    if first is None:
        return Prediction(None, None, False, reason)
    return Prediction(first.algorithm, first.lock, any(each.dangerous for each in results), reason)


def disagreements(case: Case) -> list[str]:
    """Where the prediction for a case that was watched (`evaluation.locks.mariadb_watch`) differs in who waits. Who
    waits for a moment only was not seen to wait; then nobody may be said to wait for the work."""
    results = analyses(case.setup, [case.statement], TARGET, session=case.session)
    effects = [effect for each in results for effect in each.effects]
    found = [each.reason for each in results if not each.understood]
    for table, waits in case.expect["waits"].items():
        mine = [effect for effect in effects if effect.relation == table]
        blocked = frozenset[Access]().union(*(effect.blocks for effect in mine))
        said = [word for word, access in KINDS.items() if access in blocked]
        if waits and said != waits:
            found.append(f"{table}: predicted {said}, measured {waits}")
        if not waits and any(effect.dangerous for effect in mine):
            found.append(f"{table}: said to be dangerous, nobody waits")
    return found


KINDS = {"select": Access.SELECT, "write": Access.INSERT}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    right, total = {"algorithm": 0, "lock": 0, "dangerous": 0}, 0
    for case in read_cases(parser.parse_args().cases):
        found, expect = predict(case), case.expect
        if found.reason:
            print(f"{case.id}: not understood: {found.reason}")
        if expect["effective_algorithm"] is None:
            continue
        total += 1
        wanted = {
            "algorithm": expect["effective_algorithm"],
            "lock": expect["least_lock"],
            "dangerous": any(expect["blocks"].values()),
        }
        for aspect, value in wanted.items():
            mine = getattr(found, aspect)
            right[aspect] += mine == value
            if mine != value:
                print(f"{case.id}: {case.statement}\n    {aspect}: predicted {mine}, measured {value}")
    for aspect, count in right.items():
        print(f"{aspect}: {count} of {total} ({count / total:.3f})")


if __name__ == "__main__":
    main()
