"""What a CI system says of the change that it runs for, from its environment and GitHub's event payload.

Payloads hold text that strangers wrote. Only commit ids (checked) and branch names (checked where git gets them) are
taken from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

_MERGE_REF = re.compile(r"refs/pull/\d+/merge")


class Event(Struct, frozen=True):
    """What CI knows. Everything can be missing.

    `base_branch` is looked for among the remote's branches, `base_commit` where that fails. With `linear` the head
    descends from `base_commit` by construction, so that no history is needed to know the merge base.
    """

    base_branch: str | None = None
    base_commit: str | None = None
    head_name: str | None = None
    head_commit: str | None = None
    tested_commit: str | None = None
    """The merge of base and head that GitHub made for the run."""
    pull_request: bool = False
    linear: bool = False
    default_branch: str | None = None
    merged: bool = False
    """The head was pushed to the default branch: nothing in it waits for a review."""

    @property
    def has_base(self) -> bool:
        """Whether anything was said of the base."""
        return bool(self.base_branch or self.base_commit)


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether a CI system runs us."""
    return any(environment.get(name, "").lower() not in ("", "0", "false") for name in ("CI", "GITHUB_ACTIONS"))


def read_event(environment: Mapping[str, str]) -> Event:
    """What the CI system says; an empty event outside of one that is known."""
    if environment.get("GITHUB_EVENT_NAME") or environment.get("GITHUB_BASE_REF"):
        return _github(environment)
    if environment.get("GITLAB_CI"):
        return _gitlab(environment)
    return Event()


def _github(environment: Mapping[str, str]) -> Event:
    payload = _payload(environment.get("GITHUB_EVENT_PATH", ""))
    sha = _commit(environment.get("GITHUB_SHA"))
    default = _text(_part(payload, "repository").get("default_branch"))
    match environment.get("GITHUB_EVENT_NAME", ""):
        case "push":
            return _push(payload, sha, default)
        case "merge_group":
            group = _part(payload, "merge_group")
            return Event(
                base_branch=_branch(group.get("base_ref")),
                base_commit=_commit(group.get("base_sha")),
                head_name=_branch(group.get("head_ref")),
                head_commit=_commit(group.get("head_sha")),
                linear=True,
                default_branch=default,
            )
        case "workflow_run":
            asked = environment.get("GITHUB_BASE_REF") or None
            return _workflow_run(_part(payload, "workflow_run"), asked, default)
    pull = _part(payload, "pull_request")
    return Event(
        base_branch=_text(_part(pull, "base").get("ref")) or environment.get("GITHUB_BASE_REF") or None,
        base_commit=_commit(_part(pull, "base").get("sha")),
        head_name=_text(_part(pull, "head").get("ref")) or environment.get("GITHUB_HEAD_REF") or None,
        head_commit=_commit(_part(pull, "head").get("sha")),
        tested_commit=sha if _MERGE_REF.fullmatch(environment.get("GITHUB_REF", "")) else None,
        pull_request=bool(pull or environment.get("GITHUB_BASE_REF")),
        default_branch=default,
    )


def _push(payload: Mapping[str, Any], sha: str | None, default: str | None) -> Event:
    branch = _branch(payload.get("ref"))
    return Event(
        base_commit=_commit(payload.get("before")),
        head_name=branch,
        head_commit=_commit(payload.get("after")) or sha,
        linear=payload.get("forced") is False,
        default_branch=default,
        merged=branch is not None and branch == default,
    )


def _workflow_run(run: Mapping[str, Any], asked: str | None, default: str | None) -> Event:
    """The run that this one follows. GitHub lists no pull request for a fork's: who knows its base branch says so."""
    pulls = run.get("pull_requests")
    pull = pulls[0] if isinstance(pulls, list) and pulls and isinstance(pulls[0], dict) else {}
    listed = _text(_part(pull, "base").get("ref"))
    return Event(
        base_branch=asked or listed or default,
        base_commit=_commit(_part(pull, "base").get("sha")) if asked in (None, listed) else None,
        head_name=_text(run.get("head_branch")),
        head_commit=_commit(run.get("head_sha")),
        default_branch=default,
    )


def _gitlab(environment: Mapping[str, str]) -> Event:
    """https://docs.gitlab.com/ci/variables/predefined_variables/."""
    default = environment.get("CI_DEFAULT_BRANCH") or None
    if environment.get("CI_MERGE_REQUEST_IID"):
        diff_base = _commit(environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"))
        return Event(
            base_branch=environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME") or None,
            base_commit=_commit(environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")) or diff_base,
            head_name=environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or None,
            head_commit=_commit(environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")),
            pull_request=True,
            default_branch=default,
        )
    branch = environment.get("CI_COMMIT_BRANCH")
    merged = bool(branch) and branch == default
    before = _commit(environment.get("CI_COMMIT_BEFORE_SHA")) if merged else None
    return Event(base_commit=before, head_name=branch or None, default_branch=default, merged=merged)


def _payload(path: str) -> Mapping[str, Any]:
    try:
        payload = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _part(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = payload.get(key)
    return part if isinstance(part, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _branch(value: object) -> str | None:
    text = _text(value)
    return text.removeprefix("refs/heads/") if text else None


def _commit(value: object) -> str | None:
    """A commit id; the zeros that stand for `there is none` are none."""
    text = _text(value)
    return text if text and _COMMIT.fullmatch(text) and text.strip("0") else None
