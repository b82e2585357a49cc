"""What was worked out before, with what it was worked out from: if all of that is the same now, so is the result.

A result depends on more than its own file: helpers it imports, settings, whether a name is in the repository at all.
The trail notes each such fact as it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from miglint.cache import Cache, NullCache

T = TypeVar("T")
Fact = tuple[str, ...]
Facts = dict[Fact, str | None]
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What decoding an entry raises that something else wrote."""


def facts_to(facts: Facts) -> Any:
    """Facts as JSON."""
    return [[list(fact), answer] for fact, answer in facts.items()]


def facts_from(data: Any) -> Facts:
    """Facts from JSON."""
    return {tuple(map(str, fact)): answer for fact, answer in data}


class Trail:
    """The facts that were asked for, by whoever is being worked out."""

    def __init__(self) -> None:
        self._stack: list[Facts] = []

    def note(self, fact: Fact, answer: str | None) -> None:
        """A fact and what it is now."""
        if self._stack:
            self._stack[-1][fact] = answer

    def note_all(self, facts: Facts) -> None:
        """Facts that were asked for when a result was worked out that is used again."""
        if self._stack:
            self._stack[-1].update(facts)

    @contextmanager
    def record(self) -> Iterator[Facts]:
        """Collect the facts asked for within; whoever is around asked for them, too."""
        facts: Facts = {}
        self._stack.append(facts)
        try:
            yield facts
        finally:
            self._stack.pop()
            self.note_all(facts)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is asked for within is nobody's."""
        self._stack.append({})
        try:
            yield
        finally:
            self._stack.pop()


class Memo:
    """Results kept with the facts they rest on, for this run and the next. `ask` tells what a fact is now."""

    def __init__(self, cache: Cache, trail: Trail, context: str, ask: Callable[[Fact], str | None]) -> None:
        self._cache = cache
        self._trail = trail
        self._context = context
        self._ask = ask
        self._asked: set[tuple[str, str]] = set()
        """Results whose facts are being looked at: what asks for itself (`X = settings.X`) is worked out anew there."""

    def recall(self, kind: str, key: str, decode: Callable[[Any], T]) -> tuple[T] | None:
        """The result that was kept, if everything it rests on is still so."""
        name = f"{self._context}:{key}"
        if (kind, name) in self._asked:
            return None
        self._asked.add((kind, name))
        try:
            made: tuple[Facts, T] | None = self._cache.objects.get((kind, name))
            if made is None:
                return self._recall_stored(kind, name, decode)
            facts, result = made
            return self._recalled(facts, result) if self._holds(facts) else None
        finally:
            self._asked.discard((kind, name))

    def _recall_stored(self, kind: str, name: str, decode: Callable[[Any], T]) -> tuple[T] | None:
        """What an earlier run, or somebody else, has kept."""
        entry = self._cache.get(kind, name)
        if entry is None:
            return None
        try:
            facts = facts_from(entry["facts"])
            if not self._holds(facts):
                return None
            result = decode(entry["data"])
        except MALFORMED:
            return None
        self._cache.objects[kind, name] = facts, result
        return self._recalled(facts, result)

    def _holds(self, facts: Facts) -> bool:
        return all(self._ask(fact) == answer for fact, answer in facts.items())

    def _recalled(self, facts: Facts, result: T) -> tuple[T]:
        self._trail.note_all(facts)
        return (result,)

    def keep(self, kind: str, key: str, facts: Facts, result: T, encode: Callable[[T], Any]) -> None:
        """Keep a result and what it rests on; one that has no JSON form only for this run."""
        self._cache.objects[kind, f"{self._context}:{key}"] = dict(facts), result
        if isinstance(self._cache, NullCache):
            return
        try:
            data = encode(result)
        except (TypeError, RecursionError):
            return
        entry = {"facts": facts_to(facts), "data": data}
        self._cache.put(kind, f"{self._context}:{key}", entry)
