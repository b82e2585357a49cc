"""The three-way merge of paths, on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_repos import Repo
from miglint.changeset import ChangedPath, ChangeSet, PathChange
from miglint.errors import MiglintError
from miglint.git import change_set, open_repository

LONG = "".join(f"line {number}\n" for number in range(20))


def changed(
    path: Path,
    base: str | None = "main",
    head: str | None = None,
    *,
    staged: bool = False,
    everything: bool = False,
    environment: dict[str, str] | None = None,
) -> ChangeSet:
    return change_set(
        open_repository(path),
        base=base,
        head=head,
        staged=staged,
        everything=everything,
        environment=environment or {},
    )


def files(change: ChangeSet) -> dict[str, bytes]:
    return dict(change.tree.read(list(change.tree)))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo")


def test_additions_modifications_and_deletions_of_both_sides_are_united(repo: Repo) -> None:
    start = repo.commit({"kept": "k", "a": "1", "b": "1", "gone by base": "1", "gone by head": "1"})
    repo.commit({"a": "2", "gone by base": None, "new by base": "n"})
    repo.switch("change", start)
    head = repo.commit({"b": "2", "gone by head": None, "new by head": "h"})
    change = changed(repo.path, head="change")
    assert files(change) == {"kept": b"k", "a": b"2", "b": b"2", "new by base": b"n", "new by head": b"h"}
    assert change.changes == {
        "b": ChangedPath("b", PathChange.MODIFIED),
        "gone by head": ChangedPath("gone by head", PathChange.DELETED),
        "new by head": ChangedPath("new by head", PathChange.ADDED),
    }
    assert change.conflicted == frozenset()
    assert change.merge_base == start
    assert change.base is not None
    assert (change.base.ref, change.base.commit) == ("main", repo.head("main"))
    assert (change.head.ref, change.head.commit) == ("change", head)
    assert change.base_tree is not None
    assert set(change.base_tree) == {"kept", "a", "b", "gone by head", "new by base"}


def test_the_result_equals_gits_own_merge(repo: Repo) -> None:
    start = repo.commit({f"apps/a{number}/m.py": LONG + str(number) for number in range(6)})
    repo.commit({"apps/a0/m.py": LONG + "base", "apps/a1/m.py": None, "apps/n/base.py": "b"})
    repo.git("mv", "apps/a2/m.py", "apps/a2/moved.py")
    repo.commit({})
    repo.switch("change", start)
    repo.commit(
        {"apps/a3/m.py": LONG + "head", "apps/a4/m.py": None, "apps/n/head.py": "h", "apps/a2/m.py": LONG + "x"}
    )
    change = changed(repo.path, head="change")
    repo.switch("main")
    repo.git("merge", "-q", "--no-edit", "change")
    assert files(change) == {name: (repo.path / name).read_bytes() for name in repo.git("ls-files").splitlines()}


def test_a_file_that_both_sides_changed_is_conflicted_and_stands_as_the_heads(repo: Repo) -> None:
    start = repo.commit({"both": "1", "base edits": "1", "head edits": "1", "alike": "1"})
    repo.commit({"both": "base", "base edits": "2", "head edits": None, "alike": "same", "added": "base"})
    repo.switch("change", start)
    repo.commit({"both": "head", "base edits": None, "head edits": "2", "alike": "same", "added": "head"})
    change = changed(repo.path, head="change")
    assert files(change) == {"both": b"head", "head edits": b"2", "alike": b"same", "added": b"head"}
    assert change.conflicted == {"both", "base edits", "head edits", "added"}
    assert set(change.changes) == change.conflicted


def test_renames_by_the_head(repo: Repo) -> None:
    start = repo.commit({"m/0002_a.py": LONG + "a", "m/0002_b.py": LONG + "b" * 9})
    repo.commit({"other": "1", "m/0002_b.py": LONG + "base"})
    repo.switch("change", start)
    repo.commit(
        {"m/0002_a.py": None, "m/0003_a.py": LONG + "edited", "m/0002_b.py": None, "m/0003_b.py": LONG + "b" * 9}
    )
    change = changed(repo.path, head="change")
    assert change.changes == {
        "m/0003_a.py": ChangedPath("m/0003_a.py", PathChange.RENAMED, "m/0002_a.py"),
        "m/0003_b.py": ChangedPath("m/0003_b.py", PathChange.RENAMED, "m/0002_b.py"),
    }
    assert files(change)["m/0003_b.py"] == (LONG + "base").encode()
    assert set(change.tree) == {"other", "m/0003_a.py", "m/0003_b.py"}
    assert change.conflicted == frozenset()


def test_a_file_that_is_renamed_and_formatted_anew(repo: Repo) -> None:
    words = [f"word{number}" for number in range(40)]
    start = repo.commit({"m/0002_a.py": " ".join(words), "m/0002_b.py": " ".join(words) + " b"})
    repo.switch("change", start)
    repo.commit({"m/0002_a.py": None, "m/0003_a.py": ",\n    ".join(["another", *words[1:]]), "m/0003_c.py": "word1"})
    change = changed(repo.path, base="main", head="change")
    assert change.changes == {
        "m/0003_a.py": ChangedPath("m/0003_a.py", PathChange.RENAMED, "m/0002_a.py"),
        "m/0003_c.py": ChangedPath("m/0003_c.py", PathChange.ADDED),
    }
    repo.commit({"m/0003_a.py": ",\n".join(words[:30])})
    assert changed(repo.path, base="main", head="change").changes["m/0003_a.py"].change is PathChange.ADDED


def test_renames_by_the_base(repo: Repo) -> None:
    start = repo.commit({"a.py": LONG + "a", "b.py": LONG * 2, "c.py": LONG + "c"})
    repo.commit({"a.py": None, "moved/a.py": LONG + "a", "c.py": None, "moved/c.py": LONG + "edited"})
    repo.switch("change", start)
    repo.commit({"a.py": LONG + "head", "c.py": LONG + "head"})
    change = changed(repo.path, head="change")
    assert change.changes["moved/a.py"] == ChangedPath("moved/a.py", PathChange.MODIFIED, "a.py")
    assert files(change)["moved/a.py"] == (LONG + "head").encode()
    assert set(change.tree) == {"moved/a.py", "moved/c.py", "b.py"}
    assert change.conflicted == {"moved/c.py"}


def test_both_rename_one_file(repo: Repo) -> None:
    start = repo.commit({"a.py": LONG, "b.py": LONG * 2})
    repo.commit({"a.py": None, "base/a.py": LONG, "b.py": None, "to/b.py": LONG * 2})
    repo.switch("change", start)
    repo.commit({"a.py": None, "head/a.py": LONG, "b.py": None, "to/b.py": LONG * 2})
    change = changed(repo.path, head="change")
    assert set(change.tree) == {"head/a.py", "to/b.py"}
    assert change.conflicted == {"head/a.py"}
    assert set(change.changes) == {"head/a.py"}


def test_empty_files_are_not_renames_of_each_other(repo: Repo) -> None:
    start = repo.commit({"a/__init__.py": "", "x": "1"})
    repo.switch("change", start)
    repo.commit({"a/__init__.py": None, "b/__init__.py": ""})
    assert {path: entry.change for path, entry in changed(repo.path, head="change").changes.items()} == {
        "a/__init__.py": PathChange.DELETED,
        "b/__init__.py": PathChange.ADDED,
    }


def test_merging_the_base_into_the_branch_moves_the_merge_base(repo: Repo) -> None:
    start = repo.commit({"a": "1"})
    later = repo.commit({"a": "2"})
    repo.switch("change", start)
    repo.commit({"b": "1"})
    repo.git("merge", "-q", "--no-edit", "main")
    repo.switch("main")
    repo.commit({"a": "3"})
    change = changed(repo.path, head="change")
    assert change.merge_base == later
    assert set(change.changes) == {"b"}
    assert files(change) == {"a": b"3", "b": b"1"}


def test_criss_cross_merges_have_a_virtual_ancestor(repo: Repo) -> None:
    start = repo.commit({"m": "0", "c": "0", "same": "0"})
    repo.commit({"m": "main"})
    repo.switch("change", start)
    repo.commit({"c": "change"})
    repo.git("branch", "old-change")
    repo.git("merge", "-q", "--no-edit", "main")
    repo.commit({"h": "h"})
    repo.switch("main")
    repo.git("merge", "-q", "--no-edit", "old-change")
    repo.commit({"m": "main 2"})
    assert len(repo.git("merge-base", "--all", "main", "change").split()) == 2
    change = changed(repo.path, head="change")
    assert set(change.changes) == {"h"}
    assert change.conflicted == frozenset()
    assert files(change) == {"m": b"main 2", "c": b"change", "same": b"0", "h": b"h"}
    assert any("2 merge bases" in note for note in change.notes)
    assert changed(repo.path, head="change").merge_base == change.merge_base


def test_unrelated_histories_are_put_side_by_side_with_a_note(repo: Repo) -> None:
    repo.commit({"a": "1", "both": "1"})
    repo.git("checkout", "-q", "--orphan", "change")
    repo.git("rm", "-rfq", ".")
    repo.commit({"b": "1", "both": "2"})
    change = changed(repo.path, head="change")
    assert files(change) == {"a": b"1", "b": b"1", "both": b"2"}
    assert change.conflicted == {"both"}
    assert change.merge_base is None
    assert any("no commit in common" in note for note in change.notes)


NAMES = (
    "with space.py",
    "quo\"te'.py",
    "new\nline.py",
    "tab\t.py",
    "Grüße.py",
    "not utf-8 \udcff\udce9.py",
    "-dash.py",
    ":(glob)*.py",
    "disk:x.py",
)


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_works_in_commits_index_and_work_tree(repo: Repo, name: str) -> None:
    repo.commit({"a": "1"})
    (repo.path / name).write_bytes(b"content")
    assert files(changed(repo.path))[name] == b"content"
    repo.git("add", "-A")
    assert files(changed(repo.path, staged=True))[name] == b"content"
    repo.switch("change", "main")
    repo.git("commit", "-qm", "x")
    change = changed(repo.path, head="change")
    assert files(change)[name] == b"content"
    assert change.changes == {name: ChangedPath(name, PathChange.ADDED)}
    assert change.tree.size(name) == 7


def test_blob_ids_are_gits_whatever_lies_on_disk(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.write({"a": "changed", "untracked": "new"})
    tree = changed(repo.path).tree
    assert tree.blob("a") == repo.git("hash-object", "a")
    assert tree.blob("untracked") == repo.git("hash-object", "untracked")


def test_sha256_repositories(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo", "--object-format=sha256")
    repo.commit({"a": "1"})
    repo.write({"a": "changed", "b": "new"})
    tree = changed(repo.path).tree
    assert len(tree.blob("b")) == 64
    assert tree.blob("b") == repo.git("hash-object", "b")


def test_links_and_submodules_are_not_files(repo: Repo, tmp_path: Path) -> None:
    other = Repo.init(tmp_path / "other")
    other.commit({"x": "1"})
    repo.commit({"a": "1", "b": "1"})
    repo.switch("change", "main")
    repo.git("submodule", "--quiet", "add", str(other.path), "sub")
    (repo.path / "link").symlink_to("/etc/passwd")
    (repo.path / "b").unlink()
    (repo.path / "b").symlink_to("a")
    repo.commit({})
    for head in ("change", None):
        change = changed(repo.path, head=head)
        assert set(change.tree) == {"a", ".gitmodules"}
        assert change.changes["b"].change is PathChange.DELETED


def test_a_missing_path_is_a_key_error(repo: Repo) -> None:
    repo.commit({"a": "1"})
    tree = changed(repo.path, head="main").tree
    assert "b" not in tree
    with pytest.raises(KeyError):
        tree.read(["b"])
    with pytest.raises(KeyError):
        tree.blob("b")
    with pytest.raises(KeyError):
        tree.size("b")


@pytest.mark.parametrize("base", ["nothing", "-x", "a..b", "x\ny", "deadbeef", "--output=/tmp/x"])
def test_a_base_that_does_not_exist_is_an_error_that_says_what_to_do(repo: Repo, base: str) -> None:
    repo.commit({"a": "1"})
    with pytest.raises(MiglintError, match=r"is not a commit in this repository; .*git fetch origin"):
        changed(repo.path, base=base)


def test_a_branch_that_only_the_remote_has_is_found_by_its_short_name(tmp_path: Path) -> None:
    origin = Repo.init(tmp_path / "origin")
    origin.commit({"a": "1"})
    origin.git("branch", "release/1")
    clone = Repo(tmp_path)
    clone.git("clone", "-q", str(origin.path), "clone")
    change = changed(tmp_path / "clone", base="release/1")
    assert change.base is not None
    assert change.base.commit == origin.head()


def test_tags_and_relative_names_work_as_base(repo: Repo) -> None:
    first = repo.commit({"a": "1"})
    repo.git("tag", "-a", "v1", "-m", "v1")
    repo.commit({"a": "2"})
    for name in ("v1", "HEAD~1", "main~1", first[:8]):
        base = changed(repo.path, base=name).base
        assert base is not None
        assert base.commit == first
