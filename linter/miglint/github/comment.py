"""One comment on the pull request: found by a marker, edited in place, resolved when clean, never deleted."""

from __future__ import annotations

from typing import Any

from miglint.github.api import repository_path
from miglint.github.event import Event, PullRequest
from miglint.reporters import markdown
from miglint.rest import Client
from miglint.result import Result

MARKER = "<!-- miglint: the one comment of this pull request -->"
LIMIT = 65_536
"""Characters that GitHub accepts in a comment; held in bytes of UTF-8, which are never fewer."""
_PAGES = 10
_TRUSTED = {"OWNER", "MEMBER", "COLLABORATOR"}


def deliver(client: Client, event: Event, pull: PullRequest, result: Result) -> str:
    """Write the comment; what was done, in a word or two. Nothing is posted as long as nothing was ever found."""
    comments = f"{repository_path(event.repository)}/issues/{pull.number}/comments"
    existing = next((c for c in client.pages(comments, limit=_PAGES) if _is_ours(c)), None)
    if existing is None:
        if not result.active:
            return "nothing to say"
        client.post(comments, {"body": body(event, result)})
        return "posted"
    text = body(event, result) if result.active else f"{MARKER}\n{markdown.resolved(event.sha)}"
    if existing.get("body") == text:
        return "unchanged"
    client.patch(f"{repository_path(event.repository)}/issues/comments/{existing['id']}", {"body": text})
    return "edited" if result.active else "resolved"


def body(event: Event, result: Result) -> str:
    """The comment, within GitHub's limit."""
    limit = LIMIT - len(MARKER.encode()) - 1
    layout = markdown.Layout(limit=limit, link=event.line_address, elsewhere="all are in the summary of the job")
    return f"{MARKER}\n{markdown.page(result, layout)}"


def _is_ours(comment: dict[str, Any]) -> bool:
    """Written by a bot or someone with access: a stranger's comment with the marker in it is not ours to edit."""
    user = comment.get("user")
    by_bot = isinstance(user, dict) and user.get("type") == "Bot"
    trusted = by_bot or comment.get("author_association") in _TRUSTED
    return trusted and isinstance(comment.get("id"), int) and str(comment.get("body", "")).startswith(MARKER)
