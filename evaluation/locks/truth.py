"""Score the analysis of PostgreSQL statements against measured cases.

    python -m evaluation.locks.truth postgresql.jsonl [--major 15] [--verbose]

A case is a line of JSON: `setup` (statements that made the tables), `session` (settings), `statement` (one or more, in
one transaction if `in_transaction`), `majors`, and `expect` with `except` by major: `locks` (strongest mode by
relation), `rewrites`, `scans`, `index_builds` (pairs of index and table), `dangerous`, `blocks`, `error`. What
`evaluation.locks.record` wrote down has the `major` that was asked in `expect`, and is compared on that one; where it
watched a statement outside of a transaction, locks are left out, for it may have missed brief ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evaluation.locks.cases import setup_of
from evaluation.locks.prediction import as_named_before
from miglint.analysis import Analysis
from miglint.dialects import analyse
from miglint.effects import Work
from miglint.finding import Span
from miglint.history import Key, Migration, Rendered, Statement, Target

NOWHERE = Span(1, 1, 1, 1)
MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)


@dataclass(frozen=True)
class Outcome:
    """What a case comes to, measured or predicted."""

    dangerous: bool
    locks: dict[str, str]
    rewrites: frozenset[str]
    scans: frozenset[str]
    builds: frozenset[str]
    blocks: dict[str, frozenset[str]]


@dataclass
class Score:
    """Counts over cases and majors, and every disagreement."""

    danger: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    disagreements: dict[str, list[int]] = field(default_factory=dict)


def rendered(name: str, statements: Sequence[str], *, atomic: bool) -> Rendered:
    """Statements as a migration."""
    migration = Migration(Key("case", name), "sql", f"{name}.sql", "", NOWHERE, atomic=atomic)
    return Rendered(migration, "postgresql", tuple(Statement(each, NOWHERE) for each in statements), atomic)


def predict(case: dict[str, Any], major: int) -> list[Analysis]:
    """The analyses of the case's statements."""
    prelude = [rendered("setup", setup_of(case["setup"]), atomic=False)]
    migration = rendered("case", [*case.get("session", ()), case["statement"]], atomic=_in_transaction(case))
    return analyse(prelude, [migration], Target("postgresql", (major,)))[0]


def _in_transaction(case: dict[str, Any]) -> bool:
    return bool(case.get("in_transaction", True))


def majors_of(case: dict[str, Any]) -> list[int]:
    """The majors on which it is known what the case does."""
    recorded = case["expect"].get("major")
    return case["majors"] if recorded is None else [recorded]


def predicted(analyses: list[Analysis]) -> Outcome:
    """The effects of all statements, the strongest lock by relation."""
    locks: dict[str, str] = {}
    blocks: dict[str, frozenset[str]] = {}
    work: dict[Work, set[str]] = {each: set() for each in Work}
    for effect in as_named_before(analyses):
        name = effect.relation.rpartition(".")[2]
        if effect.kind != "index":
            before = locks.get(name)
            if effect.lock and (before is None or MODES.index(before) < MODES.index(effect.lock)):
                locks[name] = effect.lock
            blocks[name] = blocks.get(name, frozenset()) | effect.blocks
            for each in effect.work:
                work[each].add(name)
        if effect.blocks and effect.table:
            table = effect.table.rpartition(".")[2]
            blocks[table] = blocks.get(table, frozenset()) | effect.blocks
    return Outcome(
        any(analysis.dangerous for analysis in analyses),
        locks,
        frozenset(work[Work.REWRITE]),
        frozenset(work[Work.SCAN]),
        frozenset(work[Work.INDEX_BUILD]),
        blocks,
    )


def measured(case: dict[str, Any], major: int) -> Outcome:
    """What the server of that major did."""
    expect = case.get("except", {}).get(str(major), case["expect"])
    blocks = {}
    for table, probes in expect.get("blocks", {}).items():
        writes = {"update": probes.get("update_table_level", probes.get("update", False))}
        kinds = {**{kind: probes.get(kind, False) for kind in ("select", "insert", "delete")}, **writes}
        blocks[table] = frozenset(kind for kind, waits in kinds.items() if waits)
    return Outcome(
        expect["dangerous"],
        expect.get("locks", {}),
        frozenset(expect.get("rewrites", ())),
        frozenset(expect.get("scans", ())),
        frozenset(table for _, table in expect.get("index_builds", ())),
        blocks,
    )


def differences(found: Outcome, truth: Outcome, *, failed: bool, watched: bool = False) -> Iterator[tuple[str, bool]]:
    """What is compared, and whether it agrees; of a statement that failed only the verdict is known."""
    if not watched:
        yield "dangerous", found.dangerous == truth.dangerous
    if failed:
        return
    for relation in sorted(found.locks.keys() | truth.locks.keys()) if not watched else ():
        yield f"lock on {relation}", found.locks.get(relation) == truth.locks.get(relation)
    yield "rewrites", found.rewrites == truth.rewrites
    yield "scans", found.scans == truth.scans
    yield "index builds", found.builds == truth.builds
    for table, waits in truth.blocks.items():
        yield f"blocks on {table}", found.blocks.get(table, frozenset()) == waits


def evaluate(cases: list[dict[str, Any]], majors: Sequence[int], *, verbose: bool) -> Score:
    """Run every case on every major."""
    score = Score()
    for case in cases:
        watched = "major" in case["expect"] and not _in_transaction(case)
        for major in (each for each in majors if each in majors_of(case)):
            analyses = predict(case, major)
            found, truth = predicted(analyses), measured(case, major)
            if not watched:
                score.danger[f"{'true' if found.dangerous == truth.dangerous else 'false'} {found.dangerous}"] += 1
            for what, agrees in differences(found, truth, failed="error" in case["expect"], watched=watched):
                kind = what.partition(" on ")[0]
                score.total[kind] += 1
                score.right[kind] += agrees
                if not agrees:
                    label = f"{case['id']}: {what}" + (_detail(what, found, truth) if verbose else "")
                    label += f" ({case['note']})" if case.get("note") else ""
                    score.disagreements.setdefault(label, []).append(major)
            for analysis in analyses:
                if not analysis.understood:
                    score.disagreements.setdefault(f"{case['id']}: {analysis.reason}", []).append(major)
    return score


def _detail(what: str, found: Outcome, truth: Outcome) -> str:
    kind, _, relation = what.partition(" on ")
    sides = {
        "dangerous": (found.dangerous, truth.dangerous),
        "lock": (found.locks.get(relation), truth.locks.get(relation)),
        "rewrites": (sorted(found.rewrites), sorted(truth.rewrites)),
        "scans": (sorted(found.scans), sorted(truth.scans)),
        "index builds": (sorted(found.builds), sorted(truth.builds)),
        "blocks": (sorted(found.blocks.get(relation, ())), sorted(truth.blocks.get(relation, ()))),
    }
    said, is_so = sides[kind]
    return f": said {said}, is {is_so}"


def report(score: Score) -> None:
    """Print the table and the disagreements."""
    danger = score.danger
    positive, missed = danger["true True"], danger["false False"]
    precision = positive / max(positive + danger["false True"], 1)
    recall = positive / max(positive + missed, 1)
    print(f"dangerous      precision {precision:.4f}  recall {recall:.4f}  ({sum(danger.values())} verdicts)")
    for kind in ("lock", "rewrites", "scans", "index builds", "blocks"):
        print(f"{kind:<14} {score.right[kind] / max(score.total[kind], 1):.4f}  of {score.total[kind]}")
    for label, majors in score.disagreements.items():
        print(f"  {label} [{', '.join(map(str, majors))}]")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--major", type=int, action="append")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    cases = [json.loads(line) for line in given.cases.read_text().splitlines() if line.strip()]
    report(evaluate(cases, given.major or list(range(12, 19)), verbose=given.verbose))
    return 0


if __name__ == "__main__":
    sys.exit(main())
