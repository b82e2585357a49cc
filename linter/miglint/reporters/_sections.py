"""The pieces of a Markdown report: one function each for a finding, a conflict's graph, SQL with locks, coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from miglint import escape
from miglint.effects import Access, Effect, Work
from miglint.finding import DiagramNode, Finding, Severity
from miglint.history import Confidence
from miglint.result import CheckedMigration, CheckedStatement, Coverage, Result

Link = Callable[[str, int], str | None]
"""The address of a line of a file at the head, or None."""

ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "ℹ️"}  # noqa: RUF001 (an emoji, not an i)
NAME = 200
LINKED = 500
"""A path of more characters is not linked: its address would take the room of what is to be said."""
MESSAGE = 1_000
HELP = 3_000
SQL = 4_000
UNKNOWN = 20
_ADDRESS = "/:#?&=%@+,;~"
NODES = 40


def plural(count: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def verdict(result: Result) -> str:
    """The whole report in one line."""
    counts = [(severity, result.count(severity)) for severity in Severity]
    found = [plural(count, severity.value) for severity, count in counts if count]
    worst = next((severity for severity, count in counts if count), None)
    where = plural(result.coverage.migrations, "migration")
    if worst is None and result.coverage.unknown:
        return f"⚠️ miglint found nothing in what it understood of {where}"
    if worst is None:
        return f"✅ miglint found nothing in {where}"
    return f"{ICONS[worst]} miglint found {_listed(found)} in {where}"


def finding_section(finding: Finding, link: Link) -> str:
    """What, where, why here, what to write instead; and the graph, where the finding is about one."""
    problem = finding.problem
    place = place_link(problem.at.path, problem.at.span.line, link)
    parts = [
        f"#### {ICONS[finding.severity]} {place} · {rule_link(finding)}",
        escape.prose(problem.message, MESSAGE),
    ]
    if problem.diagram:
        parts.append(diagram(problem.diagram))
    if problem.related:
        parts.append("\n".join(_related(place.path, place.line, place.message, link) for place in problem.related[:10]))
    if problem.help:
        parts.append(f"**Instead:** {prose_with_code(escape.capped(problem.help, HELP), _language(problem.at.path))}")
    return "\n\n".join(parts)


def place_link(path: str, line: int, link: Link) -> str:
    """`path:line` as code, linked where there is an address."""
    shown = escape.code(f"{path}:{line}", NAME)
    address = link(path, line) if len(path) <= LINKED else None
    return f"[{shown}]({address})" if address else shown


def rule_link(finding: Finding) -> str:
    """The rule's name, linked to its page where that is a web page."""
    from urllib.parse import quote  # a terminal has no links

    name = escape.code(finding.rule, NAME)
    web = finding.docs.startswith(("https://", "http://"))
    return f"[{name}]({quote(finding.docs, safe=_ADDRESS)})" if web else name


def prose_with_code(text: str, language: str) -> str:
    """Paragraphs as prose, lines that are indented by four spaces as a block of code."""
    parts: list[str] = []
    for indented, lines in _runs(text.splitlines()):
        if indented:
            parts.append(escape.fenced("\n".join(_dedent(lines)), language))
        else:
            parts.append("  \n".join(escape.prose(line) for line in lines))
    return "\n\n".join(parts)


def diagram(nodes: Iterable[DiagramNode]) -> str:
    """A mermaid graph of a conflict, parents above children, each side with a colour that works in light and dark."""
    shown = list(nodes)[:NODES]
    sides = list(dict.fromkeys(node.side for node in shown))
    # A name can stand on two sides (two branches that chose the same one): parents refer to the first of that name.
    ids = {node.name: f"n{number}" for number, node in reversed(list(enumerate(shown)))}
    lines = ["graph TD"]
    for number, node in enumerate(shown):
        label = f"{escape.mermaid(node.name)}<br/>{escape.mermaid(node.side)}"
        lines.append(f'  n{number}["{label}"]:::side{sides.index(node.side) % 3}')
        lines += [f"  {ids[parent]} --> n{number}" for parent in node.parents if parent in ids]
    colours = ("#57606a", "#0969da", "#bf3989")
    lines += [f"  classDef side{number} stroke:{colour},stroke-width:2px" for number, colour in enumerate(colours)]
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def migration_section(checked: CheckedMigration) -> str:
    """A migration's SQL with the locks that each statement takes, folded."""
    migration = checked.migration
    how = "in one transaction" if checked.atomic else "without a transaction"
    name = f"<code>{escape.html(escape.capped(str(migration.key), NAME))}</code>"
    parts = [f"<details><summary>SQL of {name} on {escape.html(checked.database)}, {how}</summary>"]
    sql = "\n".join(statement_text(statement) for statement in checked.statements)
    parts.append(escape.fenced(sql, "sql", SQL))
    rows = [
        _row(number, effect)
        for number, done in enumerate(checked.statements, 1)
        for effect in done.effects
        if effect.lock
    ]
    if rows:
        header = "| statement | relation | lock | work | waits meanwhile |\n|--:|---|---|---|---|"
        parts.append("\n".join([header, *rows[:200]]))
    return "\n\n".join([*parts, "</details>"])


def statement_text(checked: CheckedStatement) -> str:
    """A statement as SQL, or as a comment where there is none to show."""
    statement = checked.statement
    if statement.opaque:
        return f"-- {escape.line(statement.opaque, NAME)} runs here"
    note = {Confidence.ASSUMED: "assumed", Confidence.UNKNOWN: "not understood"}.get(statement.confidence)
    comment = f"-- {note}: {escape.line(statement.reason, NAME)}\n" if note and statement.reason else ""
    return comment + statement.sql.rstrip().removesuffix(";") + ";"


def coverage_section(coverage: Coverage, link: Link) -> str:
    """How much was understood, and each place that was not."""
    text = (
        f"Understood {coverage.operations_understood} of {plural(coverage.operations, 'operation')} and "
        f"{coverage.statements_understood} of {plural(coverage.statements, 'statement')}."
    )
    if not coverage.unknown:
        return text
    places = [
        f"- {place_link(blind.path, blind.line, link)}: {escape.prose(blind.reason, NAME)}"
        for blind in coverage.unknown[:UNKNOWN]
    ]
    if len(coverage.unknown) > UNKNOWN:
        places.append(f"- and {len(coverage.unknown) - UNKNOWN} more")
    return text + " Not known to be safe:\n\n" + "\n".join(places)


def suppression_section(findings: Iterable[Finding], link: Link) -> str:
    """What the change silences, for its reviewers."""
    lines = []
    for finding in findings:
        suppressed, at = finding.suppressed, finding.problem.at
        if suppressed is not None:
            reason = escape.markdown(suppressed.reason, NAME) or "no reason given"
            until = f" (until {escape.markdown(suppressed.expires, NAME)})" if suppressed.expires else ""
            lines.append(f"- {place_link(at.path, at.span.line, link)} {rule_link(finding)}: {reason}{until}")
    return "**Suppressed here, for reviewers to judge:**\n\n" + "\n".join(lines)


def _row(number: int, effect: Effect) -> str:
    lock = escape.markdown(f"{effect.lock} ({effect.algorithm})" if effect.algorithm else effect.lock)
    work = ", ".join(work.value for work in Work if work in effect.work) or "–"  # noqa: RUF001 (a dash for an empty cell)
    waits = ", ".join(access.value.upper() for access in Access if access in effect.blocks) or "nobody"
    relation = escape.code(effect.relation, NAME)
    cells = [str(number), relation, lock, work, f"**{waits}**" if effect.dangerous else waits]
    return "| " + " | ".join(cells) + " |"


def _related(path: str, line: int, message: str, link: Link) -> str:
    return f"- {place_link(path, line, link)}: {escape.prose(message, MESSAGE)}"


def _runs(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines that are code or prose; blank lines end prose and stay inside code."""
    run: list[str] = []
    code = False
    for line in lines:
        indented = line.startswith("    ") or (code and not line.strip())
        if run and (indented != code or (not line.strip() and not code)):
            yield code, run
            run = []
        code = indented
        if line.strip() or code:
            run.append(line)
    if run:
        yield code, run


def _dedent(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return [line[4:] for line in lines]


def _language(path: str) -> str:
    return "python" if path.endswith(".py") else "sql"


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
