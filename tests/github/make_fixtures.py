"""Take from GitHub's OpenAPI description and webhook examples what the tests use.

Run it after `npm install --no-save @octokit/openapi @octokit/webhooks-examples`:
python tests/github/make_fixtures.py node_modules/@octokit
"""

import json
import sys
from pathlib import Path
from typing import Any

PATHS = {
    "/repos/{owner}/{repo}/check-runs": ["post"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["get", "patch"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": ["get"],
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/statuses": ["get"],
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["get", "patch"],
    "/repos/{owner}/{repo}/pulls": ["get"],
    "/repos/{owner}/{repo}/pulls/{pull_number}/comments": ["get"],
    "/repos/{owner}/{repo}/pulls/{pull_number}/files": ["get"],
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews": ["post"],
    "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
}
EVENTS = {
    "pull_request": ["opened", "synchronize"],
    "merge_group": ["checks_requested"],
    "push": [None],
    "workflow_run": ["completed"],
}
FIXTURES = Path(__file__).parent / "fixtures"
PROSE = {"description", "example", "examples", "summary", "externalDocs", "x-github", "tags", "operationId"}


def subset(description: dict[str, Any]) -> dict[str, Any]:
    paths = {}
    for path, methods in PATHS.items():
        item = description["paths"][path]
        paths[path] = {key: item[key] for key in [*methods, "parameters"] if key in item}
    wanted: dict[str, dict[str, Any]] = {}
    queue: list[Any] = [paths]
    while queue:
        for reference in references(queue.pop()):
            kind, name = reference.removeprefix("#/components/").split("/")
            if name not in wanted.setdefault(kind, {}) and kind != "examples":
                wanted[kind][name] = description["components"][kind][name]
                queue.append(wanted[kind][name])
    wanted.pop("examples", None)
    head = {"openapi": description["openapi"], "info": {"title": "GitHub", "version": description["info"]["version"]}}
    return {**head, "servers": [{"url": "/"}], "paths": without_prose(paths), "components": without_prose(wanted)}


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for entry in node for found in references(entry)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for key, entry in node.items() if key != "examples" for found in references(entry)]


def without_prose(node: Any, parent: str = "") -> Any:
    """Drop prose; where the keys are names (of properties, of responses) none of them is a keyword."""
    if isinstance(node, list):
        return [without_prose(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    named = parent in {"properties", "schemas", "responses", "headers", "parameters"}
    kept = {
        key: without_prose(entry, "" if named and parent != "responses" else "response" if named else key)
        for key, entry in node.items()
        if named or key not in PROSE
    }
    return {**kept, "description": ""} if parent == "response" and "$ref" not in kept else kept


def main(octokit: Path) -> None:
    description = json.loads((octokit / "openapi/generated/api.github.com.json").read_bytes())
    FIXTURES.mkdir(exist_ok=True)
    (FIXTURES / "openapi.json").write_text(
        json.dumps(subset(description), separators=(",", ":"), sort_keys=True) + "\n"
    )
    for entry in json.loads((octokit / "webhooks-examples/api.github.com/index.json").read_bytes()):
        for action in EVENTS.get(entry["name"], []):
            example = next((e for e in entry["examples"] if e.get("action") == action), None)
            name = f"{entry['name']}.{action}.json" if action else f"{entry['name']}.json"
            if example:
                (FIXTURES / name).write_text(json.dumps(example, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
