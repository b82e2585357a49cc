"""A check run with annotations, for runs whose own job does not show on the pull request (`workflow_run`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from miglint import escape
from miglint.finding import Finding, Severity
from miglint.github.api import repository_path
from miglint.github.event import Event
from miglint.reporters import markdown
from miglint.rest import PER_PAGE, Client, RestError
from miglint.result import Result

NAME = "miglint"
PER_REQUEST = 50
ANNOTATIONS = 1_000
SUMMARY = 65_535
EXTERNAL_ID = "miglint/v1"
"""Tells our check runs from those of others with the same name."""
_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


class _NotOurs(Exception):
    """Another app has made the check run, and only that may write to it."""


class _Earlier(Struct, frozen=True):
    """A check run that is there, and the annotations that it lacks."""

    identity: int
    missing: list[dict[str, Any]]


def deliver(client: Client, event: Event, result: Result, *, failed: bool) -> str:
    """Write the check run of the head; what was done, in a word.

    Annotations can be added to a run, never taken back: one that has others than ours now is followed by a new one,
    which then is the one that GitHub shows.
    """
    runs = f"{repository_path(event.repository)}/check-runs"
    findings = sorted(result.active, key=lambda finding: -finding.severity.rank)[:ANNOTATIONS]
    annotations = [_annotation(finding) for finding in findings]
    layout = markdown.Layout(limit=SUMMARY, link=event.line_address)
    output = {"title": _title(result), "summary": markdown.page(result, layout)}
    state = {"status": "completed", "conclusion": _conclusion(result, failed=failed), "output": output}
    earlier = _earlier(client, event, annotations)
    if earlier:
        with suppress(_NotOurs):
            return _updated(client, runs, state, earlier)
    new = {"name": NAME, "head_sha": event.sha, "external_id": EXTERNAL_ID, **state}
    first, *others = _batches(annotations)
    run = client.post(runs, {**new, "output": {**output, "annotations": first}})
    _add(client, f"{runs}/{run['id']}", output, others)
    return "created"


def _updated(client: Client, runs: str, state: Mapping[str, Any], earlier: _Earlier) -> str:
    output, path = state["output"], f"{runs}/{earlier.identity}"
    first, *others = _batches(earlier.missing)
    try:
        client.patch(path, {**state, "output": {**output, "annotations": first}}, repeatable=not first)
    except RestError as error:
        if error.status == 403:
            raise _NotOurs from error
        raise
    _add(client, path, output, others)
    return "updated"


def _add(client: Client, path: str, output: Mapping[str, Any], batches: Iterable[list[dict[str, Any]]]) -> None:
    for batch in batches:
        # Tried twice they would stand there twice.
        client.patch(path, {"output": {**output, "annotations": batch}}, repeatable=False)


def _batches(annotations: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """One at least."""
    return [list(annotations[i : i + PER_REQUEST]) for i in range(0, max(len(annotations), 1), PER_REQUEST)]


def _earlier(client: Client, event: Event, wanted: Sequence[dict[str, Any]]) -> _Earlier | None:
    """The check run of this head that can become what is wanted; None if there is none.

    A job that is named like us has a check run of that name, too, and so may other apps: ours has our id, and one that
    another app made with it cannot be written to.
    """
    path = f"{repository_path(event.repository)}/commits/{event.sha}/check-runs"
    listed = client.get(path, check_name=NAME, per_page=PER_PAGE).data["check_runs"]
    ours = [run for run in listed if run["external_id"] == EXTERNAL_ID and run["name"] == NAME]
    if not ours:
        return None
    identity = int(max(run["id"] for run in ours))
    there = Counter(_key(one) for one in _annotations(client, event, identity))
    if there - Counter(_key(one) for one in wanted):
        return None
    return _Earlier(identity, [one for one in wanted if not _taken(there, _key(one))])


def _annotations(client: Client, event: Event, identity: int) -> Iterator[dict[str, Any]]:
    path = f"{repository_path(event.repository)}/check-runs/{identity}/annotations"
    return client.pages(path, limit=ANNOTATIONS // PER_PAGE + 1)


def _taken(there: Counter[tuple[object, ...]], key: tuple[object, ...]) -> bool:
    """Whether one like this stands there; each counts once."""
    found = there[key] > 0
    there[key] -= found
    return found


def _key(annotation: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(annotation[name] for name in ("path", "start_line", "annotation_level", "title", "message"))


def _conclusion(result: Result, *, failed: bool) -> str:
    if failed:
        return "failure"
    return "neutral" if result.active or result.coverage.unknown else "success"


def _title(result: Result) -> str:
    return ", ".join(f"{result.count(severity)} {severity.value}s" for severity in Severity)


def _annotation(finding: Finding) -> dict[str, Any]:
    problem, span = finding.problem, finding.problem.at.span
    annotation: dict[str, Any] = {
        "path": problem.at.path,
        "start_line": span.line,
        "end_line": span.end_line,
        "annotation_level": _LEVELS[finding.severity],
        "title": escape.line(finding.rule, 200),
        "message": escape.block(f"{problem.message}\n{problem.help}", 4_000),
    }
    if span.line == span.end_line and span.end_column > span.column:
        annotation |= {"start_column": span.column, "end_column": span.end_column - 1}
    return annotation
