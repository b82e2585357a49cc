import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest

from miglint.config import Config, Ignore, SqlSource
from miglint.config_file import load_config
from miglint.errors import MiglintError
from miglint.history import Target

WHOLE = """\
database: postgresql
database_version: 10.10
time_zone: Europe/Berlin
databases: {legacy: mysql, "services/*": {database: mariadb, database_version: "10.11"}}
django: {version: "5.2", auth_user_model: accounts.User, migration_modules: {shop: shop.db_migrations}}
sources: [{type: sql, path: "db/*"}]
rules: {blocking-index-build: warning, missing-lock-timeout: off}
ignore: [{rule: dropped-column, path: "legacy/**", reason: nobody uses it, until: 2027-01-31}]
plugins: [tools/migration_rules]
exclude: ["legacy/**"]
small_tables: [shop_currency]
table_stats: stats.yml
lock_timeout: 5s
baseline: .miglint-baseline.json
released: origin/production
require_reason: true
"""


def write(folder: Path, content: str, name: str = ".miglint.yml") -> Path:
    (folder / name).write_text(content)
    return folder


def test_every_key_of_yaml(tmp_path: Path) -> None:
    (tmp_path / "stats.yml").write_text("shop_order: 1200000\nshop_status: 9\nshop_new: -1\n")
    config = load_config(write(tmp_path, WHOLE), tmp_path)
    assert config.target == Target("postgresql", (10, 10), "Europe/Berlin")
    assert config.databases == {"legacy": Target("mysql"), "services/*": Target("mariadb", (10, 11))}
    assert config.django.migration_modules == {"shop": "shop.db_migrations"}
    assert config.sql_sources == (SqlSource("db/*"),)
    assert config.rules == {"blocking-index-build": "warning", "missing-lock-timeout": "off"}
    assert config.ignore == (Ignore("dropped-column", "legacy/**", "nobody uses it", dt.date(2027, 1, 31), line=8),)
    assert config.small_tables == {"shop_currency", "shop_status"}  # -1: PostgreSQL has never counted it
    assert config.lock_timeout == "5s"
    assert (config.require_reason, config.path, config.folder) == (True, ".miglint.yml", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "stats.yml cannot be read: No such file or directory"),
        ("shop_order: many\n", "stats.yml:1: shop_order: 'many' is not a number of rows"),
        ("- shop_order\n", "is not a mapping of keys to values"),
        ("a: [\n", "stats.yml:2: "),
    ],
)
def test_sizes_of_tables_that_cannot_be_read(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "stats.yml").write_text(content)
    with pytest.raises(MiglintError, match=re.escape(message)):
        load_config(write(tmp_path, "table_stats: stats.yml\n"), tmp_path)


def test_pyproject_says_the_same(tmp_path: Path) -> None:
    toml = '[tool.miglint]\ndatabase_version = "16"\nrules = {a = "off"}\nexclude = ["x"]\nrequire_reason = true\n'
    config = load_config(write(tmp_path, toml, "pyproject.toml"), tmp_path)
    assert (config.target.version, config.rules, config.exclude) == ((16,), {"a": "off"}, ("x",))


def test_the_nearest_up_to_the_root_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    inner = root / "a" / "b"
    inner.mkdir(parents=True)
    write(tmp_path, "database: mysql")  # above the repository: not ours
    assert load_config(inner, root) == Config()
    write(root, "database: sqlite")
    write(root / "a", "[tool.other]\n", "pyproject.toml")
    assert load_config(inner, root).target.database == "sqlite"
    write(root / "a", "database: mariadb", ".miglint.yaml")
    config = load_config(inner, root)
    assert (config.target.database, config.path) == ("mariadb", "a/.miglint.yaml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("datbase: mysql", r"^\.miglint\.yml:1: datbase: unknown key \(did you mean database\?\); known are base"),
        ("\ndjango:\n  verison: '5'", r"^\.miglint\.yml:3: django\.verison: unknown key \(did you mean version"),
        ("database: postgres", r"'postgres' is not one of postgresql, .*oracle \(did you mean postgresql\?\)"),
        ("rules: {a: fatal}", r"\.miglint\.yml:1: rules\.a: 'fatal' is not one of error, warning, notice, off"),
        ("rules: [a]", r"rules: \['a'\] is not a mapping"),
        ("exclude: legacy", r"exclude: 'legacy' is not a list"),
        ("exclude: [{a: b}]", r"exclude\[0\]: .* is not a text"),
        ("database_version: newest", r"'newest' is not a version such as"),
        ("require_reason: perhaps", "'perhaps' is not true or false"),
        ("sources: [{path: a}]", r"sources\[0\]: it lacks type"),
        ("ignore: [{rule: a, until: soon}]", r"ignore\[0\]\.until: 'soon' is not a date"),
        ("[]", r"\.miglint\.yml:1: \[\] is not a mapping"),
        ("a: 1\na: 2", r"\.miglint\.yml:2: a stands here twice"),
        ("a: &x [1]\nb: *x", r"\.miglint\.yml:2: aliases are not allowed here"),
        ("a: [", r"\.miglint\.yml:1: expected the node content"),
        ("a: !!python/object/apply:os.system [x]", r"unknown key"),
        ("\t", "cannot start any token"),
        ("a: " + "[" * 5000, "not valid YAML"),
        ("? [a]\n: b", "a key must be a word"),
    ],
)
def test_a_mistake_names_file_line_key_and_what_is_allowed(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(MiglintError, match=message) as caught:
        load_config(write(tmp_path, content), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["tool.miglint = 1", "[tool.miglint]\ndatabase = [", "[tool.miglint]\nx = 1"])
def test_a_mistake_in_toml(tmp_path: Path, content: str) -> None:
    with pytest.raises(MiglintError, match=r"pyproject\.toml"):
        load_config(write(tmp_path, content, "pyproject.toml"), tmp_path)


def test_two_configurations_in_one_folder_are_an_error(tmp_path: Path) -> None:
    write(write(tmp_path, "database: mysql"), "[tool.miglint]\n", "pyproject.toml")
    with pytest.raises(MiglintError, match=r"\.miglint\.yml and pyproject\.toml in .* both configure miglint"):
        load_config(tmp_path, tmp_path)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(MiglintError, match="there is no configuration"):
        load_config(tmp_path, tmp_path, tmp_path / "gone.yml")


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(MiglintError, match="larger than"):
        load_config(write(tmp_path, "#" * 1_000_001), tmp_path)


def test_yaml_is_imported_only_for_a_yaml_file(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from miglint.config_file import load_config;"
        "load_config(Path('.'), Path('.')); print('yaml' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == "False\n"


@pytest.mark.parametrize(
    ("path", "database"),
    [
        ("assets/migrations/mysql/001_a.sql", "mysql"),
        ("migrations/sqlite3/postgres/001_a.sql", "postgresql"),
        ("migrations/sqlite/001_a.sql", "sqlite"),
        ("legacy/mysql/001_a.sql", "mariadb"),
        ("shop/mysql/migrations/0001_a.py", "postgresql"),
        ("mysql.sql", "postgresql"),
    ],
)
def test_a_folder_of_sql_may_name_its_database(path: str, database: str) -> None:
    config = Config(target=Target("postgresql", (16,)), databases={"legacy/**": Target("mariadb", (10, 11))})
    target = config.target_of("migrations", path)
    assert target.database == database
    assert target.version == {"postgresql": (16,), "mariadb": (10, 11)}.get(database, ())


def test_mysqls_folder_may_be_mariadbs() -> None:
    config = Config(target=Target("mariadb", (10, 11)))
    assert config.target_of("m", "migrations/mysql/1_a.sql") == Target("mariadb", (10, 11))
