"""`miglint action`: what the GitHub action runs. Inputs come as INPUT_*, results go where GitHub shows them."""

from __future__ import annotations

import os

import click

from miglint.errors import MiglintError


@click.command(hidden=True)
def action() -> int:
    """Check the change that a GitHub workflow runs for, and deliver the results."""
    from miglint.cli._action import run
    from miglint.cli._console import write
    from miglint.github.commands import command

    try:
        return run(os.environ)
    except MiglintError as error:
        write(command("error", str(error)))
        raise
