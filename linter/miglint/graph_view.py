"""The graph of migrations for a reader: as text, as a mermaid or dot diagram, as JSON.

Everything shown comes from the repository under check, so every name is made harmless for the format it goes into.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from miglint.conflict import Conflict, conflicts
from miglint.errors import MiglintError
from miglint.escape import line, mermaid, plain
from miglint.graph import Graph
from miglint.history import App, Key, Migration
from miglint.suggest import did_you_mean

SCHEMA_VERSION = 1
_RECENT = 5
"""How many migrations of an app are shown where not all of them are asked for."""


def render(graphs: Sequence[Graph], apps: Collection[str], output: str, *, conflicts_only: bool = False) -> str:
    """The graphs of a repository's histories in a format that `FORMATS` names, ending in a newline.

    `apps` limits them to some apps and shows those whole; without it the text shows each app from its last migrations,
    or from the parent of a conflict, on. `conflicts_only` leaves everything out that no conflict is about. Raises
    MiglintError for an app that is not there.
    """
    views = list(_views(graphs, apps))
    known = {label for graph in graphs for label in graph.history.apps}
    for app in apps:
        if app not in known:
            raise MiglintError(f"there is no app {line(app)} with migrations here{did_you_mean(app, known)}")
    if conflicts_only:
        views = [view.around_conflict() for view in views if view.conflict is not None]
    shortened = output == "text" and not apps and not conflicts_only
    return FORMATS[output]([view.recent() for view in views] if shortened else views)


class _View(Struct, frozen=True):
    """Some nodes of one app, in order, out of all that it has."""

    graph: Graph
    app: App
    keys: tuple[Key, ...]
    conflict: Conflict | None

    def around_conflict(self) -> _View:
        """From the common parent of a conflict on."""
        if self.conflict is None:
            return self
        parent = self.conflict.parent
        branched = {key for branch in self.conflict.branches for key in branch.migrations}
        return self._only(branched | {parent} if parent else branched)

    def recent(self) -> _View:
        """What surrounds a conflict, or else the last migrations."""
        return self.around_conflict() if self.conflict else self._only(self.keys[-_RECENT:])

    def _only(self, keys: Collection[Key]) -> _View:
        return _View(self.graph, self.app, tuple(key for key in self.keys if key in keys), self.conflict)

    @property
    def total(self) -> int:
        """How many nodes the app has."""
        return len(self.graph.nodes(self.app.label))

    def leaves(self) -> tuple[Key, ...]:
        """The app's leaf nodes."""
        return self.graph.leaf_nodes(self.app.label)

    def migration(self, key: Key) -> Migration:
        """The file of a node."""
        return self.graph.history.migrations[key]


def _views(graphs: Sequence[Graph], apps: Collection[str]) -> Iterator[_View]:
    for graph in graphs:
        position = {key: index for index, key in enumerate(graph.order())}
        found = {conflict.app: conflict for conflict in conflicts(graph, None)}
        for label, app in sorted(graph.history.apps.items()):
            if label in apps or not apps:
                branches = found[label].branches if label in found else ()
                branched = [key for branch in branches for key in branch.migrations]
                trunk = sorted(set(graph.nodes(label)).difference(branched), key=position.__getitem__)
                yield _View(graph, app, (*trunk, *branched), found.get(label))


def _text(views: Iterable[_View]) -> str:
    blocks = ["\n".join(_text_of(view)) + "\n" for view in views]
    return "\n".join(blocks) or "no migrations\n"


def _text_of(view: _View) -> Iterator[str]:
    count = f"{view.total} migration{'' if view.total == 1 else 's'}"
    yield f"{line(view.app.label)}  {line(view.app.path)}  {count}"
    hidden = view.total - len(view.keys)
    if hidden:
        yield f"  … {hidden} more before"
    leaves, previous = view.leaves(), None
    branches = _branch_of(view)
    for key in view.keys:
        drawn = "  " if key not in branches else f"  {branches[key]} "
        notes = list(_notes(view, key, previous if key not in branches else None, leaves))
        yield f"{drawn}{line(key.name)}{'  (' + '; '.join(notes) + ')' if notes else ''}"
        previous = key
    if view.conflict is not None:
        parent = f"both come from {line(view.conflict.parent.name)}" if view.conflict.parent else "no common parent"
        yield f"  conflict: {len(leaves)} leaf nodes, {parent if len(leaves) == 2 else parent.replace('both', 'all')}"
    for cycle in view.graph.cycles:
        if any(key.app == view.app.label for key in cycle):
            yield f"  cycle: {line(' -> '.join(str(key) for key in (*cycle, cycle[0])))}"


def _branch_of(view: _View) -> Mapping[Key, str]:
    """What is drawn before each migration of a conflict's branches."""
    if view.conflict is None:
        return {}
    marks: dict[Key, str] = {}
    for branch in view.conflict.branches:
        last = branch is view.conflict.branches[-1]
        for key in branch.migrations:
            first = key == branch.migrations[0]
            marks[key] = ("└─" if last else "├─") if first else ("  " if last else "│ ")
    return marks


def _notes(view: _View, key: Key, previous: Key | None, leaves: Collection[Key]) -> Iterator[str]:
    parents = view.graph.parents(key)
    own = [parent for parent in parents if parent.app == key.app]
    if len(own) > 1:
        yield f"joins {line(' and '.join(parent.name for parent in own))}"
    elif own and previous is not None and own[0] != previous:
        yield f"after {line(own[0].name)}"
    others = [str(parent) for parent in parents if parent.app != key.app]
    if others:
        yield f"needs {line(', '.join(others))}"
    if key in view.graph.squashes:
        yield f"replaces {len(view.graph.squashes[key])}"
    if key in leaves:
        yield "leaf node"


def _edges(views: Sequence[_View]) -> list[tuple[Key, Key, _View]]:
    """Parent and child of every edge with both ends, or at least the child, in view."""
    return [(parent, key, view) for view in views for key in view.keys for parent in view.graph.parents(key)]


def _names(views: Sequence[_View]) -> dict[tuple[int, Key], str]:
    """A name of letters and digits for each node that is drawn, those that others in view depend on included."""
    names: dict[tuple[int, Key], str] = {}
    for view in views:
        for key in view.keys:
            for drawn in (key, *view.graph.parents(key)):
                names.setdefault((id(view.graph), drawn), f"n{len(names)}")
    return names


def _mermaid(views: Iterable[_View]) -> str:
    shown = list(views)
    names = _names(shown)
    lines = ["flowchart TD"]
    drawn: set[tuple[int, Key]] = set()
    for number, view in enumerate(shown):
        lines.append(f'  subgraph app{number}["{mermaid(view.app.label)}"]')
        for key in view.keys:
            drawn.add((id(view.graph), key))
            lines.append(f'    {names[id(view.graph), key]}["{mermaid(key.name)}"]{_class(view, key)}')
        lines.append("  end")
    lines += [f'  {name}["{mermaid(str(key))}"]' for (graph, key), name in names.items() if (graph, key) not in drawn]
    for parent, child, view in _edges(shown):
        arrow = "-->" if parent.app == child.app else "-.->"
        lines.append(f"  {names[id(view.graph), parent]} {arrow} {names[id(view.graph), child]}")
    lines.append("  classDef leaf stroke-width:3px")
    lines.append("  classDef conflict stroke:#d1242f,stroke-width:3px")
    return "\n".join(lines) + "\n"


def _class(view: _View, key: Key) -> str:
    if view.conflict is not None and key in view.conflict.leaves:
        return ":::conflict"
    return ":::leaf" if key in view.leaves() else ""


def _dot(views: Iterable[_View]) -> str:
    shown = list(views)
    names = _names(shown)
    lines = ["digraph migrations {", "  rankdir=TB;", "  node [shape=box];"]
    drawn: set[tuple[int, Key]] = set()
    for number, view in enumerate(shown):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(view.app.label)};"]
        for key in view.keys:
            drawn.add((id(view.graph), key))
            style = {":::conflict": ", color=red, penwidth=2", ":::leaf": ", penwidth=2"}.get(_class(view, key), "")
            lines.append(f"    {names[id(view.graph), key]} [label={_quoted(key.name)}{style}];")
        lines.append("  }")
    for (graph, key), name in names.items():
        if (graph, key) not in drawn:
            lines.append(f"  {name} [label={_quoted(str(key))}, style=dashed];")
    for parent, child, view in _edges(shown):
        style = "" if parent.app == child.app else " [style=dashed]"
        lines.append(f"  {names[id(view.graph), parent]} -> {names[id(view.graph), child]}{style};")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    """A string of the dot language. A backslash would begin an escape of its own there."""
    return '"' + line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _json(views: Iterable[_View]) -> str:
    """The promised shape; the same label in two histories is told apart by the folder."""
    apps: dict[str, Any] = {}
    for view in views:
        label = view.app.label if view.app.label not in apps else f"{view.app.label} ({view.app.path})"
        apps[label] = _document(view)
    return json.dumps(plain({"schema_version": SCHEMA_VERSION, "apps": apps}), indent=2) + "\n"


def _document(view: _View) -> dict[str, Any]:
    migrations = view.graph.history.migrations
    whole = len(view.keys) == view.total
    replaced = [key for key in migrations if key.app == view.app.label and key not in view.graph] if whole else []
    return {
        "source": view.app.source,
        "path": view.app.path,
        "leaves": [key.name for key in view.leaves()],
        "nodes": [
            {
                "name": key.name,
                "path": migrations[key].path,
                "dependencies": [list(dependency.key) for dependency in migrations[key].dependencies],
                "replaces": [list(dependency.key) for dependency in migrations[key].replaces],
            }
            for key in sorted([*view.keys, *replaced])
        ],
    }


FORMATS: Mapping[str, Callable[[Iterable[_View]], str]] = {
    "text": _text,
    "mermaid": _mermaid,
    "dot": _dot,
    "json": _json,
}
