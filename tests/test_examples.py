"""What ships to be looked at: the example shop and the repository of the benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from git_repos import Repo

ROOT = Path(__file__).parents[1]


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(ROOT / "linter"), str(ROOT / "rules")))
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS")}
    return subprocess.run(
        [sys.executable, str(ROOT / script), *arguments],
        env=environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_conflicts_and_explains_itself(tmp_path: Path) -> None:
    shown = run("examples/make_conflict.py", str(tmp_path / "shop"))
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "multiple-leaf-nodes" in shown.stdout
    assert "0003_order_status_idx" in shown.stdout
    assert "0003_order_tracking_code" in shown.stdout
    assert "miglint exited with 1" in shown.stdout
    assert "Traceback" not in shown.stderr


def test_the_benchmarks_repository_is_the_same_each_time(tmp_path: Path) -> None:
    heads = set()
    for name in ("one", "two"):
        run("benchmarks/generate.py", str(tmp_path / name), "--migrations", "60", "--apps", "10")
        repo = Repo(tmp_path / name)
        heads.add((repo.head("main"), repo.head("change")))
        changed = repo.git("diff", "--name-status", "main...change").split()[::2]
        assert sorted(changed) == ["A", "A", "A", "A", "M"]
        assert len(repo.git("ls-tree", "-r", "--name-only", "change").split("/migrations/0")) - 1 == 58
    assert len(heads) == 1
