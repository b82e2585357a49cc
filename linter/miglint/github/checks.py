"""A check run with annotations, for runs whose own job does not show on the pull request (`workflow_run`)."""

from __future__ import annotations

from typing import Any

from miglint import escape
from miglint.finding import Finding, Severity
from miglint.github.client import Client, repository_path
from miglint.github.event import Event
from miglint.reporters import markdown
from miglint.result import Result

NAME = "miglint"
PER_REQUEST = 50
ANNOTATIONS = 1_000
SUMMARY = 65_535
_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


def deliver(client: Client, event: Event, result: Result, *, failed: bool) -> str:
    """Create the check run with the first annotations, then add the others."""
    runs = f"{repository_path(event.repository)}/check-runs"
    findings = sorted(result.active, key=lambda finding: -finding.severity.rank)[:ANNOTATIONS]
    annotations = [_annotation(finding) for finding in findings]
    batches = [annotations[i : i + PER_REQUEST] for i in range(0, len(annotations), PER_REQUEST)] or [[]]
    layout = markdown.Layout(limit=SUMMARY, link=event.line_address)
    output = {"title": _title(result), "summary": markdown.page(result, layout)}
    run = client.post(
        runs,
        {
            "name": NAME,
            "head_sha": event.sha,
            "status": "completed",
            "conclusion": _conclusion(result, failed=failed),
            "output": {**output, "annotations": batches[0]},
        },
    )
    for batch in batches[1:]:
        # Annotations of an update are added to those that are there: tried twice they would stand there twice.
        client.patch(f"{runs}/{run['id']}", {"output": {**output, "annotations": batch}}, repeatable=False)
    return "created"


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
