"""The entry for pre-commit: a new file, or put behind the entries that are there with everything else left as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from miglint import __version__
from miglint.text import line_break, lines

NAME = ".pre-commit-config.yaml"
REPOSITORY = "https://github.com/miglint/miglint"
_ENTRY = {"repo": REPOSITORY, "rev": f"v{__version__}", "hooks": [{"id": "miglint"}]}


def entry(indentation: int) -> str:
    """The item for the list of repositories."""
    text = f"- repo: {REPOSITORY}\n  rev: v{__version__}\n  hooks:\n    - id: miglint\n"
    return textwrap.indent(text, " " * indentation)


def new_file() -> str:
    """A configuration with nothing but the entry."""
    return f"repos:\n{entry(2)}"


def with_entry(text: str) -> str | None:
    """The configuration with the entry behind the others; None if it cannot be put there without changing more."""
    import yaml

    try:
        before = yaml.safe_load(text)
        place = _place(yaml.compose(text, Loader=yaml.SafeLoader))
        if place is None or not isinstance(before, dict):
            return None
        number, indentation = place
        end = line_break(text)
        there = text.split(end)
        if there[-1]:
            there.append("")
        added = entry(indentation).splitlines()
        after = end.join([*there[:number], *added, *there[number:]])
        return after if yaml.safe_load(after) == before | {"repos": [*before["repos"], _ENTRY]} else None
    except (yaml.YAMLError, RecursionError, ValueError):
        return None


def is_there(text: str) -> bool:
    """Whether the hook stands in a configuration already."""
    return any("miglint/miglint" in line.partition("#")[0] for line in lines(text))


def _place(document: Any) -> tuple[int, int] | None:
    """The number of lines before which, and the depth at which, an item goes behind those of `repos`."""
    import yaml

    for key, value in document.value if isinstance(document, yaml.MappingNode) else ():
        if key.value == "repos" and isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
            return max(_ends(value)), value.start_mark.column
    return None


def _ends(node: Any) -> Iterator[int]:
    """How many lines the parts of a node reach down to. What blocks span would count the comments behind them too."""
    import yaml

    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        for pair in node.value:
            yield from (end for part in pair for end in _ends(part))
    elif isinstance(node, yaml.SequenceNode) and not node.flow_style:
        for part in node.value:
            yield from _ends(part)
    else:
        mark = node.end_mark
        yield mark.line + 1 if mark.column else mark.line
