"""A real Django project in a real repository, whose base and change part; and what Django says of it after a fix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from git_repos import Repo
from miglint.cli import main

SETTINGS = """\
SECRET_KEY = "x"
INSTALLED_APPS = [{apps}]
MIGRATION_MODULES = {modules}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
MANAGE = """\
import os, sys

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
ASK = """\
import json, os, sys

sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django

django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

loader = MigrationLoader(None, ignore_no_migrations=True)
conflicts = loader.detect_conflicts()
up_to_date = not conflicts
if not conflicts:
    call_command("migrate", verbosity=0)
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    except SystemExit:
        up_to_date = False
leaves = [".".join(leaf) for leaf in loader.graph.leaf_nodes()]
print(json.dumps({"conflicts": conflicts, "leaves": leaves, "up_to_date": up_to_date}))
"""


class Project:
    """The work tree is on the branch `change`."""

    def __init__(self, path: Path, *apps: str, modules: dict[str, str] | None = None) -> None:
        self.repo = Repo.init(path)
        self.path = path
        settings = SETTINGS.format(apps=", ".join(f'"{app}"' for app in apps), modules=modules or {})
        files: dict[str, str | bytes | None] = {"settings.py": settings, "manage.py": MANAGE}
        for app in apps:
            files |= {f"{app}/__init__.py": "", f"{app}/migrations/__init__.py": ""}
        self.repo.write(files)

    def commit(self, files: dict[str, str | bytes | None], branch: str | None = None) -> None:
        if branch:
            self.repo.git("switch", "-q", branch)
        self.repo.commit(files)

    def part(self, base: dict[str, str | bytes | None], change: dict[str, str | bytes | None]) -> None:
        """Commit both on top of what there is, each on its own branch; stay on the change's."""
        self.repo.switch("change", "main")
        self.repo.commit(change)
        self.commit(base, "main")
        self.repo.git("switch", "-q", "change")

    def files(self) -> dict[str, str]:
        """The migrations and what goes with them, by path."""
        listed = self.repo.git("ls-files", "--others", "--cached", "--exclude-standard").splitlines()
        there = [self.path / name for name in listed if "/migrations/" in name or name.endswith(".txt")]
        return {
            file.relative_to(self.path).as_posix(): file.read_bytes().decode()
            for file in there
            if file.exists() and file.name != "__init__.py" and file.suffix != ".pyc"
        }

    def merge_main(self) -> None:
        """As the host merges the pull request: without a conflict of git's."""
        self.repo.git("add", "-A")
        self.repo.git("commit", "-q", "--allow-empty", "-m", "fix")
        self.repo.git("merge", "-q", "--no-edit", "main")

    def django(self) -> dict[str, Any]:
        """What Django says of the work tree, once it has migrated an empty database."""
        ran = subprocess.run(
            [sys.executable, "-B", "-c", ASK], cwd=self.path, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return answer


class Fixer:
    """Runs the command in a project, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        self._monkeypatch = monkeypatch
        self._captured = capfdbinary

    def __call__(self, project: Project, *arguments: str) -> tuple[int, str, str]:
        self._monkeypatch.chdir(project.path)
        for name in list(os.environ):
            if name.startswith(("CI", "GIT")):  # in CI it is the commits that count, not the work tree
                self._monkeypatch.delenv(name)
        self._captured.readouterr()
        status = main(["fix", "--no-cache", "--base", "main", *arguments])
        out, error = self._captured.readouterr()
        return status, out.decode(), error.decode()


def migration(*dependencies: str, operations: str = "", head: str = "", quote: str = "'") -> str:
    """A file as makemigrations writes it; dependencies as `app.name`, operations one a line."""
    pairs = [tuple(dependency.split(".", 1)) for dependency in dependencies]
    written = "".join(f"        ({quote}{app}{quote}, {quote}{name}{quote}),\n" for app, name in pairs)
    body = "".join(f"        {line},\n" for line in operations.splitlines())
    return (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"{head}\n    dependencies = [\n{written}    ]\n\n    operations = [\n{body}    ]\n"
    )


def created(model: str) -> str:
    key = "models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')"
    return f"migrations.CreateModel('{model}', [('id', {key})])"


def added(model: str, field: str) -> str:
    return f"migrations.AddField('{model}', '{field}', models.TextField(null=True))"


def models(**fields: str) -> str:
    """models.py with these models, their text fields parted by spaces."""
    lines = ["from django.db import models"]
    for model, names in fields.items():
        lines += ["", "", f"class {model}(models.Model):"]
        lines += [f"    {name} = models.TextField(null=True)" for name in names.split()]
    return "\n".join(lines) + "\n"
