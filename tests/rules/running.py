"""Runs an example through the real engine, on a real git repository: the base on `main`, the change on a branch."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from miglint.cache import NullCache
from miglint.config_file import load_config
from miglint.engine import Request, check
from miglint.finding import Finding
from miglint.git import change_set, open_repository
from miglint.pull_requests import OpenPullRequest
from miglint.registry import Selection, all_rules, selected
from miglint.result import Result
from rules.pages import Example

IDENTITY = "Ada <ada@example.org> 1700000000 +0000"


def run(example: Example, folder: Path) -> Result:
    """The result of checking the example's change against its base, as `miglint check --base main` gives it."""
    return run_change(example, example.head_files(), folder)


def run_change(example: Example, head: Mapping[str, str], folder: Path) -> Result:
    """The same with other files in the change."""
    commit(folder, example.base_files(), head)
    if example.config is not None:
        (folder / ".miglint.yml").write_text(example.config)
    repository = open_repository(folder)
    config = load_config(folder, repository.root)
    rules = all_rules(config.plugins, config.folder)
    changes = change_set(repository, base="main", head="change", staged=False, everything=False, environment={})
    active = selected(rules, Selection(severities=config.rules))
    pulls = [
        OpenPullRequest(number, f"https://github.com/acme/shop/pull/{number}", "0" * 40, _encoded(files))
        for number, files in example.open_pull_requests().items()
    ]
    request = Request(tuple(rules), active, today=dt.date(2026, 11, 22), open_pull_requests=lambda folders: pulls)
    return check(changes, config, NullCache(), request)


def places(result: Result, rule: str) -> list[tuple[str, int]]:
    """Where the findings of a rule start; suppressed ones count as not found."""
    return sorted({_place(finding) for finding in result.active if finding.rule == rule})


def commit(folder: Path, base: Mapping[str, str], head: Mapping[str, str]) -> None:
    """Make a repository with the base's files on `main` and the head's on `change`."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.fspath(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    stream = _commit("refs/heads/main", base) + _commit("refs/heads/change", head, "refs/heads/main")
    for arguments, given in ((["init", "-q", "-b", "main"], b""), (["fast-import", "--quiet"], stream)):
        subprocess.run(["git", *arguments], cwd=folder, env=environment, input=given, check=True)


def _commit(ref: str, files: Mapping[str, str], parent: str | None = None) -> bytes:
    lines = [f"commit {ref}\ncommitter {IDENTITY}\n".encode(), _data(ref.encode())]
    if parent:
        lines.append(f"from {parent}\ndeleteall\n".encode())
    for path, content in files.items():
        lines += [f"M 100644 inline {path}\n".encode(), _data(content.encode())]
    return b"".join(lines) + b"\n"


def _encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {path: content.encode() for path, content in files.items()}


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _place(finding: Finding) -> tuple[str, int]:
    at = finding.problem.at
    return at.path, at.span.line
