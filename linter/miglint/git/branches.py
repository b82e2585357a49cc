"""The default branch, as this clone knows it."""

from __future__ import annotations

import os
from contextlib import suppress

from miglint.git.command import GitError
from miglint.git.repository import Repository

_REMOTE = "refs/remotes/origin/"
_USUAL = ("main", "master", "trunk", "develop")


def default_branch(repository: Repository) -> str:
    """What the remote calls its default, else the usual one of those that are here, else the current one."""
    with suppress(GitError):
        head = os.fsdecode(repository.run("symbolic-ref", "--quiet", f"{_REMOTE}HEAD")).strip()
        if head.startswith(_REMOTE):
            return head.removeprefix(_REMOTE)
    here = repository.refs(*(f"{place}{name}" for name in _USUAL for place in (_REMOTE, "refs/heads/")))
    for name in _USUAL:
        if f"{_REMOTE}{name}" in here or f"refs/heads/{name}" in here:
            return name
    with suppress(GitError):
        return os.fsdecode(repository.run("symbolic-ref", "--quiet", "--short", "HEAD")).strip() or _USUAL[0]
    return _USUAL[0]
