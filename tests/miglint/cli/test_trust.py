"""Nothing of a pull request is executed, and it cannot turn its own findings off unseen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from git_repos import Repo

SAFE = """\
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
"""
RISKY = """\
from django.db import migrations


def fill(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill)]
"""
MIGRATIONS = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0001_initial.py": SAFE}
FINDING = "irreversible-run-python"
PLUGIN = '''"""Something is wrong here."""
from pathlib import Path

from miglint.finding import Severity
from miglint.rule import graph_rule

Path({proof!r}).write_text({version!r})


@graph_rule(severity=Severity.NOTICE)
def check(scope):
    yield from ()
'''


class Project:
    """A repository whose `change` adds a migration with a finding to what `main` has."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repo.init(folder / "repo")
        self.path = self.repo.path
        self.proof = folder / "executed"
        self.cache = folder / "cache"

    def change(self, base: dict[str, str | bytes | None], head: dict[str, str | bytes | None]) -> None:
        self.repo.commit({**MIGRATIONS, **base})
        self.repo.switch("change", "main")
        self.repo.commit({"shop/migrations/0002_fill.py": RISKY, **head})

    def plugin(self, version: str) -> str:
        return PLUGIN.format(proof=str(self.proof), version=version)

    def run(self, *arguments: str, command: tuple[str, ...] = (), **environment: str) -> dict[str, object]:
        ran = self.process("check", "--format", "json", *arguments, command=command, **environment)
        assert ran.returncode in (0, 1), ran.stderr
        document: dict[str, object] = json.loads(ran.stdout)
        return document

    def process(
        self, *arguments: str, command: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "CI", "MIGLINT"))}
        return subprocess.run(
            [*(command or (sys.executable, "-m", "miglint")), *arguments],
            cwd=self.path,
            env={
                **inherited,
                "XDG_CACHE_HOME": str(self.cache),
                "PYTHONPATH": os.pathsep.join(sys.path),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def rules(document: dict[str, object]) -> list[str]:
    findings = document["findings"]
    assert isinstance(findings, list)
    return [finding["rule"] for finding in findings if finding["suppressed"] is None]


def notes(project: Project, *arguments: str, **environment: str) -> str:
    ran = project.process("check", *arguments, **environment)
    assert ran.returncode in (0, 1), ran.stderr
    return " ".join(ran.stdout.split())


CI = {"CI": "true"}
OFF = f"rules: {{{FINDING}: off}}\n"


@pytest.mark.parametrize(
    "arguments", [["--base", "main"], ["--base", "main", "--head", "change"], ["--all"], ["--base", "HEAD~1"]]
)
def test_a_plugin_that_the_change_brings_is_not_executed(project: Project, arguments: list[str]) -> None:
    project.change({}, {".miglint.yml": "plugins: [own.py]\n", "own.py": project.plugin("new")})
    origin = {"refs/remotes/origin/main": "main"}
    for name, start in origin.items():
        project.repo.git("update-ref", name, start)
    project.repo.commit({"docs.txt": "a second commit, whose parent holds the plugin"})
    event = project.path.parent / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"ref": "main", "sha": project.repo.head("main")}}}))
    github = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    said = notes(project, *arguments, **CI, **github)
    assert not project.proof.exists()
    assert "the plugin own.py is not loaded: it is this change's own, and is loaded once it is merged" in said


def test_a_plugin_that_the_change_edits_runs_as_the_base_has_it(project: Project) -> None:
    config = {".miglint.yml": "plugins: [tools]\n", "tools/own.py": project.plugin("old")}
    project.change(config, {"tools/own.py": project.plugin("new"), "tools/other.py": project.plugin("other")})
    said = notes(project, "--base", "main", **CI)
    assert project.proof.read_text() == "old"
    assert "the plugin tools/own.py is loaded as the base has it" in said
    assert "the plugin tools/other.py is not loaded" in said
    notes(project, "--base", "main")
    assert project.proof.read_text() == "new"  # outside of CI, what a person sees is what holds


def test_no_bytecode_beside_a_plugin_stands_in_for_it(project: Project) -> None:
    import importlib.util
    import py_compile

    own = project.path / "own.py"
    project.change({".miglint.yml": "plugins: [own.py]\n", "own.py": project.plugin("text")}, {})
    source = own.read_text()
    own.write_text(project.plugin("code"))
    py_compile.compile(str(own), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    own.write_text(source)
    assert Path(importlib.util.cache_from_source(str(own))).is_file()
    notes(project, "--base", "main")
    assert project.proof.read_text() == "text"


def test_links_lead_no_plugin_and_no_configuration_to_the_change(project: Project) -> None:
    project.change({".miglint.yml": "plugins: [tools/own.py]\n", "tools/own.py": project.plugin("old")}, {})
    project.repo.write({"mine/own.py": project.plugin("new"), "mine/off.yml": OFF})
    (project.path / ".miglint.yml").unlink()
    (project.path / ".miglint.yml").symlink_to("mine/off.yml")
    shutil.rmtree(project.path / "tools")
    (project.path / "tools").symlink_to("mine")
    project.repo.commit({})
    assert FINDING in rules(project.run("--base", "main", **CI))
    assert FINDING in rules(project.run("--base", "main", "--config", ".miglint.yml", **CI))
    assert project.proof.read_text() == "old"


def test_without_a_known_base_no_plugin_runs_in_ci(project: Project) -> None:
    project.change({}, {".miglint.yml": "plugins: [own.py]\nrules: {own: error}\n", "own.py": project.plugin("new")})
    assert "plugins are not loaded: no base is known" in notes(project, "--all", **CI)
    assert project.process("rule", **CI).returncode == 0
    assert not project.proof.exists()
    assert "own" in project.process("rule").stdout
    assert project.proof.exists()


@pytest.mark.parametrize("named", [[], ["--config", ".miglint.yml"]])
def test_the_change_cannot_turn_its_findings_off_in_ci(project: Project, named: list[str]) -> None:
    project.change({".miglint.yml": "exclude: [legacy]\n"}, {".miglint.yml": OFF})
    assert rules(project.run("--base", "main", *named)) == []
    assert rules(project.run("--base", "main", *named, **CI)) == [FINDING]
    assert (
        "this change edits .miglint.yml: the base's .miglint.yml rules this check, the change's own rules once it is"
        in notes(project, "--base", "main", *named, **CI)
    )


@pytest.mark.parametrize("name", [".miglint.yml", "shop/.miglint.yaml"])
def test_a_first_or_nearer_configuration_rules_once_merged(project: Project, name: str) -> None:
    project.change({}, {name: OFF})
    arguments = ["--base", "main", "--config", name]
    assert rules(project.run(*arguments, **CI)) == [FINDING]
    said = notes(project, *arguments, **CI)
    assert f"this change adds {name}: the base has no configuration, so the defaults rule this check" in said


def test_a_configuration_that_is_taken_away_still_rules(project: Project) -> None:
    project.change({".miglint.yml": f"rules: {{{FINDING}: error}}\n"}, {".miglint.yml": None})
    assert project.process("check", "--base", "main", **CI).returncode == 1
    assert "this change takes .miglint.yml away" in notes(project, "--base", "main", **CI)


def test_what_is_pushed_to_the_default_branch_rules_itself(project: Project, tmp_path: Path) -> None:
    project.change({}, {".miglint.yml": OFF})
    event = tmp_path / "event.json"
    ids = {"before": project.repo.head("main"), "after": project.repo.head()}
    for branch, found in (("main", []), ("change", [FINDING])):
        payload = {"ref": f"refs/heads/{branch}", "repository": {"default_branch": "main"}, **ids}
        event.write_text(json.dumps(payload))
        environment = {"GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": str(event), **CI}
        assert rules(project.run(**environment)) == found


def test_the_baseline_of_the_base_counts(project: Project) -> None:
    empty = json.dumps({"schema_version": 1, "findings": []})
    project.change({".miglint.yml": "baseline: known.json\n", "known.json": empty}, {})
    assert project.process("check", "--base", "main", "--write-baseline").returncode == 0
    project.repo.commit({})
    assert rules(project.run("--base", "main")) == []
    assert rules(project.run("--base", "main", **CI)) == [FINDING]
    assert "this change edits the baseline known.json" in notes(project, "--base", "main", **CI)


def test_a_change_can_mend_what_the_base_has_broken(project: Project) -> None:
    project.change({".miglint.yml": "plugin: []\n"}, {".miglint.yml": "plugins: []\n"})
    assert "the base's configuration cannot be read: the defaults rule" in notes(project, "--base", "main", **CI)
    project.repo.commit({".miglint.yml": "plugin: []\n"})
    ran = project.process("check", "--base", "main", **CI)
    assert ran.returncode == 2
    assert "unknown key" in ran.stderr


def test_a_change_that_breaks_the_configuration_fails_now(project: Project) -> None:
    project.change({".miglint.yml": "plugins: []\n"}, {".miglint.yml": "plugin: []\n"})
    ran = project.process("check", "--base", "main", **CI)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)


PLANTED = (
    "click.py yaml.py git.py git/__init__.py django/__init__.py sqlparse.py postgast.py __future__.py json.py "
    "contextlib.py tomllib.py"
).split()


def console_script(folder: Path) -> Path:
    """What an installer writes for `[project.scripts]`."""
    import tomllib

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    module, function = project["scripts"]["miglint"].split(":")
    script = folder / "bin" / "miglint"
    script.parent.mkdir()
    text = f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"
    script.write_text(text)
    script.chmod(0o755)
    return script


@pytest.mark.parametrize("way", ["module", "script", "script with PYTHONPATH"])
@pytest.mark.parametrize("folder", [".", "shop"])
def test_modules_in_the_checkout_stand_in_for_no_library(
    project: Project, tmp_path: Path, way: str, folder: str
) -> None:
    trap = f"open({str(project.proof)!r}, 'a').write(__name__ + ' ')\n"
    entry = "evil-1.dist-info/entry_points.txt"
    planted: dict[str, str | bytes | None] = {f"{at}{name}": trap for name in PLANTED for at in ("", "shop/")}
    project.change({}, {**planted, entry: "[miglint.rules]\nevil = evil_rule\n", "evil_rule.py": trap})
    own = [str(Path(__file__).parents[3] / root) for root in ("linter", "rules")]
    path = own if way != "script with PYTHONPATH" else [".", "", str(project.path), str(project.path / "shop"), *own]
    command = (sys.executable, "-m", "miglint") if way == "module" else (str(console_script(tmp_path)),)
    start = project.path
    project.path = start / folder
    document = project.run("--base", "main", "--no-cache", command=command, PYTHONPATH=os.pathsep.join(path))
    assert rules(document) == [FINDING]
    assert not project.proof.exists(), project.proof.read_text()
