"""The graph against Django's own MigrationLoader, and what Django refuses as data."""

from __future__ import annotations

import django
from django.core.management import CommandError
from django.db.migrations import Migration as DjangoMigration
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.loader import MigrationLoader
from hypothesis import event, given, settings
from hypothesis import strategies as st

from graphs import HERE, Node, graph, key, keys
from miglint.graph import Graph
from miglint.history import History, Key, Migration, Unreadable

NESTED_SQUASHES = django.VERSION >= (6, 0)


class StubLoader(MigrationLoader):
    """Django's loader, given migrations instead of packages to import."""

    def __init__(self, nodes: list[Node], unmigrated: frozenset[str]) -> None:
        self.stubs = nodes
        self.unmigrated = unmigrated
        super().__init__(None)

    def load_disk(self) -> None:
        self.disk_migrations = {}
        self.unmigrated_apps = set(self.unmigrated)
        self.migrated_apps = set("abcd")
        for node in self.stubs:
            app, name = key(node.key)
            stub = DjangoMigration(name, app)
            stub.dependencies = [tuple(key(text)) for text in node.dependencies]
            stub.replaces = [tuple(key(text)) for text in node.replaces]
            stub.run_before = [tuple(key(text)) for text in node.run_before]
            self.disk_migrations[app, name] = stub


@st.composite
def histories(draw: st.DrawFn) -> list[Node]:
    """Mostly sound histories of up to three apps, with branches, squashes of squashes, holes and knots in some."""
    written: list[str] = []
    nodes: dict[str, Node] = {}
    counts = {"a": 0, "b": 0, "c": 0}
    wild = draw(st.booleans())
    for _ in range(draw(st.integers(1, 16))):
        app = draw(st.sampled_from("abc"))
        counts[app] += 1
        name = f"{app}.{counts[app]:04}"
        own = [text for text in written if text.startswith(app)]
        dependencies = set(draw(st.sampled_from([own[-1:], own[-1:], own[-2:-1], own[-2:], own[:1]])))
        others = [text for text in written if not text.startswith(app)]
        special = ["a.__first__", "b.__latest__", "x.__first__", "c.__first__"]
        dependencies |= set(draw(st.lists(st.sampled_from([*others, *others, *special]), max_size=2)))
        if wild:
            junk = ["a.0009", "b.missing", "c.0002", "y.0001", "y.__first__", "a.__latest__", "d.__first__"]
            dependencies |= set(draw(st.lists(st.sampled_from(junk), max_size=1)))
        run_before = draw(st.lists(st.sampled_from(others), max_size=1)) if wild and others else []
        nodes[name] = Node(name, tuple(sorted(dependencies)), run_before=tuple(run_before))
        written.append(name)
    for app, count in counts.items():
        for _ in range(draw(st.integers(0, 2)) if count > 1 else 0):
            own = [text for text in nodes if text.startswith(app)]
            inner = [text for text in own if NESTED_SQUASHES or not nodes[text].replaces]
            replaces = draw(st.lists(st.sampled_from(inner), min_size=1, max_size=5, unique=True))
            if wild:
                replaces += draw(st.lists(st.sampled_from([f"{app}.gone", f"{app}.0001"]), max_size=1))
            first = nodes[sorted(replaces)[0]].dependencies if sorted(replaces)[0] in nodes else ()
            name = f"{app}.{draw(st.sampled_from(['0001', '0003', '0009']))}_squashed_{len(nodes)}"
            nodes[name] = Node(name, tuple(text for text in first if text not in replaces), tuple(replaces))
    order = draw(st.permutations(list(nodes))) if draw(st.booleans()) else list(nodes)
    dropped = set(draw(st.lists(st.sampled_from(order), max_size=2))) if wild else set()
    return [nodes[name] for name in order if name not in dropped]


def refusal(nodes: list[Node]) -> str | MigrationLoader:
    """Django's loader, or what it refuses the migrations for."""
    try:
        return StubLoader(nodes, frozenset("x"))
    except (NodeNotFoundError, ValueError):
        return "missing"
    except CircularDependencyError:
        return "cycle"
    except CommandError:
        return "squash cycle"


@settings(max_examples=300, deadline=None)
@given(histories())
def test_the_graph_is_that_of_djangos_loader(nodes: list[Node]) -> None:
    loader = refusal(nodes)
    ours = graph(*nodes, external=frozenset("x"))
    if isinstance(loader, str):
        event(loader)
        assert {"missing": ours.missing, "cycle": ours.cycles, "squash cycle": ours.squash_cycles}[loader]
        return
    event("sound")
    assert not ours.missing
    assert not ours.cycles
    assert not ours.squash_cycles
    assert set(ours) == set(loader.graph.nodes)
    for app in "abc":
        assert list(ours.leaf_nodes(app)) == loader.graph.leaf_nodes(app)
        assert list(ours.root_nodes(app)) == loader.graph.root_nodes(app)
    for node in ours:
        assert list(ours.plan(node)) == loader.graph.forwards_plan(node)
        assert {*ours.descendants(node), node} == set(loader.graph.backwards_plan(node))
        assert set(ours.parents(node)) == {parent.key for parent in loader.graph.node_map[node].parents}
        assert all(ours.is_ancestor(other, node) == (other in ours.ancestors(node)) for other in ours)
    assert list(ours.order()) == loader.graph._generate_plan(loader.graph.leaf_nodes(), True)


def test_a_squash_takes_over_the_children_of_what_it_replaces() -> None:
    ours = graph(
        Node("shop.0001"),
        Node("shop.0002", ("shop.0001",)),
        Node("shop.0001_squashed_0002", (), ("shop.0001", "shop.0002")),
        Node("shop.0003", ("shop.0002",)),
        Node("cart.0001", ("shop.0001",)),
    )
    assert ours.leaf_nodes("shop") == keys("shop.0003")
    assert ours.parents(key("shop.0003")) == keys("shop.0001_squashed_0002")
    assert ours.parents(key("cart.0001")) == keys("shop.0001_squashed_0002")
    assert ours.node(key("shop.0002")) == key("shop.0001_squashed_0002")


def test_a_squash_stands_for_files_that_are_gone() -> None:
    ours = graph(
        Node("shop.0001_squashed_0002", (), ("shop.0001", "shop.0002")),
        Node("shop.0003", ("shop.0002",)),
    )
    assert not ours.missing
    assert ours.leaf_nodes("shop") == keys("shop.0003")


def test_an_outer_squash_stands_for_all_that_its_inner_one_replaces() -> None:
    ours = graph(
        Node("shop.0001_outer", (), ("shop.0001_inner", "shop.0003")),
        Node("shop.0001"),
        Node("shop.0002", ("shop.0001",)),
        Node("shop.0001_inner", (), ("shop.0001", "shop.0002")),
        Node("shop.0003", ("shop.0002",)),
    )
    assert set(ours) == {key("shop.0001_outer")}
    assert ours.squashes[key("shop.0001_outer")] == set(keys("shop.0001", "shop.0002", "shop.0003", "shop.0001_inner"))
    assert ours.node(key("shop.0001")) == key("shop.0001_outer")


def test_squashes_that_replace_each_other_are_data() -> None:
    ours = graph(Node("shop.a", (), ("shop.b",)), Node("shop.b", (), ("shop.a",)), Node("shop.c", (), ("shop.c",)))
    assert set(ours.squash_cycles) == {keys("shop.a", "shop.b"), keys("shop.c")}
    assert len(list(ours)) == 3


def test_what_is_missing_is_named_with_who_wants_it() -> None:
    ours = graph(
        Node("shop.0001", ("auth.0012_alter_user", "shop.0000", "gone.__first__")),
        Node("shop.0002", ("shop.0001",), run_before=("shop.9999",)),
        external=frozenset({"auth"}),
    )
    assert [(missing.migration, missing.dependency.key, missing.run_before) for missing in ours.missing] == [
        (key("shop.0001"), key("shop.0000"), False),
        (key("shop.0001"), key("gone.__first__"), False),
        (key("shop.0002"), key("shop.9999"), True),
    ]
    assert ours.leaf_nodes("shop") == keys("shop.0002")


def test_a_cycle_is_told_once_and_the_plan_still_ends() -> None:
    ours = graph(
        Node("a.1", ("b.2",)),
        Node("b.1", ("a.1",)),
        Node("b.2", ("b.1",)),
        Node("b.3", ("b.2",)),
        Node("c.1", ("c.1",)),
    )
    assert ours.cycles == (keys("a.1", "b.2", "b.1"), keys("c.1"))
    assert sorted(ours.order()) == list(ours)
    assert ours.is_ancestor(key("a.1"), key("b.3"))
    assert not ours.is_ancestor(key("b.3"), key("a.1"))


def test_the_common_parent_is_the_nearest_one_of_the_app() -> None:
    ours = graph(
        Node("shop.1"),
        Node("shop.2", ("shop.1",)),
        Node("shop.3_a", ("shop.2", "cart.1")),
        Node("shop.4_a", ("shop.3_a",)),
        Node("shop.3_b", ("shop.2", "cart.1")),
        Node("cart.1", ("shop.1",)),
    )
    assert ours.leaf_nodes("shop") == keys("shop.3_b", "shop.4_a")
    assert ours.common_parent(ours.leaf_nodes("shop")) == key("shop.2")
    assert ours.branch(key("shop.4_a"), key("shop.2")) == keys("shop.3_a", "shop.4_a")
    assert ours.common_parent(keys("shop.1", "cart.1")) is None


def test_an_unreadable_file_is_not_missing() -> None:
    unreadable = Unreadable("shop/migrations/0002.py", "invalid syntax", HERE, "shop")
    ours = graph(Node("shop.0001"), Node("shop.0003", ("shop.0002",)), unreadable=(unreadable,))
    assert not ours.missing
    assert ours.opaque == {key("shop.0002")}
    assert set(ours) == set(keys("shop.0001", "shop.0003"))


def test_a_migration_with_computed_dependencies_is_opaque() -> None:
    computed = Migration(Key("shop", "0001"), "django", "0001.py", "", HERE, dependencies_incomplete=True)
    ours = Graph.of(History("django", "", {}, {computed.key: computed}))
    assert ours.opaque == {computed.key}


def test_each_parent_is_traced_to_the_line_that_declares_it() -> None:
    ours = graph(
        Node("shop.0001"),
        Node("shop.0002", ("shop.0001", "cart.__first__")),
        Node("shop.0002_squashed", (), ("shop.0002",)),
        Node("cart.0001"),
        Node("cart.0002", ("cart.0001",), run_before=("shop.0002",)),
    )
    declared = {(parent, migration.key) for migration, _, parent in ours.declarations(key("shop.0002_squashed"))}
    assert declared == {
        (key("shop.0001"), key("shop.0002")),
        (key("cart.0001"), key("shop.0002")),
        (key("cart.0002"), key("cart.0002")),
    }


def test_a_long_history_needs_no_recursion() -> None:
    length = 5000
    nodes = [Node("shop.0")] + [Node(f"shop.{n}", (f"shop.{n - 1}",)) for n in range(1, length)]
    ours = graph(*nodes)
    assert ours.order()[-1] == key(f"shop.{length - 1}")
    assert ours.is_ancestor(key("shop.0"), key(f"shop.{length - 1}"))
    knot = graph(Node("shop.0", (f"shop.{length - 1}",)), *nodes[1:])
    assert len(knot.cycles[0]) == length
