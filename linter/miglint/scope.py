"""What a rule may look at besides its subject."""

from __future__ import annotations

from msgspec import Struct, field

from miglint.changeset import ChangeSet
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import History, Key
from miglint.pull_requests import ProposedMigrations


class Scope(Struct, frozen=True):
    """One history of the united tree, its graph, and the same of the base's tip alone (None under `--all`)."""

    change_set: ChangeSet
    config: Config
    history: History
    graph: Graph
    base_history: History | None = None
    base_graph: Graph | None = None
    introduced: frozenset[Key] = field(default_factory=frozenset)
    """The migrations that the change adds or modifies; all of them under `--all`."""
    released: frozenset[Key] | None = None
    """The migrations on the configured `released` ref; None where the base is what counts as shipped."""
    open_pull_requests: tuple[ProposedMigrations, ...] = ()
    """What other open pull requests against the same base add to this history, where it was asked for."""
