"""What GitHub's objects look like in its answers, and the fixtures that come from GitHub itself."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
REPOSITORY = "acme/shop"
APP = "github-actions"
"""The app that our token is of."""
NOW = "2026-01-01T00:00:00Z"
HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


@cache
def _fixture_text(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text()


def fixture(name: str) -> Any:
    return json.loads(_fixture_text(name))


def bot() -> dict[str, Any]:
    user: dict[str, Any] = copy.deepcopy(fixture("pull_request.opened")["pull_request"]["user"])
    return user | {"login": "github-actions[bot]", "type": "Bot"}


def hunks(patch: str) -> list[range]:
    found = (HUNK.match(line) for line in patch.splitlines())
    return [range(int(hunk[1]), int(hunk[1]) + int(hunk[2] or 1)) for hunk in found if hunk]


def changed_file(path: str, patch: str | None = None) -> dict[str, Any]:
    file = {
        "sha": "c" * 40,
        "filename": path,
        "status": "added",
        "additions": 1,
        "deletions": 0,
        "changes": 1,
        "blob_url": "https://github.com/x",
        "raw_url": "https://github.com/x",
        "contents_url": "https://github.com/x",
    }
    return {**file, "patch": patch} if patch else file


def review(identity: int, number: str) -> dict[str, Any]:
    link = {"href": "https://github.com/x"}
    return {
        "id": identity,
        "node_id": "PRR",
        "user": bot(),
        "body": "",
        "state": "COMMENTED",
        "html_url": "https://github.com/x",
        "pull_request_url": f"https://api.github.com/repos/{REPOSITORY}/pulls/{number}",
        "_links": {"html": link, "pull_request": link},
        "submitted_at": NOW,
        "commit_id": "a" * 40,
        "author_association": "NONE",
    }


def review_comment(identity: int, number: str, comment: dict[str, Any]) -> dict[str, Any]:
    link = {"href": "https://github.com/x"}
    return {
        "id": identity,
        "node_id": "PRRC",
        "url": "https://github.com/x",
        "pull_request_review_id": identity,
        "diff_hunk": "@@",
        "path": comment["path"],
        "line": comment["line"],
        "commit_id": "a" * 40,
        "original_commit_id": "a" * 40,
        "user": bot(),
        "body": comment["body"],
        "created_at": NOW,
        "updated_at": NOW,
        "html_url": "https://github.com/x",
        "pull_request_url": f"https://api.github.com/repos/{REPOSITORY}/pulls/{number}",
        "author_association": "NONE",
        "_links": {"self": link, "html": link, "pull_request": link},
    }


def check_run(identity: int, body: dict[str, Any], annotations: int, app: str = APP) -> dict[str, Any]:
    output = body["output"]
    return {
        "id": identity,
        "node_id": "CR",
        "external_id": body.get("external_id", ""),
        "head_sha": body["head_sha"],
        "url": "https://github.com/x",
        "html_url": "https://github.com/x",
        "details_url": "https://github.com/x",
        "name": body["name"],
        "status": body["status"],
        "conclusion": body.get("conclusion"),
        "started_at": NOW,
        "completed_at": NOW,
        "output": {
            "title": output["title"],
            "summary": output["summary"],
            "text": None,
            "annotations_count": annotations,
            "annotations_url": "https://github.com/x",
        },
        "check_suite": {"id": 1},
        "app": integration(app),
        "pull_requests": [],
    }


def integration(slug: str) -> dict[str, Any]:
    return {
        "id": 15368,
        "node_id": "A",
        "slug": slug,
        "name": slug,
        "owner": bot(),
        "description": None,
        "external_url": "https://github.com/x",
        "html_url": "https://github.com/x",
        "created_at": NOW,
        "updated_at": NOW,
        "permissions": {},
        "events": [],
    }


def check_run_problem(body: dict[str, Any]) -> str:
    output = body.get("output", {})
    if ("conclusion" in body) != (body.get("status") == "completed"):
        return "a conclusion and the status completed belong together"
    if len(output.get("annotations", [])) > 50:
        return "No more than 50 annotations"
    if len(output.get("summary", "")) > 65_535:
        return "Only 65535 characters are allowed"
    for annotation in output.get("annotations", []):
        if annotation["start_line"] > annotation["end_line"] or (
            "start_column" in annotation and annotation["start_line"] != annotation["end_line"]
        ):
            return "Invalid annotation"
        if len(annotation["message"].encode()) > 65_536:
            return "annotation message is too long"
    return ""
