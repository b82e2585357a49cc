"""The graph rules where sides, renames, squashes and deletions meet; the plain cases are in the rules' pages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from miglint.cache import NullCache
from miglint.config import Config
from miglint.engine import Request, check
from miglint.finding import Finding
from miglint.git import change_set, open_repository
from miglint.registry import Selection, built_in_rules, selected
from rules.running import commit

FOLDER = "shop/migrations"
ADD_NOTE = 'migrations.AddField("order", "note", models.TextField(null=True))'
CREATE = 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])'


def migration(*dependencies: str, operations: str = "", header: str = "", extra: str = "") -> str:
    pairs = ", ".join(repr(tuple(text.split("."))) for text in dependencies)
    return (
        f"from django.db import migrations, models\n{header}\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [{pairs}]\n{extra}    operations = [{operations}]\n"
    )


def shop(**files: str) -> dict[str, str]:
    """Files of the app shop by migration name (`m0001_initial`), and its package."""
    named = {f"{FOLDER}/{name.removeprefix('m')}.py": content for name, content in files.items()}
    return {"shop/__init__.py": "", "shop/models.py": "", f"{FOLDER}/__init__.py": "", **named}


BASE = shop(m0001_initial=migration(operations=CREATE), m0002_note=migration("shop.0001_initial", operations=ADD_NOTE))


@pytest.fixture
def found(tmp_path: Path):  # type: ignore[no-untyped-def]
    """What the rules say of a change; `later` is what the base got after the change was begun."""

    def run(before: dict[str, str], after: dict[str, str], later: dict[str, str] | None = None) -> list[Finding]:
        commit(tmp_path, before, after)
        if later is not None:
            advance(tmp_path, later)
        repository = open_repository(tmp_path)
        changes = change_set(repository, base="main", head="change", staged=False, everything=False, environment={})
        rules = built_in_rules()
        request = Request(tuple(rules), selected(rules, Selection()), today=dt.date(2026, 11, 22))
        return [one for one in check(changes, Config(), NullCache(), request).active if one.rule in GRAPH_RULES]

    return run


GRAPH_RULES = {rule.name for rule in built_in_rules() if rule.kind == "graph"}


def advance(folder: Path, files: dict[str, str]) -> None:
    """Give main one more commit."""
    import os
    import subprocess

    environment = {"PATH": os.environ["PATH"], "HOME": os.fspath(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    lines = [b"commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000001 +0000\ndata 4\nmain\n"]
    lines.append(b"from refs/heads/main^0\ndeleteall\n")
    for path, content in files.items():
        data = content.encode()
        lines.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, env=environment, input=b"".join(lines), check=True)


def rules(findings: list[Finding]) -> list[str]:
    return sorted(one.rule for one in findings)


def test_a_conflict_with_what_the_base_got_meanwhile_names_both_sides(found) -> None:  # type: ignore[no-untyped-def]
    mine = {**BASE, f"{FOLDER}/0003_mine.py": migration("shop.0002_note")}
    mine[f"{FOLDER}/0004_mine_too.py"] = migration("shop.0003_mine")
    theirs = {**BASE, f"{FOLDER}/0003_theirs.py": migration("shop.0002_note")}
    (one,) = found(BASE, mine, theirs)
    problem = one.problem
    assert one.rule == "multiple-leaf-nodes"
    assert problem.at.path == f"{FOLDER}/0003_mine.py"
    for word in ("0004_mine_too", "in this change", "0003_theirs", "on main", "both come from 0002_note"):
        assert word in problem.message
    assert "0003_mine.py -> 0004_mine.py" in problem.help
    assert "0004_mine_too.py -> 0005_mine_too.py" in problem.help
    assert '("shop", "0002_note") becomes ("shop", "0003_theirs")' in problem.help
    assert '("shop", "0003_mine") becomes ("shop", "0004_mine")' in problem.help
    assert "makemigrations --merge shop" in problem.help
    assert problem.fix is not None
    assert [edit.text for edit in problem.fix.edits] == ["('shop', '0003_theirs')"]
    assert problem.related[0].path == f"{FOLDER}/0003_theirs.py"
    assert {node.side for node in problem.diagram} == {"main", "this change"}


def test_a_merge_migration_on_the_base_or_in_the_change_ends_the_conflict(found) -> None:  # type: ignore[no-untyped-def]
    mine = {**BASE, f"{FOLDER}/0003_mine.py": migration("shop.0002_note")}
    theirs = {
        **BASE,
        f"{FOLDER}/0003_mine.py": migration("shop.0002_note"),
        f"{FOLDER}/0003_theirs.py": migration("shop.0002_note"),
        f"{FOLDER}/0004_merge.py": migration("shop.0003_mine", "shop.0003_theirs"),
    }
    assert rules(found(BASE, mine, theirs)) == []


def test_a_parent_that_the_base_renamed_is_one_missing_dependency(found) -> None:  # type: ignore[no-untyped-def]
    mine = {**BASE, f"{FOLDER}/0003_mine.py": migration("shop.0002_note")}
    theirs = {path: text for path, text in BASE.items() if "0002" not in path}
    theirs[f"{FOLDER}/0002_order_note.py"] = BASE[f"{FOLDER}/0002_note.py"]
    (one,) = found(BASE, mine, theirs)
    assert one.rule == "missing-dependency"
    assert 'did you mean ("shop", "0002_order_note")?' in one.problem.help


def test_an_unreadable_migration_makes_no_leaf_nodes(found) -> None:  # type: ignore[no-untyped-def]
    broken = {
        **BASE,
        f"{FOLDER}/0003_broken.py": "from django.db import migrations\nclass Migration(migrations.Migration:",
    }
    broken[f"{FOLDER}/0004_after.py"] = migration("shop.0003_broken")
    assert "multiple-leaf-nodes" not in rules(found(BASE, broken))


def test_migrations_of_python_2_do_not_hide_a_conflict_that_comes_after_them(found) -> None:  # type: ignore[no-untyped-def]
    old = "def fill(apps, editor):\n    print 'filled'\n"
    base = {
        **BASE,
        f"{FOLDER}/0003_fill.py": migration("shop.0002_note", header=old),
        f"{FOLDER}/0004_more.py": migration("shop.0003_fill", header=old),
        f"{FOLDER}/0005_last.py": migration("shop.0004_more"),
        f"{FOLDER}/0006_theirs.py": migration("shop.0005_last"),
    }
    (one,) = found(base, {**base, f"{FOLDER}/0006_mine.py": migration("shop.0005_last")})
    assert one.rule == "multiple-leaf-nodes"
    assert "both come from 0005_last" in one.problem.message


def test_a_migration_that_can_be_read_again_is_not_a_new_one(found) -> None:  # type: ignore[no-untyped-def]
    old = migration("shop.0002_note", header="def fill(apps, editor):\n    print 'filled'\n")
    base = {**BASE, f"{FOLDER}/0003_fill.py": old, f"{FOLDER}/0004_more.py": migration("shop.0003_fill")}
    ported = {**base, f"{FOLDER}/0003_fill.py": old.replace("print 'filled'", "print('filled')")}
    assert found(base, ported) == []


REFORMATTED = """\
# A new comment
from __future__ import annotations

from django.db import migrations
from django.db.models import TextField


class Migration(migrations.Migration):
    \"\"\"Notes.\"\"\"

    dependencies: list[tuple[str, str]] = [
        ('shop', "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="note",
            field=TextField(null=True),  # as is
        ),
    ]
"""


def test_new_looks_of_a_released_migration_are_nothing(found) -> None:  # type: ignore[no-untyped-def]
    assert rules(found(BASE, {**BASE, f"{FOLDER}/0002_note.py": REFORMATTED})) == []


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [
        ("TextField(null=True)", "CharField(max_length=9, null=True)", "error"),
        ("null=True", "null=True, help_text='Why'", "notice"),
        ("[('shop', '0001_initial')]", "[]", "error"),
        ("operations = [", "operations = [migrations.RunSQL('SELECT 1'), ", "error"),
    ],
)
def test_another_content_of_a_released_migration_is_one_finding(
    found,
    old: str,
    new: str,
    severity: str,  # type: ignore[no-untyped-def]
) -> None:
    text = BASE[f"{FOLDER}/0002_note.py"]
    assert old in text
    (one,) = [
        one
        for one in found(BASE, {**BASE, f"{FOLDER}/0002_note.py": text.replace(old, new)})
        if one.rule == "released-migration-changed"
    ]
    assert one.severity == severity


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Decimal('0')", "Decimal(0)"),
        ("from here.fields import Money", "from there.fields import Money"),
    ],
)
def test_the_same_value_and_code_that_moved_are_nothing(found, old: str, new: str) -> None:  # type: ignore[no-untyped-def]
    header = "from decimal import Decimal\nfrom here.fields import Money\n"
    add = 'migrations.AddField("order", "price", Money(default=Decimal(\'0\')))'
    text = migration("shop.0002_note", operations=add, header=header)
    base = {**BASE, f"{FOLDER}/0003_price.py": text}
    assert old in text
    assert rules(found(base, {**base, f"{FOLDER}/0003_price.py": text.replace(old, new)})) == []


@pytest.mark.parametrize(("argument", "severity"), [("upload_to", "notice"), ("default", "error")])
def test_another_function_matters_where_its_value_is_sent(found, argument: str, severity: str) -> None:  # type: ignore[no-untyped-def]
    header = "from shop.paths import first, second\n"
    add = f'migrations.AddField("order", "scan", models.FileField({argument}=first))'
    text = migration("shop.0002_note", operations=add, header=header)
    base = {**BASE, f"{FOLDER}/0003_scan.py": text}
    changed = {**base, f"{FOLDER}/0003_scan.py": text.replace("=first", "=second")}
    (one,) = [one for one in found(base, changed) if one.rule == "released-migration-changed"]
    assert one.severity == severity


@pytest.mark.parametrize(
    ("old", "new", "severity"),
    [("'a note'", "'another note'", "notice"), ("width()", "width(2)", "error"), ("width()", "width( )  # w", None)],
)
def test_beside_what_cannot_be_evaluated_only_what_changed_counts(
    found, old: str, new: str, severity: str | None
) -> None:  # type: ignore[no-untyped-def]
    header = "from shop.sizes import width\n"
    add = (
        'migrations.AddField("order", "a", models.CharField(max_length=width())), '
        "migrations.AddField('order', 'b', models.TextField(help_text='a note'))"
    )
    text = migration("shop.0002_note", operations=add, header=header)
    assert old in text
    base = {**BASE, f"{FOLDER}/0003_sizes.py": text}
    changed = found(base, {**base, f"{FOLDER}/0003_sizes.py": text.replace(old, new)})
    assert [one.severity for one in changed if one.rule == "released-migration-changed"] == (
        [severity] if severity else []
    )


def test_a_way_back_that_is_added_is_a_notice(found) -> None:  # type: ignore[no-untyped-def]
    def fill(back: str) -> str:
        return migration("shop.0002_note", operations=f"migrations.RunSQL('SELECT 1'{back})")

    base = {**BASE, f"{FOLDER}/0003_fill.py": fill("")}
    (one,) = found(base, {**base, f"{FOLDER}/0003_fill.py": fill(", migrations.RunSQL.noop")})
    assert (one.rule, one.severity) == ("released-migration-changed", "notice")


def test_a_function_that_does_something_else_is_another_operation(found) -> None:  # type: ignore[no-untyped-def]
    def fill(body: str) -> str:
        header = f"def fill(apps, schema_editor):\n    helper(apps)\n\ndef helper(apps):\n    {body}\n"
        return migration("shop.0002_note", operations="migrations.RunPython(fill)", header=header)

    base = {**BASE, f"{FOLDER}/0003_fill.py": fill("print(1)")}
    assert rules(found(base, {**base, f"{FOLDER}/0003_fill.py": fill("print(2)")})) == ["released-migration-changed"]


def test_a_rename_is_told_once_with_both_names(found) -> None:  # type: ignore[no-untyped-def]
    renamed = {path.replace("0002_note", "0002_order_note"): text for path, text in BASE.items()}
    (one,) = found(BASE, renamed)
    assert one.rule == "released-migration-changed"
    assert "shop.0002_note is renamed to 0002_order_note" in one.problem.message


def test_a_rename_that_replaces_the_old_name_is_fine(found) -> None:  # type: ignore[no-untyped-def]
    renamed = {path: text for path, text in BASE.items() if "0002" not in path}
    extra = '    replaces = [("shop", "0002_note")]\n'
    renamed[f"{FOLDER}/0002_order_note.py"] = migration("shop.0001_initial", operations=ADD_NOTE, extra=extra)
    assert rules(found(BASE, renamed)) == []


def test_deleting_what_another_needs_is_told_once(found) -> None:  # type: ignore[no-untyped-def]
    after = {path: text for path, text in BASE.items() if "0001" not in path}
    (one,) = found(BASE, after)
    assert one.rule == "released-migration-changed"
    assert one.problem.related[0].path == f"{FOLDER}/0002_note.py"


SQUASH = migration(
    operations=f"{CREATE}, {ADD_NOTE}",
    extra='    replaces = [("shop", "0001_initial"), ("shop", "0002_note")]\n    initial = True\n',
)


def test_a_squash_beside_what_it_replaces_is_fine(found) -> None:  # type: ignore[no-untyped-def]
    assert rules(found(BASE, {**BASE, f"{FOLDER}/0001_squashed_0002_note.py": SQUASH})) == []


def test_a_squash_of_what_never_left_its_branch_is_fine(found) -> None:  # type: ignore[no-untyped-def]
    extra = '    replaces = [("shop", "0003_a"), ("shop", "0004_b")]\n'
    squash = migration("shop.0002_note", operations="migrations.RunSQL('')", extra=extra)
    assert rules(found(BASE, {**BASE, f"{FOLDER}/0003_a_squashed_0004_b.py": squash})) == []


def test_a_squash_that_takes_the_files_along_at_once_is_one_finding(found) -> None:  # type: ignore[no-untyped-def]
    after = shop(m0001_squashed_0002_note=SQUASH)
    (one,) = found(BASE, after)
    assert one.rule == "released-migration-changed"
    assert "0001_squashed_0002_note replaces it only from this change on" in one.problem.message


def test_what_a_released_squash_replaces_may_go_and_replaces_after_it(found) -> None:  # type: ignore[no-untyped-def]
    base = {**BASE, f"{FOLDER}/0001_squashed_0002_note.py": SQUASH}
    base[f"{FOLDER}/0003_more.py"] = migration("shop.0002_note")
    lines = [line for line in SQUASH.splitlines() if "replaces" not in line]
    after = shop(m0001_squashed_0002_note="\n".join(lines) + "\n", m0003_more=migration("shop.0001_squashed_0002_note"))
    assert rules(found(base, after)) == []


def test_an_app_may_leave_the_repository_and_its_tables_are_mentioned(found) -> None:  # type: ignore[no-untyped-def]
    cart = {"cart/__init__.py": "", "cart/migrations/__init__.py": "", "cart/migrations/0001_initial.py": migration()}
    (one,) = found({**BASE, **cart}, BASE)
    assert (one.rule, one.severity) == ("released-migration-changed", "notice")
    assert "cart is taken out with its 1 migration" in one.problem.message


def test_the_only_app_may_leave_the_repository(found) -> None:  # type: ignore[no-untyped-def]
    (one,) = found(BASE, {"README": "gone"})
    assert (one.severity, one.problem.app) == ("notice", "shop")


def test_migrations_that_leave_an_app_that_stays_are_one_finding(found) -> None:  # type: ignore[no-untyped-def]
    (one,) = found(BASE, {"shop/__init__.py": "", "shop/models.py": ""})
    assert one.rule == "released-migration-changed"
    assert "0001_initial and 0002_note are deleted" in one.problem.message


def test_a_new_fault_is_told(found) -> None:  # type: ignore[no-untyped-def]
    field = 'models.ForeignKey("cart.Cart", null=True, on_delete=models.CASCADE)'
    wrong = migration("shop.0002_note", operations=f'migrations.AddField("order", "cart", {field})')
    cart = migration(operations='migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))])')
    base = {**BASE, f"{FOLDER}/0003_cart.py": wrong, "cart/migrations/0001_initial.py": cart}
    without = {path: text for path, text in base.items() if "0003" not in path}
    assert rules(found(without, base)) == ["undeclared-dependency"]


def test_a_comment_on_a_migration_with_an_old_fault_raises_nothing(found) -> None:  # type: ignore[no-untyped-def]
    field = 'models.ForeignKey("cart.Cart", null=True, on_delete=models.CASCADE)'
    wrong = migration("shop.0002_note", operations=f'migrations.AddField("order", "cart", {field})')
    cart = migration(operations='migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))])')
    base = {**BASE, f"{FOLDER}/0003_cart.py": wrong, "cart/migrations/0001_initial.py": cart}
    assert rules(found(base, {**base, f"{FOLDER}/0003_cart.py": "# why\n" + wrong})) == []


HANDLER = """
def fill(apps, schema_editor):
    def handler(sender, **kwargs):
        apps = kwargs["apps"]
        apps.get_model("cart", "Cart")
    post_migrate.connect(handler)
"""


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (HANDLER, False),
        ("def fill(apps, schema_editor):\n    apps = registry\n    apps.get_model('cart', 'Cart')\n", False),
        ("def fill(apps, schema_editor):\n    rest(apps)\ndef rest(a):\n    a.get_model('cart.Cart')\n", True),
        (
            "CART = 'cart'\ndef fill(apps, schema_editor):\n    apps.get_model(app_label=CART, model_name='Cart')\n",
            True,
        ),
    ],
)
def test_a_function_needs_what_it_asks_its_own_registry_for(
    found,
    body: str,
    told: bool,  # type: ignore[no-untyped-def]
) -> None:
    cart = migration(operations='migrations.CreateModel("Cart", [("id", models.BigAutoField(primary_key=True))])')
    base = {**BASE, "cart/__init__.py": "", "cart/migrations/0001_initial.py": cart}
    fill = migration("shop.0002_note", operations="migrations.RunPython(fill)", header=body)
    expected = ["undeclared-dependency"] if told else []
    assert rules(found(base, {**base, f"{FOLDER}/0003_fill.py": fill})) == expected


@pytest.mark.parametrize(
    ("left", "right", "collides"),
    [
        ('RemoveField("order", "note")', 'AlterField("Order", "note", models.TextField())', True),
        ('AlterField("order", "note", models.TextField())', 'AlterField("Order", "note", models.TextField())', False),
        ('AddField("order", "a", models.TextField())', 'AddField("order", "b", models.TextField())', False),
        ('AddField("order", "a", models.TextField())', 'AddField("order", "A", models.TextField())', True),
        ('RenameModel("Order", "Sale")', 'AddField("order", "b", models.TextField())', True),
        ('RenameField("order", "note", "text")', 'AlterField("order", "note", models.TextField())', True),
        ('AddIndex("order", models.Index(fields=["note"], name="i"))', 'RemoveField("order", "note")', True),
        ('AddIndex("order", models.Index(fields=["note"], name="i"))', 'RemoveIndex("order", "j")', False),
        ('AlterModelOptions("order", {"ordering": ["id"]})', 'AlterModelOptions("order", {"ordering": []})', False),
        ('AlterUniqueTogether("order", {("a", "b")})', 'AlterUniqueTogether("order", {("a",)})', True),
    ],
)
def test_branches_collide_where_the_order_matters(
    found,
    left: str,
    right: str,
    collides: bool,  # type: ignore[no-untyped-def]
) -> None:
    base = {**BASE, f"{FOLDER}/0003_a.py": migration("shop.0002_note", operations=f"migrations.{left}")}
    after = {
        **base,
        f"{FOLDER}/0003_b.py": migration("shop.0002_note", operations=f"migrations.{right}"),
        f"{FOLDER}/0004_merge.py": migration("shop.0003_a", "shop.0003_b"),
    }
    assert rules(found(base, after)) == (["conflicting-merge-operations"] if collides else [])


LINE = {**BASE, f"{FOLDER}/0003_more.py": migration("shop.0002_note")}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("shop.0002_note",), ("shop.0002_note", "shop.0001_initial"), ["notice"]),
        (("shop.0002_note", "shop.0001_initial"), ("shop.0002_note",), ["notice"]),
        (("shop.0002_note", "auth.__first__", "auth.0012_x"), ("shop.0002_note", "auth.0012_x"), ["notice"]),
        (("shop.0002_note", "auth.0012_x"), ("shop.0002_note",), ["error"]),
        (("shop.0002_note",), ("shop.0002_note", "auth.0012_x"), ["error"]),
        (("shop.0002_note",), ("shop.0001_initial",), ["error"]),
    ],
)
def test_a_dependency_that_others_imply_changes_no_order(  # type: ignore[no-untyped-def]
    found, before: tuple[str, ...], after: tuple[str, ...], expected: list[str]
) -> None:
    path = f"{FOLDER}/0003_more.py"
    said = found({**BASE, path: migration(*before)}, {**BASE, path: migration(*after)})
    assert [one.severity for one in said if one.rule == "released-migration-changed"] == expected


def test_migrations_that_follow_a_renamed_one_are_not_said_to_be_changed(found) -> None:  # type: ignore[no-untyped-def]
    renamed = {path: text for path, text in LINE.items() if "0002" not in path}
    renamed[f"{FOLDER}/0002_order_note.py"] = BASE[f"{FOLDER}/0002_note.py"]
    renamed[f"{FOLDER}/0003_more.py"] = migration("shop.0002_order_note")
    (one,) = found(LINE, renamed)
    assert "shop.0002_note is renamed to 0002_order_note" in one.problem.message


def test_migrations_that_follow_a_deleted_one_are_not_said_to_be_changed(found) -> None:  # type: ignore[no-untyped-def]
    deleted = {path: text for path, text in LINE.items() if "0002" not in path}
    deleted[f"{FOLDER}/0003_more.py"] = migration("shop.0001_initial")
    (one,) = found(LINE, deleted)
    assert "shop.0002_note is deleted" in one.problem.message
