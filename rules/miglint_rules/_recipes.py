"""The safe way as code to paste: numbered migrations with the operations of each, in the user's own names.

from django.contrib.postgres.operations import ValidateConstraint

# 1: in a migration with atomic = False
migrations.RunSQL(...),
# 2
ValidateConstraint(...),
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from msgspec import Struct

from miglint.analysis import Analysis
from miglint.changes import CreateIndex
from miglint_rules._remedies import indented
from miglint_rules._statements import changes_of, is_existing


class Step(Struct, frozen=True):
    """The operations of one migration, as code, and what is to be said of it."""

    operations: tuple[str, ...]
    note: str = ""
    atomic: bool = True
    function: str = ""
    """The source of a function that they run."""

    @property
    def title(self) -> str:
        """What stands behind the number."""
        notes = [self.note] if self.note else []
        notes += [] if self.atomic else ["in a migration with atomic = False"]
        return f": {', '.join(notes)}" if notes else ""


def step(*operations: str, note: str = "", atomic: bool = True, function: str = "") -> Step:
    """A migration with these operations."""
    return Step(operations, note, atomic, function)


def recipe(lead: str, steps: Sequence[Step], imports: str = "") -> str:
    """The lead, and under it the migrations that follow each other; no number where there is one."""
    code = [imports, ""] if imports else []
    for number, each in enumerate(steps, 1):
        if len(steps) > 1 or each.title:
            code.append(f"# {number}{each.title}" if len(steps) > 1 else f"#{each.title[1:]}")
        code += [each.function, ""] if each.function else []
        code += [f"{operation}," for operation in each.operations]
    return f"{lead}\n{indented(*code)}"


def beside_the_state(database: Sequence[str], *state: str) -> str:
    """One operation that does something else to the database, or nothing, than it says to Django's state."""
    done = ["    database_operations=[", *(textwrap.indent(f"{each},", " " * 8) for each in database), "    ],"]
    said = ["    state_operations=[", *(textwrap.indent(f"{each},", " " * 8) for each in state), "    ],"]
    return "\n".join(("migrations.SeparateDatabaseAndState(", *(done if database else ()), *said, ")"))


def run_sql(forwards: str, backwards: str) -> str:
    """A RunSQL of one statement each way, in the quotes that need no escape; no way back is a noop."""
    return f"migrations.RunSQL({literal(forwards)}, {literal(backwards) if backwards else 'migrations.RunSQL.noop'})"


def concurrent_builds(analyses: Sequence[Analysis], analysis: Analysis) -> list[str]:
    """The indexes on existing tables that the operation of a statement makes, each built concurrently instead."""
    builds = []
    for each, change, _ in changes_of(analyses, CreateIndex):
        if each.statement.operation == analysis.statement.operation and is_existing(each, change.table):
            head, index, rest = each.statement.sql.partition("INDEX ")
            drop = f"DROP INDEX CONCURRENTLY IF EXISTS {change.index.name}"
            builds.append(run_sql(f"{head}{index}CONCURRENTLY {rest}".rstrip(";"), drop))
    return builds


def literal(text: str) -> str:
    """A string literal in double quotes where that needs no escape."""
    if '"' not in text and "\\" not in text and "\n" not in text:
        return f'"{text}"'
    return repr(text)
