"""`miglint graph`: the graph of migrations, whole or around its conflicts."""

from __future__ import annotations

from pathlib import Path

import click

from miglint.cli._options import caching


@click.command()
@click.argument("apps", nargs=-1)
@click.option("--base", metavar="REF", help="Show the graph of this united with the head, as after a merge.")
@click.option("--head", metavar="REF", help="The tip of the change. The work tree if not given.")
@click.option("--conflicts", is_flag=True, help="Only what two leaf nodes of an app are in conflict about.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "mermaid", "dot", "json"]),
    default="text",
    show_default=True,
    help="How the graph is drawn.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration to read instead of the nearest one.",
)
@caching
def graph(
    apps: tuple[str, ...],
    base: str | None,
    head: str | None,
    conflicts: bool,
    output: str,
    config: Path | None,
    cache_dir: Path | None,
    no_cache: bool,
) -> None:
    """Show the graph of migrations, of all apps or of those named APPS."""
    import os

    from miglint.cli._caching import cache_of
    from miglint.cli._console import write
    from miglint.config_file import load_config
    from miglint.crew import Crew, processors
    from miglint.git import change_set, open_repository
    from miglint.graph import Graph
    from miglint.graph_view import render
    from miglint.sources import read_histories

    repository = open_repository(Path.cwd())
    configuration = load_config(Path.cwd(), repository.root, config)
    changes = change_set(
        repository, base=base, head=head, staged=False, everything=base is None, environment=os.environ
    )
    with cache_of(repository, cache_dir, off=no_cache) as cache:
        histories = read_histories(changes.tree, configuration, cache, Crew(processors()))
    write(render([Graph.of(history) for history in histories], apps, output, conflicts_only=conflicts))
