"""How the branches of a change are put behind the base's leaf node, on graphs made by hand."""

from __future__ import annotations

import pytest

from graphs import Node, graph, key, keys
from miglint.conflict import conflicts
from miglint.rebase import Rebase, parse_number, rebase

BASE = [Node("shop.0001"), Node("shop.0002", ("shop.0001",)), Node("shop.0003_b", ("shop.0002",))]


def planned(base: list[Node], *added: Node) -> Rebase | None:
    united, before = graph(*base, *added), graph(*base)
    (conflict,) = conflicts(united, before)
    return rebase(conflict, united, before)


def redirects(plan: Rebase | None) -> list[tuple[str, str, str | None]]:
    assert plan is not None
    return [(one.migration.name, one.dependency.key.name, one.to and one.to.name) for one in plan.redirects]


def test_a_chain_moves_by_its_first_migration_and_takes_the_next_numbers() -> None:
    plan = planned(BASE, Node("shop.0003_a", ("shop.0002",)), Node("shop.0004_a", ("shop.0003_a",)))
    assert redirects(plan) == [("0003_a", "0002", "0003_b")]
    assert plan is not None
    assert plan.names == {key("shop.0003_a"): "0004_a", key("shop.0004_a"): "0005_a"}


def test_of_several_dependencies_on_the_base_one_is_left() -> None:
    base = [*BASE, Node("shop.0003_c", ("shop.0002",)), Node("shop.0004_merge", ("shop.0003_b", "shop.0003_c"))]
    plan = planned(base, Node("shop.0004_mine", ("shop.0003_b", "shop.0003_c")))
    assert redirects(plan) == [("0004_mine", "0003_b", "0004_merge"), ("0004_mine", "0003_c", None)]


def test_several_branches_of_a_change_go_one_behind_the_other() -> None:
    plan = planned(BASE, Node("shop.0003_x", ("shop.0002",)), Node("shop.0003_y", ("shop.0002",)))
    assert redirects(plan) == [("0003_x", "0002", "0003_b"), ("0003_y", "0002", "0003_x")]
    assert plan is not None
    assert plan.names == {key("shop.0003_x"): "0004_x", key("shop.0003_y"): "0005_y"}


def test_branches_of_a_change_that_part_in_it_keep_what_they_share_once() -> None:
    fork = Node("shop.0003_p", ("shop.0002",))
    plan = planned(BASE, fork, Node("shop.0004_x", ("shop.0003_p",)), Node("shop.0004_y", ("shop.0003_p",)))
    assert redirects(plan) == [("0003_p", "0002", "0003_b"), ("0004_y", "0003_p", "0004_x")]


def test_a_merge_within_the_change_keeps_what_it_says_of_the_base() -> None:
    merge = Node("shop.0004_merge", ("shop.0003_a", "shop.0002"))
    assert redirects(planned(BASE, Node("shop.0003_a", ("shop.0002",)), merge)) == [("0003_a", "0002", "0003_b")]


def test_a_squash_moves_with_what_it_replaces() -> None:
    plan = planned(
        BASE,
        Node("shop.0003_x", ("shop.0002",)),
        Node("shop.0004_y", ("shop.0003_x",)),
        Node("shop.0003_x_squashed_0004_y", ("shop.0002",), replaces=("shop.0003_x", "shop.0004_y")),
        Node("shop.0005_z", ("shop.0003_x_squashed_0004_y",)),
    )
    assert redirects(plan) == [("0003_x_squashed_0004_y", "0002", "0003_b"), ("0003_x", "0002", "0003_b")]
    assert plan is not None
    assert {old.name: new for old, new in plan.names.items()} == {
        "0003_x": "0004_x",
        "0004_y": "0005_y",
        "0003_x_squashed_0004_y": "0004_x_squashed_0005_y",
        "0005_z": "0006_z",
    }


def test_numbers_go_on_from_the_last_one_of_a_squash() -> None:
    base = [
        Node("shop.0001_a"),
        Node("shop.0002_b", ("shop.0001_a",)),
        Node("shop.0001_squashed_0002_b", (), replaces=("shop.0001_a", "shop.0002_b")),
        Node("shop.0003_c", ("shop.0001_squashed_0002_b",)),
        Node("shop.0003_c_squashed_0007_g", ("shop.0001_squashed_0002_b",), replaces=("shop.0003_c",)),
    ]
    plan = planned(base, Node("shop.0003_mine", ("shop.0002_b",)))
    assert plan is not None
    assert plan.names == {key("shop.0003_mine"): "0008_mine"}


@pytest.mark.parametrize("name", ["mine", "20260101_mine", "v3_mine"])
def test_names_that_are_not_numbered_as_django_does_stay(name: str) -> None:
    plan = planned(BASE, Node(f"shop.{name}", ("shop.0002",)))
    assert plan is not None
    assert plan.names == {}


def test_a_number_that_is_taken_is_passed_over() -> None:
    gone = Node("shop.0004_mine", ("shop.0002",))
    squash = Node("shop.0004_s", ("shop.0002",), replaces=("shop.0004_mine",))
    base = [*BASE, gone, squash, Node("shop.0003_end", ("shop.0004_s", "shop.0003_b"))]
    plan = planned(base, Node("shop.0003_mine", ("shop.0002",)))
    assert plan is not None
    assert plan.names == {key("shop.0003_mine"): "0005_mine"}


def test_two_leaf_nodes_of_the_base_are_not_the_changes_to_mend() -> None:
    assert planned([*BASE, Node("shop.0003_c", ("shop.0002",))], Node("shop.0003_d", ("shop.0002",))) is None


def test_what_starts_anew_hangs_on_nothing_that_could_move() -> None:
    assert planned([Node("shop.0001_a")], Node("shop.0001_b")) is None


def test_nothing_moves_behind_what_waits_for_it() -> None:
    before = Node("shop.0003_a", ("shop.0002",), run_before=("cart.0001",))
    base = [*BASE, Node("cart.0001"), Node("shop.0004_b", ("shop.0003_b", "cart.0001"))]
    assert planned(base, before) is None


def test_a_squash_of_what_is_released_does_not_move() -> None:
    base = [*BASE, Node("shop.0003_c", ("shop.0002",))]
    squash = Node("shop.0003_c_squashed_0004_d", ("shop.0002",), replaces=("shop.0003_c",))
    assert planned(base, squash) is None


def test_without_a_base_the_last_of_two_moves() -> None:
    united = graph(*BASE, Node("shop.0003_c", ("shop.0002",)))
    (conflict,) = conflicts(united, None)
    plan = rebase(conflict, united, None)
    assert redirects(plan) == [("0003_c", "0002", "0003_b")]
    assert plan is not None
    assert plan.onto == keys("shop.0003_b")[0]


@pytest.mark.parametrize(
    ("name", "number"), [("0003_a", 3), ("0001_squashed_0040_b", 40), ("a", None), ("a_squashed_7", 7)]
)
def test_numbers_are_read_as_django_reads_them(name: str, number: int | None) -> None:
    from django.db.migrations.autodetector import MigrationAutodetector

    assert parse_number(name) == number == MigrationAutodetector.parse_number(name)
