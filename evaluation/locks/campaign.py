"""Generated statements against a live PostgreSQL: what it does, and what miglint said that it would do.

    python -m evaluation.locks.campaign --statements 5000 --seed 1 [--major 15] [--wide] [--cases disagreements.jsonl]

`--wide` takes schemas and statements of `grammar/` instead of those of `generate.py`. Statements that the server
refuses are not counted. Every disagreement is printed, one aspect a line, and can be written as a case of its own.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evaluation import servers
from evaluation.locks import grammar
from evaluation.locks.cases import Case, write_cases
from evaluation.locks.generate import schema, transaction
from evaluation.locks.outcome import Outcome
from evaluation.locks.postgresql import Lab
from evaluation.locks.prediction import predict
from miglint.history import Target

TRANSACTIONS_PER_SCHEMA = 40


@dataclass(frozen=True, slots=True)
class Trial:
    """A transaction on a schema, measured and predicted."""

    seed: str
    setup: tuple[str, ...]
    statements: tuple[str, ...]
    measured: Outcome
    predicted: Outcome

    @property
    def refused(self) -> bool:
        return bool(self.measured.error)

    def differences(self) -> dict[str, tuple[object, object]]:
        return self.measured.differences(self.predicted)

    def case(self) -> Case:
        return Case(self.seed, self.setup, ";\n".join(self.statements))


def trials(lab: Lab, seed: int, target: Target, *, wide: bool = False) -> Iterator[Trial]:
    """The transactions that a seed makes, on one schema, each rolled back."""
    setup, transactions = _wide(seed) if wide else _deep(seed)
    lab.prepare(setup)
    for number in range(TRANSACTIONS_PER_SCHEMA):
        statements = transactions(random.Random(f"{seed}/{number}"))
        lab.reconnect()
        measured = lab.observe(statements)
        predicted = Outcome() if measured.error else predict(setup, statements, target)
        yield Trial(f"{seed}/{number}", setup, statements, measured, predicted)


Transactions = Callable[[random.Random], tuple[str, ...]]


def _deep(seed: int) -> tuple[tuple[str, ...], Transactions]:
    made = schema(seed)
    return tuple(made.setup), lambda chance: tuple(transaction(chance, made))


def _wide(seed: int) -> tuple[tuple[str, ...], Transactions]:
    made = grammar.schema(seed)
    return tuple(made.setup), lambda chance: tuple(grammar.transaction(chance, made))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--major", type=int)
    parser.add_argument("--wide", action="store_true", help="schemas and statements of grammar/")
    parser.add_argument("--cases", type=Path, help="where to write the disagreements as cases")
    arguments = parser.parse_args()
    counts: Counter[str] = Counter()
    disagreements: list[Trial] = []
    with servers.postgresql(arguments.major, settings=["lock_timeout=5s"]) as server:
        lab, seed = Lab(server), arguments.seed
        while counts["statements"] < arguments.statements:
            for trial in trials(lab, seed, Target("postgresql", server.version), wide=arguments.wide):
                _count(trial, counts, disagreements)
            seed += 1
        lab.close()
    for aspect, count in sorted(counts.items()):
        print(f"{aspect}: {count}")
    print(f"seeds {arguments.seed} to {seed - 1} on PostgreSQL {'.'.join(map(str, server.version))}")
    if arguments.cases:
        write_cases(arguments.cases, (trial.case() for trial in disagreements))


def _count(trial: Trial, counts: Counter[str], disagreements: list[Trial]) -> None:
    if trial.refused:
        counts["refused transactions"] += 1
        return
    counts["transactions"] += 1
    counts["statements"] += sum("SAVEPOINT" not in statement for statement in trial.statements)
    differences = trial.differences()
    if not differences:
        return
    counts["disagreements"] += 1
    disagreements.append(trial)
    print(f"{trial.seed}: {'; '.join(trial.statements)}")
    for aspect, (measured, predicted) in differences.items():
        counts[f"disagreements in {aspect}"] += 1
        print(f"    {aspect}: measured {_shown(measured)}, predicted {_shown(predicted)}")


def _shown(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


if __name__ == "__main__":
    main()
