"""`--format gitlab`: GitLab's Code Quality report (https://docs.gitlab.com/ci/testing/code_quality/)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from miglint import escape
from miglint.finding import Finding, Severity
from miglint.reporters import Console
from miglint.result import Result

SUFFIXES = (".gitlab.json",)
DESCRIPTION = 1_000
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTICE: "info"}


def report(result: Result, console: Console) -> str:
    """A JSON list with an object for each finding that nothing suppresses."""
    seen: Counter[str] = Counter()
    issues = [escape.plain(_issue(finding, seen)) for finding in result.active]
    return json.dumps(issues, indent=1, ensure_ascii=True) + "\n"


def _issue(finding: Finding, seen: Counter[str]) -> dict[str, Any]:
    """GitLab drops an issue whose fingerprint it has seen: the second of two alike gets a number."""
    seen[finding.fingerprint] += 1
    times = seen[finding.fingerprint]
    problem = finding.problem
    return {
        "description": escape.line(problem.message, DESCRIPTION),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint if times == 1 else f"{finding.fingerprint}-{times}",
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": problem.at.path,
            "lines": {"begin": problem.at.span.line, "end": problem.at.span.end_line},
        },
        "content": {"body": escape.markdown(problem.help, DESCRIPTION)},
        "url": finding.docs,
    }
