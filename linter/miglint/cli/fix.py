"""`miglint fix`: mend what can be mended in the work tree."""

from __future__ import annotations

from pathlib import Path

import click

from miglint.cli._options import DATABASE, caching, ruling, version


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--base",
    metavar="REF",
    help="What the change is compared with. Found from CI or the upstream default branch if not given.",
)
@click.option("--all", "everything", is_flag=True, help="Fix every migration, also what may long be released.")
@click.option("--diff", "only_diff", is_flag=True, help="Print what would change as a patch, and write nothing.")
@click.option("--merge", is_flag=True, help="Join conflicting leaf nodes in a merge migration instead of rebasing.")
@click.option("--unsafe", is_flag=True, help="Apply the fixes too that a person should look at afterwards.")
@click.option("--database", type=DATABASE, help="The database that the migrations run on, over the configuration's.")
@click.option("--database-version", type=version, metavar="VERSION", help="Its version, such as 16 or 10.11.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "notice"]),
    default="error",
    show_default=True,
    help="Exit with 1 if a finding of this severity or a higher one is left.",
)
@ruling
@caching
def fix(only_diff: bool, merge: bool, unsafe: bool, **options: object) -> int:
    """Fix what a change's findings say how to fix, in the work tree.

    Where an app has two leaf nodes, the change's own migrations are put behind those that the base has and get the
    next numbers. With PATHs, only findings at or under these are fixed.
    """
    from miglint.cli._fixing import run
    from miglint.cli._preparing import Options

    checked = Options(head=None, staged=False, formats=(), outputs=(), write_baseline=False, **options)  # type: ignore[arg-type]  # click fills what the decorators name
    return run(checked, only_diff=only_diff, merge=merge, unsafe=unsafe)
