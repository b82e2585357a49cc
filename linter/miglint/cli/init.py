"""`miglint init`: take miglint up in a repository."""

from __future__ import annotations

import click


@click.command()
@click.option("--yes", is_flag=True, help="Ask nothing: write what is missing, and leave alone what would be replaced.")
def init(yes: bool) -> int:
    """Write the configuration, the workflow and the pre-commit entry, each after asking.

    What is there already is added to or left as it is. Without a terminal and without --yes nothing is written: what
    would be is printed as a patch, and the exit status is 2.
    """
    from miglint.cli._adopting import run

    return run(yes=yes)
