"""The merge request that a GitLab pipeline runs for, from its predefined variables.

https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from miglint import escape

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ADDRESS = re.compile(r"https?://[\w.:/~%+-]+", re.ASCII)


class MergeRequest(Struct, frozen=True):
    """Where it is, and where the lines of its head can be seen."""

    project: str
    """The id of the project that it was opened in, which for a fork is not the pipeline's."""
    number: str
    sha: str = ""
    source_url: str = ""

    @property
    def path(self) -> str:
        """Its place in the API."""
        return f"/projects/{self.project}/merge_requests/{self.number}"

    def line_address(self, path: str, line: int) -> str | None:
        """Where a line of a file can be seen."""
        if not (self.sha and self.source_url):
            return None
        return f"{self.source_url}/-/blob/{self.sha}/{escape.address(path)}#L{line}"


def merge_request(environment: Mapping[str, str]) -> MergeRequest | None:
    """None if the pipeline is for no merge request."""
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    if not (project.isdecimal() and number.isdecimal()):
        return None
    # The first is set for merged results only, where the commit is a merge that nobody can look up.
    sha = environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environment.get("CI_COMMIT_SHA", "")
    source = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_URL", "")
    return MergeRequest(
        project, number, sha if _COMMIT.fullmatch(sha) else "", source.rstrip("/") if _ADDRESS.fullmatch(source) else ""
    )
