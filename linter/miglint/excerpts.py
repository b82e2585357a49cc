"""The text of the files that findings point into, for reporters that show lines of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from miglint.changeset import ChangeSet
from miglint.finding import Finding
from miglint.text import decode


def excerpts(change_set: ChangeSet, findings: Sequence[Finding]) -> Mapping[str, str]:
    """The text by path, of deleted files as the base has them."""
    paths = {place for finding in findings for place in _places(finding)}
    text: dict[str, str] = {}
    for tree in (change_set.tree, change_set.base_tree):
        if tree is not None:
            there = [path for path in paths if path not in text and path in tree]
            text |= {path: decode(path, content) for path, content in tree.read(there).items()}
    return text


def _places(finding: Finding) -> Iterator[str]:
    problem = finding.problem
    yield problem.at.path
    yield from (place.path for place in problem.related)
    if problem.fix is not None:
        yield from (edit.path for edit in problem.fix.edits)
