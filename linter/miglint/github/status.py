"""A commit status."""

from __future__ import annotations

from miglint import escape
from miglint.github.api import repository_path
from miglint.rest import Client

DESCRIPTION = 140


def deliver(client: Client, repository: str, sha: str, *, state: str, context: str, description: str) -> None:
    """Set the status of a commit; the latest of a context is the one that counts."""
    text = escape.line(description, DESCRIPTION)
    body = {"state": state, "context": context, "description": text}
    client.post(f"{repository_path(repository)}/statuses/{sha}", body)


def latest(client: Client, repository: str, sha: str, *, context: str) -> str:
    """The state that a context has now; empty if it has none. The newest come first."""
    listed = client.pages(f"{repository_path(repository)}/commits/{sha}/statuses", limit=1)
    return next((str(one.get("state")) for one in listed if one.get("context") == context), "")
