"""Real conflicts that reached a main line, as the pull request that made them would have met them.

    python -m evaluation.projects.conflicts FOLDER

FOLDER holds the bare repositories as OWNER+NAME/repo. For each commit: the base is its parent; the head is made of the
commit's own changes to migrations, on the last commit of the main line before the migration came that they conflict
with. `miglint check --base` must name both leaf nodes and the common parent, and say nothing else of the graph.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Case:
    repository: str
    commit: str
    app: str
    leaves: tuple[str, str]
    parent: str


CASES = (
    Case(
        "saleor+saleor",
        "5a6f954424f3",
        "order",
        ("0214_order_order_status_idx", "0214_orderevent_order_orderevent_date_idx"),
        "0213_auto_20250618_1246",
    ),
    Case("saleor+saleor", "526579f58c66", "product", ("0187_auto_20230614_0838", ""), ""),
    Case("saleor+saleor", "026c53a73b3e", "discount", ("0031_merge_20211020_1019", ""), ""),
    Case("readthedocs+readthedocs.org", "e8c96362b3f1", "projects", ("0149_add_ssh_key_with_write_access", ""), ""),
    Case("readthedocs+readthedocs.org", "d1b325346707", "projects", ("0057_make_imported_file_slug_nullable", ""), ""),
    Case("wagtail+wagtail", "441835263cef", "tests", ("0019_genericsnippetnoindexpage_and_more", ""), ""),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    right = 0
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            right += judge(case, given.folder / case.repository / "repo", Path(folder) / "clone")
    print(f"{right} of {len(CASES)} as they should be")


def judge(case: Case, source: Path, clone: Path) -> bool:
    git(source, "clone", "-q", "--bare", "--shared", str(source), str(clone))
    base = git(clone, "rev-parse", f"{case.commit}^")
    head = old_head(clone, case, base)
    report = check(clone, base, head)
    found = [one for one in report["findings"] if one["rule"] == "multiple-leaf-nodes" and one["app"] == case.app]
    for one in report["findings"]:
        print(f"  {one['rule']} {one['path']}:{one['line']}\n      {one['message']}")
    named = len(found) == 1 and all(word in found[0]["message"] for word in (*case.leaves, case.parent))
    print(f"{'right' if named else 'WRONG'}  {case.repository} {case.commit} {case.app}\n")
    return named


def old_head(clone: Path, case: Case, base: str) -> str:
    """The commit's migrations on the main line as it was before the other branch of the conflict came."""
    changed = git(clone, "diff-tree", "-r", "--no-commit-id", "--name-only", base, case.commit).splitlines()
    migrations = [path for path in changed if "/migrations/" in path]
    (folder,) = {path.rpartition("/")[0] for path in migrations if case.leaves[0] in path}
    other = next(
        name
        for name in git(
            clone, "log", "--first-parent", "-m", "--diff-filter=A", "--format=", "--name-only", base, "--", folder
        ).split()
        if name not in migrations and name.endswith(".py") and case.leaves[1] in name
    )
    added = git(clone, "log", "--first-parent", "-m", "--diff-filter=A", "-1", "--format=%H", base, "--", other)
    before = git(clone, "rev-parse", f"{added}^")
    index = {**os.environ, "GIT_INDEX_FILE": str(clone / "made.index")}
    git(clone, "read-tree", before, env=index)
    for path in migrations:
        entry = git(clone, "ls-tree", case.commit, "--", path).split()
        git(clone, "update-index", "--add", "--cacheinfo", f"100644,{entry[2]},{path}", env=index)
    tree = git(clone, "write-tree", env=index)
    return git(clone, "-c", "user.name=e", "-c", "user.email=e@e", "commit-tree", tree, "-p", before, "-m", "head")


def check(clone: Path, base: str, head: str) -> dict[str, list[dict[str, str]]]:
    command = [
        sys.executable,
        "-m",
        "miglint",
        "check",
        "--base",
        base,
        "--head",
        head,
        "--format",
        "json",
    ]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def git(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
