"""Labels, and which apps belong together."""

from __future__ import annotations

from django_files import IMPORTS, histories_of, history_of
from miglint.config import Config, DjangoConfig
from miglint.history import Key


def _migration(*dependencies: tuple[str, str]) -> str:
    return f"{IMPORTS}class Migration(migrations.Migration):\n    dependencies = {list(dependencies)!r}\n"


MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"


def test_projects_with_the_same_labels_do_not_meet() -> None:
    files: dict[str, str | bytes] = {}
    for root in ("billing", "portal"):
        files[f"{root}/manage.py"] = MANAGE
        files[f"{root}/users/migrations/0001_initial.py"] = _migration()
        files[f"{root}/users/migrations/0002_{root}.py"] = _migration(("users", "0001_initial"))
    found = histories_of(files)
    assert [history.root for history in found] == ["billing", "portal"]
    assert [set(history.migrations) for history in found] == [
        {Key("users", "0001_initial"), Key("users", f"0002_{root}")} for root in ("billing", "portal")
    ]


def test_a_test_project_joins_the_library_that_it_depends_on() -> None:
    history = history_of(
        {
            "shop/migrations/0001_initial.py": _migration(),
            "tests/manage.py": MANAGE,
            "tests/app/migrations/0001_initial.py": _migration(("shop", "0001_initial")),
        }
    )
    assert set(history.apps) == {"shop", "app"}


def test_migration_modules_give_the_label_of_a_folder() -> None:
    files: dict[str, str | bytes] = {"db/shop/0001_initial.py": _migration(), "db/shop/erste-änderung.py": _migration()}
    settings = {"site/settings.py": "INSTALLED_APPS = ['shop']\nMIGRATION_MODULES = {'store': 'db.shop'}\n"}
    assert set(history_of({**files, **settings}).migrations) == {
        Key("store", "0001_initial"),
        Key("store", "erste-änderung"),
    }
    config = Config(django=DjangoConfig(migration_modules={"basket": "db.shop"}))
    assert set(history_of(files, config).apps) == {"basket"}


def test_the_user_model_is_the_one_that_is_swappable() -> None:
    model = "migrations.CreateModel('Person', [], options={'swappable': 'AUTH_USER_MODEL'})"
    user = "migrations.swappable_dependency(settings.AUTH_USER_MODEL)"
    head = f"{IMPORTS}class Migration(migrations.Migration):\n"
    history = history_of(
        {
            "people/migrations/0001_initial.py": f"{head}    operations = [{model}]\n",
            "shop/migrations/0001_initial.py": f"{head}    dependencies = [{user}]\n",
        }
    )
    (edge,) = history.migrations[Key("shop", "0001_initial")].dependencies
    assert (edge.key, edge.swappable) == (Key("people", "__first__"), "AUTH_USER_MODEL")


def test_a_slip_of_the_pen_is_not_an_installed_app() -> None:
    history = history_of(
        {"orders/migrations/0001_a.py": _migration(("ordrs", "0001_x"), ("auth", "0001_initial"), ("taggit", "0001_x"))}
    )
    assert history.external == {"auth", "taggit"}


def test_what_is_no_migration_in_a_package_is_said() -> None:
    history = history_of({"shop/migrations/0001_a.py": _migration(), "shop/migrations/helpers.py": "x = 1\n"})
    assert [item.path for item in history.unreadable] == ["shop/migrations/helpers.py"]
    tests = {"shop/tests/test_a.py": _migration(), "shop/tests/test_b.py": "", "shop/tests/test_c.py": ""}
    assert histories_of({**tests}) == []
    assert histories_of({"shop/migrations/_helpers.py": _migration(), "shop/migrations/__init__.py": ""}) == []


def test_a_folder_of_south_is_none_although_one_of_its_files_is_of_python_2() -> None:
    schema = (
        "from south.db import db\nfrom south.v2 import SchemaMigration\nclass Migration(SchemaMigration):\n    pass\n"
    )
    files: dict[str, str | bytes] = {
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/0001_initial.py": schema,
        "shop/migrations/0002_data.py": schema + "print 'done'\n",
        "other/migrations/0001_initial.py": f"{IMPORTS}class Migration(migrations.Migration):\n    initial = True\n",
    }
    history = history_of(files)
    assert list(history.unreadable) == []
