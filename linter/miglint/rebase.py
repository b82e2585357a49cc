"""Putting a change's branches behind the leaf node that the base has: which dependencies lead elsewhere, which names.

This is what `miglint fix` does and what the help of the finding tells to do by hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count

from msgspec import Struct

from miglint.conflict import Branch, Conflict
from miglint.graph import Graph
from miglint.history import Dependency, Key, Migration

_NUMBERED = re.compile(r"(\d{1,5})(_.*)?", re.DOTALL)
"""As `makemigrations` numbers. More digits are a date, which says nothing of the place in the graph."""
_SQUASHED = "_squashed_"


class Redirect(Struct, frozen=True):
    """A dependency that must lead elsewhere; `to` None: the migration has another one that leads there already."""

    migration: Key
    dependency: Dependency
    to: Key | None


class Rebase(Struct, frozen=True):
    """How the moving branches of a conflict are put behind the leaf node that stays."""

    onto: Key
    migrations: tuple[Key, ...]
    """What moves, in order; what its squashes replace stands before them."""
    redirects: tuple[Redirect, ...]
    names: Mapping[Key, str]
    """New names, so that the numbers go on from those of `onto`; only those that change."""

    def renamed(self, key: Key) -> Key:
        """A key as it is afterwards."""
        return Key(key.app, self.names.get(key, key.name))


def rebase(conflict: Conflict, graph: Graph, base: Graph | None) -> Rebase | None:
    """The way to one leaf node; None where there is none without a change to what is on the base.

    Without a base the branch moves that sorts last, and only if it is one of two.
    """
    staying, moving = _sides(conflict, base)
    if len(staying) != 1:
        return None
    tip = onto = staying[0].leaf
    line = set(graph.branch(onto, None))
    migrations: list[Key] = []
    redirects: list[Redirect] = []
    for branch in moving:
        chain = [key for key in graph.branch(branch.leaf, None) if key not in line]
        members = _with_replaced(chain, graph)
        if any(_is_on(key, base) for key in members) or not graph.ancestors(tip).isdisjoint(chain):
            return None
        found = list(_redirects(chain, members, line, tip, graph))
        if not found:
            return None
        migrations += members
        redirects += found
        line.update(chain)
        tip = branch.leaf
    names = renumbered(migrations, onto, graph)
    return Rebase(onto, tuple(migrations), tuple(redirects), names)


def parse_number(name: str) -> int | None:
    """The number of a migration's name, of a squash the last one, as Django's autodetector reads them."""
    digits = name.rpartition(_SQUASHED)[2] if _SQUASHED in name else name
    number = re.match(r"\d+", digits)
    return int(number[0]) if number else None


def renumbered(migrations: Sequence[Key], onto: Key, graph: Graph) -> dict[Key, str]:
    """Names for migrations so that their numbers continue those of a leaf node; only those that change.

    Names that are not numbered as Django does stay as they are.
    """
    number, written = parse_number(onto.name), _NUMBERED.fullmatch(onto.name)
    if number is None or written is None:
        return {}
    taken = {key.name for key in graph.history.migrations if key.app == onto.app} - {key.name for key in migrations}
    names: dict[Key, str] = {}
    for key in migrations:
        match = _NUMBERED.fullmatch(key.name)
        if match is None:
            continue
        replaced = next((_NUMBERED.match(names[one]) for one in _replaced(key, graph) if one in names), None)
        first = int(replaced[1]) if replaced else number + 1
        shifts = count(first - int(match[1]))
        names[key] = next(name for by in shifts if (name := _shifted(key, by, len(written[1]), names)) not in taken)
        taken.add(names[key])
        number = max(number, parse_number(names[key]) or number)
    return {key: name for key, name in names.items() if name != key.name}


def _sides(conflict: Conflict, base: Graph | None) -> tuple[list[Branch], list[Branch]]:
    """The branches that stay and those that move; of new ones alone the first stays."""
    if base is None:
        moving = conflict.moving()
        return [branch for branch in conflict.branches if branch != moving], [moving]
    staying = [branch for branch in conflict.branches if not branch.new]
    moving_ones = [branch for branch in conflict.branches if branch.new]
    return (staying, moving_ones) if staying else (moving_ones[:1], moving_ones[1:])


def _is_on(key: Key, base: Graph | None) -> bool:
    return base is not None and key in base.history.migrations


def _with_replaced(chain: Iterable[Key], graph: Graph) -> list[Key]:
    members: dict[Key, None] = {}
    for key in chain:
        members |= dict.fromkeys([*_replaced(key, graph), key])
    return list(members)


def _replaced(key: Key, graph: Graph) -> list[Key]:
    """The files that a squash replaces, in its order; those of a squash in it before that one."""
    migrations = graph.history.migrations
    found: dict[Key, None] = {}
    for other in graph.squashes.get(key, ()) and (one.key for one in migrations[key].replaces):
        if other in migrations and other != key:
            found |= dict.fromkeys([*_replaced(other, graph), other])
    return list(found)


def _redirects(
    chain: Sequence[Key], members: Collection[Key], line: Collection[Key], tip: Key, graph: Graph
) -> Iterator[Redirect]:
    """The dependencies by which a chain hangs on the line: those of migrations that hang on nothing of the chain."""
    for key in chain:
        if any(parent in chain for parent in graph.parents(key)):
            continue
        done: set[Key] = set()
        for migration, dependency, parent in graph.declarations(key):
            if parent in line and migration.key in members and dependency in migration.dependencies:
                yield Redirect(migration.key, dependency, None if migration.key in done else tip)
                done.add(migration.key)


def _shifted(key: Key, by: int, width: int, names: Mapping[Key, str]) -> str:
    """A name with its numbers raised; the second half of a squash's name follows the migration that it names."""
    head, squashed, last = key.name.partition(_SQUASHED)
    return f"{_raised(head, by, width)}{squashed}{names.get(Key(key.app, last)) or _raised(last, by, width)}"


def _raised(name: str, by: int, width: int) -> str:
    found = _NUMBERED.fullmatch(name)
    return f"{int(found[1]) + by:0{width}}{found[2] or ''}" if found else name


def declared(migration: Migration) -> tuple[Dependency, ...]:
    """Everything by which a migration names others."""
    return (*migration.dependencies, *migration.run_before, *migration.replaces)
