"""Getting a commit that a shallow clone lacks. Only CI does this, where the checkout is a throw-away copy."""

from __future__ import annotations

import re

from miglint.git.command import GitError
from miglint.git.repository import Repository

_TIMEOUT = 120.0
_DEEPER = (50, 500, 5000)
_RUNS_SOMETHING = (
    r"core\.(sshcommand|gitproxy|askpass|alternaterefscommand)|credential\.(.*\.)?helper"
    r"|remote\.origin\.(uploadpack|vcs)"
)
"""Settings that make `git fetch` run a program."""
_ENVIRONMENT = {"GIT_ALLOW_PROTOCOL": "file:http:https:ssh"}


def fetch(repository: Repository, *refspecs: str, depth: str = "--depth=1") -> str:
    """Fetch from `origin`; empty when it worked, else the reason why not, in a few words."""
    own = _own_programs(repository)
    if own:
        return f"the repository's own configuration sets {own}, which miglint does not run"
    options = ("--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--quiet", depth)
    try:
        repository.ask_remote("fetch", *options, "--", "origin", *refspecs, environment=_ENVIRONMENT, timeout=_TIMEOUT)
    except GitError as error:
        return error.reason
    finally:
        repository.objects.close()
    return ""


def merge_bases_after_deepening(repository: Repository, base: str, head: str) -> list[str]:
    """Fetch more and more history until base and head meet; empty if they do not."""
    for depth in _DEEPER:
        if fetch(repository, base, head, depth=f"--deepen={depth}"):
            return []
        bases = repository.merge_bases(base, head)
        if bases or not repository.shallow:
            return bases
    return []


def _own_programs(repository: Repository) -> str:
    """The first setting that stands in the repository's configuration (not the user's) and runs a program."""
    output = repository.run("config", "--list", "-z", "--show-scope").decode("utf-8", "surrogateescape")
    fields = iter(output.split("\0")[:-1])
    for scope, entry in zip(fields, fields, strict=True):
        key = entry.partition("\n")[0]
        if scope in {"local", "worktree"} and re.fullmatch(_RUNS_SOMETHING, key):
            return key
    return ""
