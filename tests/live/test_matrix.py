"""A sample of the matrix of operations, field types and options, against Django's own editor on a live PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

from evaluation import servers

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "evaluation" / "sqlmigrate"


def run(script: str, *arguments: object, folder: Path = ROOT) -> str:
    environment = {"PYTHONPATH": f"{ROOT / 'linter'}{os.pathsep}{ROOT / 'rules'}", "DJANGO_SETTINGS_MODULE": "settings"}
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_sampled_case_is_as_django_writes_it(postgresql: servers.PostgreSQL, tmp_path: Path) -> None:
    project, truth = tmp_path / "project", tmp_path / "truth.jsonl"
    run("matrix.py", project, "--sample", 40, "--seed", 1)
    place = ("--host", postgresql.host, "--user", postgresql.user)
    run("truth.py", "postgresql", truth, *place, "--name", "miglint_matrix", "--go-on", folder=project)
    version = ".".join(map(str, postgresql.version))
    counts = run("compare.py", project, truth, "--version", version).splitlines()[-1]
    numbers = dict(item.rsplit(" ", 1) for item in counts.partition(": ")[2].split(", "))
    assert int(numbers["migrations"]) > 150
    assert numbers["equal"] == numbers["migrations exact"] == numbers["migrations"]
