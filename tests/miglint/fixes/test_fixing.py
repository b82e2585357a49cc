"""The command apart from conflicts: which fixes go in, what is left and why, what is never written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fix_projects import Fixer, Project, created, migration, models
from miglint.cli import _fixing, main
from miglint.cli._files import read_file

INITIAL = migration(
    operations="migrations.CreateModel('Order', [('id', models.BigAutoField(primary_key=True)), "
    "('number', models.IntegerField())])"
)
CONCURRENT = "from django.contrib.postgres.operations import AddIndexConcurrently\n" + migration(
    "shop.0001_initial",
    operations="AddIndexConcurrently('order', models.Index(fields=['number'], name='number_idx'))",
)
PATH = "shop/migrations/0002_index.py"
COUNT = migration("shop.0001_initial", operations="migrations.RunPython(count, count)").replace(
    "\n\nclass", "\n\ndef count(apps, schema_editor):\n    apps.get_model('cart', 'Cart')\n\n\nclass"
)
"""Depends on nothing of the cart."""


@pytest.fixture
def fix(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Fixer:
    return Fixer(monkeypatch, capfdbinary)


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project", "shop")
    cart = migration(operations=created("Cart"))
    project.commit({"shop/models.py": models(Order=""), "shop/migrations/0001_initial.py": INITIAL})
    project.commit({"cart/migrations/__init__.py": "", "cart/migrations/0001_initial.py": cart})
    project.repo.switch("change", "main")
    return project


def test_a_safe_fix_goes_in_and_nothing_else_of_the_file_changes(shop: Project, fix: Fixer) -> None:
    content = b"\xef\xbb\xbf" + CONCURRENT.replace("\n", "\r\n").encode()
    shop.repo.write({PATH: content})
    (shop.path / PATH).chmod(0o600)
    status, out, _ = fix(shop)
    assert status == 0
    assert "fixed shop/migrations/0002_index.py:12: concurrent-index-in-transaction: " in out
    after = (shop.path / PATH).read_bytes()
    assert after == content.replace(b"\r\n\r\n    dep", b"\r\n\r\n    atomic = False\r\n    dep")
    assert (shop.path / PATH).stat().st_mode & 0o777 == 0o600
    assert not [name for name in os.listdir(shop.path / "shop/migrations") if name.startswith(".miglint")]
    assert fix(shop)[1].splitlines()[-1].startswith("0 fixed, ")


def test_one_fix_for_two_findings_counts_twice_and_is_made_once(shop: Project, fix: Fixer) -> None:
    line = next(line for line in CONCURRENT.splitlines() if "AddIndexConcurrently(" in line)
    shop.repo.write({PATH: CONCURRENT.replace(line, line + "\n" + line.replace("number_idx", "other_idx"))})
    assert (
        fix(shop, "--unsafe", "--select", "concurrent-index-in-transaction")[1].splitlines()[-1]
        == "2 fixed, nothing remains"
    )
    assert (shop.path / PATH).read_text().count("atomic = False") == 1


def test_an_unsafe_fix_waits_for_the_word(shop: Project, fix: Fixer) -> None:
    shop.repo.write({"shop/migrations/0002_typo.py": migration("shop.0001_inital")})
    status, out, _ = fix(shop)
    assert status == 1
    assert "error[missing-dependency] shop/migrations/0002_typo.py:7:9: shop.0002_typo depends on " in out
    assert "    not fixed: --unsafe does it: name shop.0001_initial instead" in out
    status, out, _ = fix(shop, "--unsafe")
    assert status == 0
    assert out.splitlines() == [
        "fixed shop/migrations/0002_typo.py:7: missing-dependency: name shop.0001_initial instead",
        "1 fixed, nothing remains",
    ]


def test_no_path_is_a_command_to_githubs_runner(shop: Project, fix: Fixer) -> None:
    folder = "::stop-commands::x/migrations"
    shop.repo.write({f"{folder}/__init__.py": "", f"{folder}/0001_a.py": migration("shop.0001_inital")})
    for arguments in ((), ("--unsafe",)):
        _, out, error = fix(shop, *arguments)
        assert folder in out
        assert not [line for line in (out + error).splitlines() if line.lstrip().startswith("::")]


def test_one_fix_uncovers_the_next_one(shop: Project, fix: Fixer) -> None:
    shop.repo.write(
        {
            "shop/migrations/0002_typo.py": migration("shop.0001_inital"),
            "shop/migrations/max_migration.txt": "0001_initial\n",
        }
    )
    out = fix(shop, "--unsafe")[1]
    assert "stale-max-migration" in out
    assert out.splitlines()[-1] == "2 fixed, nothing remains"


def test_findings_that_are_suppressed_elsewhere_or_not_looked_for_are_left(shop: Project, fix: Fixer) -> None:
    marked = CONCURRENT.replace(
        "        AddIndex", "        # miglint: ignore[concurrent-index-in-transaction] -- so\n        AddIndex"
    )
    shop.repo.write({PATH: marked})
    fix(shop)
    assert (shop.path / PATH).read_text() == marked
    shop.repo.write({PATH: CONCURRENT})
    fix(shop, "shop/models.py")
    fix(shop, "--ignore", "concurrent-index-in-transaction")
    assert (shop.path / PATH).read_text() == CONCURRENT
    assert fix(shop, "shop/migrations")[0] == 0
    assert (shop.path / PATH).read_text() != CONCURRENT


def test_what_runs_but_is_not_followed_stands_in_no_fixs_way(shop: Project, fix: Fixer) -> None:
    shop.repo.write({PATH: COUNT})
    status, out, _ = fix(shop)
    assert status == 0
    assert "fixed shop/migrations/0002_index.py:5: undeclared-dependency: depend on cart" in out
    assert (shop.path / PATH).read_text() == COUNT.replace("('shop',", '("cart", "0001_initial"),\n        (\'shop\',')


def test_beside_an_operation_that_is_not_understood_a_person_must_look(shop: Project, fix: Fixer) -> None:
    odd = COUNT.replace("        migrations.Run", "        custom.Operation(),\n        migrations.Run")
    shop.repo.write({PATH: odd})
    status, out, _ = fix(shop)
    assert (status, (shop.path / PATH).read_text()) == (1, odd)
    assert "0002_index.py:15 is not understood (" in out
    assert "--unsafe does it: " in out


def test_a_file_that_changes_meanwhile_is_left_and_so_is_everything(
    shop: Project, fix: Fixer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "shop/migrations/max_migration.txt"
    shop.repo.write({PATH: CONCURRENT, other: "0001_initial\n"})
    real = _fixing.replace_files

    def edited(*arguments: object) -> None:
        shop.repo.write({other: "somebody's\n"})
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(_fixing, "replace_files", edited)
    status, out, error = fix(shop)
    assert (status, out, error) == (2, "", f"miglint: {other} has changed meanwhile: nothing was written\n")
    assert (shop.path / PATH).read_text() == CONCURRENT
    assert not [name for name in os.listdir(shop.path / "shop/migrations") if name.startswith(".miglint")]


def test_a_folder_that_became_a_link_is_not_written_through(shop: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("theirs")
    (shop.path / "linked").symlink_to(outside)
    (shop.path / "link.py").symlink_to(outside / "a.py")
    assert read_file("linked/a.py", shop.path) is None
    assert read_file("link.py", shop.path) is None
    for path in ("linked/a.py", "link.py"):
        with pytest.raises(Exception, match="link"):
            _fixing.replace_files({path: b"ours"}, {path: b"theirs"}, shop.path)
    assert (outside / "a.py").read_text() == "theirs"


def test_what_only_the_base_has_is_not_in_the_work_tree(shop: Project, fix: Fixer) -> None:
    other = "shop/migrations/max_migration.txt"
    shop.commit({other: "0001_initial\n"}, "main")
    shop.repo.git("switch", "-q", "change")
    shop.repo.write({PATH: migration("shop.0001_initial")})
    status, out, _ = fix(shop)
    assert status == 1
    assert f"not fixed: {other} is not in the work tree, only on main" in out
    shop.repo.write({other: "0002_index\n"})
    assert fix(shop)[0] == 0


def test_a_file_whose_older_version_lies_in_the_work_tree_is_not_written(shop: Project, fix: Fixer) -> None:
    other = "shop/migrations/max_migration.txt"
    shop.commit({other: "0001_initial\n"}, "main")
    shop.repo.git("branch", "-f", "change", "main")
    shop.commit({other: "# by tool\n0001_initial\n"})
    shop.repo.git("switch", "-q", "change")
    shop.repo.write({PATH: migration("shop.0001_initial")})
    status, out, _ = fix(shop)
    assert f"{other} in the work tree is not what was checked: bring it up to date first" in out
    assert (status, (shop.path / other).read_text()) == (1, "0001_initial\n")


def test_line_ends_that_git_makes_on_checkout_are_kept(shop: Project, fix: Fixer) -> None:
    other = "shop/migrations/max_migration.txt"
    shop.commit(
        {other: "0001_initial\n", ".gitattributes": "*.txt text eol=crlf\n", PATH: migration("shop.0001_initial")}
    )
    (shop.path / other).unlink()
    shop.repo.git("checkout", "--", other)
    assert (shop.path / other).read_bytes() == b"0001_initial\r\n"
    assert fix(shop)[0] == 0
    assert (shop.path / other).read_bytes() == b"0002_index\r\n"


def test_the_diff_writes_nothing_and_patch_takes_it(shop: Project, fix: Fixer) -> None:
    name = 'shop/migrations/0002_ü "x" y.py'
    shop.repo.write({name: CONCURRENT.rstrip("\n")})
    status, out, error = fix(shop, "--diff")
    assert status == 1
    assert (shop.path / name).read_text() == CONCURRENT.rstrip("\n")
    assert out.startswith('diff --git "a/shop/migrations/0002_\\303\\274 \\"x\\" y.py"')
    assert "would fix " in error
    for command in (["git", "apply", "--check"], ["patch", "-p1", "--dry-run"]):
        subprocess.run(command, input=out.encode(), cwd=shop.path, check=True, capture_output=True)
    shop.repo.git("add", "-A")
    assert fix(shop)[0] == 0
    named = [line for line in out.splitlines() if line.startswith(("--- ", "+++ ", "diff "))]
    gits = shop.repo.git("diff").splitlines()
    assert [line for line in gits if line.startswith(("--- ", "+++ ", "diff "))] == named
    status, out, _ = fix(shop, "--diff")
    assert (status, out) == (0, "")


def test_without_a_base_nothing_is_known_to_be_the_changes_own(
    shop: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    conflicting = {f"shop/migrations/0002_{name}.py": migration("shop.0001_initial") for name in "ab"}
    shop.commit({**conflicting, PATH: CONCURRENT.replace("0001_initial", "0002_b")})
    monkeypatch.chdir(shop.path)
    assert main(["fix", "--no-cache"]) == 2
    assert "no base was found, so what is released is not known: name it with --base" in capfd.readouterr().err
    assert main(["fix", "--no-cache", "--all"]) == 1
    out = capfd.readouterr().out
    assert "not fixed: without a base it is not known what is released" in out
    assert "fixed shop/migrations/0002_index.py:12: concurrent-index-in-transaction" in out


def test_it_fixes_no_bare_repository_and_no_other_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    assert main(["fix", "--base", "main"]) == 2
    assert "no work tree" in capfd.readouterr().err
    assert main(["fix", "--head", "main"]) == 2
    assert "--head" in capfd.readouterr().err
