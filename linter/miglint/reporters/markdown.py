"""`--format markdown`: a page for a pull request's comment, GitHub's step summary or a merge request's note.

Where room is short, the verdict, coverage and notes stay, the most severe findings come next, SQL goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from miglint import escape
from miglint.finding import Finding
from miglint.reporters import Console
from miglint.reporters._sections import (
    Link,
    coverage_section,
    finding_section,
    migration_section,
    plural,
    suppression_section,
    verdict,
)
from miglint.result import Result

SUFFIXES = (".md", ".markdown")
SUMMARY_LIMIT = 1_000_000
"""GitHub drops a step summary of more than 1 MiB; this many characters of mostly ASCII stay below."""
_TAIL = 200
"""Room for the lines that say what was left out."""


class Layout(Struct, frozen=True):
    """How much room there is, in bytes of UTF-8, and where a line of a file can be seen."""

    limit: int = SUMMARY_LIMIT
    link: Link = lambda path, line: None
    elsewhere: str = ""
    """Where the rest can be read if the room does not suffice, as a clause (`see the job's summary`)."""


def report(result: Result, console: Console) -> str:
    """The page with everything that fits into a step summary."""
    return page(result, Layout())


def resolved(sha: str) -> str:
    """What a comment or note becomes once nothing is found."""
    as_of = f" as of {sha[:12]}" if sha else ""
    return f"### ✅ miglint: resolved\n\nEverything that was reported here has been dealt with{as_of}.\n"


def page(result: Result, layout: Layout) -> str:
    """The report within the layout's limit."""
    head = f"### {verdict(result)}"
    tail = [*_compared(result), coverage_section(result.coverage, layout.link), *_notes(result.notes)]
    room = layout.limit - _size([head, *tail]) - _TAIL
    findings = sorted(result.active, key=lambda finding: -finding.severity.rank)
    shown, room = _fitting((finding_section(finding, layout.link) for finding in findings), room)
    left_out = _left_out(findings[len(shown) :], layout)
    silenced = [finding for finding in result.findings if finding.suppressed and finding.suppressed.by == "comment"]
    suppressions, room = _fitting([suppression_section(silenced, layout.link)] if silenced else [], room)
    sql, room = _fitting((migration_section(checked) for checked in result.migrations if checked.statements), room)
    return "\n\n".join([head, *shown, *left_out, *suppressions, *sql, *tail]) + "\n"


def _fitting(sections: Iterable[str], room: int) -> tuple[list[str], int]:
    """As many of the first sections as there is room for, and the room that is left (0 if one did not fit)."""
    shown: list[str] = []
    for section in sections:
        size = _size([section])
        if size > room:
            return shown, 0
        shown.append(section)
        room -= size
    return shown, room


def _size(sections: Iterable[str]) -> int:
    return sum(len(section.encode()) + 2 for section in sections)


def _left_out(findings: Sequence[Finding], layout: Layout) -> list[str]:
    if not findings:
        return []
    more = plural(len(findings), "more finding")
    return [f"**{more} did not fit here{'; ' + layout.elsewhere if layout.elsewhere else ''}.**"]


def _compared(result: Result) -> list[str]:
    if result.base is None:
        return []
    base, head = (
        f"{escape.code(revision.ref, 100)}{f' ({revision.commit[:12]})' if revision.commit else ''}"
        for revision in (result.base, result.head)
    )
    return [f"<sub>The graph is that of {base} united with {head}.</sub>"]


def _notes(notes: Sequence[str]) -> list[str]:
    return ["\n".join(f"> {escape.markdown(note, 500)}" for note in notes[:20])] if notes else []
