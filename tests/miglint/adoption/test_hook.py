"""The entry in pre-commit's configuration: behind the others, with everything else as it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from miglint import __version__
from miglint.adoption.hook import is_there, new_file, with_entry

OTHER = "- repo: https://github.com/astral-sh/ruff-pre-commit\n  rev: v0.1\n  hooks:\n  - id: ruff\n"
ADDED = f"- repo: https://github.com/miglint/miglint\n  rev: v{__version__}\n  hooks:\n    - id: miglint\n"


def deeper(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"repos:\n{OTHER}", f"repos:\n{OTHER}{ADDED}"),
        (f"# ours\nrepos:\n{deeper(OTHER)}# the end\n", f"# ours\nrepos:\n{deeper(OTHER)}{deeper(ADDED)}# the end\n"),
        (f"repos:\n{OTHER}\nfail_fast: true\n", f"repos:\n{OTHER}{ADDED}\nfail_fast: true\n"),
        (
            f"repos:\n{OTHER}    args: [\n      --fix,\n    ] # x\n",
            f"repos:\n{OTHER}    args: [\n      --fix,\n    ] # x\n{ADDED}",
        ),
        (
            f"repos:\n{OTHER}    args: &x\n    - --fix # why\n",
            f"repos:\n{OTHER}    args: &x\n    - --fix # why\n{ADDED}",
        ),
        (
            f"repos:\n{OTHER}    description: |\n      a\n      b\n",
            f"repos:\n{OTHER}    description: |\n      a\n      b\n{ADDED}",
        ),
        (f"repos:\n{OTHER}".rstrip("\n"), f"repos:\n{OTHER}{ADDED}"),
        (f"repos:\n{OTHER}".replace("\n", "\r\n"), f"repos:\n{OTHER}{ADDED}".replace("\n", "\r\n")),
    ],
    ids=["flat", "indented", "in the middle", "flow", "anchor", "block", "no newline", "crlf"],
)
def test_it_is_put_behind_the_others(before: str, after: str) -> None:
    assert with_entry(before) == after
    assert is_there(after)
    assert not is_there(before)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "repos: []\n",
        "fail_fast: true\n",
        "repos: [{repo: local, hooks: []}]\n",
        "repos: {\n",
        "- a\n",
        "repos:\n- a\n---\n",
        "repos:\n",
    ],
)
def test_what_it_cannot_be_put_into_is_left(text: str) -> None:
    assert with_entry(text) is None


def test_a_comment_that_speaks_of_it_is_not_it() -> None:
    assert not is_there("repos: [] # try miglint/miglint\n")


def test_pre_commit_takes_it(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    for number, text in enumerate((new_file(), with_entry(f"repos:\n{OTHER}"))):
        assert text is not None
        file = tmp_path / f"{number}.yaml"
        file.write_text(text)
        subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(file)], check=True)
