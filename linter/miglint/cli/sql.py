"""`miglint sql`: the statements of migrations."""

from __future__ import annotations

from pathlib import Path

import click

from miglint.cli._options import DATABASE, caching, version


@click.command()
@click.argument("migrations", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All migrations.")
@click.option("--base", metavar="REF", help="Without MIGRATIONS: those that the change against this introduces.")
@click.option("--head", metavar="REF", help="The tip of the change. The work tree if not given.")
@click.option("--database", type=DATABASE, help="The database that the migrations run on, over the configuration's.")
@click.option("--database-version", type=version, metavar="VERSION", help="Its version, such as 16 or 10.11.")
@click.option("--locks", is_flag=True, help="Show for each statement what it locks, who waits, and what work it does.")
@click.option("--backwards", is_flag=True, help="The SQL that takes the migrations back, the last one first.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="SQL to read and run, or data.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration to read instead of the nearest one.",
)
@caching
def sql(**options: object) -> None:
    """Show the SQL of MIGRATIONS: apps, APP.MIGRATION, files or folders; without any, of those of the change.

    The start of a migration's name is enough if it is the only one: shop.0002, or shop 0002.
    """
    from miglint.cli._showing_sql import Options, run

    run(Options(**options))  # type: ignore[arg-type]  # click fills what the decorators name
