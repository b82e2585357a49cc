from collections.abc import Sequence

from miglint.changeset import ChangeSet, MemoryTree, OverlayTree, Revision
from miglint.config import Config
from miglint.finding import Problem, Span
from miglint.graph import Graph
from miglint.history import App, Dependency, History, Key, Migration, Operation
from miglint.pull_requests import OpenPullRequest, ProposedMigrations, proposed
from miglint.scope import Scope
from miglint_rules.open_pull_request_conflict import check

INITIAL = "0001_initial"


def migration(name: str, parent: str | None = INITIAL, *operations: Operation, app: str = "shop") -> Migration:
    dependencies = (Dependency(Key(app, parent), Span(6, 9, 6, 30)),) if parent else ()
    path = f"{app}/migrations/{name}.py"
    return Migration(Key(app, name), "django", path, "0" * 40, Span(4, 1, 4, 6), dependencies, operations=operations)


def alter(name: str, null: bool) -> Operation:
    arguments = {"model_name": "order", "name": name, "field": null}
    return Operation(0, "AlterField", "django.db.migrations.AlterField", Span(8, 9, 8, 40), arguments)


def history(*migrations: Migration) -> History:
    apps = {one.key.app: App(one.key.app, "django", f"{one.key.app}/migrations") for one in migrations}
    return History("django", "", apps, {one.key: one for one in migrations})


def found(ours: Sequence[Migration], theirs: Sequence[Migration]) -> list[Problem]:
    base = history(migration(INITIAL, None))
    united = history(migration(INITIAL, None), *ours)
    scope = Scope(
        change_set=ChangeSet(Revision("topic", None), MemoryTree({}), base=Revision("main", None)),
        config=Config(),
        history=united,
        graph=Graph.of(united),
        base_history=base,
        base_graph=Graph.of(base),
        introduced=frozenset(one.key for one in ours),
        open_pull_requests=(ProposedMigrations(12, "https://github.com/acme/shop/pull/12", tuple(theirs)),),
    )
    return list(check(scope))


def test_two_children_of_one_parent() -> None:
    [problem] = found([migration("0002_total"), migration("0003_tax", "0002_total")], [migration("0002_note")])
    assert problem.at.span.line == 6
    assert problem.message.startswith("shop.0002_total and 0002_note of the open pull request #12 both continue")
    assert "miglint fix --base main" in problem.help
    assert [(node.name, node.side) for node in problem.diagram] == [
        ("0001_initial", "main"),
        ("0002_note", "#12"),
        ("0002_total", "this change"),
    ]


def test_the_same_field_changed_in_two_ways() -> None:
    ours, theirs = migration("0002_a", INITIAL, alter("note", True)), migration("0002_b", INITIAL, alter("note", False))
    [problem] = found([ours], [theirs])
    assert "and both change order.note" in problem.message


def test_the_same_field_although_the_graph_agrees() -> None:
    theirs = migration("0003_b", "0002_elsewhere", alter("note", False))
    [problem] = found([migration("0002_a", INITIAL, alter("note", True))], [theirs])
    assert problem.message.startswith("shop: order.note is also changed by 0003_b of the open pull request #12")


def test_other_apps_and_other_parents_are_no_conflict() -> None:
    ours = [migration("0002_a", INITIAL, alter("note", True))]
    assert found(ours, [migration("0002_b", app="accounts")]) == []
    assert found(ours, [migration("0003_b", "0002_elsewhere", alter("total", True))]) == []


def test_what_a_pull_request_adds_is_read_on_top_of_the_base() -> None:
    trees: list[OverlayTree] = []

    def read(tree: object) -> list[History]:
        assert isinstance(tree, OverlayTree)
        trees.append(tree)
        return [history(*(migration(path.rpartition("/")[2].removesuffix(".py")) for path in tree))]

    pull = OpenPullRequest(12, "https://example.org", "d" * 40, {"shop/migrations/0002_b.py": b"theirs"})
    base = MemoryTree({"shop/migrations/0001_initial.py": b"base", "shop/migrations/0002_b.py": b"older"})
    result = proposed([pull], base, read)
    assert [one.key.name for one in result["django", ""][0].migrations] == ["0002_b"]
    [tree] = trees
    assert sorted(tree) == sorted(base)
    assert tree.read(tree) == {**base.files, **pull.files}
