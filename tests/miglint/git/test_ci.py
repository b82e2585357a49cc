"""Base and head from CI's environment, with the checkouts that CI makes: full, shallow, merged, detached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from git_repos import Repo
from miglint.changeset import ChangeSet, PathChange
from miglint.errors import MiglintError
from miglint.git import change_set, open_repository

ZERO = "0" * 40


class Forge:
    """A repository as a forge holds it: `main` moved on after the pull request's branch left it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = Repo.init(folder / "origin")
        self.start = self.origin.commit({"m/0001.py": "1", "other": "1"})
        self.before = self.origin.commit({"other": "2"})
        self.origin.switch("change", self.start)
        self.origin.commit({"m/0002_change.py": "c"})
        self.head = self.origin.commit({"m/0003_change.py": "c"})
        self.origin.switch("main")
        self.base = self.origin.commit({"m/0002_main.py": "m"})
        self.origin.git("checkout", "-q", "--detach")
        self.origin.git("merge", "-q", "--no-edit", "change")
        self.merge = self.origin.head()
        self.origin.git("update-ref", "refs/pull/7/merge", self.merge)
        self.origin.git("update-ref", "refs/pull/7/head", self.head)
        self.origin.switch("main")
        self.origin.git("branch", "-D", "change")
        self.origin.git("config", "uploadpack.allowAnySHA1InWant", "true")

    def checkout(self, ref: str, depth: int) -> Repo:
        """What actions/checkout does."""
        clone = Repo.init(self.folder / "clone")
        clone.git("remote", "add", "origin", self.origin.path.as_uri())
        refs = [f"+{ref}:refs/remotes/checkout"] if depth else ["+refs/heads/*:refs/remotes/origin/*", f"+{ref}"]
        clone.git("fetch", "-q", "--no-tags", *([f"--depth={depth}"] if depth else []), "origin", *refs)
        clone.git("checkout", "-q", "--detach", "FETCH_HEAD" if depth else self.origin.head(ref))
        return clone

    def environment(
        self, name: str, payload: Mapping[str, Any], sha: str, ref: str = "refs/heads/main"
    ) -> dict[str, str]:
        path = self.folder / "event.json"
        path.write_text(json.dumps(payload))
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_SHA": sha,
            "GITHUB_REF": ref,
        }

    def pull_request(self, name: str = "pull_request") -> dict[str, str]:
        payload = {
            "pull_request": {
                "base": {"ref": "main", "sha": self.base},
                "head": {"ref": "change", "sha": self.head},
                "merge_commit_sha": self.merge,
            },
            "repository": {"default_branch": "main"},
        }
        if name == "pull_request":
            return self.environment(name, payload, self.merge, "refs/pull/7/merge")
        return self.environment(name, payload, self.base)


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path)


def check(repo: Repo, environment: dict[str, str], **options: Any) -> ChangeSet:
    options = {"base": None, "head": None, "staged": False, "everything": False} | options
    return change_set(open_repository(repo.path), environment=environment, **options)


def assert_pull_request(change: ChangeSet, forge: Forge) -> None:
    assert change.base is not None
    assert (change.base.ref, change.base.commit) == ("main", forge.base)
    assert (change.head.ref, change.head.commit) == ("change", forge.head)
    assert {path: entry.change for path, entry in change.changes.items()} == {
        "m/0002_change.py": PathChange.ADDED,
        "m/0003_change.py": PathChange.ADDED,
    }
    assert dict(change.tree.read(list(change.tree))) == {
        "m/0001.py": b"1",
        "m/0002_main.py": b"m",
        "m/0002_change.py": b"c",
        "m/0003_change.py": b"c",
        "other": b"2",
    }
    assert change.base_tree is not None
    assert set(change.base_tree) == {"m/0001.py", "m/0002_main.py", "other"}


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_merge_of_a_pull_request(forge: Forge, depth: int) -> None:
    assert_pull_request(check(forge.checkout("refs/pull/7/merge", depth), forge.pull_request()), forge)


@pytest.mark.parametrize("depth", [0, 1])
def test_the_head_of_a_pull_request(forge: Forge, depth: int) -> None:
    assert_pull_request(check(forge.checkout("refs/pull/7/head", depth), forge.pull_request()), forge)


@pytest.mark.parametrize("depth", [0, 1])
def test_the_merge_of_a_pull_request_when_there_is_no_payload(forge: Forge, depth: int) -> None:
    environment = forge.pull_request() | {"GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "change"}
    del environment["GITHUB_EVENT_PATH"]
    change = check(forge.checkout("refs/pull/7/merge", depth), environment)
    assert_pull_request(change, forge)


@pytest.mark.parametrize("depth", [0, 1])
def test_pull_request_target_reads_the_head_without_checking_it_out(forge: Forge, depth: int) -> None:
    clone = forge.checkout("refs/heads/main", depth)
    assert_pull_request(check(clone, forge.pull_request("pull_request_target")), forge)
    assert not (clone.path / "m/0002_change.py").exists()


def test_pull_request_target_on_a_base_that_is_a_merge_itself(forge: Forge) -> None:
    forge.origin.git("branch", "side", "main~1")
    forge.origin.git("merge", "-q", "--no-ff", "--no-edit", "side", check=False)
    forge.origin.git("checkout", "-q", "-B", "main", forge.merge)
    change = check(forge.checkout("refs/heads/main", 0), forge.pull_request("pull_request_target"))
    assert change.head.commit == forge.head


@pytest.mark.parametrize("depth", [0, 1])
def test_a_merge_queue(forge: Forge, depth: int) -> None:
    forge.origin.git("update-ref", "refs/heads/gh-readonly-queue/main/pr-7", forge.merge)
    payload = {
        "merge_group": {
            "base_ref": "refs/heads/main",
            "base_sha": forge.base,
            "head_ref": "refs/heads/gh-readonly-queue/main/pr-7",
            "head_sha": forge.merge,
        }
    }
    environment = forge.environment("merge_group", payload, forge.merge)
    change = check(forge.checkout("refs/heads/gh-readonly-queue/main/pr-7", depth), environment)
    assert change.base is not None
    assert (change.base.ref, change.base.commit) == ("main", forge.base)
    assert change.head.commit == forge.merge
    assert set(change.changes) == {"m/0002_change.py", "m/0003_change.py"}


@pytest.mark.parametrize("depth", [0, 1])
def test_a_push(forge: Forge, depth: int) -> None:
    payload = {"ref": "refs/heads/main", "before": forge.before, "after": forge.base, "forced": False}
    change = check(forge.checkout("refs/heads/main", depth), forge.environment("push", payload, forge.base))
    assert change.base is not None
    assert change.base.commit == forge.before
    assert set(change.changes) == {"m/0002_main.py"}
    assert "m/0002_change.py" not in change.tree


def test_a_forced_push_compares_from_where_the_histories_part(forge: Forge) -> None:
    payload = {"ref": "refs/heads/x", "before": forge.base, "after": forge.head, "forced": True}
    change = check(forge.checkout("refs/pull/7/head", 0), forge.environment("push", payload, forge.head))
    assert set(change.changes) == {"m/0002_change.py", "m/0003_change.py"}
    assert "m/0002_main.py" in change.tree


def test_a_push_of_a_new_branch_is_compared_with_the_default_branch(forge: Forge) -> None:
    payload = {
        "ref": "refs/heads/change",
        "before": ZERO,
        "after": forge.head,
        "repository": {"default_branch": "main"},
    }
    change = check(forge.checkout("refs/pull/7/head", 0), forge.environment("push", payload, forge.head))
    assert change.base is not None
    assert (change.base.ref, change.base.commit) == ("origin/main", forge.base)
    assert set(change.changes) == {"m/0002_change.py", "m/0003_change.py"}


def test_a_first_push_of_the_default_branch_checks_everything(forge: Forge) -> None:
    payload = {"before": ZERO, "after": forge.base, "repository": {"default_branch": "main"}}
    change = check(forge.checkout("refs/heads/main", 0), forge.environment("push", payload, forge.base))
    assert change.base is None
    assert any("everything is checked" in note for note in change.notes)


def test_a_forced_push_over_a_commit_that_is_gone(forge: Forge) -> None:
    payload = {"before": "1" * 40, "after": forge.head, "forced": True, "repository": {"default_branch": "main"}}
    change = check(forge.checkout("refs/pull/7/head", 0), forge.environment("push", payload, forge.head))
    assert change.base is not None
    assert change.base.commit == forge.base
    assert any("is gone" in note for note in change.notes)


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("listed", [True, False], ids=["own branch", "fork"])
def test_a_workflow_run_reads_the_head_of_the_run_it_follows(forge: Forge, depth: int, listed: bool) -> None:
    pulls = [{"base": {"ref": "main", "sha": forge.base}, "head": {"ref": "change", "sha": forge.head}}]
    payload = {
        "workflow_run": {"head_sha": forge.head, "head_branch": "change", "pull_requests": pulls if listed else []},
        "repository": {"default_branch": "main"},
    }
    environment = forge.environment("workflow_run", payload, forge.base)
    assert_pull_request(check(forge.checkout("refs/heads/main", depth), environment), forge)


@pytest.mark.parametrize("depth", [0, 1])
def test_a_dispatch_on_a_branch_is_compared_with_the_default_branch(forge: Forge, depth: int) -> None:
    environment = forge.environment("workflow_dispatch", {"repository": {"default_branch": "main"}}, forge.head)
    change = check(forge.checkout("refs/pull/7/head", depth), environment)
    assert set(change.changes) == {"m/0002_change.py", "m/0003_change.py"}


@pytest.mark.parametrize("ref", ["refs/pull/7/merge", "refs/pull/7/head"])
def test_a_base_that_cannot_be_fetched_is_an_error_and_says_what_to_set(forge: Forge, ref: str) -> None:
    clone = forge.checkout(ref, 1)
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    with pytest.raises(MiglintError, match=r"fetch-depth: 0"):
        check(clone, forge.pull_request())


def test_nothing_is_fetched_outside_of_ci(forge: Forge) -> None:
    clone = forge.checkout("refs/heads/main", 1)
    with pytest.raises(MiglintError, match=r"shallow clone: set `fetch-depth: 0`"):
        check(clone, {}, base=forge.before)
    assert check(clone, {"CI": "1"}, base=forge.before, head="HEAD").changes.keys() == {"m/0002_main.py"}


def test_a_fetch_would_run_a_program_of_the_repository(forge: Forge, tmp_path: Path) -> None:
    clone = forge.checkout("refs/pull/7/merge", 1)
    clone.git("config", "remote.origin.uploadpack", f"touch {tmp_path}/trap; git-upload-pack")
    with pytest.raises(MiglintError):
        check(clone, forge.pull_request())
    assert not (tmp_path / "trap").exists()


def test_an_explicit_base_on_a_shallow_merge(forge: Forge) -> None:
    change = check(forge.checkout("refs/pull/7/merge", 1), forge.pull_request(), base=forge.base)
    assert set(change.changes) == {"m/0002_change.py", "m/0003_change.py"}


def test_a_shallow_clone_in_which_base_and_head_do_not_meet(forge: Forge) -> None:
    clone = forge.checkout("refs/pull/7/head", 1)
    clone.git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    with pytest.raises(MiglintError, match=r"does not hold the commit where .* parted"):
        check(clone, {}, base="main")


def test_a_partial_clone_says_what_is_missing_and_downloads_nothing(forge: Forge) -> None:
    forge.origin.git("config", "uploadpack.allowFilter", "true")
    clone = Repo(forge.folder)
    clone.git("clone", "-q", "--no-checkout", "--filter=blob:none", forge.origin.path.as_uri(), "partial")
    partial = Repo(forge.folder / "partial")
    change = check(partial, {}, head="HEAD", base="HEAD~1")
    assert set(change.changes) == {"m/0002_main.py"}
    with pytest.raises(MiglintError, match="partial clone"):
        change.tree.read(["m/0002_main.py"])
    with pytest.raises(MiglintError, match="is not here"):
        change.tree.size("m/0002_main.py")
    assert check(partial, {}, head="HEAD", base="HEAD~1").changes.keys() == {"m/0002_main.py"}


def test_gitlab_merge_requests(forge: Forge) -> None:
    environment = {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": forge.start,
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "",
        "CI_COMMIT_SHA": forge.head,
    }
    assert_pull_request(check(forge.checkout("refs/pull/7/head", 1), environment), forge)


def test_gitlab_merged_results(forge: Forge) -> None:
    environment = {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": forge.start,
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": forge.base,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": forge.head,
        "CI_COMMIT_SHA": forge.merge,
    }
    assert_pull_request(check(forge.checkout("refs/pull/7/merge", 1), environment), forge)


def test_a_gitlab_branch_is_compared_with_the_default_branch(forge: Forge) -> None:
    environment = {"CI": "true", "GITLAB_CI": "true", "CI_COMMIT_BRANCH": "change", "CI_DEFAULT_BRANCH": "main"}
    change = check(forge.checkout("refs/pull/7/head", 0), environment)
    assert set(change.changes) == {"m/0002_change.py", "m/0003_change.py"}


@pytest.mark.parametrize(
    "payload", ["{", "[]", "null", '{"pull_request": 3}', '{"pull_request": {"base": {"sha": 1}}}']
)
def test_a_payload_that_makes_no_sense_is_not_believed(forge: Forge, payload: str) -> None:
    clone = forge.checkout("refs/pull/7/merge", 0)
    environment = forge.pull_request() | {"GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "change"}
    Path(environment["GITHUB_EVENT_PATH"]).write_text(payload)
    assert_pull_request(check(clone, environment), forge)


@pytest.mark.parametrize("branch", ["--upload-pack=touch x", "main:refs/heads/main", "a b", "x\ny", "*"])
def test_a_branch_name_from_a_payload_is_no_option_and_no_refspec(forge: Forge, branch: str) -> None:
    clone = forge.checkout("refs/heads/main", 1)
    payload = {"pull_request": {"base": {"ref": branch}, "head": {"ref": branch, "sha": forge.head}}}
    before = clone.git("for-each-ref")
    with pytest.raises(MiglintError):
        check(clone, forge.environment("pull_request_target", payload, forge.base))
    assert clone.git("for-each-ref") == before
    assert not (clone.path / "x").exists()
