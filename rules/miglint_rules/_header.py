"""What a change does to the dependencies of a released migration, and whether that changes the order of anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from miglint.graph import FIRST, Graph
from miglint.history import Dependency, Key, Migration
from miglint.scope import Scope
from miglint_rules._content import Difference
from miglint_rules._released import deleted_by_change, renames


def changed_header(before: Migration, after: Migration, scope: Scope) -> Difference | None:
    """What differs in dependencies and `run_before`: first what changes the order, else what does not; None if none."""
    found = [*_dependencies(before, after, scope), *_run_before(before, after, scope)]
    return min(found, key=lambda difference: difference.harmless, default=None)


def _dependencies(before: Migration, after: Migration, scope: Scope) -> Iterator[Difference]:
    if any(one.migration == before.key for one in (scope.base_graph.missing if scope.base_graph else ())):
        return  # no database can have applied it
    old, new = _meant(before.dependencies, scope), _meant(after.dependencies, scope)
    gone = _missing_from(new, old)
    kept = [(name, dependency) for name, dependency in gone if not deleted_by_change(dependency.key, scope)]
    for name, dependency in _missing_from(old, new):
        implied = _is_before(before, dependency, scope.base_graph) or _says(before, dependency.key)
        if not implied or kept == gone:  # else it steps over what is deleted, which is a finding of its own
            yield Difference(f"the dependency on {name}", dependency.span, harmless=implied)
    for name, dependency in kept:
        implied = _is_before(after, dependency, scope.graph) or _says(after, dependency.key)
        yield Difference(f"the dependency on {name}", after.dependencies_span or after.span, harmless=implied)


def _run_before(before: Migration, after: Migration, scope: Scope) -> Iterator[Difference]:
    old, new = _meant(before.run_before, scope), _meant(after.run_before, scope)
    for name, dependency in _missing_from(old, new):
        yield Difference(f"the run_before on {name}", dependency.span)
    for name, _ in _missing_from(new, old):
        yield Difference(f"the run_before on {name}", after.span)


def _missing_from(some: Mapping[str, Dependency], others: Mapping[str, Dependency]) -> list[tuple[str, Dependency]]:
    return [(name, dependency) for name, dependency in others.items() if name not in some]


def _meant(dependencies: tuple[Dependency, ...], scope: Scope) -> Mapping[str, Dependency]:
    """Dependencies by what they mean: a squash stands for what it replaces, a renamed file's new name for its old."""
    graphs = [graph for graph in (scope.base_graph, scope.graph) if graph is not None]
    names = _new_names(scope)
    found = {}
    for dependency in dependencies:
        key = names.get(dependency.key, dependency.key)
        for graph in graphs:
            key = graph.edges.replaced.get(key, key)
        found[dependency.swappable or str(key)] = dependency
    return found


def _new_names(scope: Scope) -> Mapping[Key, Key]:
    """What the migrations are called whose files the change renames."""
    moved = renames(scope)
    if not moved or scope.base_history is None:
        return {}
    now = {migration.path: migration.key for migration in scope.history.migrations.values()}
    return {
        migration.key: now[moved[migration.path]]
        for migration in scope.base_history.migrations.values()
        if migration.path in moved and moved[migration.path] in now
    }


def _is_before(migration: Migration, dependency: Dependency, graph: Graph | None) -> bool:
    """Whether the graph has the migration after the dependency in any case."""
    if graph is None:
        return False
    node, own = graph.resolve(migration.key, dependency), graph.node(migration.key)
    return node is not None and own is not None and graph.is_ancestor(node, own)


def _says(migration: Migration, key: Key) -> bool:
    """Whether the first migration of an app is named, and another dependency on that app implies it."""
    others = (one.key for one in migration.dependencies if one.key != key)
    return key.name == FIRST and any(other.app == key.app for other in others)
