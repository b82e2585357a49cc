"""Conflicts and how a branch moves, on graphs made by hand."""

from __future__ import annotations

from graphs import Node, graph, keys
from miglint.conflict import conflicts
from miglint.history import Key

BASE = [Node("shop.0001"), Node("shop.0002", ("shop.0001",)), Node("shop.0003_b", ("shop.0002",))]


def test_the_change_moves_and_the_base_stays() -> None:
    united = graph(*BASE, Node("shop.0003_a", ("shop.0002",)), Node("shop.0004_a", ("shop.0003_a",)))
    (conflict,) = conflicts(united, graph(*BASE))
    assert conflict.parent == Key("shop", "0002")
    assert conflict.leaves == keys("shop.0003_b", "shop.0004_a")
    branch = conflict.moving()
    assert branch.own == keys("shop.0003_a", "shop.0004_a")


def test_the_change_moves_also_where_its_name_comes_first() -> None:
    (conflict,) = conflicts(graph(*BASE, Node("shop.0003_a", ("shop.0002",))), graph(*BASE))
    assert conflict.moving().leaf == Key("shop", "0003_a")


def test_two_apps_that_start_twice_have_no_parent() -> None:
    (conflict,) = conflicts(graph(Node("shop.0001_a"), Node("shop.0001_b")), None)
    assert conflict.parent is None
    assert conflict.moving().leaf == Key("shop", "0001_b")


def test_a_leaf_that_may_be_the_parent_of_a_broken_migration_is_no_leaf() -> None:
    assert conflicts(graph(*BASE, Node("shop.0004", ("shop.0003_typo",))), None) == []
