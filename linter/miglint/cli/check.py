"""`miglint check`: the findings of a change."""

from __future__ import annotations

from pathlib import Path

import click

from miglint.cli._options import DATABASE, caching, ruling, version
from miglint.reporters import formats


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--base",
    metavar="REF",
    help="What the change is compared with. Found from CI or the upstream default branch if not given.",
)
@click.option("--head", metavar="REF", help="The tip of the change. The work tree if not given.")
@click.option("--staged", is_flag=True, help="Check what is staged for the next commit.")
@click.option("--all", "everything", is_flag=True, help="Check every migration, not only what a change introduces.")
@click.option("--database", type=DATABASE, help="The database that the migrations run on, over the configuration's.")
@click.option("--database-version", type=version, metavar="VERSION", help="Its version, such as 16 or 10.11.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(formats()),
    help="The format of the report: printed, or written to the --output that takes it. Repeatable.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="[FORMAT=]FILE",
    help="A file for a report; its ending or FORMAT= says the format. Repeatable.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "notice"]),
    default="error",
    show_default=True,
    help="Exit with 1 if there is a finding of this severity or a higher one.",
)
@ruling
@click.option(
    "--write-baseline", is_flag=True, help="Accept today's findings: write them to the configured baseline file."
)
@caching
@click.option(
    "--gitlab-note",
    is_flag=True,
    help="In GitLab CI: keep the report in one note of the merge request.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes read migrations at once; as many as there are processors if not given.",
)
def check(**options: object) -> int:
    """Check the migrations that a change introduces.

    With PATHs, only findings at or under these are reported; the graph is always that of the whole repository.
    """
    from miglint.cli._checking import run
    from miglint.cli._preparing import Options

    return run(Options(**options))  # type: ignore[arg-type]  # click fills what the decorators name
