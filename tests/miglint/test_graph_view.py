"""`miglint graph` in its four formats."""

from __future__ import annotations

import json
import re

import pytest

from graphs import Node, graph
from miglint.errors import MiglintError
from miglint.graph_view import render

LINE = [Node("shop.0001"), *[Node(f"shop.{n:04}", (f"shop.{n - 1:04}",)) for n in range(2, 9)]]
FORK = [
    *LINE,
    Node("shop.0009_a", ("shop.0008",)),
    Node("shop.0010_a", ("shop.0009_a", "cart.0001")),
    Node("shop.0009_b", ("shop.0008",)),
    Node("cart.0001", ("shop.0001",)),
]


def test_the_text_shows_a_conflict_from_its_parent_on() -> None:
    assert render([graph(*FORK)], (), "text") == (
        "cart  cart/migrations  1 migration\n"
        "  0001  (needs shop.0001; leaf node)\n"
        "\n"
        "shop  shop/migrations  11 migrations\n"
        "  … 7 more before\n"
        "  0008\n"
        "  ├─ 0009_b  (leaf node)\n"
        "  └─ 0009_a\n"
        "     0010_a  (needs cart.0001; leaf node)\n"
        "  conflict: 2 leaf nodes, both come from 0008\n"
    )


def test_the_text_of_a_named_app_shows_all_of_it() -> None:
    text = render([graph(*FORK)], ("shop",), "text")
    assert "cart/migrations" not in text
    assert all(f"  {number:04}\n" in text for number in range(1, 9))


def test_conflicts_only_leaves_the_rest_out() -> None:
    assert render([graph(*LINE)], (), "text", conflicts_only=True) == "no migrations\n"
    assert "cart/migrations" not in render([graph(*FORK)], (), "text", conflicts_only=True)


def test_the_json_is_as_promised() -> None:
    ours = graph(
        Node("shop.0001"), Node("shop.0002", ("shop.0001",)), Node("shop.0001_s", (), ("shop.0001", "shop.0002"))
    )
    assert json.loads(render([ours], (), "json")) == {
        "schema_version": 1,
        "apps": {
            "shop": {
                "source": "django",
                "path": "shop/migrations",
                "leaves": ["0001_s"],
                "nodes": [
                    {"name": "0001", "path": "shop/migrations/0001.py", "dependencies": [], "replaces": []},
                    {
                        "name": "0001_s",
                        "path": "shop/migrations/0001_s.py",
                        "dependencies": [],
                        "replaces": [["shop", "0001"], ["shop", "0002"]],
                    },
                    {
                        "name": "0002",
                        "path": "shop/migrations/0002.py",
                        "dependencies": [["shop", "0001"]],
                        "replaces": [],
                    },
                ],
            }
        },
    }


@pytest.mark.parametrize("name", ['x"];evil', "x\nend", "x\\", 'x"]:::leaf', "\u202ex", "x\x1b[31m"])
def test_a_name_stays_inside_its_label(name: str) -> None:
    ours = graph(Node(f"shop.{name}"))
    plain = graph(Node("shop.plain"))
    for output in ("mermaid", "dot", "text"):
        drawn = render([ours], (), output)
        assert len(drawn.splitlines()) == len(render([plain], (), output).splitlines())
        assert drawn.replace("\n", "").isprintable()
    (label,) = [line for line in render([ours], (), "dot").splitlines() if line.startswith("    n0")]
    body = label.removeprefix("    n0 [label=").rpartition(", penwidth")[0]
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', body)
    (node,) = [line for line in render([ours], (), "mermaid").splitlines() if line.startswith("    n0")]
    assert node.count('"') == 2


def test_an_app_that_is_not_there_is_an_error() -> None:
    with pytest.raises(MiglintError, match=r"no app shpo .*did you mean shop"):
        render([graph(*LINE)], ("shpo",), "text")


def test_edges_across_apps_are_dashed() -> None:
    text = render([graph(*FORK)], ("cart",), "mermaid")
    assert 'n1["shop.0001"]' in text
    assert "n1 -.-> n0" in text
    assert "n1 -> n0 [style=dashed];" in render([graph(*FORK)], ("cart",), "dot")
