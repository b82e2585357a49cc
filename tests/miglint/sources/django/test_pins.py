"""Every way in which a project says which Django it installs; versions as its tools would resolve them."""

import time

import pytest

from miglint.sources.django.pins import driver, pins
from miglint.sources.django.series import choose
from tests.django_files import tree_of

POETRY = "[tool.poetry.dependencies]\npython = '^3.12'\ndjango = {}\n"


@pytest.mark.parametrize(
    ("files", "series"),
    [
        ({"requirements.txt": "Django==5.1.4 --hash=sha256:0\n"}, (5, 1)),
        ({"requirements.txt": "-r deps/base.pip\n", "deps/base.pip": "django~=5.0.3  # why\n"}, (5, 0)),
        (
            {"requirements.txt": "--requirement=a.txt\n", "a.txt": "-c b.txt\n", "b.txt": "django==5.1\n"},
            (5, 1),
        ),
        ({"requirements/prod.txt": "-r ../common.in\n", "common.in": "Django [argon2] >=4.2, <5.0\n"}, (4, 2)),
        ({"requirements.txt": "-r requirements.txt\n-r ../../etc/passwd\nDjango<5.2,>=5.1"}, (5, 1)),
        ({"requirements.in": "Django\n", "constraints.txt": "Django===5.0.9\n"}, (5, 0)),
        ({"requirements.txt": "django==4.2; python_version<'3.10'\ndjango==5.2; python_version>='3.10'\n"}, (5, 2)),
        ({"uv.lock": "[[package]]\nname = 'django'\nversion = '5.1.2'\n", "requirements.txt": "Django==4.2"}, (5, 1)),
        ({"poetry.lock": "[[package]]\nname = 'Django'\nversion = '5.0.2'\n"}, (5, 0)),
        ({"pdm.lock": "[[package]]\nname = 'django'\nversion = '4.2.2'\n"}, (4, 2)),
        ({"pylock.toml": "lock-version = '1.0'\n[[packages]]\nname = 'django'\nversion = '5.1'\n"}, (5, 1)),
        ({"Pipfile.lock": '{"default": {"django": {"version": "==5.0.1"}}}'}, (5, 0)),
        ({"Pipfile": "[packages]\nDjango = '~=5.1.0'\n"}, (5, 1)),
        ({"Pipfile": "[packages]\nDjango = {version = '==4.2.*', extras = ['bcrypt']}\n"}, (4, 2)),
        ({"pyproject.toml": "[project]\ndependencies = ['Django>=5.0,<5.1']\n"}, (5, 0)),
        ({"pyproject.toml": "[project.optional-dependencies]\nweb = ['django==5.1.1']\n"}, (5, 1)),
        ({"pyproject.toml": "[dependency-groups]\ndev = [{include-group = 'x'}, 'django~=5.0.0']\n"}, (5, 0)),
        ({"pyproject.toml": POETRY.format("'^4.2'")}, (4, 2)),
        ({"pyproject.toml": POETRY.format("'~5.1'")}, (5, 1)),
        ({"pyproject.toml": POETRY.format("'5.0.*'")}, (5, 0)),
        ({"pyproject.toml": POETRY.format("{version = '~5.0.2', extras = ['argon2']}")}, (5, 0)),
        ({"pyproject.toml": POETRY.format("[{version = '4.2.1', python = '<3.10'}, {version = '5.1.1'}]")}, (5, 1)),
        ({"pyproject.toml": "[tool.poetry.group.web.dependencies]\ndjango = '5.1.3'\n"}, (5, 1)),
        ({"pyproject.toml": "[tool.uv]\ndev-dependencies = ['django==5.0.1']\n"}, (5, 0)),
        (
            {
                "pyproject.toml": "[project]\ndependencies = ['django>=4.2']\n"
                "[tool.uv]\nconstraint-dependencies = ['django==5.1.*']\n"
            },
            (5, 1),
        ),
        ({"pyproject.toml": "[tool.pdm.dev-dependencies]\nweb = ['django==5.0']\n"}, (5, 0)),
        ({"pyproject.toml": "[tool.hatch.envs.default]\ndependencies = ['django~=5.1.0']\n"}, (5, 1)),
        (
            {
                "pyproject.toml": "[tool.setuptools.dynamic]\ndependencies = {file = ['etc/web.in']}\n",
                "etc/web.in": "django<5.1,>=5.0\n",
            },
            (5, 0),
        ),
        ({"setup.cfg": "[options]\ninstall_requires =\n    Django>=5.1,<5.2\n"}, (5, 1)),
        ({"setup.cfg": "[options]\ninstall_requires = file: etc/x.txt\n", "etc/x.txt": "Django==5.0\n"}, (5, 0)),
        ({"setup.cfg": "[options.extras_require]\nweb =\n    Django==5.1\n"}, (5, 1)),
        ({"setup.py": "setup(install_requires=['Django>=5.0,<5.1'])\n"}, (5, 0)),
        ({"setup.py": "setup(install_requires=open('etc/x.in').read())\n", "etc/x.in": "Django==5.1\n"}, (5, 1)),
        ({"environment.yml": "dependencies:\n  - python=3.12\n  - conda-forge::django=5.0.3\n"}, (5, 0)),
        ({"environment.yml": "dependencies:\n  - django>=5.1,<5.2\n"}, (5, 1)),
        ({"environment.yaml": "dependencies:\n  - pip\n  - pip:\n    - Django==5.1.2\n"}, (5, 1)),
        ({"Dockerfile": 'FROM python\nRUN pip install \\\n    gunicorn "Django==5.0.4" && true\n'}, (5, 0)),
        ({"docker/Dockerfile": "# RUN pip install Django==4.2\nRUN uv pip install django~=5.1.0\n"}, (5, 1)),
    ],
)
def test_a_pin_is_read(files: dict[str, str], series: tuple[int, int]) -> None:
    assert choose(tree_of(dict(files)), "", None, {}).wanted == series


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"requirements.txt": "djangorestframework==3.15\ndjango-filter==24.1\nDjango\n"},
        {"pyproject.toml": POETRY.format("'*'")},
        {"pyproject.toml": "[project\n"},
        {"pyproject.toml": "project = 3\n"},
        {"environment.yml": "dependencies: [django: {\n"},
        {"environment.yml": "- a\n"},
        {"Pipfile.lock": "[]"},
        {"uv.lock": "[[package]]\nversion = '5.1'\n"},
        {"setup.py": "setup(\n"},
        {"requirements.txt": "-r .\n-c requirements.txt\n"},
    ],
)
def test_what_pins_nothing_is_said_to_pin_nothing(files: dict[str, str]) -> None:
    choice = choose(tree_of(dict(files)), "", None, {})
    assert choice.wanted is None
    assert choice.note.startswith("the project pins no Django: the SQL is that of Django ")


def test_the_nearest_files_count() -> None:
    files = {"requirements.txt": "Django==4.2", "web/pyproject.toml": "[project]\ndependencies = ['Django==5.1']\n"}
    found = [(pin.path, pin.requirement) for pin in pins(tree_of(dict(files)), "web/src")]
    assert found == [("web/pyproject.toml", "==5.1"), ("requirements.txt", "==4.2")]


def test_a_series_that_is_not_here_is_said() -> None:
    choice = choose(tree_of({"requirements.txt": "-r more.txt", "more.txt": "Django==3.2.1"}), "", None, {})
    assert choice.note.startswith("more.txt asks for Django 3.2, which is not here: the SQL is that of ")


def test_the_driver_is_read_from_what_is_included() -> None:
    assert (
        driver(tree_of({"requirements.txt": "-r base.pip\n", "base.pip": "psycopg2-binary==2.9\n"}), "") == "psycopg2"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "django" + " " * 100_000 + "x"),
        ("Dockerfile", "RUN " + "pip " * 200_000),
        ("setup.cfg", "[options]\ninstall_requires = file: " + "a" * 200_000),
        ("setup.py", "x = '" + "a/" * 200_000 + "'"),
        ("requirements.txt", "-r " * 100_000 + "\n" + "-r a.txt\n" * 100_000),
    ],
)
def test_hostile_files_are_read_in_time(name: str, text: str) -> None:
    started = time.process_time()
    assert choose(tree_of({name: text}), "", None, {}).wanted is None
    assert time.process_time() - started < 5


def test_where_nothing_above_pins_a_django_folders_within_are_asked() -> None:
    files = {"backend/requirements/base.txt": "Django==5.0.14\npsycopg2==2.9\n", "backend/src/tool/manage.py": ""}
    files |= {"docs/deep/er/requirements.txt": "Django==3.2\n", "notes.txt": "Django==1.11\n"}
    assert choose(tree_of(files), "", None, {}).wanted == (5, 0)
    assert driver(tree_of(files), "") == "psycopg2"
    above = files | {"requirements.txt": "Django==5.2.1\npsycopg\n"}
    assert choose(tree_of(above), "", None, {}).wanted == (5, 2)
    assert driver(tree_of(above), "") == "psycopg"
