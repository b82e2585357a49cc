"""What was worked out from a blob, kept for the next run as plain JSON: nothing in it can run."""

from __future__ import annotations

from typing import Any, Protocol


class Cache(Protocol):
    """Data by kind and key. A key names everything that the data was made from."""

    def get(self, kind: str, key: str) -> Any:
        """The data, or None."""

    def put(self, kind: str, key: str, data: Any) -> None:
        """Keep JSON data for the next run."""


class NullCache:
    """Keeps nothing."""

    def get(self, kind: str, key: str) -> None:
        """Nothing."""

    def put(self, kind: str, key: str, data: Any) -> None:
        """Forget it."""
