"""The leaf nodes of every app of a project, by miglint and by Django's own MigrationLoader.

    python -m evaluation.projects.leaves GIT_DIR [COMMIT…]

miglint reads the commit's files. Django is given the same migrations as modules that another process imports from an
export of the commit, with stand-ins for whatever they import that is not installed. Migrations of apps that the project
does not hold are unknown to both. Modules that cannot be imported even so are named.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from evaluation.projects.trees import Project, histories
from miglint.graph import Graph
from miglint.history import History


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("git_dir", type=Path)
    parser.add_argument("commits", nargs="*", default=["HEAD"])
    parser.add_argument(
        "--setting", action="append", default=[], help="NAME=VALUE, such as AUTH_USER_MODEL=account.User"
    )
    given = parser.parse_args()
    project = Project(given.git_dir)
    different = 0
    for commit in given.commits:
        for history in histories(project.tree(project.listing(commit))):
            different += compare(given.git_dir, commit, history, given.setting)
    return int(different > 0)


def compare(git_dir: Path, commit: str, history: History, settings: list[str]) -> int:
    graph = Graph.of(history)
    ours = {app: [key.name for key in graph.leaf_nodes(app)] for app in graph.apps()}
    theirs = by_django(git_dir, commit, history, settings)
    failed = theirs["failed"]
    apps = {one.app for one in history.migrations if str(history.migrations[one].path) in failed}
    apps |= {file.app for file in history.unreadable if file.app}
    different = [app for app in ours if app not in apps and ours[app] != theirs["leaves"].get(app)]
    equal = len(ours.keys() - apps) - len(different)
    where = f"{git_dir.parent.name} {commit[:12]} {history.root or '.'}"
    lines = [f"{where}: {len(history.migrations)} migrations, {equal} apps equal, {len(different)} different"]
    lines += [f"not imported: {path}: {reason}" for path, reason in failed.items()]
    lines += [f"refused by Django: {theirs['error']}"] if theirs["error"] else []
    lines += [f"{app}: miglint {ours[app]}, Django {theirs['leaves'].get(app)}" for app in different]
    print("\n    ".join(lines), flush=True)
    return len(different)


def by_django(git_dir: Path, commit: str, history: History, settings: list[str]) -> dict[str, dict[str, str]]:
    """What a process says that imports the migrations."""
    files = [[key.app, key.name, migration.path] for key, migration in history.migrations.items()] + [
        [file.app, Path(file.path).stem, file.path] for file in history.unreadable if file.app
    ]
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", commit, "--", *sorted({path.rpartition("/")[0] for *_, path in files})],
            cwd=git_dir,
            capture_output=True,
            check=True,
        )
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("stand_ins.py")), folder, *settings],
            input=json.dumps(files),
            capture_output=True,
            text=True,
            timeout=300,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
