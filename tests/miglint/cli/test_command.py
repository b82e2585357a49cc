"""The command as users run it: a process, a real repository, exit statuses, one line for an error."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from jsonschema import Draft202012Validator

from miglint import reporters
from miglint.cli import COMMANDS, cli
from rules.pages import SHOP, SHOP_PATH
from rules.running import commit

ROOT = Path(__file__).parents[3]
SCHEMAS = Path(reporters.__file__).parent / "schema"
FILL = """\
from django.db import migrations


def fill(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(fill)]
"""
FILL_PATH = "shop/migrations/0002_fill.py"


def miglint(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT", "CI", "MIGLINT"))}
    return subprocess.run(
        [sys.executable, "-m", "miglint", *arguments],
        cwd=folder,
        env={
            **inherited,
            "XDG_CACHE_HOME": str(folder / ".cache"),
            "PYTHONPATH": os.pathsep.join(sys.path),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    commit(folder, {SHOP_PATH: SHOP}, {SHOP_PATH: SHOP, FILL_PATH: FILL})
    subprocess.run(["git", "checkout", "-q", "change"], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(("fail_on", "status"), [("error", 0), ("warning", 1), ("notice", 1)])
def test_the_exit_status_follows_fail_on(shop: Path, fail_on: str, status: int) -> None:
    ran = miglint(shop, "check", "--base", "main", "--fail-on", fail_on)
    assert (ran.returncode, ran.stderr) == (status, "")
    assert "warning[irreversible-run-python]: fill has no reverse_code" in ran.stdout
    assert "\033" not in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--base", "nope"], "nope"),
        (["check", "--bsae", "main"], "--bsae"),
        (["chek"], "there is no command 'chek' (did you mean check?)"),
        ([], "say what to do: check, fix, sql, graph, rule, init"),
        (["check", "--all", "--base", "main"], "--all and --base exclude each other"),
        (["check", "--staged", "--head", "main"], "--staged and --head exclude each other"),
        (["check", "--select", "unused-supression"], "did you mean unused-suppression?"),
        (["check", "--config", "gone.yml"], "there is no configuration gone.yml"),
        (["check", "--database-version", "new"], "'new' is not a version"),
        (["check", "--all", "gone.py"], "gone.py names no file that git knows of here"),
        (["check", "--all", ".."], "is not in the repository"),
        (["check", "--all", "--write-baseline"], "--write-baseline needs the name of a file"),
        (["check", "--all", "--output", "no/such/a.json"], "no/such/a.json cannot be written"),
        (["rule", "unused-supression"], "there is no rule unused-supression (did you mean unused-suppression?)"),
        (["sql", "shop.0003"], "there is no migration shop.0003"),
        (["sql", "shop.000"], "shop.000 is the start of 2 migrations: 0001_initial, 0002_fill"),
        (["graph", "shp"], "did you mean shop?"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(shop: Path, arguments: list[str], message: str) -> None:
    ran = miglint(shop, *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert re.fullmatch(r"miglint: [^\n]+\n", ran.stderr)
    assert message in ran.stderr


def test_outside_of_a_repository(tmp_path: Path) -> None:
    ran = miglint(tmp_path, "check")
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1


def test_a_bug_is_one_line_and_the_traceback_only_for_debugging(shop: Path) -> None:
    plugin = shop / "broken_rule.py"
    plugin.write_text(
        '"""A rule."""\nfrom miglint.finding import Severity\nfrom miglint.rule import graph_rule\n\n\n'
        "@graph_rule(severity=Severity.ERROR)\ndef check(scope):\n    yield 1 / 0\n"
    )
    config = shop / "plugin.yml"
    config.write_text("plugins: [broken_rule.py]\n")
    arguments = ["check", "--all", "--config", "plugin.yml"]
    ran = miglint(shop, *arguments)
    assert ran.returncode == 2
    assert "the rule broken-rule failed on" in ran.stderr
    assert "ZeroDivisionError" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "Traceback" in miglint(shop, *arguments, MIGLINT_DEBUG="1").stderr


def test_json_keeps_the_schema_and_goes_to_files(shop: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ran = miglint(shop, "check", "--base", "main", "--format", "json", "--output", str(report))
    assert (ran.returncode, ran.stdout) == (0, "")
    document = json.loads(report.read_text())
    Draft202012Validator(json.loads((SCHEMAS / "check.json").read_text())).validate(document)
    assert [finding["rule"] for finding in document["findings"]] == ["irreversible-run-python"]
    assert document["migrations"][0]["path"] == FILL_PATH


def test_graph_json_keeps_the_schema(shop: Path) -> None:
    document = json.loads(miglint(shop, "graph", "--format", "json").stdout)
    Draft202012Validator(json.loads((SCHEMAS / "graph.json").read_text())).validate(document)
    assert document["apps"]["shop"]["leaves"] == ["0002_fill"]


def test_sql_shows_statements_with_their_locks(shop: Path) -> None:
    shown = miglint(shop, "sql", "shop.0001", "--locks").stdout
    assert 'CREATE TABLE "shop_customer" (\n    "id" bigint NOT NULL PRIMARY KEY' in shown
    assert "--   locks nothing that was there before" in shown
    document = json.loads(miglint(shop, "sql", "--base", "main", "--format", "json").stdout)
    schema = json.loads((SCHEMAS / "sql.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert set(document) == {"schema_version", "migrations", "coverage"}
    assert [one["name"] for one in document["migrations"]] == ["0002_fill"]


def test_a_baseline_is_written_and_then_suppresses(shop: Path) -> None:
    (shop / "baseline.yml").write_text("baseline: known.json\n")
    config = ["--config", "baseline.yml"]
    assert "there is no baseline" in miglint(shop, "check", "--all", *config).stderr
    assert miglint(shop, "check", "--all", "--write-baseline", *config).returncode == 0
    ran = miglint(shop, "check", "--all", "--fail-on", "notice", *config)
    assert ran.returncode == 0
    assert "suppressed)" in ran.stdout


def test_the_step_summary_is_appended_to(shop: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    ran = miglint(shop, "check", "--base", "main", "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    assert ran.stdout.startswith("::warning file=shop/migrations/0002_fill.py,line=10")
    assert summary.read_text().startswith("before\n### ")


@pytest.mark.parametrize(
    ("environment", "coloured"), [({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)]
)
def test_colour_can_be_forced_and_forbidden(shop: Path, environment: dict[str, str], coloured: bool) -> None:
    assert ("\033[" in miglint(shop, "check", "--base", "main", **environment).stdout) is coloured


def test_the_cache_changes_nothing_but_time(shop: Path, tmp_path: Path) -> None:
    arguments = ["check", "--all", "--format", "json"]
    plain = miglint(shop, *arguments, "--no-cache").stdout
    assert not list(tmp_path.iterdir())
    for _ in range(2):
        assert miglint(shop, *arguments, "--cache-dir", str(tmp_path)).stdout == plain
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-20] + b"\xff{[")
    assert miglint(shop, *arguments, "--cache-dir", str(tmp_path)).stdout == plain


def test_a_reader_that_stops_reading_is_no_error(shop: Path) -> None:
    command = f"{sys.executable} -m miglint rule | head -c 1"
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=shop, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_an_interrupt_is_130(shop: Path) -> None:
    program = (
        "import sys, os, signal, miglint.engine\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # what runs in the background ignores it
        "miglint.engine.check = lambda *a: os.kill(os.getpid(), signal.SIGINT)\n"
        "from miglint.cli import main\nsys.exit(main(['check', '--all']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=shop, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr.strip()) == (130, b"")


def test_the_version_is_told_without_importing_what_is_slow() -> None:
    program = (
        "import sys; from miglint.cli import main; main(['--version'])\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'git', 'yaml', 'django', 'sqlparse',"
        " 'postgast', 'difflib', 'asyncio', 'miglint_rules'}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                         env={"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert ran.stdout.splitlines()[1] == "[]"


def test_every_command_and_option_is_documented() -> None:
    usage = (ROOT / "docs" / "usage.md").read_text()
    for name in COMMANDS:
        _, _, section = usage.partition(f"## miglint {name}\n")
        section = section.partition("\n## ")[0]
        command = cli.get_command(click.Context(cli), name)
        assert section, name
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert f"`{parameter.opts[0]}" in section, f"{name} {parameter.opts[0]}"


def test_every_key_of_the_configuration_is_documented() -> None:
    from miglint.config_file import _FIELDS, _TARGET

    described = (ROOT / "docs" / "configuration.md").read_text()
    for key in (*_FIELDS, *_TARGET):
        assert re.search(rf"^\| .*`{key}`.* \|", described, re.MULTILINE), key


def test_the_documented_configuration_is_valid(tmp_path: Path) -> None:
    from miglint.config_file import load_config

    described = (ROOT / "docs" / "configuration.md").read_text()
    (tmp_path / "stats.yml").write_text("shop_order: 1200000\n")
    (tmp_path / ".miglint.yml").write_text(described.partition("```yaml\n")[2].partition("```")[0])
    assert load_config(tmp_path, tmp_path).released == "origin/production"


def test_the_schema_of_sql_says_the_same_as_that_of_check() -> None:
    check, sql = (json.loads((SCHEMAS / f"{name}.json").read_text()) for name in ("check", "sql"))
    assert sql["$defs"].items() <= check["$defs"].items()
    assert sql["properties"].items() <= check["properties"].items()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shp.0001", "there is no migration shp.0001 (did you mean shop.0001_initial?)"),
        ("shop.0001_inital", "there is no migration shop.0001_inital (did you mean shop.0001_initial?)"),
        ("shp", "there is no app and no file shp (did you mean shop?)"),
        ("shop.000", "shop.000 is the start of 2 migrations: 0001_initial, 0002_fill"),
        (".git", ".git holds no migration that was found: miglint graph shows those that were"),
    ],
)
def test_a_name_that_means_no_migration(shop: Path, name: str, message: str) -> None:
    ran = miglint(shop, "sql", name)
    assert (ran.returncode, ran.stderr) == (2, f"miglint: {message}\n")


def test_a_django_that_is_not_here_is_said_by_check_and_sql(tmp_path: Path) -> None:
    commit(tmp_path, {SHOP_PATH: SHOP}, {SHOP_PATH: SHOP, FILL_PATH: FILL, "requirements.txt": "Django==3.2.1\n"})
    said = "requirements.txt asks for Django 3.2, which is not here: the SQL is that of"
    for _ in range(2):  # written, and kept
        assert said in miglint(tmp_path, "check", "--base", "main", "--head", "change").stdout
    assert said in miglint(tmp_path, "sql", "--base", "main", "--head", "change").stderr


def test_a_project_that_pins_no_django_is_told_so_by_sql_alone(shop: Path) -> None:
    said = "the project pins no Django"
    assert said not in miglint(shop, "check", "--base", "main").stdout
    assert said in miglint(shop, "sql", "shop.0002").stderr


@pytest.mark.parametrize(
    ("words", "folder", "meant"),
    [
        (["shop"], "shop/migrations", ["0001_initial", "0002_fill"]),
        (["shop.0002"], ".", ["0002_fill"]),
        (["shop", "0002"], ".", ["0002_fill"]),
        (["shop", "0001", "shop.0002_fill"], ".", ["0001_initial", "0002_fill"]),
        (["shop/migrations/0002_fill.py"], ".", ["0002_fill"]),
        (["0002_fill.py"], "shop/migrations", ["0002_fill"]),
        (["./shop"], ".", ["0001_initial", "0002_fill"]),
        (["."], ".", ["0001_initial", "0002_fill"]),
        (["--backwards", "shop"], ".", ["0002_fill", "0001_initial"]),
        (["--backwards", "shop", "0002"], ".", ["0002_fill"]),
    ],
)
def test_migrations_are_named_by_app_name_and_path(shop: Path, words: list[str], folder: str, meant: list[str]) -> None:
    ran = miglint(shop / folder, "sql", "--format", "json", *words)
    assert ran.returncode == 0, ran.stderr
    assert [migration["name"] for migration in json.loads(ran.stdout)["migrations"]] == meant


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        (">&-", "standard output is closed: there is nowhere to write to"),
        ("> /dev/full", "standard output cannot be written: No space left on device"),
    ],
)
def test_a_report_that_cannot_be_printed_is_no_success(shop: Path, redirection: str, message: str) -> None:
    ran = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m miglint rule {redirection}"],
        cwd=shop,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (2, f"miglint: {message}\n")


def test_a_note_that_cannot_be_written_is_said_and_changes_nothing_else(shop: Path) -> None:
    variables = {"CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "2", "CI_API_V4_URL": "http://127.0.0.1:9"}
    asked = ("check", "--base", "main", "--gitlab-note")
    assert miglint(shop, *asked).stderr == "miglint: no note: this is no pipeline of a merge request\n"
    done = miglint(shop, *asked, "--fail-on", "warning", **variables, MIGLINT_TOKEN="x")
    assert done.returncode == 1
    assert done.stderr == "miglint: no note: GET /user: the connection failed (ConnectionRefusedError)\n"
    assert "irreversible-run-python" in done.stdout


def test_what_is_said_is_the_same_in_each_run(tmp_path: Path) -> None:
    """However Python hashes strings: a fingerprint that a baseline keeps must come again."""
    names = ["Refund", "Invoice", "Parcel", "Review", "Coupon", "Basket"]
    key = 'models.ForeignKey("shop.Order", models.CASCADE)'
    made = "\n".join(
        f'        migrations.CreateModel("{name}", [("id", models.BigAutoField(primary_key=True)), ("of", {key})]),'
        for name in names
    )
    head = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
    pointing = f'{head}    dependencies = [("shop", "0001_initial")]\n    operations = [\n{made}\n    ]\n'
    columns = ", ".join(f'("{name}", models.IntegerField())' for name in "abc")
    fields = f'[("id", models.BigAutoField(primary_key=True)), {columns}]'
    groups = '{("a", "b"), ("b", "c"), ("c", "a")}'
    steps = [
        'migrations.RenameModel("Order", "Purchase")',
        f'migrations.CreateModel("Line", {fields}, options={{"unique_together": {groups}}})',
        f'migrations.CreateModel("Pair", {fields})',
        f'migrations.AlterUniqueTogether("Pair", {groups})',
    ]
    renaming = f'{head}    dependencies = [("shop", "0002_pointing")]\n    operations = [{", ".join(steps)}]\n'
    base = {SHOP_PATH: SHOP, "shop/migrations/0002_pointing.py": pointing}
    commit(tmp_path, base, base | {"shop/migrations/0003_rename.py": renaming})
    check = ("check", "--base", "main", "--head", "change", "--no-cache", "--format", "json")
    said = {miglint(tmp_path, *check, PYTHONHASHSEED=str(seed)).stdout for seed in range(6)}
    assert len(said) == 1
    statements = json.loads(said.pop())["migrations"][0]["statements"]
    assert len([each for each in statements if "DROP CONSTRAINT" in each["sql"]]) >= len(names)
    assert len([each for each in statements if "UNIQUE" in each["sql"]]) == 6
