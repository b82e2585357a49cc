"""The default remedy, to the end: Django loads what the merge then holds, finds no conflict, and migrates."""

from __future__ import annotations

from pathlib import Path

import pytest

from fix_projects import Fixer, Project, added, created, migration, models

INITIAL = migration(operations=created("Order"), head="    initial = True\n")
NOTE = migration("shop.0001_initial", operations=added("order", "note"))


@pytest.fixture
def fix(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Fixer:
    return Fixer(monkeypatch, capfdbinary)


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app whose models are ahead of its migrations by what both branches add."""
    project = Project(tmp_path / "project", "shop")
    project.commit(
        {
            "shop/models.py": models(Order="note total more last"),
            "shop/migrations/0001_initial.py": INITIAL,
        }
    )
    return project


def parted(shop: Project, **more: str) -> Project:
    """The base got a note, the change three migrations."""
    shop.part(
        {"shop/migrations/0002_note.py": NOTE},
        {
            "shop/migrations/0002_total.py": migration("shop.0001_initial", operations=added("order", "total")),
            "shop/migrations/0003_more.py": migration("shop.0002_total", operations=added("order", "more"), quote='"'),
            "shop/migrations/0004_last.py": migration("shop.0003_more", operations=added("order", "last")),
            **more,
        },
    )
    return shop


def test_django_refuses_what_is_to_be_fixed(shop: Project) -> None:
    parted(shop).merge_main()
    assert shop.django()["conflicts"] == {"shop": ["0002_note", "0004_last"]}


def test_a_chain_goes_behind_the_base_and_django_migrates(shop: Project, fix: Fixer) -> None:
    parted(shop)
    status, out, error = fix(shop)
    assert (status, error) == (0, "")
    assert "fixed shop/migrations/0002_total.py:7: multiple-leaf-nodes: put 0002_total (now 0003_total), " in out
    assert "shop/migrations/0002_note.py is not in the work tree yet: merge or rebase" in out
    assert shop.files() == {
        "shop/migrations/0001_initial.py": INITIAL,
        "shop/migrations/0003_total.py": migration("shop.0002_note", operations=added("order", "total")),
        "shop/migrations/0004_more.py": migration("shop.0003_total", operations=added("order", "more"), quote='"'),
        "shop/migrations/0005_last.py": migration("shop.0004_more", operations=added("order", "last")),
    }
    assert fix(shop)[1].splitlines()[-1].startswith("0 fixed, ")
    shop.merge_main()
    assert shop.django() == {"conflicts": {}, "leaves": ["shop.0005_last"], "up_to_date": True}
    assert fix(shop)[1].splitlines()[-1].startswith("0 fixed, ")


def test_it_is_the_same_once_the_base_is_merged_into_the_change(shop: Project, fix: Fixer) -> None:
    parted(shop).merge_main()
    status, out, _ = fix(shop)
    assert status == 0
    assert "not in the work tree" not in out
    assert shop.files()["shop/migrations/0002_note.py"] == NOTE
    assert shop.django() == {"conflicts": {}, "leaves": ["shop.0005_last"], "up_to_date": True}


def test_what_is_not_committed_moves_too_and_the_index_stays(shop: Project, fix: Fixer) -> None:
    parted(shop)
    shop.repo.git("reset", "-q", "--soft", "HEAD~1")
    staged = shop.repo.git("ls-files", "-s")
    assert fix(shop)[0] == 0
    assert shop.repo.git("ls-files", "-s") == staged
    assert "shop/migrations/0005_last.py" in shop.files()


def test_the_diff_is_a_patch_that_does_the_same(shop: Project, fix: Fixer, tmp_path: Path) -> None:
    crlf = migration("shop.0001_initial", operations=added("order", "text")).replace("\n", "\r\n")
    parted(shop, **{"shop/migrations/0002_bbb.py": crlf})  # two leaf nodes of the change's own, and the base's
    before = shop.files()
    status, out, error = fix(shop, "--diff")
    assert status == 1
    assert shop.files() == before
    assert error.splitlines()[-1].startswith("1 would be fixed, ")
    patch = tmp_path / "fix.patch"
    patch.write_bytes(out.encode())
    shop.repo.git("apply", "--check", str(patch))
    shop.repo.git("apply", str(patch))
    applied = shop.files()
    shop.repo.git("apply", "-R", str(patch))
    assert shop.files() == before
    assert fix(shop)[0] == 0
    assert shop.files() == applied
    assert applied["shop/migrations/0003_bbb.py"] == crlf.replace("0001_initial", "0002_note")


def test_linear_migrations_file_follows(shop: Project, fix: Fixer) -> None:
    shop.commit({"shop/migrations/max_migration.txt": "0001_initial\n"})
    shop.part(
        {"shop/migrations/0002_note.py": NOTE},
        {
            "shop/migrations/0002_total.py": migration("shop.0001_initial", operations=added("order", "total")),
            "shop/migrations/max_migration.txt": "0002_total\r\n",
        },
    )
    status, out, _ = fix(shop)
    assert status == 0
    assert "stale-max-migration: name 0003_total" in out
    assert shop.files()["shop/migrations/max_migration.txt"] == "0003_total\r\n"


def test_linear_migrations_file_with_gits_conflict_in_it_is_mended(shop: Project, fix: Fixer) -> None:
    shop.commit({"shop/migrations/max_migration.txt": "0001_initial\n"})
    shop.part(
        {"shop/migrations/0002_note.py": NOTE, "shop/migrations/max_migration.txt": "0002_note\n"},
        {
            "shop/migrations/0002_total.py": migration("shop.0001_initial", operations=added("order", "total")),
            "shop/migrations/max_migration.txt": "0002_total\n",
        },
    )
    shop.repo.git("merge", "-q", "--no-edit", "main", check=False)
    assert "<<<<" in shop.files()["shop/migrations/max_migration.txt"]
    assert fix(shop)[0] == 0
    assert shop.files()["shop/migrations/max_migration.txt"] == "0003_total\n"


def test_other_files_of_the_change_follow_new_names(tmp_path: Path, fix: Fixer) -> None:
    project = Project(tmp_path / "project", "shop", "cart")
    project.commit(
        {
            "shop/models.py": models(Order="note total"),
            "cart/models.py": models(Cart="a b c", Line="x"),
            "shop/migrations/0001_initial.py": INITIAL,
            "cart/migrations/0001_initial.py": migration(operations=created("Cart"), head="    initial = True\n"),
        }
    )
    before = "    run_before = [('cart', '0003_b')]\n"
    project.part(
        {
            "shop/migrations/0002_note.py": NOTE,
            "cart/migrations/0002_line.py": migration("cart.0001_initial", operations=created("Line")),
            "cart/migrations/0003_x.py": migration("cart.0002_line", operations=added("line", "x")),
        },
        {
            "shop/migrations/0002_total.py": migration(
                "shop.0001_initial", "cart.0002_a", operations=added("order", "total"), head=before
            ),
            "cart/migrations/0002_a.py": migration("cart.0001_initial", operations=added("cart", "a")),
            "cart/migrations/0003_b.py": migration("cart.0002_a", operations=added("cart", "b")),
            "cart/migrations/0004_c.py": migration("cart.0003_b", "shop.0002_total", operations=added("cart", "c")),
        },
    )
    assert fix(project)[0] == 0
    assert project.files() == {
        "shop/migrations/0001_initial.py": INITIAL,
        "cart/migrations/0001_initial.py": migration(operations=created("Cart"), head="    initial = True\n"),
        "shop/migrations/0003_total.py": migration(
            "shop.0002_note", "cart.0004_a", operations=added("order", "total"), head=before.replace("0003_b", "0005_b")
        ),
        "cart/migrations/0004_a.py": migration("cart.0003_x", operations=added("cart", "a")),
        "cart/migrations/0005_b.py": migration("cart.0004_a", operations=added("cart", "b")),
        "cart/migrations/0006_c.py": migration("cart.0005_b", "shop.0003_total", operations=added("cart", "c")),
    }
    project.merge_main()
    assert project.django() == {"conflicts": {}, "leaves": ["cart.0006_c", "shop.0003_total"], "up_to_date": True}


def test_a_squash_of_the_change_moves_with_what_it_replaces(shop: Project, fix: Fixer) -> None:
    replaces = "    replaces = [('shop', '0002_total'), ('shop', '0003_more'), ('shop', '0004_last')]\n"
    operations = "\n".join(added("order", field) for field in ("total", "more", "last"))
    squash = migration("shop.0001_initial", operations=operations, head=replaces)
    parted(shop, **{"shop/migrations/0002_total_squashed_0004_last.py": squash})
    assert fix(shop)[0] == 0
    files = shop.files()
    moved = squash.replace("0001_initial", "0002_note").replace("'0004_last'", "'0005_last'")
    moved = moved.replace("'0003_more'", "'0004_more'").replace("'0002_total'", "'0003_total'")
    assert files["shop/migrations/0003_total_squashed_0005_last.py"] == moved
    assert "('shop', '0002_note')" in files["shop/migrations/0003_total.py"]
    shop.merge_main()
    django = shop.django()
    assert (django["conflicts"], django["up_to_date"]) == ({}, True)


def test_migrations_may_lie_elsewhere(tmp_path: Path, fix: Fixer) -> None:
    project = Project(tmp_path / "project", "shop", modules={"shop": "db.shop_history"})
    project.commit(
        {
            "db/__init__.py": "",
            "db/shop_history/__init__.py": "",
            "shop/models.py": models(Order="note total"),
            "db/shop_history/0001_initial.py": INITIAL,
        }
    )
    project.part(
        {"db/shop_history/0002_note.py": NOTE},
        {"db/shop_history/0002_total.py": migration("shop.0001_initial", operations=added("order", "total"))},
    )
    assert fix(project)[0] == 0
    assert (project.path / "db/shop_history/0003_total.py").exists()
    project.merge_main()
    assert project.django() == {"conflicts": {}, "leaves": ["shop.0003_total"], "up_to_date": True}


def test_what_both_sides_touch_is_a_persons_to_look_at(shop: Project, fix: Fixer) -> None:
    mine = migration("shop.0001_initial", operations=added("order", "note"))
    shop.part({"shop/migrations/0002_note.py": NOTE}, {"shop/migrations/0002_mine.py": mine})
    before = shop.files()
    status, out, _ = fix(shop)
    assert (status, shop.files()) == (1, before)
    assert "not fixed: both sides touch order.note: AddField in 0002_mine and AddField in 0002_note: --unsafe" in out
    assert fix(shop, "--unsafe")[0] == 0
    assert "shop/migrations/0003_mine.py" in shop.files()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"shop/migrations/0003_broken.py": "class Migration(\n"},
            "0003_broken.py:1 is not known to be safe: syntax error",
        ),
        (
            {"shop/migrations/0003_odd.py": migration("shop.0001_initial").replace("'0001_initial'", "NAME")},
            "0003_odd.py:7 is not known to be safe: ",
        ),
        (
            {"shop/migrations/0002_total.py": migration("shop.0001_initial", operations="custom.Operation()")},
            "not fixed: shop/migrations/0002_total.py:11 is not understood (",
        ),
        (
            {"cart/migrations/__init__.py": "", "cart/migrations/0001_initial.py": "class Migration(\n"},
            "not fixed: cart/migrations/0001_initial.py cannot be read (syntax error",
        ),
    ],
    ids=["a file", "a dependency", "an operation", "a file of another app"],
)
def test_nothing_is_touched_where_something_could_not_be_read(
    shop: Project, fix: Fixer, change: dict[str, str], said: str
) -> None:
    mine = {"shop/migrations/0002_total.py": migration("shop.0001_initial", operations=added("order", "total"))}
    shop.part({"shop/migrations/0002_note.py": NOTE}, {**mine, **change})
    before = shop.files()
    _, out, _ = fix(shop)
    assert shop.files() == before
    assert said in out


def test_two_leaf_nodes_of_the_base_are_not_moved(shop: Project, fix: Fixer) -> None:
    shop.part(
        {"shop/migrations/0002_note.py": NOTE, "shop/migrations/0002_other.py": migration("shop.0001_initial")},
        {"shop/migrations/0002_total.py": migration("shop.0001_initial", operations=added("order", "total"))},
    )
    before = shop.files()
    status, out, _ = fix(shop)
    assert (status, shop.files()) == (1, before)
    assert "main itself has the leaf nodes 0002_note and 0002_other: join them with --merge" in out


def test_a_file_in_the_way_that_git_does_not_know_is_not_overwritten(shop: Project, fix: Fixer) -> None:
    shop.commit({".gitignore": "0003_*\n"})
    shop.part(
        {"shop/migrations/0002_note.py": NOTE},
        {"shop/migrations/0002_total.py": migration("shop.0001_initial", operations=added("order", "total"))},
    )
    (shop.path / "shop/migrations/0003_total.py").write_text("mine")
    status, out, _ = fix(shop)
    assert status == 1
    assert "shop/migrations/0003_total.py is in the way: git does not know it" in out
    assert (shop.path / "shop/migrations/0003_total.py").read_text() == "mine"


def test_names_elsewhere_in_the_change_are_pointed_out(shop: Project, fix: Fixer) -> None:
    parted(shop, **{"tests/test_total.py": "BEFORE = '0002_total'\n"})
    assert "tests/test_total.py still says 0002_total, which is now 0003_total" in fix(shop)[1]


def test_a_dependency_that_is_not_written_as_a_pair_is_left_to_its_author(shop: Project, fix: Fixer) -> None:
    text = migration("shop.0001_initial", operations=added("order", "total"))
    text = text.replace("('shop', '0001_initial')", "PARENT").replace(
        "\n\nclass", "\nPARENT = ('shop', '0001_initial')\n\nclass"
    )
    shop.part({"shop/migrations/0002_note.py": NOTE}, {"shop/migrations/0002_total.py": text})
    before = shop.files()
    status, out, _ = fix(shop)
    assert (status, shop.files()) == (1, before)
    assert "does not write shop.0001_initial as a pair of strings: name 0002_note there by hand" in out
