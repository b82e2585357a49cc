"""One finding where a rule would say the same at many places of a change: the gravest leads, the others are related."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from miglint.finding import Finding, Related


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, with one for each rule that speaks of a whole change (`Problem.together`).

    What is suppressed stays by itself: it takes nothing else with it.
    """
    alone: list[Finding] = []
    shared: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.problem.together and finding.suppressed is None:
            shared.setdefault(finding.rule, []).append(finding)
        else:
            alone.append(finding)
    return alone + [_of_all(group) for group in shared.values()]


def _of_all(group: list[Finding]) -> Finding:
    """The first of the gravest, with the others as places that belong to it."""
    first = max(group, key=lambda finding: finding.severity.rank)
    others = tuple(one for one in group if one is not first)
    places = [Related(one.problem.at.path, one.problem.at.span.line, one.problem.together) for one in others]
    return replace(first, problem=replace(first.problem, related=(*first.problem.related, *places)), others=others)
