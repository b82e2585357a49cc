"""After a push to the base: which open pull requests it broke, said in a commit status on each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from miglint.changeset import MemoryTree, Tree
from miglint.conflict import conflicts
from miglint.github import status
from miglint.github.client import Client, GitHubError
from miglint.graph import Graph
from miglint.history import History
from miglint.pull_requests import OpenPullRequest, OverlayTree

CONTEXT = "miglint/base"
Read = Callable[[Tree], Sequence[History]]


@dataclass(frozen=True, slots=True)
class Broken:
    """A pull request that fitted the base before the push and does not fit it now."""

    pull: OpenPullRequest
    apps: tuple[str, ...]

    def description(self, base: str) -> str:
        """What happened and the command that repairs it."""
        apps = ", ".join(self.apps[:3]) + ("…" if len(self.apps) > 3 else "")
        return f"{apps}: {base} got another leaf node; rebase, then: miglint fix --base origin/{base}"


def broken_by_push(pulls: Sequence[OpenPullRequest], before: Tree, after: Tree, read: Read) -> list[Broken]:
    """The pull requests whose migrations conflict with the base as it is now and did not before."""
    found = []
    for pull in pulls:
        files = MemoryTree(pull.files)
        apps = _conflicting(read(OverlayTree(after, files))) - _conflicting(read(OverlayTree(before, files)))
        if apps:
            found.append(Broken(pull, tuple(sorted(apps))))
    return found


def deliver(client: Client, repository: str, base: str, found: Sequence[Broken]) -> list[str]:
    """Set the status of each; the failures, one line each. A new head of the pull request has no such status."""
    failures = []
    for broken in found:
        text = broken.description(base)
        try:
            status.deliver(client, repository, broken.pull.head, state="failure", context=CONTEXT, description=text)
        except GitHubError as error:
            failures.append(f"#{broken.pull.number}: {error}")
    return failures


def _conflicting(histories: Sequence[History]) -> set[str]:
    return {conflict.app for history in histories for conflict in conflicts(Graph.of(history), None)}
