"""What `miglint init` does: look at what is there, propose each file, ask, write."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from msgspec import Struct

from miglint.adoption import hook, workflow
from miglint.adoption.configuration import BASELINE, NAME, configuration
from miglint.baseline import baseline_text
from miglint.cli._console import write, write_bytes
from miglint.cli._files import make_folders, read_file, replace_files
from miglint.cli._history import Found, findings_today, found_in
from miglint.cli._options import DATABASE
from miglint.errors import MiglintError
from miglint.escape import block
from miglint.git import Repository, open_repository
from miglint.git.branches import default_branch
from miglint.patch import patch
from miglint.reporters._paint import shown
from miglint.reporters._sections import plural
from miglint_rules._words import listed


class Proposal(Struct, frozen=True):
    """What to write, for what, and whether that replaces what somebody else wrote."""

    files: Mapping[str, bytes]
    purpose: str
    replaces: bool = False


class Talk:
    """Asks and tells at a terminal. Without one it tells on stderr, and every answer is what --yes stands for."""

    def __init__(self, *, yes: bool, terminal: bool) -> None:
        self._asks = terminal and not yes
        self._aside = not terminal and not yes

    def say(self, text: str) -> None:
        """Tell something."""
        if self._aside:
            click.echo(text, err=True)
        else:
            write(f"{text}\n")

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Yes or no; the default where nobody is asked."""
        return click.confirm(question, default=default) if self._asks else default

    def database(self, question: str, default: str) -> str:
        """One of the databases."""
        if self._asks:
            return str(click.prompt(question, type=DATABASE, default=default))
        self.say(f"the settings do not say which database it is: {default} is assumed")
        return default


def run(*, yes: bool) -> int:
    """Propose and write; the exit status."""
    repository = open_repository(Path.cwd())
    if repository.work_tree is None:
        raise MiglintError("this repository has no work tree: there is nothing to set up")
    terminal = _at_terminal()
    talk = Talk(yes=yes, terminal=terminal)
    found = found_in(repository)
    talk.say(_greeting(found))
    there = {path: _text(path, repository) for path in (workflow.GITHUB, workflow.GITLAB, hook.NAME)}
    proposals = [*_configuration(found, repository, talk), *_job(there, found, repository, talk), *_hook(there, talk)]
    if not proposals:
        talk.say("nothing is left to write")
    elif not yes and not terminal:
        _show(proposals, repository.root)
        raise MiglintError("nothing was written, as there is no terminal to ask at: say --yes")
    for proposal in proposals:
        _settle(proposal, repository.root, talk)
    return 0


def _at_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _greeting(found: Found) -> str:
    if not found.apps:
        return "no migrations were found here"
    return f"found {plural(found.migrations, 'migration')} of {listed(shown(app, 60) for app in found.apps)}"


def _text(path: str, repository: Repository) -> str | None:
    """A file's text; None if it is not there. What is no text is nothing that an entry can be added to."""
    content = read_file(path, repository.root)
    if content is None:
        if (repository.root / path).is_symlink():
            raise MiglintError(f"{path} is a link, which is not written through")
        return None
    return content.decode("utf-8", errors="surrogateescape")


def _configuration(found: Found, repository: Repository, talk: Talk) -> Iterator[Proposal]:
    if found.config.path is not None:
        talk.say(f"{shown(found.config.path)} configures miglint already")
        return
    database = _database(found, talk)
    accepted = _baseline(found, database, repository, talk)
    text = configuration(database, found.apps, baseline=accepted is not None)
    files = {NAME: text.encode()} | ({BASELINE: accepted} if accepted else {})
    yield Proposal(files, "the configuration")


def _baseline(found: Found, database: str, repository: Repository, talk: Talk) -> bytes | None:
    """The baseline to write with the configuration that names it; empty if the file is there already."""
    if read_file(BASELINE, repository.root) is not None:
        return b""
    findings = findings_today(found, database) if found.migrations else ()
    counted = plural(len(findings), "finding")
    question = f"{counted} in the migrations that are there: accept today's as a baseline in {BASELINE}?"
    return baseline_text(findings).encode() if findings and talk.confirm(question) else None


def _database(found: Found, talk: Talk) -> str:
    """The one that the settings name; asked for where they do not, or name two, or MySQL, which may be MariaDB."""
    if len(found.databases) == 1 and "mysql" not in found.databases:
        (database,) = found.databases
        talk.say(f"the settings name the database: {database}")
        return database
    default = "mysql" if found.databases == {"mysql"} else "postgresql"
    return talk.database("which database do the migrations run on?", default)


def _job(there: Mapping[str, str | None], found: Found, repository: Repository, talk: Talk) -> Iterator[Proposal]:
    pipeline = there[workflow.GITLAB]
    if pipeline is not None:
        text = workflow.with_job(pipeline)
        if text is None:
            talk.say(f"{workflow.GITLAB} runs miglint already, or no job can be added to it as it is")
        else:
            yield Proposal({workflow.GITLAB: text.encode("utf-8", "surrogateescape")}, "a job for merge requests")
        return
    text, now = workflow.workflow(default_branch(repository)), there[workflow.GITHUB]
    uses = found.files_with(".github/workflows/", "miglint/miglint")
    if now == text or (now is None and uses):
        talk.say(f"{shown(uses[0] if uses else workflow.GITHUB)} runs miglint already")
    else:
        yield Proposal({workflow.GITHUB: text.encode()}, "a workflow for pull requests", now is not None)


def _hook(there: Mapping[str, str | None], talk: Talk) -> Iterator[Proposal]:
    now = there[hook.NAME]
    if now is not None and hook.is_there(now):
        talk.say(f"{hook.NAME} runs miglint already")
        return
    text = hook.new_file() if now is None else hook.with_entry(now)
    if text is None:
        talk.say(f"nothing can be added to {hook.NAME} without changing more of it; by hand:\n{hook.entry(2)}")
    else:
        yield Proposal({hook.NAME: text.encode("utf-8", "surrogateescape")}, "a hook for pre-commit")


def _settle(proposal: Proposal, root: Path, talk: Talk) -> None:
    """Show the files of one proposal, ask, write them."""
    before = {path: read_file(path, root) for path in proposal.files}
    talk.say("\n" + block(patch(before, proposal.files, {}).decode(errors="replace")))
    names = listed(proposal.files)
    verb = "replace" if proposal.replaces else "change" if any(before.values()) else "write"
    if talk.confirm(f"{verb} {names}, {proposal.purpose}?", default=not proposal.replaces):
        make_folders(proposal.files, root)
        replace_files(proposal.files, before, root)
        talk.say(f"written: {names}")
    else:
        talk.say(f"left as it is: {names}")


def _show(proposals: Sequence[Proposal], root: Path) -> None:
    files = {path: content for proposal in proposals for path, content in proposal.files.items()}
    write_bytes(patch({path: read_file(path, root) for path in files}, files, {}))
