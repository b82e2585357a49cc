"""Every rule page is a test: findings of the rule start exactly on the lines that are marked as flagged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from miglint import inspection
from miglint.analysis import Analysis
from miglint.finding import Problem
from miglint.registry import built_in_rules
from miglint.rule import Rule
from rules.pages import Example, examples
from rules.running import places, run

RULES = built_in_rules()


def cases() -> Iterator[object]:
    for rule in RULES:
        for example in examples(rule.page):
            yield pytest.param(rule, example, id=f"{rule.name}-{example.name.replace(' ', '-')}")


@pytest.fixture(autouse=True)
def _who_is_not_asked_has_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are asked about what they say that they look at: here about everything else, too, and keep silent."""

    def all_of_the_database(rules: Iterable[Rule], held: tuple[str, object, object]) -> list[Rule]:
        known = [rule for rule in rules if not rule.concerns.databases or held[0] in rule.concerns.databases]
        concerned = asked(known, held)
        return [rule if rule in concerned else replace(rule, check=_silent(rule)) for rule in known]

    asked = inspection._concerned
    monkeypatch.setattr(inspection, "_concerned", all_of_the_database)


def _silent(rule: Rule) -> Callable[..., Iterator[Problem]]:
    def check(analyses: Sequence[Analysis], scope: object) -> Iterator[Problem]:
        said = list(rule.check(analyses, scope))
        assert not said, f"{rule.name} speaks of what it does not say that it looks at"
        return iter(said)

    return check


@pytest.mark.parametrize(("rule", "example"), list(cases()))
def test_example(rule: Rule, example: Example, tmp_path: Path) -> None:
    result = run(example, tmp_path)
    found = places(result, rule.name)
    said = "\n".join(
        f"  {one.rule} {one.problem.at.path}:{one.problem.at.span.line} {one.problem.message}" for one in result.active
    )
    assert found == example.flagged, (
        f"{rule.name}, {example.name} ({example.prose}): findings at {found}, flagged are {example.flagged}\n"
        f"all that was found:\n{said or '  nothing'}"
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_page(rule: Rule) -> None:
    first, _, rest = rule.page.partition("\n")
    assert first.endswith("."), "the first line is one sentence"
    assert rest.startswith("\n"), "the first sentence stands on one line, then a blank one"
    kinds = [example.bad for example in examples(rule.page)]
    assert kinds.count(True) >= 1, "a page needs an example under ## Bad"
    assert kinds.count(False) >= 1, "a page needs an example under ## Good"
    unflagged = [example.name for example in examples(rule.page) if example.bad and not example.flagged]
    assert not unflagged, f"nothing is marked as flagged in {unflagged}"
