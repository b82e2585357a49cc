"""`--format json`: the whole result, for scripts. Its shape is promised by `schema/check.json`."""

from __future__ import annotations

import json
from typing import Any

from miglint import __version__, escape
from miglint.changeset import Revision
from miglint.effects import Access, Effect, Work
from miglint.escape import capped
from miglint.finding import Edit, Finding, Fix, Severity
from miglint.reporters import Console
from miglint.result import CheckedMigration, CheckedStatement, Coverage, Result

SUFFIXES = (".json",)
SCHEMA_VERSION = 1
STATEMENT = 4_000
"""Characters of a finding's statement: one of thousands of lines can have thousands of findings. All of it stands among
its migration's statements."""


def report(result: Result, console: Console) -> str:
    """One JSON object, indented, keys in the order of the schema."""
    return json.dumps(escape.plain(document(result)), indent=2, ensure_ascii=True) + "\n"


def document(result: Result) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "miglint", "version": __version__},
        "base": _revision(result.base) if result.base else None,
        "head": _revision(result.head),
        "findings": [_finding(finding) for finding in result.findings],
        "migrations": [migration_document(migration) for migration in result.migrations],
        "coverage": coverage_document(result.coverage),
        "summary": {
            "errors": result.count(Severity.ERROR),
            "warnings": result.count(Severity.WARNING),
            "notices": result.count(Severity.NOTICE),
            "suppressed": len(result.findings) - len(result.active),
        },
        "notes": list(result.notes),
    }


def migration_document(checked: CheckedMigration) -> dict[str, Any]:
    """One migration with its statements and their effects."""
    migration = checked.migration
    return {
        "path": migration.path,
        "source": migration.source,
        "app": migration.key.app,
        "name": migration.key.name,
        "database": checked.database,
        "atomic": checked.atomic,
        "statements": [_statement(statement) for statement in checked.statements],
    }


def coverage_document(coverage: Coverage) -> dict[str, Any]:
    """How much was understood, and where not."""
    return {
        "migrations": coverage.migrations,
        "operations": coverage.operations,
        "operations_understood": coverage.operations_understood,
        "statements": coverage.statements,
        "statements_understood": coverage.statements_understood,
        "unknown": [{"path": blind.path, "line": blind.line, "reason": blind.reason} for blind in coverage.unknown],
    }


def _revision(revision: Revision) -> dict[str, Any]:
    return {"ref": revision.ref, "commit": revision.commit}


def _finding(finding: Finding) -> dict[str, Any]:
    problem, span, suppressed = finding.problem, finding.problem.at.span, finding.suppressed
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": problem.message,
        "help": problem.help,
        "docs": finding.docs,
        "path": problem.at.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "source": problem.source,
        "app": problem.app,
        "migration": problem.migration,
        "operation": problem.operation,
        "statement": capped(problem.statement, STATEMENT) if problem.statement is not None else None,
        "related": [{"path": place.path, "line": place.line, "message": place.message} for place in problem.related],
        "fix": _fix(problem.fix) if problem.fix else None,
        "fingerprint": finding.fingerprint,
        "suppressed": (
            {"by": suppressed.by, "reason": suppressed.reason, "expires": suppressed.expires} if suppressed else None
        ),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {"title": fix.title, "safe": fix.safe, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "path": edit.path,
        "line": edit.span.line,
        "column": edit.span.column,
        "end_line": edit.span.end_line,
        "end_column": edit.span.end_column,
        "text": edit.text,
    }


def _statement(checked: CheckedStatement) -> dict[str, Any]:
    statement = checked.statement
    return {
        "sql": statement.sql or (f"-- {statement.opaque}" if statement.opaque else ""),
        "line": statement.span.line,
        "operation": statement.operation,
        "confidence": statement.confidence.value,
        "reason": statement.reason,
        "effects": [_effect(effect) for effect in checked.effects],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "relation": effect.relation,
        "lock": effect.lock,
        "algorithm": effect.algorithm,
        "work": [work.value for work in Work if work in effect.work],
        "blocks": [access.value for access in Access if access in effect.blocks],
        "dangerous": effect.dangerous,
    }
