"""The three-way merge of paths against git's own, on random histories.

Git merges contents, too, and knows renames of folders; so each file here is one line that either side replaces as a
whole, and renames keep it. Then both must agree on every path, and on which are in conflict.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from git_repos import Repo
from miglint.git import change_set, open_repository


def change_at_random(repo: Repo, chance: random.Random, side: str) -> None:
    """Change, delete, rename and add some files. Folders hold many files, so that none moves as a whole."""
    files = sorted(name for name in repo.git("ls-files").splitlines() if not name.startswith("stay"))
    for name in chance.sample(files, chance.randint(0, len(files) // 2)):
        match chance.choice(("edit", "edit alike", "delete", "rename")):
            case "edit":
                repo.write({name: f"{name} edited by {side}\n"})
            case "edit alike":
                repo.write({name: f"{name} edited alike\n"})
            case "delete":
                repo.write({name: None})
            case "rename":
                repo.write({f"{name}.{side}": (repo.path / name).read_bytes(), name: None})
    for number in chance.sample(range(6), chance.randint(0, 4)):
        folder = chance.choice("abc")
        repo.write({f"{folder}/new{number}": chance.choice((f"new {side} {number}\n", f"new alike {number}\n"))})
    repo.commit({})


def in_conflict(repo: Repo) -> set[str]:
    records = repo.git("ls-files", "-u", "-z").split("\0")
    return {record.partition("\t")[2] for record in records if record}


@pytest.mark.parametrize("seed", range(12))
def test_paths_and_conflicts_are_those_of_gits_merge(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    repo = Repo.init(tmp_path / "repo")
    start = repo.commit(
        {f"{folder}/f{number}": f"{folder} {number}\n" for folder in "abc" for number in range(5)}
        | {f"stay/{folder}": folder for folder in "abc"}
    )
    change_at_random(repo, chance, "base")
    repo.switch("change", start)
    change_at_random(repo, chance, "head")
    repository = open_repository(repo.path)
    change = change_set(repository, base="main", head="change", staged=False, everything=False, environment={})
    ours = dict(change.tree.read(list(change.tree)))
    options = ("-c", "merge.directoryRenames=false", "-c", "diff.renameLimit=1000")
    repo.switch("main")
    repo.git(*options, "merge", "-q", "--no-edit", "change", check=False)
    conflicts = in_conflict(repo)
    assert {path for path in conflicts if path in ours} <= set(change.conflicted)
    if not conflicts:
        theirs = {name: (repo.path / name).read_bytes() for name in repo.git("ls-files").splitlines()}
        assert ours == theirs
        assert change.conflicted == frozenset()
    else:
        settled = set(repo.git("ls-files").splitlines()) - conflicts - set(change.conflicted)
        assert {name: ours.get(name) for name in settled} == {name: (repo.path / name).read_bytes() for name in settled}
