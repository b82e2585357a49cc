"""A persistent mapping: setting a key gives a new mapping that shares nearly everything with the old one.

The catalog before and after each of thousands of statements is kept, and a table can have thousands of columns: copying
a dictionary of all of them each time would make time and memory quadratic. Few entries are a plain dictionary, which is
copied; many are one dictionary that is shared by the mappings made from each other, under a small one of what was
changed since, which is copied. Once that one has as many entries as the square root of all, both become a new one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Any, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

FEW = 64
"""Entries up to which a dictionary is copied whole."""
FRESH = 32
"""Changes that are kept apart from the rest at least."""

Entry = tuple[int, Any]
"""A number, which keeps the order, and a value."""
_GONE: Entry = (-1, None)
"""What stands for a key that was removed."""


class Shelf(Mapping[K, V]):
    """An immutable mapping in order of insertion; `set`, `remove` and their like return another."""

    __slots__ = ("_base", "_derived", "_few", "_folded", "_length", "_number", "_recent", "_room", "_views")

    def __init__(self, entries: Mapping[K, V] | Iterable[tuple[K, V]] = ()) -> None:
        self._take(dict(entries))

    def _take(self, few: dict[K, V]) -> None:
        self._few: dict[K, V] | None = few
        self._length = len(few)
        self._derived: dict[Callable[[Shelf[K, V]], Any], Any] | None = None
        if self._length > FEW:
            self._few = None
            self._number = self._length
            self._base: dict[K, Entry] = {key: (number, few[key]) for number, key in enumerate(few)}
            self._recent: dict[K, Entry] = {}
            self._room = _room(self._base)
            self._views: dict[Callable[[V], Any], Shelf[Any, Shelf[K, V]]] = {}
            self._folded: Shelf[str, tuple[K, ...]] | None = None

    # -- changing ----------------------------------------------------------------------------------------------------

    def set(self, key: K, value: V) -> Shelf[K, V]:
        """The mapping with `key` standing for `value`; a key that is there already keeps its place."""
        few = self._few
        if few is not None:
            return _owning({**few, key: value})
        before = self._entry(key)
        number = self._number if before is None else before[0]
        made = self._changed(key, (number, value), 1 if before is None else 0)
        made._number = self._number + 1
        if self._views:
            old = None if before is None else before[1]
            made._views = {by: _regrouped(view, by, key, old, value) for by, view in self._views.items()}
        if self._folded is not None and before is None:
            made._folded = _folded_with(self._folded, key)
        return made

    def remove(self, key: K) -> Shelf[K, V]:
        """The mapping without `key`; the same mapping if it is not there."""
        if key not in self:
            return self
        if self._few is not None:
            return _owning({other: value for other, value in self._few.items() if other != key})
        made = self._changed(key, _GONE, -1)
        old = self[key]
        made._views = {by: _regrouped(view, by, key, old, None) for by, view in self._views.items()}
        if self._folded is not None:
            made._folded = _folded_without(self._folded, key)
        return made

    def update(self, entries: Mapping[K, V]) -> Shelf[K, V]:
        """The mapping with some entries added or replaced."""
        if not self._length and isinstance(entries, Shelf):
            return entries
        if len(entries) >= self._length:
            return _owning({**self, **entries})
        changed = self
        for key, value in entries.items():
            changed = changed.set(key, value)
        return changed

    def renamed(self, key: K, new: K, value: V) -> Shelf[K, V]:
        """The mapping with `new`, standing for `value`, in the place of `key`."""
        entry = None if self._few is not None else self._entry(key)
        if entry is None or new in self:
            return Shelf((new, value) if other == key else (other, each) for other, each in self.items())
        made = self.remove(key).set(new, value)
        return made._changed(new, (entry[0], value), 0)

    # -- looking -----------------------------------------------------------------------------------------------------

    def derived(self, function: Callable[[Shelf[K, V]], D]) -> D:
        """What a function that looks at nothing else says of the mapping: worked out once."""
        if self._derived is None:
            self._derived = {}
        if function not in self._derived:
            self._derived[function] = function(self)
        found: D = self._derived[function]
        return found

    def matching(self, wanted: Callable[[V], bool]) -> Mapping[K, V]:
        """The entries whose value is `wanted`, which must be a function of the value alone."""
        if self._few is not None:
            return {key: value for key, value in self._few.items() if wanted(value)}
        return self.grouped(wanted).get(True, {})

    def group(self, by: Callable[[V], Any], group: object) -> Mapping[K, V]:
        """The entries of one group, as `grouped` makes them."""
        if self._few is not None:
            return {key: value for key, value in self._few.items() if by(value) == group}
        return self.grouped(by).get(group, {})

    def grouped(self, by: Callable[[V], Any]) -> Mapping[Any, Mapping[K, V]]:
        """The entries by what `by`, a function of the value alone, says of them; False is no group.

        Asked again of a later mapping, it looks only at what was changed since.
        """
        views = self._views if self._few is None else {}
        if by not in views:
            groups: dict[Any, dict[K, V]] = {}
            for key, value in self.items():
                group = by(value)
                if group is not False:
                    groups.setdefault(group, {})[key] = value
            views[by] = Shelf((group, _owning(some)) for group, some in groups.items())
        return views[by]

    def folded(self, name: str) -> tuple[K, ...]:
        """The keys, which are strings, that differ from a name in case at most."""
        lowered = name.lower()
        if self._few is not None:
            return tuple(key for key in self._few if _fold(key) == lowered)
        if self._folded is None:
            keys: dict[str, tuple[K, ...]] = {}
            for key in self:
                keys[_fold(key)] = (*keys.get(_fold(key), ()), key)
            self._folded = Shelf(keys)
        return self._folded.get(lowered, ())

    def differences(self, later: Shelf[K, V]) -> tuple[dict[K, V], dict[K, V]]:
        """The entries that `later` has no more, and those that are new there; one that was replaced is in both."""
        gone: dict[K, V] = {}
        come: dict[K, V] = {}
        if self is later:
            return gone, come
        if self._few is None and later._few is None:
            changed = {**self._recent, **later._recent}
            if self._base is not later._base:
                changed = {**self._base, **later._base, **changed}
            for key in changed:
                _compare(key, self._entry(key), later._entry(key), gone, come)
            return gone, come
        before, after = self._dictionary(), later._dictionary()
        gone = {key: value for key, value in before.items() if after.get(key) is not value}
        come = {key: value for key, value in after.items() if before.get(key) is not value}
        return gone, come

    @overload
    def get(self, key: K, /) -> V | None: ...
    @overload
    def get(self, key: K, default: V, /) -> V: ...
    @overload
    def get(self, key: K, default: D, /) -> V | D: ...
    def get(self, key: K, default: Any = None, /) -> Any:
        """What stands for a key."""
        few = self._few
        if few is not None:
            return few.get(key, default)
        entry = self._entry(key)
        return default if entry is None else entry[1]

    def items(self) -> ItemsView[K, V]:
        return self._dictionary().items()

    def values(self) -> ValuesView[V]:
        return self._dictionary().values()

    def __getitem__(self, key: K, /) -> V:
        if self._few is not None:
            return self._few[key]
        entry = self._entry(key)
        if entry is None:
            raise KeyError(key)
        value: V = entry[1]
        return value

    def __contains__(self, key: object, /) -> bool:
        few = self._few
        return key in few if few is not None else self._entry(key) is not None

    def __iter__(self) -> Iterator[K]:
        return iter(self._dictionary())

    def __len__(self) -> int:
        return self._length

    def __repr__(self) -> str:
        return f"Shelf({self._dictionary()!r})"

    # -- within ------------------------------------------------------------------------------------------------------

    def _dictionary(self) -> dict[K, V]:
        if self._few is not None:
            return self._few
        entries = sorted(_merged(self._base, self._recent).items(), key=_number)
        return {key: entry[1] for key, entry in entries}

    def _changed(self, key: K, entry: Entry, more: int) -> Shelf[K, V]:
        """A copy with another entry, and that many more in all; views and what is folded are still the old ones."""
        made: Shelf[K, V] = Shelf.__new__(Shelf)
        made._few, made._derived, made._length = None, None, self._length + more
        made._number, made._views, made._folded = self._number, self._views, self._folded
        recent = {**self._recent, key: entry}
        if len(recent) <= self._room:
            made._base, made._recent, made._room = self._base, recent, self._room
        else:
            made._base, made._recent = _merged(self._base, recent), {}
            made._room = _room(made._base)
        return made

    def _entry(self, key: Any) -> Entry | None:
        entry = self._recent.get(key)
        if entry is None:
            entry = self._base.get(key)
        return None if entry is _GONE else entry


def _owning(few: dict[K, V]) -> Shelf[K, V]:
    """A mapping that keeps the dictionary itself, which nobody else may have."""
    made: Shelf[K, V] = Shelf.__new__(Shelf)
    if len(few) > FEW:
        made._take(few)
    else:
        made._few, made._length, made._derived = few, len(few), None
    return made


EMPTY: Shelf[Any, Any] = Shelf()


def _number(entry: tuple[Any, tuple[int, Any]]) -> int:
    return entry[1][0]


def _fold(key: Any) -> str:
    lowered: str = key.lower()
    return lowered


def _room(base: dict[Any, Entry]) -> int:
    """How many changes are kept apart from the entries that they change."""
    return max(FRESH, math.isqrt(len(base)))


def _merged(base: dict[K, Entry], recent: dict[K, Entry]) -> dict[K, Entry]:
    merged = {**base, **recent}
    for key, entry in recent.items():
        if entry is _GONE:
            del merged[key]
    return merged


def _compare(key: K, old: Entry | None, new: Entry | None, gone: dict[K, Any], come: dict[K, Any]) -> None:
    if old is not None and (new is None or new[1] is not old[1]):
        gone[key] = old[1]
    if new is not None and (old is None or new[1] is not old[1]):
        come[key] = new[1]


def _regrouped(
    groups: Shelf[Any, Shelf[K, V]], by: Callable[[V], Any], key: K, old: V | None, new: V | None
) -> Shelf[Any, Shelf[K, V]]:
    """The groups once `new` stands for a key in the place of `old`; None is no value."""
    before = False if old is None else by(old)
    after = False if new is None else by(new)
    if before is not False and before != after:
        left = groups[before].remove(key)
        groups = groups.set(before, left) if left else groups.remove(before)
    if after is not False and new is not None:
        groups = groups.set(after, groups.get(after, _owning({})).set(key, new))
    return groups


def _folded_with(folded: Shelf[str, tuple[K, ...]], key: K) -> Shelf[str, tuple[K, ...]]:
    return folded.set(_fold(key), (*folded.get(_fold(key), ()), key))


def _folded_without(folded: Shelf[str, tuple[K, ...]], key: K) -> Shelf[str, tuple[K, ...]]:
    left = tuple(each for each in folded.get(_fold(key), ()) if each != key)
    return folded.set(_fold(key), left) if left else folded.remove(_fold(key))
