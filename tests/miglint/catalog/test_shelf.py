"""The shelf next to a dictionary: the same answers whatever is done to it, and what it was before stays."""

import random

import pytest

from miglint.catalog import Shelf


def is_even(value: int) -> bool:
    return value % 2 == 0


def rest(value: int) -> int:
    return value % 3


class SameHash(str):
    __slots__ = ()

    def __hash__(self) -> int:
        return 7


@pytest.mark.parametrize("size", [5, 40, 3000])
@pytest.mark.parametrize("kind", [str, SameHash])
def test_it_says_what_a_dictionary_says(size: int, kind: type[str]) -> None:
    size = min(size, 200) if kind is SameHash else size
    chance = random.Random(size)
    shelf: Shelf[str, int] = Shelf()
    model: dict[str, int] = {}
    kept: list[tuple[Shelf[str, int], dict[str, int]]] = []
    for step in range(size * 3):
        key = kind(f"k{chance.randrange(size)}")
        if chance.random() < 0.3:
            shelf = shelf.remove(key)
            model.pop(key, None)
        else:
            shelf = shelf.set(key, step)
            model[key] = step
        if step % (size // 4) == 0:
            shelf.matching(is_even)
            kept.append((shelf, dict(model)))
    for then, expected in kept:
        assert list(then.items()) == list(expected.items())
        assert len(then) == len(expected)
        assert dict(then.matching(is_even)) == {key: value for key, value in expected.items() if value % 2 == 0}
        groups = {rest(value) for value in expected.values()}
        assert {group: dict(some) for group, some in then.grouped(rest).items()} == {
            group: {key: value for key, value in expected.items() if rest(value) == group} for group in groups
        }
        assert all(then.get(f"k{number}") == expected.get(f"k{number}") for number in range(size))


@pytest.mark.parametrize("size", [3, 100])
def test_a_renamed_entry_keeps_its_place(size: int) -> None:
    shelf = Shelf((f"k{number}", number) for number in range(size))
    assert list(shelf.renamed("k1", "new", 10))[:3] == ["k0", "new", "k2"]
    assert list(shelf.renamed("k1", "k0", 10).items())[:2] == [("k0", 10), ("k2", 2)]
    assert list(shelf.set("k1", 10))[:2] == ["k0", "k1"]


@pytest.mark.parametrize("size", [3, 100])
def test_names_are_found_whatever_their_case(size: int) -> None:
    shelf = Shelf((f"Name{number}", number) for number in range(size))
    assert shelf.folded("NAME1") == ("Name1",)
    twice = shelf.set("nAME1", 5)
    assert twice.folded("name1") == ("Name1", "nAME1")
    assert twice.remove("Name1").folded("name1") == ("nAME1",)
    assert not twice.remove("Name1").remove("nAME1").folded("name1")
    assert shelf.folded("name1") == ("Name1",)


@pytest.mark.parametrize("size", [3, 100, 5000])
def test_differences_are_what_went_and_what_came(size: int) -> None:
    before = Shelf((f"k{number}", number) for number in range(size))
    after = before.remove("k0").set("k1", -1).set("new", 0)
    assert before.differences(after) == ({"k0": 0, "k1": 1}, {"k1": -1, "new": 0})
    assert before.differences(before) == ({}, {})
    assert Shelf[str, int]().differences(before)[1] == dict(before)
