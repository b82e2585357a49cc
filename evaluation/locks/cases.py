"""A case of the lab, one line of JSON: a schema with rows, and statements to measure on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    """`setup` makes and fills the tables, `session` holds SETs; `statement` may be several, in one transaction."""

    id: str
    setup: tuple[str, ...]
    statement: str
    session: tuple[str, ...] = ()
    in_transaction: bool = True
    majors: tuple[int, ...] = ()
    """PostgreSQL majors that accept it; empty: all."""
    note: str = ""
    expect: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """A recorded measurement, where there is one."""
    exceptions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)
    """Recorded measurements that differ, by major."""

    def expected(self, major: int) -> Mapping[str, Any]:
        return self.exceptions.get(str(major), self.expect)

    def line(self) -> str:
        """The case as a line of a .jsonl file, without what is empty."""
        kept = {key: value for key, value in asdict(self).items() if value not in ("", (), {})}
        return json.dumps(kept, ensure_ascii=False)


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a .jsonl file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield _case(json.loads(line))


def _case(data: Mapping[str, Any]) -> Case:
    expect = data.get("expect") or {
        key: data[key] for key in ("cheapest_algorithm", "least_lock", "effective_algorithm", "blocks") if key in data
    }
    return Case(
        id=data["id"],
        setup=setup_of(data["setup"]),
        statement=data["statement"],
        session=tuple(data.get("session", ())),
        in_transaction=data.get("in_transaction", True),
        majors=tuple(data.get("majors", ())),
        note=data.get("note", ""),
        expect=expect,
        exceptions=data.get("except") or {},
    )


def setup_of(given: str | Sequence[str]) -> tuple[str, ...]:
    """The statements; a name in `setups.json` stands for those that it has there: many cases share a schema."""
    named = _setups()
    return tuple(
        statement for each in ([given] if isinstance(given, str) else given) for statement in named.get(each, [each])
    )


@cache
def _setups() -> dict[str, list[str]]:
    setups: dict[str, list[str]] = json.loads((CASES / "setups.json").read_text(encoding="utf-8"))
    return setups


def write_cases(path: Path, cases: Iterable[Case]) -> None:
    """A .jsonl file of the cases."""
    path.write_text("".join(case.line() + "\n" for case in cases), encoding="utf-8")
