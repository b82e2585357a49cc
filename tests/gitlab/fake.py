"""A stateful GitLab on loopback that holds every request to what https://docs.gitlab.com/api/notes/ says of it.

GitLab's own OpenAPI description is not used: it types the list of notes as a single note.
"""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator

from tests.github.fake import Answer, Call, Fake

TOKEN, BOT, STRANGER = "glpat-not-a-secret", 7, 8
PROJECT, NUMBER = 42, 5
NOTES = f"/projects/{PROJECT}/merge_requests/{NUMBER}/notes"
QUERY = {"sort": r"asc|desc", "order_by": r"created_at|updated_at", "page": r"[1-9]\d*", "per_page": r"[1-9]\d?|100"}
BODY = Draft202012Validator(
    {
        "type": "object",
        "properties": {"body": {"type": "string", "minLength": 1, "maxLength": 1_000_000}},
        "required": ["body"],
        "additionalProperties": False,
    }
)


class FakeGitLab(Fake):
    """One merge request with its notes."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[dict[str, Any]] = []
        self.ran: list[str] = []
        """The quick actions that notes have run."""

    def write(self, body: str, *, author: int = STRANGER, system: bool = False) -> dict[str, Any]:
        note = {
            "id": next(self.ids),
            "body": body,
            "attachment": None,
            "author": {"id": author, "username": "x", "name": "X", "state": "active"},
            "created_at": "2026-11-22T10:00:00.000Z",
            "updated_at": "2026-11-22T10:00:00.000Z",
            "system": system,
            "noteable_id": 301,
            "noteable_type": "MergeRequest",
            "noteable_iid": NUMBER,
            "project_id": PROJECT,
            "resolvable": False,
            "confidential": False,
            "internal": False,
        }
        self.notes.append(note)
        return note

    def answer(self, call: Call) -> Answer:
        with self.lock:
            self.calls.append(call)
            self.violations += [f"{call.verb} {call.path}: {what}" for what in self._wrong(call)]
            return self._route(call)

    def _wrong(self, call: Call) -> list[str]:
        wrong = [name for name, values in call.query.items() if not re.fullmatch(QUERY.get(name, "$."), values[0])]
        if call.verb in {"POST", "PUT"}:
            wrong += [error.message for error in BODY.iter_errors(call.json)]
            wrong += [] if call.content_type == "application/json" else ["it is not JSON"]
        return wrong

    def _route(self, call: Call) -> Answer:
        if call.header.get("PRIVATE-TOKEN") != TOKEN:
            return Answer(401, {"message": "401 Unauthorized"})
        if (call.verb, call.path) == ("GET", "/user"):
            return Answer(200, {"id": BOT, "username": "project_42_bot", "bot": True})
        if (call.verb, call.path) == ("GET", NOTES):
            return self._page(call)
        if (call.verb, call.path) == ("POST", NOTES):
            self._run_quick_actions(call.json["body"])
            return Answer(201, self.write(call.json["body"], author=BOT))
        edited = re.fullmatch(f"{NOTES}/(\\d+)", call.path)
        if call.verb == "PUT" and edited:
            return self._edit(int(edited[1]), call)
        return Answer(404, {"message": "404 Project Not Found"})

    def _page(self, call: Call) -> Answer:
        size, number = (
            int(call.query.get(name, [default])[0]) for name, default in (("per_page", "20"), ("page", "1"))
        )
        listed = self.notes if call.query.get("sort") == ["asc"] else self.notes[::-1]
        more = number * size < len(listed)
        link = f'<{self.url}{call.path}?page={number + 1}>; rel="next", <{self.url}{call.path}?page=1>; rel="first"'
        return Answer(200, listed[(number - 1) * size : number * size], {"Link": link} if more else {})

    def _edit(self, identity: int, call: Call) -> Answer:
        for note in self.notes:
            if note["id"] == identity:
                if note["author"]["id"] != BOT:
                    return Answer(403, {"message": "403 Forbidden"})
                self._run_quick_actions(call.json["body"])
                note["body"] = call.json["body"]
                return Answer(200, note)
        return Answer(404, {"message": "404 Note Not Found"})

    def _run_quick_actions(self, body: str) -> None:
        """Wherever one stands: which blocks GitLab leaves out has changed from version to version."""
        self.ran += re.findall(r"^\s*/\w+.*", body, re.MULTILINE)
