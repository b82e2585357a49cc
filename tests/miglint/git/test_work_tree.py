"""What is checked on a laptop: the work tree as it is, or with `--staged` what will be committed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from git_repos import Repo
from miglint.changeset import ChangedPath, ChangeSet, PathChange
from miglint.errors import MiglintError
from miglint.git import change_set, open_repository

LINTER = Path(__file__).parents[3] / "linter"
LONG = "".join(f"line {number}\n" for number in range(20))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "repo")
    repo.commit({"a": "1", "b": "1", "m/0001.py": LONG, ".gitignore": "ignored\n"})
    return repo


def check(repo: Repo, base: str | None = None, *, staged: bool = False) -> ChangeSet:
    repository = open_repository(repo.path)
    return change_set(repository, base=base, head=None, staged=staged, everything=False, environment={})


def upstream(repo: Repo, name: str = "origin/main", commit: str = "HEAD") -> None:
    repo.git("update-ref", f"refs/remotes/{name}", commit)


def test_uncommitted_and_untracked_files_count_and_ignored_ones_do_not(repo: Repo) -> None:
    repo.write({"a": "2", "b": None, "new": "n", "ignored": "i", "staged": "s"})
    repo.git("add", "staged")
    change = check(repo, "main")
    assert dict(change.tree.read(["a", "new", "staged"])) == {"a": b"2", "new": b"n", "staged": b"s"}
    assert {path: entry.change.value for path, entry in change.changes.items()} == {
        "a": "modified",
        "b": "deleted",
        "new": "added",
        "staged": "added",
    }
    assert change.head.commit is None
    assert change.tree.size("a") == 1
    assert "ignored" not in change.tree


def test_what_is_not_yet_in_git_is_read_from_disk_where_the_base_changed_the_same_path(repo: Repo) -> None:
    repo.git("switch", "-qc", "change")
    repo.git("switch", "-q", "main")
    repo.commit({"a": "theirs", "b": "theirs"})
    repo.git("switch", "-q", "change")
    repo.write({"a": "ours", "b": "and ours"})
    change = check(repo, "main")
    assert change.tree.read(["a", "b"]) == {"a": b"ours", "b": b"and ours"}
    assert (change.tree.size("a"), change.tree.size("b")) == (4, 8)
    assert change.conflicted == {"a", "b"}


def test_a_clean_work_tree_is_its_commit(repo: Repo) -> None:
    os.utime(repo.path / "a")  # touched, not changed
    change = check(repo, "main")
    assert change.head.commit == repo.head()
    assert change.changes == {}


def test_a_file_that_was_only_staged_is_a_change(repo: Repo) -> None:
    repo.write({"a": "2"})
    repo.git("add", "a")
    change = check(repo, "main")
    assert change.head.commit is None
    assert set(change.changes) == {"a"}


def test_a_rename_that_git_was_not_told_of(repo: Repo) -> None:
    repo.write({"m/0001.py": None, "m/0002.py": LONG + "edited\n"})
    assert check(repo, "main").changes == {"m/0002.py": ChangedPath("m/0002.py", PathChange.RENAMED, "m/0001.py")}


def test_an_untracked_file_that_the_base_has_too_is_no_change(repo: Repo) -> None:
    repo.switch("change", "main")
    repo.switch("main")
    repo.commit({"same": "s", "other": "base"})
    repo.switch("change")
    repo.write({"same": "s", "other": "mine"})
    change = check(repo, "main")
    assert set(change.changes) == change.conflicted == {"other"}


def test_folders_that_are_links_are_not_entered(repo: Repo, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "0001.py").write_text("secret")
    (repo.path / "m/0001.py").unlink()
    (repo.path / "m").rmdir()
    (repo.path / "m").symlink_to(secret)
    (repo.path / "file").symlink_to(secret / "0001.py")
    change = check(repo, "main")
    assert set(change.tree) == {"a", "b", ".gitignore"}


def test_a_file_replaced_by_a_link_after_it_was_listed_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    repo.write({"new/x": "n", "a": "2"})
    tree = check(repo, "main").tree
    (repo.path / "a").unlink()
    (repo.path / "a").symlink_to(tmp_path / "secret")
    (repo.path / "new/x").unlink()
    (repo.path / "new").rmdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/x").write_text("secret")
    (repo.path / "new").symlink_to(tmp_path / "folder")
    for path in ("a", "new/x"):
        with pytest.raises(MiglintError, match="cannot be read"):
            tree.read([path])


def test_special_files_do_not_block(repo: Repo) -> None:
    (repo.path / "a").unlink()
    os.mkfifo(repo.path / "a")
    assert "a" not in check(repo, "main").tree


def test_a_file_of_unreasonable_size_is_not_read(repo: Repo) -> None:
    with (repo.path / "huge.py").open("wb") as file:
        file.truncate(3_000_000_000)
    tree = check(repo, "main").tree
    assert tree.size("huge.py") == 3_000_000_000
    with pytest.raises(MiglintError, match="larger than"):
        tree.read(["huge.py"])


def test_sparse_checkouts_have_all_files(repo: Repo) -> None:
    repo.git("sparse-checkout", "set", "--no-cone", "a")
    assert not (repo.path / "b").exists()
    change = check(repo, "main")
    assert change.changes == {}
    assert change.tree.read(["b"]) == {"b": b"1"}


def test_a_conflict_in_the_index(repo: Repo) -> None:
    repo.switch("change", "main")
    repo.commit({"a": "change"})
    repo.switch("main")
    repo.commit({"a": "main"})
    repo.git("merge", "change", check=False)
    assert check(repo, "main", staged=True).tree.read(["a"]) == {"a": b"main"}
    assert b"<<<<<<<" in check(repo, "main").tree.read(["a"])["a"]


def test_staged_reads_the_index_and_not_the_work_tree(repo: Repo) -> None:
    repo.write({"a": "staged", "b": None})
    repo.git("add", "-A")
    repo.write({"a": "later", "untracked": "u"})
    change = check(repo, staged=True)
    assert dict(change.tree.read(["a"])) == {"a": b"staged"}
    assert set(change.changes) == {"a", "b"}
    assert change.head.commit is None
    assert any("compared with HEAD" in note for note in change.notes)


def test_staged_is_compared_with_the_upstream_branch(repo: Repo) -> None:
    upstream(repo)
    repo.switch("change", "main")
    repo.commit({"m/0002.py": "committed"})
    repo.write({"m/0003.py": "staged"})
    repo.git("add", "-A")
    change = check(repo, staged=True)
    assert change.base is not None
    assert change.base.ref == "origin/main"
    assert set(change.changes) == {"m/0002.py", "m/0003.py"}


@pytest.mark.parametrize("name", ["origin/main", "origin/master", "origin/develop", "upstream/main"])
def test_the_upstream_default_branch_is_the_base(repo: Repo, name: str) -> None:
    upstream(repo, name)
    repo.write({"new": "n"})
    change = check(repo)
    assert change.base is not None
    assert change.base.ref == name
    assert set(change.changes) == {"new"}


def test_the_remotes_head_goes_before_usual_names(repo: Repo) -> None:
    upstream(repo, "origin/main")
    repo.commit({"x": "1"})
    upstream(repo, "origin/trunk")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    repo.write({"new": "n"})
    assert set(check(repo).changes) == {"new"}


def test_without_any_base_everything_is_checked_and_a_note_says_so(repo: Repo) -> None:
    change = check(repo)
    assert change.base is None
    assert change.base_tree is None
    assert change.changes == {}
    assert any("everything is checked" in note for note in change.notes)


def test_a_checkout_of_the_upstream_branch_says_that_nothing_differs(repo: Repo) -> None:
    upstream(repo)
    change = check(repo)
    assert change.changes == {}
    assert any("--all" in note for note in change.notes)


def test_an_unborn_branch_next_to_a_base(tmp_path: Path) -> None:
    origin = Repo.init(tmp_path / "origin")
    origin.commit({"a": "1"})
    repo = Repo.init(tmp_path / "repo")
    repo.git("fetch", "-q", str(origin.path), "main:refs/remotes/origin/main")
    repo.write({"b": "2"})
    change = check(repo)
    assert set(change.tree) == {"a", "b"}
    assert set(change.changes) == {"b"}


HOOK = f"""#!{sys.executable}
import os, sys
sys.path[:0] = {[str(LINTER), *sys.path]!r}
from pathlib import Path
from miglint.git import change_set, open_repository
change = change_set(open_repository(Path.cwd()), base=None, head=None, staged=True, everything=False, environment={{}})
print(sorted((path, change.tree.read([path])[path]) for path in change.changes), file=sys.stderr)
print("index file:", os.environ.get("GIT_INDEX_FILE"), file=sys.stderr)
"""


@pytest.mark.parametrize("linked", [False, True], ids=["main worktree", "linked worktree"])
@pytest.mark.parametrize(
    ("command", "seen"),
    [
        (["commit", "-m", "x"], [("b", b"staged")]),
        (["commit", "-am", "x"], [("a", b"later"), ("b", b"staged")]),
        (["commit", "-m", "x", "a"], [("a", b"later")]),
        (["-C", "m", "commit", "-m", "x", "../a"], [("a", b"later")]),
    ],
    ids=["commit", "commit -a", "commit FILE", "commit in a folder"],
)
def test_a_real_hook_sees_what_will_be_committed(
    repo: Repo, tmp_path: Path, linked: bool, command: list[str], seen: list[tuple[str, bytes]]
) -> None:
    hook = repo.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    if linked:
        repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
        repo = Repo(tmp_path / "linked")
    repo.write({"b": "staged", "untracked": "u"})
    repo.git("add", "b")
    repo.write({"a": "later"})
    output = repo.git(*command, check=False)
    assert repr(seen) in output, output
    assert repo.git("log", "--format=%s", "-1") == "x"
