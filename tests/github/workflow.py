"""A repository on a server, pull requests as GitHub keeps them, and a run of the action on a checkout of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.github.fake import TOKEN
from tests.github.shapes import REPOSITORY, fixture

ROOT = Path(__file__).parents[2]
IDENTITY = {f"GIT_{who}_{what}": "Ada" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
INITIAL = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(name="Order", fields=[("id", models.BigAutoField(primary_key=True))]),
    ]
"""


def adding(field_name: str, parent: str = "0001_initial") -> str:
    """A migration of shop that adds a field."""
    return f"""\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "{parent}"),
    ]
    operations = [
        migrations.AddField("order", "{field_name}", models.TextField(null=True)),
    ]
"""


def shop(**migrations: str) -> dict[str, str]:
    """The files of the app shop, `_0002_note=adding("note")` added."""
    files = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0001_initial.py": INITIAL}
    return files | {f"shop/migrations/{name.removeprefix('_')}.py": text for name, text in migrations.items()}


class Link(str):
    """The content of a file that is a symbolic link: where it points."""


class Origin:
    """The repository on the server: fetches by id are allowed, as on GitHub."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        self.git("init", "--quiet", "--bare", "--initial-branch=main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")

    def git(self, *arguments: str, given: bytes | None = None) -> str:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.path), "GIT_CONFIG_NOSYSTEM": "1", **IDENTITY}
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env=environment, input=given, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def commit(self, ref: str, files: Mapping[str, str], parent: str = "") -> str:
        """A commit with exactly these files."""
        lines = [f"commit {ref}\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 1\nx\n".encode()]
        lines += [f"from {parent}\n".encode()] if parent else []
        lines.append(b"deleteall\n")
        for path, text in files.items():
            content = text.encode()
            mode = b"120000" if isinstance(text, Link) else b"100644"
            lines.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, path.encode(), len(content), content))
        self.git("fast-import", "--quiet", "--force", given=b"".join(lines))
        return self.git("rev-parse", ref)

    def pull(self, number: int, files: Mapping[str, str], base: str = "main") -> str:
        """A pull request whose branch starts at the base's first commit; gives its head."""
        root = self.git("rev-list", "--max-parents=0", base).splitlines()[0]
        return self.commit(f"refs/pull/{number}/head", files, root)

    def merge(self, number: int, base: str = "main") -> str:
        """The merge of base and head that GitHub makes for a pull request's run."""
        head = f"refs/pull/{number}/head"
        tree = self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
        merge = self.git("commit-tree", tree, "-p", base, "-p", head, "-m", "merge")
        self.git("update-ref", f"refs/pull/{number}/merge", merge)
        return merge

    def checkout(self, path: Path, commit: str) -> Path:
        """What actions/checkout does by default."""
        path.mkdir()
        run = {"cwd": path, "check": True, "capture_output": True}
        for arguments in (
            ["init", "--quiet", "."],
            ["remote", "add", "origin", self.path.as_uri()],
            ["fetch", "--quiet", "--no-tags", "--depth=1", "origin", commit],
            ["checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"],
        ):
            subprocess.run(["git", *arguments], **run)  # type: ignore[call-overload]
        return path


@dataclass
class Outcome:
    """What a run of the action left."""

    status: int
    stdout: str
    stderr: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def annotations(self) -> list[str]:
        return re.findall(r"^::(?:error|warning|notice) .*$", self.stdout, re.MULTILINE)


def payload(name: str, **parts: Any) -> dict[str, Any]:
    """An example of GitHub's with our commits and our repository."""
    body: dict[str, Any] = fixture(name)
    body["repository"] |= {"full_name": REPOSITORY, "default_branch": "main"}
    return body | parts


def pull_request_payload(number: int, head: str, base: str, *, fork: bool = False) -> dict[str, Any]:
    body = payload("pull_request.opened", number=number)
    pull = body["pull_request"]
    pull["number"] = number
    pull["head"] |= {"sha": head, "ref": "topic"}
    pull["base"] |= {"sha": base, "ref": "main"}
    pull["head"]["repo"]["full_name"] = "stranger/shop" if fork else REPOSITORY
    return body


def environment(
    folder: Path, event: str, body: Mapping[str, Any], *, sha: str, ref: str, api: str, **inputs: str
) -> dict[str, str]:
    """What the runner sets: INPUT_* for every input of action.yml, GITHUB_*, and files to write to."""
    folder.mkdir(exist_ok=True)
    (folder / "event.json").write_text(json.dumps(body))
    for name in ("output", "summary"):
        (folder / name).touch()
    given = {"github-token": TOKEN, **{name.replace("_", "-"): value for name, value in inputs.items()}}
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SHA": sha,
        "GITHUB_REF": ref,
        "GITHUB_API_URL": api,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        **{f"INPUT_{name.upper()}": value for name, value in given.items()},
    }


def run_action(workspace: Path, variables: Mapping[str, str]) -> Outcome:
    """Run the action's entry in the checkout."""
    base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    path = os.pathsep.join(str(ROOT / name) for name in ("linter", "rules"))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "miglint", "action"],
        cwd=workspace,
        env={**base, "PYTHONPATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return outcome_of(done, variables)


def outcome_of(done: subprocess.CompletedProcess[str], variables: Mapping[str, str]) -> Outcome:
    """What a run left in the runner's files."""
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    outcome.outputs = dict(
        line.split("=", 1) for line in Path(variables["GITHUB_OUTPUT"]).read_text().splitlines() if line
    )
    outcome.summary = Path(variables["GITHUB_STEP_SUMMARY"]).read_text()
    return outcome
