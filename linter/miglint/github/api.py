"""GitHub's REST API."""

from __future__ import annotations

from urllib.parse import quote

from miglint.rest import Service

GITHUB = Service(
    name="GitHub",
    variable="GITHUB_API_URL",
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    authorization=("Authorization", "Bearer "),
)


def repository_path(repository: str) -> str:
    """`/repos/OWNER/NAME`, each part quoted."""
    return "/repos/" + "/".join(quote(part, safe="") for part in repository.split("/", 1))
