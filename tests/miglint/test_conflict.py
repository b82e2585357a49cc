"""Conflicts and how a branch moves, on graphs made by hand."""

from __future__ import annotations

from graphs import Node, graph, keys
from miglint.conflict import conflicts, moves, renumbered
from miglint.history import Key

BASE = [Node("shop.0001"), Node("shop.0002", ("shop.0001",)), Node("shop.0003_b", ("shop.0002",))]


def test_the_change_moves_and_the_base_stays() -> None:
    united = graph(*BASE, Node("shop.0003_a", ("shop.0002",)), Node("shop.0004_a", ("shop.0003_a",)))
    (conflict,) = conflicts(united, graph(*BASE))
    assert conflict.parent == Key("shop", "0002")
    assert conflict.leaves == keys("shop.0003_b", "shop.0004_a")
    branch = conflict.moving()
    assert branch.own == keys("shop.0003_a", "shop.0004_a")
    (move,) = moves(united, branch, Key("shop", "0003_b"))
    assert (move.migration, move.dependency.key) == (Key("shop", "0003_a"), Key("shop", "0002"))
    assert renumbered(branch, Key("shop", "0003_b")) == {
        Key("shop", "0003_a"): "0004_a",
        Key("shop", "0004_a"): "0005_a",
    }


def test_the_change_moves_also_where_its_name_comes_first() -> None:
    (conflict,) = conflicts(graph(*BASE, Node("shop.0003_a", ("shop.0002",))), graph(*BASE))
    assert conflict.moving().leaf == Key("shop", "0003_a")


def test_of_a_merge_in_the_change_only_what_the_base_holds_moves() -> None:
    base = [*BASE, Node("shop.0003_c", ("shop.0002",)), Node("shop.0004_merge", ("shop.0003_b", "shop.0003_c"))]
    united = graph(*base, Node("shop.0004_mine", ("shop.0003_b", "shop.0003_c")))
    (conflict,) = conflicts(united, graph(*base))
    found = moves(united, conflict.moving(), Key("shop", "0004_merge"))
    assert conflict.moving().own == keys("shop.0004_mine")
    assert [move.dependency.key.name for move in found] == ["0003_b", "0003_c"]


def test_two_apps_that_start_twice_have_no_parent() -> None:
    (conflict,) = conflicts(graph(Node("shop.0001_a"), Node("shop.0001_b")), None)
    assert conflict.parent is None
    assert conflict.moving().leaf == Key("shop", "0001_b")


def test_a_leaf_that_may_be_the_parent_of_a_broken_migration_is_no_leaf() -> None:
    assert conflicts(graph(*BASE, Node("shop.0004", ("shop.0003_typo",))), None) == []
