"""A persistent mapping: setting a key gives a new mapping that shares nearly everything with the old one.

The catalog before and after each of thousands of statements is kept; copying a dictionary of all tables each time
would make the work quadratic. Entries are spread over small dictionaries, of which a change copies one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

BUCKETS = 32


class Shelf(Mapping[K, V]):
    """An immutable mapping; `set` and `remove` return another."""

    __slots__ = ("_buckets",)

    def __init__(self, buckets: tuple[dict[K, V], ...] | None = None) -> None:
        self._buckets: tuple[dict[K, V], ...] = buckets or ({},) * BUCKETS

    def set(self, key: K, value: V) -> Shelf[K, V]:
        """The mapping with `key` standing for `value`."""
        return self._replaced(key, {**self._bucket(key), key: value})

    def remove(self, key: K) -> Shelf[K, V]:
        """The mapping without `key`; the same mapping if it is not there."""
        bucket = self._bucket(key)
        if key not in bucket:
            return self
        return self._replaced(key, {other: value for other, value in bucket.items() if other != key})

    def __getitem__(self, key: K, /) -> V:
        return self._bucket(key)[key]

    def __contains__(self, key: object, /) -> bool:
        return key in self._buckets[hash(key) % BUCKETS]

    def __iter__(self) -> Iterator[K]:
        for bucket in self._buckets:
            yield from bucket

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets)

    def __repr__(self) -> str:
        return f"Shelf({dict(self)!r})"

    def _bucket(self, key: K) -> dict[K, V]:
        return self._buckets[hash(key) % BUCKETS]

    def _replaced(self, key: K, bucket: dict[K, V]) -> Shelf[K, V]:
        at = hash(key) % BUCKETS
        return Shelf((*self._buckets[:at], bucket, *self._buckets[at + 1 :]))
