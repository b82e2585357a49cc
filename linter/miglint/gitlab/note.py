"""One note on the merge request: found by a marker, edited in place, resolved when clean, never deleted.

https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from miglint.errors import MiglintError
from miglint.gitlab.merge_request import MergeRequest, merge_request
from miglint.reporters import markdown
from miglint.rest import Client, RestError, Service
from miglint.result import Result

GITLAB = Service("GitLab", "CI_API_V4_URL", {"Accept": "application/json"}, ("PRIVATE-TOKEN", ""))
TOKEN = "MIGLINT_TOKEN"  # noqa: S105 (the name of a variable)
MARKER = "<!-- miglint: the one note of this merge request -->"
LIMIT = 900_000
"""Bytes of UTF-8. GitLab accepts a million characters; what is left is room for what keeps commands from being run."""
_PAGES = 10
_QUICK_ACTION = re.compile(r"^([^\S\n]*)/(?=\w)", re.MULTILINE)
"""GitLab runs a line that starts so (`/close`, `/merge`) as a command of the token's owner. It looks for code blocks by
their first three backticks, so that a longer fence hides nothing from it."""


def post(result: Result, environment: Mapping[str, str]) -> str:
    """Write the note; why that was not possible, in one line, empty if it was."""
    request, token = merge_request(environment), environment.get(TOKEN, "")
    if request is None:
        return "no note: this is no pipeline of a merge request"
    if not token:
        return f"no note: {TOKEN} is not set (a job's own CI_JOB_TOKEN may not write notes)"
    try:
        deliver(Client(GITLAB, environment.get("CI_API_V4_URL", ""), token), request, result)
    except RestError as error:
        hint = f"; {TOKEN} needs the scope api and access to the project" if error.status in {401, 403, 404} else ""
        return f"no note: {error}{hint}"
    except MiglintError as error:
        return f"no note: {error}"
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        # An answer that is JSON but not what the API's description says.
        return f"no note: GitLab's answer was not understood ({type(error).__name__})"
    return ""


def deliver(client: Client, request: MergeRequest, result: Result) -> str:
    """What was done, in a word or two. Nothing is written as long as nothing was ever found."""
    notes = f"{request.path}/notes"
    existing = _existing(client, notes)
    if existing is None:
        if not result.active:
            return "nothing to say"
        client.post(notes, {"body": body(request, result)})
        return "written"
    text = body(request, result) if result.active else f"{MARKER}\n{markdown.resolved(request.sha)}"
    if existing["body"] == text:
        return "unchanged"
    client.put(f"{notes}/{existing['id']}", {"body": text})
    return "edited" if result.active else "resolved"


def body(request: MergeRequest, result: Result) -> str:
    """The note, within GitLab's limit, no line of which is a quick action."""
    layout = markdown.Layout(limit=LIMIT, link=request.line_address, elsewhere="all are in the job's log")
    return _QUICK_ACTION.sub("\\1\u200b/", f"{MARKER}\n{markdown.page(result, layout)}")


def _existing(client: Client, notes: str) -> dict[str, Any] | None:
    """Our note: written by the token's own user, as anybody can write a marker."""
    user = client.get("/user").data["id"]
    for note in client.pages(notes, limit=_PAGES, sort="asc", order_by="created_at"):
        if not note["system"] and note["author"]["id"] == user and str(note["body"]).startswith(MARKER):
            return note
    return None
