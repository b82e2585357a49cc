"""What `miglint action` does: one check, its results in every place that was asked for.

The exit status is that of the findings, whatever becomes of the delivery.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.cache import Cache
from miglint.changeset import ChangeSet, Tree
from miglint.cli._caching import cache_of
from miglint.cli._checking import fails, step_summary
from miglint.cli._console import write
from miglint.cli._files import folder_in, write_file
from miglint.cli._outputs import outputs
from miglint.cli._preparing import Options, prepare
from miglint.config import Config
from miglint.engine import check
from miglint.errors import MiglintError
from miglint.finding import Severity
from miglint.git import Repository, open_repository
from miglint.github import broken, delivery
from miglint.github.api import GITHUB
from miglint.github.commands import command, write_outputs
from miglint.github.credentials import credentials
from miglint.github.event import Event, find_pull_request, read_event
from miglint.github.inputs import Inputs, read_inputs
from miglint.github.open_pull_requests import Interest, open_pull_requests
from miglint.history import History
from miglint.pull_requests import OpenPullRequest
from miglint.reporters import Console, formats, reporter
from miglint.rest import Client, RestError
from miglint.result import Result
from miglint.sources import read_histories

CONFLICTS = {"multiple-leaf-nodes"}
BASE_REF = "GITHUB_BASE_REF"
"""The pull request's base branch, which GitHub sets for the events of pull requests themselves."""
_SECRET = "INPUT_GITHUB-TOKEN"  # noqa: S105 (the name of a variable)


class Run(Struct):
    """One run of the action; `notes` gathers what a reader should know besides the findings."""

    inputs: Inputs
    event: Event
    repository: Repository
    config: Config
    changes: ChangeSet
    cache: Cache
    client: Client | None
    notes: list[str] = field(default_factory=list)

    def neighbours(self, folders: Collection[str]) -> Sequence[OpenPullRequest]:
        """The other open pull requests that add migrations to the folders."""
        pull, base = self.event.pull_request, self.changes.base_tree
        if self.client is None or pull is None or base is None or not self.inputs.open_pull_requests:
            return ()
        return self._look(self.client, Interest(pull.base_ref, folders, base), but=pull.number)

    def broken(self) -> None:
        """After a push: tell the open pull requests that it broke, and those that it mended."""
        before, after, branch = self.changes.base_tree, self.changes.tree, self.event.branch
        if not (self.client and before and branch and "status" in self.inputs.post and self.inputs.open_pull_requests):
            return
        migrations = {folder for tree in (before, after) for folder in self._folders(tree)}
        touched = migrations & {path.rpartition("/")[0] for path in self.changes.changes}
        pulls = self._look(self.client, Interest(branch, touched, after))
        found = broken.aftermath(pulls, before, after, self._read)
        failures = broken.deliver(self.client, self.event.repository, branch, found)
        self.notes += [f"#{one.pull.number} is broken by this push: {one.description(branch)}" for one in found.broken]
        if failures:
            self.notes.append(f"not posted: commit status of {'; '.join(failures)}")

    def _folders(self, tree: Tree) -> Iterator[str]:
        """Where migrations are."""
        for history in self._read(tree):
            yield from (migration.path.rpartition("/")[0] for migration in history.migrations.values())

    def _read(self, tree: Tree) -> list[History]:
        return read_histories(tree, self.config, self.cache)

    def _look(self, client: Client, interest: Interest, but: int | None = None) -> Sequence[OpenPullRequest]:
        found = open_pull_requests(client, self.repository, self.event.repository, interest, but=but)
        self.notes += found.notes
        return found.pulls


def run(environment: MutableMapping[str, str]) -> int:
    """Check, deliver, and give the exit status."""
    inputs = read_inputs(environment)
    environment.pop(_SECRET, None)  # nothing that this process starts has any use for it in this place
    if inputs.token:
        environment.update(credentials(inputs.token, environment))
    if inputs.working_directory:
        os.chdir(folder_in(Path(inputs.working_directory), Path.cwd()))
    event = read_event(environment)
    repository = open_repository(Path.cwd())
    client = _client(inputs, environment)
    options = _options(inputs)
    notes: list[str] = []
    if event.pull_request is None and event.name == "workflow_run" and client:
        event = _with_pull_request(client, event, notes)
        if event.pull_request:
            environment[BASE_REF] = event.pull_request.base_ref
    environment.setdefault("GITHUB_ACTIONS", "true")  # so it is wherever an action runs, and much depends on it
    prepared = prepare(repository, options)
    folder = folder_in(Path(inputs.cache_dir), repository.root) if inputs.cache_dir else None
    with cache_of(repository, folder, off=False) as cache:
        this = Run(inputs, event, repository, prepared.config, prepared.changes, cache, client, notes)
        request = replace(prepared.request(), open_pull_requests=this.neighbours)
        result = check(prepared.changes, prepared.config, cache, request)
        this.broken()
    return _delivered(this, replace(result, notes=(*result.notes, *this.notes)), environment)


def _delivered(this: Run, result: Result, environment: Mapping[str, str]) -> int:
    """First what cannot fail for want of a permission, then what can."""
    failed = fails(result, this.inputs.fail_on)
    write(reporter("github").report(result, Console()))
    step_summary(result)
    files = _write_files(this, result)
    if this.client:
        places = delivery.destinations(this.client, this.event, result, post=this.inputs.post, failed=failed)
        outcomes = delivery.deliver(places)
        complaint = delivery.complaint(outcomes, this.event)
        if complaint:
            write(command("warning", complaint))
    elif this.event.pull_request and this.inputs.post:
        write(command("notice", "not posted: no github-token was given; the results are in the job's summary"))
    write_outputs(environment.get("GITHUB_OUTPUT"), _outputs(result, files))
    return int(failed)


def _outputs(result: Result, files: Mapping[str, str]) -> dict[str, str]:
    conflict = any(finding.rule in CONFLICTS for finding in result.active)
    return {
        "findings": str(len(result.active)),
        "errors": str(result.count(Severity.ERROR)),
        "conflict": "true" if conflict else "false",
        "sarif": files.get("sarif", ""),
        "json": files.get("json", ""),
    }


def _write_files(this: Run, result: Result) -> dict[str, str]:
    """Write the files that were asked for; their paths by format."""
    wanted = this.inputs.output
    suffixes = {name: reporter(name).SUFFIXES for name in formats()}
    written = {}
    for output in outputs([], wanted, suffixes) if wanted else ():
        if output.file is not None:  # standard output has the annotations
            report = reporter(output.format).report(result, Console())
            write_file(output.file, report, this.repository.root, confined=True)
            written[output.format] = output.file.as_posix()
    return written


def _client(inputs: Inputs, environment: Mapping[str, str]) -> Client | None:
    if not inputs.token:
        return None
    return Client(GITHUB, environment.get("GITHUB_API_URL") or "https://api.github.com", inputs.token)


def _with_pull_request(client: Client, event: Event, notes: list[str]) -> Event:
    try:
        pull = find_pull_request(client, event)
    except RestError as error:
        notes.append(f"the pull request of this run was not found: {error}")
        return event
    if pull is None:
        notes.append("no open pull request has the head that this run is for")
    return replace(event, pull_request=pull)


def _options(inputs: Inputs) -> Options:
    return Options(
        paths=(),
        base=inputs.base or None,
        head=inputs.head or None,
        staged=False,
        everything=False,
        database=inputs.database or None,
        database_version=_version(inputs.database_version) if inputs.database_version else None,
        formats=(),
        outputs=(),
        fail_on=inputs.fail_on,
        select=(_words(inputs.select),),
        ignore=(_words(inputs.ignore),),
        config=Path(inputs.config) if inputs.config else None,
        write_baseline=False,
    )


def _version(text: str) -> tuple[int, ...]:
    import click

    from miglint.cli._options import version

    try:
        return version(text)
    except click.BadParameter as error:
        raise MiglintError(f"input 'database-version': {error.message}") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())
