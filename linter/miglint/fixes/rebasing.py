"""The remedy that is taken by default: the change's own migrations go behind the leaf node that the base has."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.conflict import Conflict
from miglint.finding import Edit
from miglint.fixes.naming import renamed
from miglint.fixes.remedies import NoRemedy, Remedy, refuse_unread, remedy
from miglint.history import Migration
from miglint.rebase import Rebase, declared, rebase
from miglint.scope import Scope
from miglint_rules._edits import dropped
from miglint_rules._words import base_name, listed


def rebased(conflict: Conflict, scope: Scope) -> Remedy:
    """The rebase of a conflict's branches as edits and new names of files. Raises NoRemedy."""
    refuse_unread(conflict, scope)
    if scope.base_graph is None:
        raise NoRemedy("without a base it is not known what is released: name it with --base, or join with --merge")
    plan = rebase(conflict, scope.graph, scope.base_graph)
    if plan is None:
        raise NoRemedy(_why_not(conflict, scope))
    migrations = [scope.history.migrations[key] for key in plan.migrations]
    for migration in migrations:
        if _is_released(migration, scope):
            raise NoRemedy(f"{migration.key} is released and does not move: join the branches with --merge")
    plan = _with_names_that_can_follow(plan, scope)
    renames = {migration.path: _path(migration, plan) for migration in migrations if migration.key in plan.names}
    for path in renames.values():
        if path in scope.change_set.tree and path not in renames:
            raise NoRemedy(f"{path} is in the way of a migration that would get this name")
    names = [f"{key.name} (now {plan.names[key]})" if key in plan.names else key.name for key in plan.migrations]
    return remedy(
        f"put {listed(names)} behind {plan.onto.name}",
        conflict,
        scope,
        edits=tuple(_edits(plan, scope)),
        renames=renames,
        relies_on=(scope.history.migrations[plan.onto].path,),
    )


def _why_not(conflict: Conflict, scope: Scope) -> str:
    on_base = [branch.leaf.name for branch in conflict.branches if not branch.new]
    if len(on_base) > 1:
        return f"{base_name(scope)} itself has the leaf nodes {listed(on_base)}: join them with --merge"
    return "the branches cannot be put one behind the other: join them with --merge"


def _is_released(migration: Migration, scope: Scope) -> bool:
    base = scope.change_set.base_tree
    on_base = base is not None and migration.path in base
    return on_base or (scope.released is not None and migration.key in scope.released)


def _with_names_that_can_follow(plan: Rebase, scope: Scope) -> Rebase:
    """The plan without new names if a released migration says one of the old ones: that file stays as it is."""
    for migration in scope.history.migrations.values():
        if _is_released(migration, scope) and any(named.key in plan.names for named in declared(migration)):
            return Rebase(plan.onto, plan.migrations, plan.redirects, {})
    return plan


def _path(migration: Migration, plan: Rebase) -> str:
    folder, slash, _ = migration.path.rpartition("/")
    return f"{folder}{slash}{plan.names[migration.key]}.py"


def _edits(plan: Rebase, scope: Scope) -> Iterator[Edit]:
    """The dependencies that lead elsewhere, and everything that names a migration whose name changes."""
    tree = scope.change_set.tree
    redirects = {(one.migration, one.dependency.span): one for one in plan.redirects}
    for migration in scope.history.migrations.values():
        for named in declared(migration):
            redirect = redirects.get((migration.key, named.span))
            if redirect is not None and redirect.to is None:
                edit = dropped(migration, named, tree)
                if edit is None:
                    raise NoRemedy(
                        f"{migration.path}:{named.span.line} does not write {named.key} out: take it out there"
                    )
                yield edit
            elif redirect is not None and redirect.to is not None:
                yield renamed(migration.path, named, plan.renamed(redirect.to), tree)
            elif named.key in plan.names:
                yield renamed(migration.path, named, plan.renamed(named.key), tree)
