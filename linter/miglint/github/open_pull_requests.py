"""The other open pull requests against a branch: listed by the API, their migrations fetched by git in one go.

Bounded: at most two pages of pull requests, one `git fetch` for all of them, one request for each that adds files to
a folder of migrations, and no more than `CANDIDATES` of those. Their files are read as data, never checked out.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Sequence

from msgspec import Struct

from miglint.errors import MiglintError
from miglint.git import Repository
from miglint.git.fetch import fetch
from miglint.github.api import repository_path
from miglint.github.event import PullRequest, pull_request
from miglint.pull_requests import OpenPullRequest
from miglint.rest import Client, RestError

PAGES = 2
CANDIDATES = 30
_FILE_PAGES = 10
_FILE_BYTES = 1_000_000


class Neighbours(Struct, frozen=True):
    """The pull requests that add migrations, and what a reader should know of those that were not looked at."""

    pulls: tuple[OpenPullRequest, ...] = ()
    notes: tuple[str, ...] = ()


class Interest(Struct, frozen=True):
    """What to look for: files directly in these folders that the base (its branch, its files) has not."""

    base: str
    folders: Collection[str]
    known: Container[str]


def open_pull_requests(
    client: Client, repository: Repository, name: str, interest: Interest, *, but: int | None = None
) -> Neighbours:
    """The open pull requests against the base, less the one with the number `but`, that add files of interest."""
    if not interest.folders:
        return Neighbours()
    try:
        listed = list(_listed(client, name, interest.base))
    except RestError as error:
        return Neighbours(notes=(f"other open pull requests were not looked at: {error}",))
    others = [pull for pull in listed if pull.number != but]
    failure = _fetched(repository, others)
    if failure:
        return Neighbours(notes=(f"other open pull requests were not looked at: git fetch failed: {failure}",))
    candidates = [(pull, blobs) for pull in others if (blobs := _blobs(repository, pull, interest))]
    notes = (
        [f"{len(listed)} open pull requests were looked at, there may be more"] if len(listed) >= PAGES * 100 else []
    )
    if len(candidates) > CANDIDATES:
        notes.append(f"{len(candidates) - CANDIDATES} more open pull requests with migrations were not looked at")
    return _confirmed(client, repository, name, candidates[:CANDIDATES], notes)


def _listed(client: Client, name: str, base: str) -> Iterable[PullRequest]:
    path = f"{repository_path(name)}/pulls"
    for data in client.pages(path, limit=PAGES, state="open", base=base, sort="updated", direction="desc"):
        pull = pull_request(data, name)
        if pull and pull.base_ref == base:
            yield pull


def _fetched(repository: Repository, pulls: Sequence[PullRequest]) -> str:
    """Fetch the heads that are not here; the reason why not, if that fails."""
    missing = [pull.number for pull in pulls if repository.objects.commit(pull.head_sha) is None]
    if not missing:
        return ""
    return fetch(repository, *(f"refs/pull/{number}/head" for number in missing))


def _blobs(repository: Repository, pull: PullRequest, interest: Interest) -> dict[str, str]:
    """The files of interest that the head has and the base has not, and their blobs."""
    if repository.objects.commit(pull.head_sha) is None:
        return {}  # it moved on while we looked: its own run will see us
    output = repository.run("ls-tree", "-r", "-z", pull.head_sha, "--", *sorted(interest.folders))
    entries = (record.split("\t", 1) for record in output.decode("utf-8", "surrogateescape").split("\0") if record)
    blobs = {path: meta.split()[2] for meta, path in entries if meta.startswith("100")}
    return {
        path: blob
        for path, blob in blobs.items()
        if path.rpartition("/")[0] in interest.folders and path not in interest.known
    }


def _confirmed(
    client: Client,
    repository: Repository,
    name: str,
    candidates: Sequence[tuple[PullRequest, dict[str, str]]],
    notes: list[str],
) -> Neighbours:
    """Keep what the pull requests themselves add: a file that the base has deleted meanwhile is none of theirs."""
    found = []
    for pull, blobs in candidates:
        try:
            added = _added(client, name, pull)
            files = _contents(repository, {path: blob for path, blob in blobs.items() if path in added})
        except (RestError, MiglintError) as error:
            notes.append(f"pull request #{pull.number} was not looked at: {error}")
            continue
        if files:
            found.append(OpenPullRequest(pull.number, pull.url, pull.head_sha, files))
    return Neighbours(tuple(found), tuple(notes))


def _added(client: Client, name: str, pull: PullRequest) -> set[str]:
    path = f"{repository_path(name)}/pulls/{pull.number}/files"
    files = client.pages(path, limit=_FILE_PAGES)
    return {str(file.get("filename")) for file in files if file.get("status") in {"added", "renamed", "copied"}}


def _contents(repository: Repository, blobs: dict[str, str]) -> dict[str, bytes]:
    sizes = repository.objects.sizes(blobs.values())
    wanted = {path: blob for path, blob in blobs.items() if sizes[blob] <= _FILE_BYTES}
    contents = repository.objects.read(wanted.values())
    return {path: contents[blob] for path, blob in wanted.items()}
