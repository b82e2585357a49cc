"""Review comments with a suggestion that can be applied by a click, only on lines that the diff shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from miglint import escape
from miglint.finding import Edit, Finding
from miglint.github.api import repository_path
from miglint.github.event import Event, PullRequest
from miglint.rest import Client
from miglint.result import Result
from miglint.text import lines

COMMENTS = 20
_FILE_PAGES = 30
_COMMENT_PAGES = 10
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
Hunks = Mapping[str, list[range]]
"""By path, the stretches of lines of the new file that the diff shows."""


def deliver(client: Client, event: Event, pull: PullRequest, result: Result) -> str:
    """Post what was not suggested before, in one review."""
    suggestible = [finding for finding in result.active if _single_edit(finding)]
    if not suggestible:
        return "nothing to suggest"
    root = f"{repository_path(event.repository)}/pulls/{pull.number}"
    shown = dict(_files(client, root))
    before = {_marker_of(comment) for comment in client.pages(f"{root}/comments", limit=_COMMENT_PAGES)}
    comments = [
        comment
        for finding in _one_an_edit(suggestible)
        if _marker(finding) not in before and (comment := comment_on(finding, shown, result.sources))
    ][:COMMENTS]
    if not comments:
        return "nothing new to suggest"
    client.post(f"{root}/reviews", {"commit_id": pull.head_sha, "event": "COMMENT", "comments": comments})
    return f"suggested {len(comments)}"


def comment_on(finding: Finding, shown: Hunks, sources: Mapping[str, str]) -> dict[str, Any] | None:
    """The review comment of a finding; None if its edit does not lie in the diff or has lines we cannot see."""
    edit = _single_edit(finding)
    source = lines(sources[edit.path]) if edit and edit.path in sources else []
    replacement = suggestion(edit, source) if edit else None
    if edit is None or replacement is None or len(source) != sources[edit.path].count("\n") + 1:
        return None  # the last: GitHub counts other lines than Python where a lone carriage return stands
    first, last, text = replacement
    if escape.block(text) != text:
        return None  # what cannot be shown as it is cannot be suggested
    if not any(first in hunk and last in hunk for hunk in shown.get(edit.path, [])):
        return None
    body = f"{_marker(finding)}\n**{escape.markdown(finding.rule)}**: {escape.prose(finding.problem.message, 1_000)}"
    comment: dict[str, Any] = {
        "path": edit.path,
        "line": last,
        "side": "RIGHT",
        "body": f"{body}\n\n{_offer(finding)}\n\n{_suggestion_block(text)}",
    }
    return comment | {"start_line": first, "start_side": "RIGHT"} if first != last else comment


def suggestion(edit: Edit, source: list[str]) -> tuple[int, int, str] | None:
    """The lines that an edit touches, and what they become; an insertion takes its neighbour with it."""
    span = edit.span
    last = span.end_line
    whole_lines = span.end_column == 1 and span.end_line > span.line and edit.text[-1:] in {"", "\n"}
    if whole_lines:
        last -= 1  # the edit ends with the line break: the next line is not touched
    if not 1 <= span.line <= last <= len(source) or span.end_line > len(source):
        return None
    before = source[span.line - 1][: span.column - 1]
    if whole_lines:
        return span.line, last, (before + edit.text).removesuffix("\n")
    return span.line, last, before + edit.text + source[span.end_line - 1][span.end_column - 1 :]


def _one_an_edit(findings: Iterable[Finding]) -> Iterable[Finding]:
    """The findings without those whose edit another suggests already, as in a loop that makes several operations."""
    return {_single_edit(finding): finding for finding in reversed(list(findings))}.values()


def hunks(patch: str) -> list[range]:
    """The stretches of lines of the new file in a unified diff."""
    return [
        range(int(found[1]), int(found[1]) + int(found[2] or 1))
        for line in patch.split("\n")
        if (found := _HUNK.match(line))
    ]


def _files(client: Client, root: str) -> Iterator[tuple[str, list[range]]]:
    for file in client.pages(f"{root}/files", limit=_FILE_PAGES):
        path, patch = file.get("filename"), file.get("patch")
        if isinstance(path, str) and isinstance(patch, str):
            yield path, hunks(patch)


def _single_edit(finding: Finding) -> Edit | None:
    fix = finding.problem.fix
    return fix.edits[0] if fix and len(fix.edits) == 1 else None


def _marker(finding: Finding) -> str:
    name = "".join(char for char in finding.fingerprint if char.isalnum() or char in "._:/")[:200]
    return f"<!-- miglint: suggestion {name} -->"


def _marker_of(comment: Mapping[str, Any]) -> str:
    return str(comment.get("body", "")).partition("\n")[0].strip()


def _offer(finding: Finding) -> str:
    """What applying it does, and whether that is for a person to judge."""
    fix = finding.problem.fix
    title = escape.prose(fix.title, 200) if fix else ""
    return f"Suggestion: {title}" if fix and fix.safe else f"Suggestion, **if that is right here**: {title}"


def _suggestion_block(text: str) -> str:
    """The block; without a line in it the lines are deleted."""
    return escape.fenced(text, "suggestion") if text else "```suggestion\n```"
