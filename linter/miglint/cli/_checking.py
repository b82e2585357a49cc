"""What `miglint check` does, once its options are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from miglint.baseline import baseline_text
from miglint.cli._caching import cache_of
from miglint.cli._console import console, write
from miglint.cli._files import write_file
from miglint.cli._outcome import outcome
from miglint.cli._outputs import Output, outputs
from miglint.cli._preparing import Options, prepare
from miglint.config import Config
from miglint.errors import MiglintError
from miglint.finding import Severity
from miglint.git import open_repository
from miglint.reporters import Console, formats, reporter
from miglint.result import Result

SUMMARY = "GITHUB_STEP_SUMMARY"
SHOW_STATEMENTS = frozenset({"github", "json", "markdown"})
"""The formats that show statements; the others tell what rules say of them."""


def run(options: Options) -> int:
    """Check and report; the exit status."""
    refuse_contradictions(options)
    suffixes = {name: reporter(name).SUFFIXES for name in formats()} if options.outputs else {}
    written = outputs(options.formats, options.outputs, suffixes)
    repository = open_repository(Path.cwd())
    prepared = prepare(repository, options)
    with cache_of(repository, options.cache_dir, off=options.no_cache) as cache:
        result = outcome(repository, prepared, cache, statements=_shows_statements(options, written))
    if options.write_baseline:
        return _write_baseline(result, prepared.config, repository.root)
    for output in written:
        _report(result, output, repository.root)
    if "github" in options.formats:
        step_summary(result)
    if options.gitlab_note:
        _gitlab_note(result)
    return int(fails(result, options.fail_on))


def _shows_statements(options: Options, written: Sequence[Output]) -> bool:
    return options.gitlab_note or any(output.format in SHOW_STATEMENTS for output in written)


def fails(result: Result, fail_on: str) -> bool:
    """Whether there is a finding at or above a severity."""
    return any(finding.severity.rank >= Severity(fail_on).rank for finding in result.active)


def refuse_contradictions(options: Options) -> None:
    """Stop where two options cannot both be meant."""
    for one, other, both in (
        ("--staged", "--head", options.staged and options.head),
        ("--all", "--base", options.everything and options.base),
    ):
        if both:
            raise click.UsageError(f"{one} and {other} exclude each other", click.get_current_context(silent=True))


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


def _gitlab_note(result: Result) -> None:
    from miglint.gitlab.note import post

    complaint = post(result, os.environ)
    if complaint:
        click.echo(f"miglint: {complaint}", err=True)


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
