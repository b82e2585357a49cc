"""`--format junit`: JUnit XML; a test case for each finding and for each migration that has none.

Notices do not fail their case. What could not be understood is a skipped case: not known to be safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape as _escape
from xml.sax.saxutils import quoteattr

from miglint import escape
from miglint.finding import Finding, Severity
from miglint.reporters import Console
from miglint.result import Blind, CheckedMigration, Result

SUFFIXES = (".xml",)
MESSAGE = 1_000
DETAIL = 10_000


def report(result: Result, console: Console) -> str:
    """One `testsuite`."""
    cases = list(_cases(result))
    failures = sum(_fails(finding) for finding in result.active)
    skipped = len(result.findings) - len(result.active) + len(result.coverage.unknown)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>", f'<testsuite name="miglint" {counts}>']
    return "\n".join([*lines, *cases, "</testsuite>", "</testsuites>"]) + "\n"


def _cases(result: Result) -> Iterator[str]:
    yield from (_finding(finding) for finding in result.findings)
    yield from (_blind(blind) for blind in result.coverage.unknown)
    troubled = {finding.problem.at.path for finding in result.findings}
    troubled |= {blind.path for blind in result.coverage.unknown}
    yield from (_clean(checked) for checked in result.migrations if checked.migration.path not in troubled)


def _finding(finding: Finding) -> str:
    problem = finding.problem
    line = problem.at.span.line
    opening = f"{_case(problem.at.path, line, f'{finding.rule} at line {line}')}>"
    if finding.suppressed:
        reason = finding.suppressed.reason or f"suppressed by {finding.suppressed.by}"
        return f"{opening}<skipped message={_attribute(reason)}/></testcase>"
    detail = _text(f"{problem.at.path}:{line}: {problem.message}\n{problem.help}\n{finding.docs}")
    if not _fails(finding):
        return f"{opening}<system-out>{detail}</system-out></testcase>"
    kind = f'message={_attribute(problem.message)} type="{finding.severity.value}"'
    return f"{opening}<failure {kind}>{detail}</failure></testcase>"


def _blind(blind: Blind) -> str:
    opening = f"{_case(blind.path, blind.line, f'not understood at line {blind.line}')}>"
    return f"{opening}<skipped message={_attribute(blind.reason)}/></testcase>"


def _clean(checked: CheckedMigration) -> str:
    return f"{_case(checked.migration.path, checked.migration.span.line, 'no findings')}/>"


def _case(path: str, line: int, name: str) -> str:
    classname = _attribute(path)
    return f'<testcase classname={classname} name={_attribute(name)} file={classname} line="{line}"'


def _fails(finding: Finding) -> bool:
    return finding.suppressed is None and finding.severity is not Severity.NOTICE


def _attribute(text: str) -> str:
    return quoteattr(escape.line(text, MESSAGE))


def _text(text: str) -> str:
    return _escape(escape.block(text, DETAIL))
