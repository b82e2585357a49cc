"""`--format github`: workflow commands that GitHub's runner turns into annotations at the lines of a pull request.

The runner shows at most ten errors, ten warnings and ten notices of a step, so the most severe come first and the rest
is counted; the step summary (format `markdown`) has room for all. Everything else that is printed stands between
`::stop-commands::` and its token, so that no name or SQL from a migration can be read as a command.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from miglint import escape
from miglint.finding import Finding, Severity
from miglint.reporters import Console
from miglint.reporters.text import report as text_report
from miglint.result import Result

SUFFIXES = ()
PER_SEVERITY = 10
MESSAGE = 4_096
PATH = 1_000


def report(result: Result, console: Console) -> str:
    """Annotations, then the text report for the log with commands switched off."""
    token = f"miglint-{secrets.token_hex(16)}"
    lines = [
        *_annotations(result),
        f"::stop-commands::{token}",
        text_report(result, console).rstrip("\n"),
        f"::{token}::",
    ]
    return "\n".join(lines) + "\n"


def _annotations(result: Result) -> Iterator[str]:
    for severity in Severity:
        findings = [finding for finding in result.active if finding.severity is severity]
        yield from (_command(finding) for finding in findings[:PER_SEVERITY])


def _command(finding: Finding) -> str:
    at = finding.problem.at
    properties = {"file": escape.capped(at.path, PATH), "line": str(at.span.line), "endLine": str(at.span.end_line)}
    # GitHub drops an annotation with columns that spans lines.
    if at.span.line == at.span.end_line:
        properties |= {"col": str(at.span.column), "endColumn": str(at.span.end_column)}
    properties["title"] = f"miglint: {finding.rule}"
    joined = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{finding.severity} {joined}::{_data(_message(finding))}"


def _message(finding: Finding) -> str:
    places = [f"{place.path}:{place.line}: {place.message}" for place in finding.problem.related]
    parts = [finding.problem.message, *places, f"help: {finding.problem.help}", finding.docs]
    return escape.block("\n".join(part for part in parts if part), MESSAGE)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "##\\x5b")


def _property(text: str) -> str:
    return _data(escape.line(text)).replace(":", "%3A").replace(",", "%2C")
