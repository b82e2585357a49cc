"""What statements do, database by database. A dialect's parser is imported when a statement of it is analysed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Protocol, cast

from miglint.analysis import Analysis
from miglint.errors import MiglintError
from miglint.history import Rendered, Target

MODULES = {
    "postgresql": "miglint.dialects.postgresql",
    "mysql": "miglint.dialects.mysql",
    "mariadb": "miglint.dialects.mysql",
    "sqlite": "miglint.dialects.sqlite",
}


class Dialect(Protocol):
    """What a dialect's package offers."""

    def analyse(
        self, prelude: Iterable[Rendered], migrations: Sequence[Rendered], target: Target, *, together: bool = True
    ) -> list[list[Analysis]]: ...


def bring_in(target: Target) -> None:
    """Import what analysing statements takes, ahead of the first."""
    if target.database in MODULES:
        import_module(MODULES[target.database])


def analyse(
    prelude: Iterable[Rendered], migrations: Sequence[Rendered], target: Target, *, together: bool = True
) -> list[list[Analysis]]:
    """The analyses of each migration's statements, after the prelude was replayed to build the catalog.

    `together`: the migrations are deployed at once, so that relations which an earlier one makes are new to a later one
    (`Effect.new`). Otherwise each is judged as if the earlier ones were deployed long ago.
    """
    module = MODULES.get(target.database)
    if module is None:
        known = ", ".join(sorted(MODULES))
        raise MiglintError(f"statements of {target.database} cannot be analysed; databases known: {known}")
    return cast("Dialect", import_module(module)).analyse(prelude, migrations, target, together=together)
