"""`--format sarif`: SARIF 2.1.0 for code scanning, within GitHub's limits.

https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from miglint import __version__, escape
from miglint.finding import Edit, Finding, Fix, Related, Severity, Span, Suppressed
from miglint.reporters import Console
from miglint.result import Blind, Result
from miglint.rule import Rule

SUFFIXES = (".sarif", ".sarif.json")
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 25_000
"""GitHub refuses a run with more."""
MESSAGE = 1_000
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def report(result: Result, console: Console) -> str:
    """One SARIF log with one run."""
    return json.dumps(escape.plain(log(result)), indent=1, ensure_ascii=True) + "\n"


def log(result: Result) -> dict[str, Any]:
    """The SARIF log as plain data; the most severe findings stay where there are too many."""
    findings = sorted(result.findings, key=lambda finding: (finding.suppressed is not None, -finding.severity.rank))
    rules = _rules(result.rules, result.findings)
    index = {rule["id"]: position for position, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "miglint",
                "semanticVersion": __version__,
                "informationUri": "https://github.com/miglint/miglint",
                "rules": rules,
            }
        },
        "automationDetails": {"id": "miglint/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The repository's root."}}},
        "invocations": [_invocation(result, left_out=max(len(findings) - RESULTS, 0))],
        "results": [_result(finding, index) for finding in findings[:RESULTS]],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(rules: Sequence[Rule], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The rules that looked, and those that findings name all the same."""
    known = {rule.name for rule in rules}
    described = [_rule(rule.name, rule.summary, rule.page, rule.severity, rule.docs) for rule in rules]
    own = {finding.rule: finding for finding in findings if finding.rule not in known}
    return described + [_rule(name, name, name, found.severity, found.docs) for name, found in sorted(own.items())]


def _rule(name: str, summary: str, page: str, severity: Severity, docs: str) -> dict[str, Any]:
    text = escape.capped(page, MESSAGE)
    rule = {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": _sentence(summary)},
        "fullDescription": {"text": _sentence(text)},
        "help": {"text": _sentence(text), "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {"tags": ["database", "migrations"], "problem": {"severity": severity.value}},
    }
    if docs:
        rule["helpUri"] = docs
    return rule


def _invocation(result: Result, left_out: int) -> dict[str, Any]:
    notifications = [_blind(blind) for blind in result.coverage.unknown]
    notifications += [{"level": "note", "message": {"text": _sentence(note)}} for note in result.notes]
    if left_out:
        text = f"{left_out} less severe findings are left out: more than {RESULTS} are not accepted."
        notifications.append({"level": "warning", "message": {"text": text}})
    return {"executionSuccessful": True, "toolExecutionNotifications": notifications}


def _blind(blind: Blind) -> dict[str, Any]:
    region = {"startLine": blind.line}
    return {
        "level": "warning",
        "message": {"text": _sentence(f"not understood: {blind.reason}")},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(blind.path), "region": region}}],
    }


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    problem = finding.problem
    entry: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _sentence(problem.message) + ("\n\n" + _help(problem.help) if problem.help else "")},
        "locations": [_location(problem.at.path, problem.at.span)],
        "partialFingerprints": {"miglint/v1": finding.fingerprint},
    }
    if problem.related:
        entry["relatedLocations"] = [_related(number, place) for number, place in enumerate(problem.related, 1)]
    if problem.fix:
        entry["fixes"] = [_fix(problem.fix)]
    if finding.suppressed:
        entry["suppressions"] = [_suppression(finding.suppressed)]
    return entry


def _location(path: str, span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": _region(span)}}


def _related(number: int, place: Related) -> dict[str, Any]:
    return {
        "id": number,
        "message": {"text": _sentence(place.message)},
        "physicalLocation": {"artifactLocation": _artifact(place.path), "region": {"startLine": place.line}},
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": escape.address(path), "uriBaseId": "SRCROOT"}


def _region(span: Span) -> dict[str, int]:
    region = {"startLine": span.line, "startColumn": span.column}
    return {**region, "endLine": span.end_line, "endColumn": span.end_column}


def _fix(fix: Fix) -> dict[str, Any]:
    paths = dict.fromkeys(edit.path for edit in fix.edits)
    changes = [
        {"artifactLocation": _artifact(path), "replacements": [_replacement(e) for e in fix.edits if e.path == path]}
        for path in paths
    ]
    return {"description": {"text": _sentence(fix.title)}, "artifactChanges": changes}


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}


def _suppression(suppressed: Suppressed) -> dict[str, str]:
    kind = "inSource" if suppressed.by == "comment" else "external"
    entry = {"kind": kind, "status": "accepted"}
    return {**entry, "justification": escape.line(suppressed.reason, MESSAGE)} if suppressed.reason else entry


def _sentence(text: str) -> str:
    """Plain text that ends as a sentence. Brackets are escaped: in SARIF messages they would make links."""
    shown = escape.block(text, MESSAGE).strip()
    shown = shown.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return shown if shown.endswith((".", "!", "?", "…", ":")) else shown + "."


def _help(text: str) -> str:
    return escape.block(text, MESSAGE).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
