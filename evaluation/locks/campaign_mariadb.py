"""Generated alterations against a live MariaDB: what it accepts and does, and what miglint said that it would do.

    python -m evaluation.locks.campaign_mariadb --statements 500 --seed 1 [--cases disagreements.jsonl]

Statements that the server refuses, and those that take no ALGORITHM= at all, are counted apart.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from evaluation import servers
from evaluation.locks.cases import Case, write_cases
from evaluation.locks.generate_mariadb import statement, table
from evaluation.locks.mariadb import Lab
from evaluation.locks.truth_mariadb import predict

STATEMENTS_PER_TABLE = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--statements", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=Path, help="where to write the disagreements as cases")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    disagreements: list[Case] = []
    with servers.mariadb() as server:
        lab, seed = Lab(server), arguments.seed
        while counts["statements"] < arguments.statements:
            _on_table(lab, seed, counts, disagreements)
            seed += 1
        lab.close()
    for aspect, count in sorted(counts.items()):
        print(f"{aspect}: {count}")
    print(f"seeds {arguments.seed} to {seed - 1} on MariaDB {'.'.join(map(str, server.version))}")
    if arguments.cases:
        write_cases(arguments.cases, disagreements)


def _on_table(lab: Lab, seed: int, counts: Counter[str], disagreements: list[Case]) -> None:
    draft = table(seed)
    for number in range(STATEMENTS_PER_TABLE):
        chance = random.Random(f"{seed}/{number}")
        case = Case(f"{seed}/{number}", tuple(draft.setup), statement(chance, draft))
        answer = lab.ask(case.setup, case.statement)
        if answer.error or answer.cheapest is None:
            counts["refused" if answer.error else "no ALGORITHM="] += 1
            continue
        counts["statements"] += 1
        found = predict(case)
        if found.reason or (found.algorithm, found.lock) != (answer.effective, answer.lock):
            counts["disagreements"] += 1
            disagreements.append(case)
            said = found.reason or f"{found.algorithm} {found.lock}"
            print(f"{case.id}: {case.setup[2]}\n    {case.statement}")
            print(f"    seen {answer.effective} {answer.lock}, predicted {said}")


if __name__ == "__main__":
    main()
