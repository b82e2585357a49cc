"""What `miglint check` does, once its options are read."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from miglint.baseline import baseline_text, read_baseline
from miglint.changeset import ChangeSet
from miglint.cli._caching import cache_of
from miglint.cli._console import console, write
from miglint.cli._files import write_file
from miglint.cli._options import targeted
from miglint.cli._outputs import Output, outputs
from miglint.cli._ruling import Ruling, ruling
from miglint.config import Config
from miglint.engine import Request, check
from miglint.errors import MiglintError
from miglint.finding import Severity
from miglint.git import Repository, change_set, open_repository, tree_at
from miglint.registry import Selection, selected
from miglint.reporters import Console, formats, reporter
from miglint.result import Result

SUMMARY = "GITHUB_STEP_SUMMARY"
SHOW_STATEMENTS = frozenset({"github", "json", "markdown"})
"""The formats that show statements; the others tell what rules say of them."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, as click names it."""

    paths: tuple[Path, ...]
    base: str | None
    head: str | None
    staged: bool
    everything: bool
    database: str | None
    database_version: tuple[int, ...] | None
    formats: tuple[str, ...]
    outputs: tuple[str, ...]
    fail_on: str
    select: tuple[tuple[str, ...], ...]
    ignore: tuple[tuple[str, ...], ...]
    config: Path | None
    write_baseline: bool
    cache_dir: Path | None = None
    no_cache: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A check that is ready to run."""

    changes: ChangeSet
    config: Config
    request: Request


def run(options: Options) -> int:
    """Check and report; the exit status."""
    refuse_contradictions(options)
    suffixes = {name: reporter(name).SUFFIXES for name in formats()} if options.outputs else {}
    written = outputs(options.formats, options.outputs, suffixes)
    repository = open_repository(Path.cwd())
    prepared = prepare(repository, options)
    with cache_of(repository, options.cache_dir, off=options.no_cache) as cache:
        request = replace(prepared.request, statements=any(output.format in SHOW_STATEMENTS for output in written))
        result = check(prepared.changes, prepared.config, cache, request)
    if options.write_baseline:
        return _write_baseline(result, prepared.config, repository.root)
    for output in written:
        _report(result, output, repository.root)
    if "github" in options.formats:
        step_summary(result)
    return int(fails(result, options.fail_on))


def fails(result: Result, fail_on: str) -> bool:
    """Whether there is a finding at or above a severity."""
    return any(finding.severity.rank >= Severity(fail_on).rank for finding in result.active)


def refuse_contradictions(options: Options) -> None:
    """Stop where two options cannot both be meant."""
    for one, other, both in (
        ("--staged", "--head", options.staged and options.head),
        ("--all", "--base", options.everything and options.base),
        ("--cache-dir", "--no-cache", options.cache_dir and options.no_cache),
    ):
        if both:
            raise click.UsageError(f"{one} and {other} exclude each other", click.get_current_context(silent=True))


def prepare(repository: Repository, options: Options) -> Prepared:
    """What is to be checked, by which configuration, and what is asked of it."""
    changes = change_set(
        repository,
        base=options.base,
        head=options.head,
        staged=options.staged,
        everything=options.everything,
        environment=os.environ,
    )
    ruled = ruling(repository, changes, options.config, os.environ)
    config = targeted(ruled.config, options.database, options.database_version)
    baseline = config.folder / config.baseline if config.baseline and not options.write_baseline else None
    request = Request(
        rules=ruled.rules,
        active=_active(ruled, options),
        paths=_paths(options.paths, repository.root, changes),
        baseline=read_baseline(baseline, config.files) if baseline else frozenset(),
        released=tree_at(repository, config.released) if config.released else None,
        today=dt.datetime.now(dt.UTC).date(),
        notes=ruled.notes,
    )
    return Prepared(changes, config, request)


def _active(ruled: Ruling, options: Options) -> frozenset[str]:
    """The names of the rules that look."""
    severities = ruled.config.rules
    if ruled.withheld:
        known = {rule.name for rule in ruled.rules}
        severities = {name: severity for name, severity in severities.items() if name in known}
    return selected(ruled.rules, Selection(_words(options.select), _words(options.ignore), severities))


def _words(given: Sequence[Sequence[str]]) -> frozenset[str]:
    return frozenset(word for words in given for word in words)


def _paths(given: Sequence[Path], root: Path, changes: ChangeSet) -> tuple[str, ...]:
    """The paths as the tree names them. One that names nothing is an error: nothing would be reported of it."""
    known = {*changes.tree, *changes.changes}
    paths = []
    for path in given:
        absolute = Path(os.path.normpath(Path.cwd().resolve() / path))
        if absolute != root and root not in absolute.parents:
            raise MiglintError(f"{path} is not in the repository {root}")
        relative = absolute.relative_to(root).as_posix()
        if relative != "." and not any(one == relative or one.startswith(f"{relative}/") for one in known):
            raise MiglintError(f"{path} names no file that git knows of here")
        paths.append(relative)
    return tuple(paths)


def _report(result: Result, output: Output, root: Path) -> None:
    module = reporter(output.format)
    if output.file is None:
        write(module.report(result, console()))
    else:
        write_file(output.file, module.report(result, Console()), root)


def step_summary(result: Result) -> None:
    """Append the Markdown report to the summary that GitHub shows for the step."""
    file = os.environ.get(SUMMARY)
    if file:
        try:
            with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as summary:
                summary.write(reporter("markdown").report(result, Console()))
        except OSError as error:
            raise MiglintError(f"the step summary {file} cannot be written: {error.strerror or error}") from error


def _write_baseline(result: Result, config: Config, root: Path) -> int:
    if config.baseline is None:
        raise MiglintError("--write-baseline needs the name of a file: set `baseline: .miglint-baseline.json`")
    file = config.folder / config.baseline
    own = (
        config.path is not None and not Path(config.path).is_absolute()
    )  # the name is the repository's, not the user's
    write_file(file, baseline_text(result.active), root, confined=own)
    write(f"{len(result.active)} findings written to {file}\n")
    return 0
