"""After a push to the base: what it did to the open pull requests, said in a commit status on each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from miglint.changeset import MemoryTree, OverlayTree, Tree
from miglint.conflict import conflicts
from miglint.github import status
from miglint.graph import Graph
from miglint.history import History
from miglint.pull_requests import OpenPullRequest
from miglint.rest import Client, RestError

CONTEXT = "miglint/base"
Read = Callable[[Tree], Sequence[History]]


class Broken(Struct, frozen=True):
    """A pull request that fitted the base before the push and does not fit it now."""

    pull: OpenPullRequest
    apps: tuple[str, ...]

    def description(self, base: str) -> str:
        """What happened and the command that repairs it."""
        apps = ", ".join(self.apps[:3]) + ("…" if len(self.apps) > 3 else "")
        return f"{apps}: {base} got another leaf node; rebase, then: miglint fix --base origin/{base}"


class Aftermath(Struct, frozen=True):
    """What a push left: the pull requests that it broke, and those that fit the base now, as they may always have."""

    broken: tuple[Broken, ...]
    fitting: tuple[OpenPullRequest, ...]


def aftermath(pulls: Sequence[OpenPullRequest], before: Tree, after: Tree, read: Read) -> Aftermath:
    """Lay the migrations of each pull request over the base as it was and as it is."""
    broken, fitting = [], []
    for pull in pulls:
        files = MemoryTree(pull.files)
        now = _conflicting(read(OverlayTree(after, files)))
        if not now:
            fitting.append(pull)
        elif apps := now - _conflicting(read(OverlayTree(before, files))):
            broken.append(Broken(pull, tuple(sorted(apps))))
    return Aftermath(tuple(broken), tuple(fitting))


def deliver(client: Client, repository: str, base: str, found: Aftermath) -> list[str]:
    """Set the status of each; the failures, one line each. A new head of the pull request has no such status."""
    failures = [_set(client, repository, one.pull, "failure", one.description(base)) for one in found.broken]
    failures += [_mend(client, repository, pull, base) for pull in found.fitting]
    return [failure for failure in failures if failure]


def _mend(client: Client, repository: str, pull: OpenPullRequest, base: str) -> str:
    """Take back what an earlier push made us say; where nothing was said, nothing is."""
    try:
        if status.latest(client, repository, pull.head, context=CONTEXT) != "failure":
            return ""
    except RestError as error:
        return f"#{pull.number}: {error}"
    return _set(client, repository, pull, "success", f"fits {base} again")


def _set(client: Client, repository: str, pull: OpenPullRequest, state: str, description: str) -> str:
    """Why it failed, if it did."""
    try:
        status.deliver(client, repository, pull.head, state=state, context=CONTEXT, description=description)
    except RestError as error:
        return f"#{pull.number}: {error}"
    return ""


def _conflicting(histories: Sequence[History]) -> set[str]:
    return {conflict.app for history in histories for conflict in conflicts(Graph.of(history), None)}
