"""Finding a repository, whatever kind it is, and reading it whoever owns it and whatever a hook exports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from git_repos import Repo
from miglint.errors import MiglintError
from miglint.git import change_set, open_repository


def names(path: Path, *, staged: bool = False) -> set[str]:
    change = change_set(open_repository(path), base=None, head=None, staged=staged, everything=True, environment={})
    return set(change.tree)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "repo")
    repo.commit({"a": "1", "folder/b": "2"})
    return repo


def test_a_folder_inside_the_work_tree(repo: Repo) -> None:
    assert open_repository(repo.path / "folder").root == repo.path
    assert names(repo.path / "folder") == {"a", "folder/b"}


def test_a_file_inside_the_work_tree(repo: Repo) -> None:
    assert open_repository(repo.path / "folder/b").root == repo.path


def test_a_linked_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    Repo(tmp_path / "linked").commit({"c": "3"})
    assert open_repository(tmp_path / "linked").root == tmp_path / "linked"
    assert names(tmp_path / "linked") == {"a", "folder/b", "c"}


def test_a_submodule(repo: Repo, tmp_path: Path) -> None:
    outer = Repo.init(tmp_path / "outer")
    outer.git("submodule", "--quiet", "add", str(repo.path), "sub")
    outer.commit({"x": "1"})
    assert open_repository(outer.path / "sub/folder").root == outer.path / "sub"
    assert names(outer.path / "sub") == {"a", "folder/b"}
    assert names(outer.path) == {"x", ".gitmodules"}


def test_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert open_repository(tmp_path / "bare.git").work_tree is None
    assert names(tmp_path / "bare.git") == {"a", "folder/b"}


def test_the_git_directory_itself_has_no_work_tree(repo: Repo) -> None:
    assert open_repository(repo.path / ".git").work_tree is None
    assert names(repo.path / ".git") == {"a", "folder/b"}


def test_a_detached_head(repo: Repo) -> None:
    repo.git("checkout", "-q", "--detach")
    assert names(repo.path) == {"a", "folder/b"}


def test_a_folder_with_a_newline_in_its_name(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "new\nline")
    repo.commit({"sub/a": "1"})
    assert open_repository(repo.path / "sub").root == repo.path
    assert names(repo.path / "sub") == {"sub/a"}


def test_an_unborn_branch_and_an_empty_repository(tmp_path: Path) -> None:
    repo = Repo.init(tmp_path / "repo")
    assert names(repo.path) == set()
    repo.write({"a": "1"})
    assert names(repo.path) == {"a"}
    repo.git("add", "a")
    assert names(repo.path, staged=True) == {"a"}


def test_an_empty_bare_repository_is_an_error(tmp_path: Path) -> None:
    Repo.init(tmp_path / "repo", "--bare")
    with pytest.raises(MiglintError, match="no commit yet"):
        names(tmp_path / "repo")


@pytest.mark.parametrize("name", ["", "missing"])
def test_not_a_repository(tmp_path: Path, name: str) -> None:
    with pytest.raises(MiglintError, match=r"is not in a git repository|does not exist"):
        open_repository(tmp_path / name)


def test_git_is_not_installed(repo: Repo) -> None:
    code = "from pathlib import Path; from miglint.git import open_repository; open_repository(Path('.'))"
    root = Path(__file__).parents[3]
    env = os.environ | {"PATH": str(repo.path), "PYTHONPATH": str(root / "linter")}
    result = subprocess.run([sys.executable, "-c", code], cwd=repo.path, env=env, capture_output=True, text=True)
    assert "MiglintError: git is not installed" in result.stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_repository_of_another_user(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, _, files in os.walk(repo.path):
        for name in (".", *files):
            os.chown(Path(folder, name), 1001, 1001)
    assert "dubious ownership" in repo.git("status", check=False)
    assert names(repo.path / "folder") == {"a", "folder/b"}
    # Git before 2.38 does not take the setting from the command line.
    monkeypatch.setattr("miglint.git.command._SETTINGS", ())
    assert names(repo.path / "folder") == {"a", "folder/b"}


HOOK_VARIABLES = {
    "GIT_DIR": "/nowhere",
    "GIT_WORK_TREE": "/nowhere",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_OBJECT_DIRECTORY": "/nowhere",
    "GIT_PREFIX": "x/",
    "GIT_NAMESPACE": "x",
    "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
    "GIT_EXTERNAL_DIFF": "false",
    "GIT_LITERAL_PATHSPECS": "1",
}


@pytest.mark.parametrize("variable", HOOK_VARIABLES)
def test_variables_of_a_hook_are_not_seen(repo: Repo, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, HOOK_VARIABLES[variable])
    assert names(repo.path) == {"a", "folder/b"}
    assert os.environ[variable] == HOOK_VARIABLES[variable]


def test_nothing_that_the_repository_configures_runs(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    run = f"touch '{trap}'; cat"
    hook = tmp_path / "hooks/post-index-change"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\n{run}\n")
    hook.chmod(0o755)
    settings = {
        "core.fsmonitor": run,
        "core.hooksPath": str(hook.parent),
        "core.pager": run,
        "core.sshCommand": run,
        "diff.external": run,
        "diff.x.textconv": run,
        "diff.x.command": run,
        "filter.x.clean": run,
        "filter.x.smudge": run,
        "filter.x.required": "true",
        "filter.a=b.clean": run,
        "gpg.program": run,
        "alias.ls-files": "!" + run,
    }
    repo.commit({".gitattributes": "a filter=x diff=x\nfolder/b filter=a=b\n"})
    repo.write({"a": "2", "folder/b": "3"})  # as long as before, and in the same second
    for name, value in settings.items():
        repo.git("config", name, value)
    repo.git("branch", "base", "HEAD~1")
    for staged in (False, True):
        change = change_set(
            open_repository(repo.path), base="base", head=None, staged=staged, everything=False, environment={}
        )
        assert change.tree.read(["a"]) == {"a": b"1" if staged else b"2"}
        assert "folder/b" in change.tree
    assert not trap.exists()
    repo.git("status")
    assert trap.exists(), "the trap works"


def test_a_damaged_repository_is_one_clear_error(repo: Repo) -> None:
    (repo.path / ".git/objects" / repo.head("HEAD^{tree}")[:2] / repo.head("HEAD^{tree}")[2:]).unlink()
    with pytest.raises(MiglintError, match="`git ls-tree` failed"):
        change_set(open_repository(repo.path), base="main", head="main", staged=False, everything=False, environment={})


def test_a_clone_without_trees_is_one_clear_error(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", "--no-checkout", "--filter=tree:0", repo.path.as_uri(), str(tmp_path / "treeless"))
    with pytest.raises(MiglintError, match="failed: "):
        change_set(
            open_repository(tmp_path / "treeless"),
            base="main",
            head="main",
            staged=False,
            everything=False,
            environment={},
        )


def test_a_servers_hook_sees_what_is_being_pushed(repo: Repo, tmp_path: Path) -> None:
    server = tmp_path / "server.git"
    repo.git("clone", "-q", "--bare", ".", str(server))
    linter = Path(__file__).parents[3] / "linter"
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"""#!{sys.executable}
import sys
sys.path[:0] = {[str(linter), *sys.path]!r}
from pathlib import Path
from miglint.git import change_set, open_repository
old, new, ref = input().split()
change = change_set(open_repository(Path.cwd()), base=old, head=new, staged=False, everything=False, environment={{}})
print(sorted((path, change.tree.read([path])[path]) for path in change.changes))
"""
    )
    hook.chmod(0o755)
    repo.commit({"c": "pushed"})
    assert "[('c', b'pushed')]" in repo.git("push", str(server), "main", check=False)
    assert Repo(server).head("main") == repo.head()
