"""The graph of migrations: parents, children, leaf nodes; framework neutral."""

from __future__ import annotations

from dataclasses import dataclass

from miglint.history import History


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph of one history, squashes applied as with nothing applied to the database."""

    history: History
