"""`--format text`: for a person at a terminal. Findings with their source and what to do, and what was understood."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.finding import Finding, Related, Severity
from miglint.reporters import Console
from miglint.reporters._paint import BLUE, BOLD, DIM, GREEN, OF_SEVERITY, RED, Paint, shown
from miglint.reporters._sections import plural
from miglint.reporters._snippet import Snippet
from miglint.result import Blind, Coverage, Result
from miglint.text import lines

SUFFIXES = (".txt",)
RELATED = 8
BLIND = 5
SUPPRESSED = 10
TEXT = 2_000
"""No line that stems from the repository is longer than this many characters."""


def report(result: Result, console: Console) -> str:
    """The findings that are not suppressed, then coverage, notes and the summary."""
    paint = Paint(console.colour)
    sources = {path: lines(text) for path, text in result.sources.items()}
    blocks = ["\n".join(_finding(finding, sources, console, paint)) for finding in result.active]
    return "\n\n".join([*blocks, "\n".join(_end(result, paint))]) + "\n"


def _finding(finding: Finding, sources: dict[str, list[str]], console: Console, paint: Paint) -> list[str]:
    problem, span, colour = finding.problem, finding.problem.at.span, OF_SEVERITY[finding.severity]
    highest = max([span.end_line, 1, *[place.line for place in problem.related]])
    snippet = Snippet(len(str(highest)), console.width, paint, colour)
    margin = " " * snippet.number_width
    head = paint(f"{finding.severity}[{shown(finding.rule)}]", colour)
    said = [
        f"{head}{paint(': ' + shown(problem.message, TEXT), BOLD)}",
        f"{margin}{paint('-->', BLUE)} {shown(problem.at.path, TEXT)}:{span.line}:{span.column}",
        *snippet.draw(sources.get(problem.at.path, []), span),
    ]
    for place in problem.related[:RELATED]:
        said += _related(place, sources, snippet, margin, paint)
    if len(problem.related) > RELATED:
        said.append(f"{margin}{paint('...', BLUE)} and {plural(len(problem.related) - RELATED, 'more place')}")
    return [*said, snippet.gutter(""), *_help(problem.help, margin, paint)]


def _related(place: Related, sources: dict[str, list[str]], snippet: Snippet, margin: str, paint: Paint) -> list[str]:
    message = f": {shown(place.message, TEXT)}" if place.message else ""
    head = f"{margin}{paint('...', BLUE)} {shown(place.path, TEXT)}:{place.line}{message}"
    return [head, *snippet.plain(sources.get(place.path, []), place.line)]


def _help(text: str, margin: str, paint: Paint) -> list[str]:
    """The first line behind `= help:`, the others below it, indented the same."""
    label = f"{margin} {paint('=', BLUE)} {paint('help', GREEN)}: "
    indent = " " * (len(margin) + len(" = help: "))
    drawn = text.rstrip().split("\n")
    if "::" in text or "##[" in text or len(text) > TEXT or not text.replace("\n", "").isprintable():
        drawn = [_harmless(shown(line, TEXT)) for line in drawn]
    return [f"{label}{drawn[0]}".rstrip(), *[f"{indent}{line}".rstrip() for line in drawn[1:]]]


def _harmless(line: str) -> str:
    """A line that GitHub's runner does not read as a command."""
    return line.replace("::", "\\x3a:", 1) if line.lstrip().startswith("::") else line


def _end(result: Result, paint: Paint) -> Iterator[str]:
    for note in result.notes:
        yield f"{paint('note', BLUE)}: {shown(note, TEXT)}"
    yield from _suppressed(result, paint)
    yield from _coverage(result.coverage, paint)
    yield _summary(result, paint)


def _suppressed(result: Result, paint: Paint) -> Iterator[str]:
    """What a comment or the configuration silences; the baseline's are only counted."""
    silenced = [one for one in result.findings if one.suppressed is not None and one.suppressed.by != "baseline"]
    for finding in silenced[:SUPPRESSED]:
        suppressed, at = finding.suppressed, finding.problem.at
        if suppressed is not None:
            reason = shown(suppressed.reason, 200) or "no reason given"
            place = f"{shown(at.path, TEXT)}:{at.span.line}"
            yield paint(f"suppressed by {suppressed.by}: {place}: {shown(finding.rule)} ({reason})", DIM)
    if len(silenced) > SUPPRESSED:
        yield paint(f"and {len(silenced) - SUPPRESSED} more suppressed", DIM)


def _coverage(coverage: Coverage, paint: Paint) -> Iterator[str]:
    if not coverage.migrations and not coverage.unknown:
        return
    understood = f"{coverage.operations_understood} of {plural(coverage.operations, 'operation')} understood"
    if coverage.statements:
        understood += f", {coverage.statements_understood} of {plural(coverage.statements, 'statement')}"
    if not coverage.unknown:
        yield understood
        return
    yield f"{understood}; not known to be safe:"
    for blind in coverage.unknown[:BLIND]:
        yield _blind(blind, paint)
    if len(coverage.unknown) > BLIND:
        yield f"  and {plural(len(coverage.unknown) - BLIND, 'more place')}"


def _blind(blind: Blind, paint: Paint) -> str:
    return f"  {shown(blind.path, TEXT)}:{blind.line}: {paint(shown(blind.reason, 300), DIM)}"


def _summary(result: Result, paint: Paint) -> str:
    counts = [(severity, result.count(severity)) for severity in Severity]
    found = [paint(plural(count, severity.value), OF_SEVERITY[severity]) for severity, count in counts if count]
    suppressed = len(result.findings) - len(result.active)
    aside = f" ({suppressed} suppressed)" if suppressed else ""
    against = f" against {shown(result.base.ref, 200)}" if result.base else ""
    checked = f"{plural(result.coverage.migrations, 'migration')} checked{against}"
    if found:
        return f"{', '.join(found)}{aside} in {checked}"
    if not result.coverage.migrations and result.base:
        return f"no migration changed{against}: nothing to check{aside}"
    verdict = paint("nothing found", GREEN if not result.coverage.unknown else RED)
    return f"{verdict}{aside} in {checked}"
