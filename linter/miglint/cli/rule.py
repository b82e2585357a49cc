"""`miglint rule`: one rule's page, or the table of all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from miglint.finding import Severity
from miglint.reporters._paint import BOLD, CYAN, DIM, OF_SEVERITY, Paint
from miglint.rule import Rule


@click.command()
@click.argument("name", required=False)
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="The configuration that names plugins.")
def rule(name: str | None, config: Path | None) -> None:
    """Show the page of the rule NAME, or the table of all rules."""
    from miglint.cli._console import console, write

    rules = _rules(config)
    paint = Paint(console().colour)
    shown = _page(_named(name, rules), paint) if name else _table(rules, paint)
    write("\n".join(shown) + "\n")


def _rules(config: Path | None) -> list[Rule]:
    from miglint.config_file import load_config
    from miglint.errors import MiglintError
    from miglint.git import open_repository
    from miglint.git.events import in_ci
    from miglint.registry import all_rules

    here = Path.cwd()
    try:
        root = open_repository(here).root
    except MiglintError:
        root = here
    loaded = load_config(here, root, config)
    # In CI the files that are here may be a pull request's, and its plugins are not executed.
    return all_rules(() if in_ci(os.environ) else loaded.plugins, loaded.folder)


def _named(name: str, rules: list[Rule]) -> Rule:
    from miglint.errors import MiglintError
    from miglint.suggest import did_you_mean

    for one in rules:
        if one.name == name:
            return one
    raise MiglintError(f"there is no rule {name}{did_you_mean(name, [one.name for one in rules])}")


def _table(rules: list[Rule], paint: Paint) -> Iterator[str]:
    width = max(len(one.name) for one in rules)
    for one in rules:
        severity = one.severity.value if one.default else "off"
        coloured = paint(f"{severity:<7}", OF_SEVERITY[one.severity] if one.default else "")
        yield f"{paint(f'{one.name:<{width}}', BOLD)}  {coloured}  {one.summary}"


def _page(one: Rule, paint: Paint) -> Iterator[str]:
    """The page with its headings in bold and its code indented."""
    aside = "" if one.default else ", off unless selected"
    yield f"{paint(one.name, BOLD)} ({paint(one.severity.value, OF_SEVERITY[Severity(one.severity)])}{aside})"
    yield ""
    fenced = False
    for line in one.page.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield f"    {paint(line, CYAN)}".rstrip()
        elif line.startswith("## "):
            yield paint(line.removeprefix("## "), BOLD)
        else:
            yield line
    if one.docs:
        yield ""
        yield paint(one.docs, DIM)
