"""What is not certain about a value, noted at the moment it goes into a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field

from miglint.history import Confidence
from miglint.sources.django.third_party import short, written
from miglint.sources.django.values import Call

_ABSENT = object()
_STORAGES = "django.core.files.storage."
_RANK = {Confidence.EXACT: 0, Confidence.ASSUMED: 1, Confidence.UNKNOWN: 2}


class Doubt(Struct, frozen=True):
    """How sure something is that is less than exact, and why (lower case, no full stop)."""

    confidence: Confidence
    reason: str


class Ledger(Struct):
    """Collects the doubts about what is being rendered now."""

    noted: list[Doubt] = field(default_factory=list)
    calls: int = 0
    """How many values that differ at every call were made."""

    def note(self, doubt: Doubt) -> None:
        """Say that the doubt bears on what is being rendered."""
        if doubt not in self.noted:
            self.noted.append(doubt)

    def take(self) -> list[Doubt]:
        """What was noted since this was last asked."""
        noted, self.noted = self.noted, []
        return noted


class Converter(Struct, frozen=True):
    """Says, when a field writes a value, whether its own class would write it in the same way."""

    field: str
    methods: frozenset[str]
    ledger: Ledger
    package: str = ""
    """The class of a package that it is, or is derived from."""
    read: Callable[[object], tuple[object] | None] | None = None
    """What the source of these methods makes of a value; None where the source is not here."""

    def wrote(self, value: object) -> object:
        """The value as it is written, and the doubt noted if that may not be so.

        A class of a package that is not known to is thought to convert nothing that is empty, but for text by a
        `get_db_prep_save`.
        """
        made = written(short(self.package), value)
        if self.read is not None:
            made = self.read(value) if made is None and (value is None or value == "") else None
        elif made is None and (value is None or (value == "" and "get_db_prep_save" not in self.methods)):
            return value
        if made is not None and made[0] == value:
            return value
        self.ledger.note(Doubt(Confidence.ASSUMED, f"{self.field} may convert its default"))
        return value if made is None else made[0]

    def __deepcopy__(self, memo: object) -> Converter:
        return self


class OwnArguments:
    """The arguments of a field that Django's class in its place does not take: Django compares them all the same."""

    def __init__(self, field: str, values: Mapping[str, object], ledger: Ledger) -> None:
        self._field = field
        self._values = dict(values)
        self._ledger = ledger

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OwnArguments):
            return NotImplemented
        names = sorted(self._values.keys() | other._values.keys())
        pairs = {name: (self._values.get(name, _ABSENT), other._values.get(name, _ABSENT)) for name in names}
        if any(_differ_as_storages(*pair) for pair in pairs.values()):
            return False
        changed = [name for name, (one, two) in pairs.items() if one != two or isinstance(one, Call)]
        if changed:
            reason = f"{self._field} is taken to be altered by its own {', '.join(changed)}"
            self._ledger.note(Doubt(Confidence.ASSUMED, reason))
        return not changed

    __hash__ = None  # type: ignore[assignment]  # as of a dict

    def __deepcopy__(self, memo: object) -> OwnArguments:
        return self


def _differ_as_storages(one: object, two: object) -> bool:
    """Whether both are storages of Django's that a migration makes, or one is and the other is not there.

    They are equal to nothing but themselves; those of a project can be equal to whatever they like.
    """
    return all(value is _ABSENT or _is_storage(value) for value in (one, two))


def _is_storage(value: object) -> bool:
    return isinstance(value, Call) and value.target.startswith(_STORAGES) and value.target.endswith("Storage")


def summed_up(doubts: Iterable[Doubt]) -> tuple[Confidence, str]:
    """The least confidence of several doubts and all their reasons."""
    found = sorted(set(doubts), key=lambda doubt: (-_RANK[doubt.confidence], doubt.reason))
    confidence = found[0].confidence if found else Confidence.EXACT
    return confidence, "; ".join(doubt.reason for doubt in found)
