"""The hook as users have it: pre-commit installs this repository, and real commits pass or are blocked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from git_repos import IDENTITY, Repo
from miglint import __version__
from miglint.adoption.hook import REPOSITORY
from miglint.cli import main

ROOT = Path(__file__).parents[1]
EMPTY = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [{}]
    operations = []
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """This repository as it is now, with everything committed, as a hook repository that can be pinned."""
    if not shutil.which("pre-commit") and not Path(sys.executable).with_name("pre-commit").exists():
        if os.environ.get("CI"):
            pytest.fail("pre-commit is not installed")
        pytest.skip("pre-commit is not installed")
    repo = Repo.init(tmp_path_factory.mktemp("published") / "miglint")
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    repo.commit({name: (ROOT / name).read_bytes() for name in names.split("\0") if name and (ROOT / name).is_file()})
    return repo


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit-home")


def pre_commit(repo: Repo, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_"))}
    environment |= IDENTITY | {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=repo.path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    repo = Repo.init(tmp_path / "shop")
    repo.commit(
        {
            "shop/__init__.py": "",
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_initial.py": EMPTY.format(""),
            "README": "a shop\n",
        }
    )
    return repo


def test_commits_pass_or_are_blocked(shop: Repo, published: Repo, home: Path) -> None:
    shop.commit(
        {
            ".pre-commit-config.yaml": f"repos:\n- repo: {published.path}\n  rev: {published.head()}\n"
            "  hooks:\n  - id: miglint\n"
        }
    )
    installed = pre_commit(shop, home, "install", "--install-hooks")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    environment = {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "CI": ""}

    shop.write({"shop/migrations/0002_a.py": EMPTY.format("('shop', '0001_initial')")})
    shop.git("add", "-A")
    output = shop.git("commit", "-m", "good", env=environment, check=False)
    assert "Passed" in output
    assert shop.git("log", "-1", "--format=%s") == "good"

    shop.write({"shop/migrations/0002_b.py": EMPTY.format("('shop', '0001_initial')")})
    shop.git("add", "-A")
    output = shop.git("commit", "-m", "bad", env=environment, check=False)
    assert "multiple-leaf-nodes" in output
    assert "0002_b" in output
    assert shop.git("log", "-1", "--format=%s") == "good"

    # Only what is committed counts: the conflict lies in the index, the commit takes another file.
    shop.write({"README": "the shop\n"})
    output = shop.git("commit", "-m", "other", "README", env=environment, check=False)
    assert "no files to check" in output
    assert shop.git("log", "-1", "--format=%s") == "other"


def test_try_repo(shop: Repo, published: Repo, home: Path) -> None:
    shop.write({"shop/migrations/0002_a.py": EMPTY.format("('shop', '0001_initial')")})
    shop.git("add", "-A")
    tried = pre_commit(shop, home, "try-repo", str(published.path), "miglint", "--verbose")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "Passed" in tried.stdout


def test_what_init_writes_is_taken(shop: Repo, published: Repo, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published.git("tag", "-f", f"v{__version__}")
    shop.commit({".pre-commit-config.yaml": "# ours\nrepos:\n- repo: meta\n  hooks:\n  - id: identity  # all files\n"})
    monkeypatch.chdir(shop.path)
    assert main(["init", "--yes"]) == 0
    config = (shop.path / ".pre-commit-config.yaml").read_text()
    assert config.startswith("# ours\nrepos:\n- repo: meta\n  hooks:\n  - id: identity  # all files\n")
    shop.write({".pre-commit-config.yaml": config.replace(REPOSITORY, str(published.path))})
    shop.git("add", "-A")
    ran = pre_commit(shop, home, "run", "--all-files", "--verbose", "miglint")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Passed" in ran.stdout
