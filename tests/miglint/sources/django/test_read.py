from __future__ import annotations

import pytest

from django_files import IMPORTS, history_of, migration_of
from miglint.finding import Span
from miglint.history import Dependency, Key
from miglint.sources.django.values import Call, Reference, Setting


def test_a_migration_has_its_edges_and_operations_with_their_places() -> None:
    migration = migration_of(
        'dependencies = [\n    ("contenttypes", "0001_initial"),\n'
        "    migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n]\n"
        'operations = [\n    migrations.AddField("order", "total", models.IntegerField(default=0)),\n]\natomic = False'
    )
    assert migration.dependencies == (
        Dependency(Key("contenttypes", "0001_initial"), Span(7, 9, 7, 41)),
        Dependency(Key("auth", "__first__"), Span(8, 9, 8, 66), "AUTH_USER_MODEL"),
    )
    assert migration.dependencies_span == Span(6, 20, 9, 6)
    assert not migration.atomic
    (operation,) = migration.operations
    assert (operation.name, operation.target) == ("AddField", "django.db.migrations.AddField")
    assert operation.span == Span(11, 9, 11, 78)
    assert operation.arguments == {
        "model_name": "order",
        "name": "total",
        "field": Call("django.db.models.IntegerField", (), {"default": 0}),
    }
    assert list(migration.not_understood) == []


def test_the_user_model_comes_from_the_settings_module() -> None:
    body = "dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\noperations = [\n"
    body += 'migrations.AddField("order", "by", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))]'
    migration = migration_of(body, files={"site/settings/base.py": 'AUTH_USER_MODEL = "accounts.User"\n'})
    assert [edge.key for edge in migration.dependencies] == [Key("accounts", "__first__")]
    field = migration.operations[0].arguments["field"]
    assert field.args == (Setting("AUTH_USER_MODEL", "accounts.User"), Reference("django.db.models.CASCADE"))


@pytest.mark.parametrize(
    "text",
    [
        "'set x to {0}, {y}'.format(settings.LANGUAGE_CODE, y=settings.LANGUAGE_CODE)",
        "f'set x to {settings.LANGUAGE_CODE}, {settings.LANGUAGE_CODE}'",
        "'set x to %s, %s' % (settings.LANGUAGE_CODE, settings.LANGUAGE_CODE)",
        "'set x to %(x)s, %(y)s' % {'x': settings.LANGUAGE_CODE, 'y': settings.LANGUAGE_CODE}",
        "'set x to ' + settings.LANGUAGE_CODE + ', nl'",
    ],
)
def test_settings_go_into_texts(text: str) -> None:
    body = f"operations = [migrations.RunSQL({text})]"
    migration = migration_of(body, files={"site/settings/base.py": 'INSTALLED_APPS = []\nLANGUAGE_CODE = "nl"\n'})
    assert migration.operations[0].arguments["sql"] == "set x to nl, nl"


def test_the_label_comes_from_the_app_config() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/apps.py": "from django.apps import AppConfig\nclass C(AppConfig):\n    name, label = 'shop', 'store'\n",
        "shop/migrations/0001_initial.py": f"{IMPORTS}class Migration(migrations.Migration):\n    initial = True\n",
    }
    history = history_of(dict(files))
    assert set(history.migrations) == {Key("store", "0001_initial")}
    assert history.apps["store"].path == "shop/migrations"


def test_a_module_called_as_an_attribute_of_the_class_is_the_module_within_the_list() -> None:
    before = "from django.contrib.postgres import operations\n"
    migration = migration_of("operations = [operations.TrigramExtension()]", before=before)
    assert [one.name for one in migration.operations] == ["TrigramExtension"]


def test_a_list_that_is_bound_anew_is_made_of_the_one_before() -> None:
    body = 'operations = [migrations.DeleteModel("a")]\noperations = operations + [migrations.DeleteModel("b")]'
    assert [one.arguments["name"] for one in migration_of(body).operations] == ["a", "b"]


def test_an_object_that_only_holds_names_gives_its_class_attributes() -> None:
    helper = (
        f"{IMPORTS}class RunSQL(migrations.RunSQL):\n    def __init__(self, *args, **kwargs):\n"
        "        if 'other' not in kwargs:\n            raise ValueError('other')\n"
        "        kwargs.pop('other')\n        super().__init__(*args, **kwargs)\n"
        "class _Holder:\n    RunSQL = RunSQL\naware = _Holder()\n"
    )
    body = 'operations = [aware.RunSQL("SELECT 1", state_operations=[migrations.DeleteModel("a")], other="")]'
    files: dict[str, str | bytes] = {"shop/__init__.py": "", "shop/helper.py": helper}
    migration = migration_of(body, before="from shop.helper import aware\n", files=files)
    (operation,) = migration.operations
    assert (operation.name, operation.arguments["sql"]) == ("RunSQL", "SELECT 1")
    assert [one.name for one in operation.state_operations] == ["DeleteModel"]
    assert list(migration.not_understood) == []


def test_a_text_is_formatted_with_a_constant_of_another_module() -> None:
    files: dict[str, str | bytes] = {"shop/__init__.py": "", "shop/models.py": 'INDEX_NAME = "node_idx"\n'}
    body = "operations = [migrations.RunSQL('DROP INDEX {name}'.format(name=shop.models.INDEX_NAME))]"
    (operation,) = migration_of(body, before="import shop.models\n", files=files).operations
    assert operation.arguments["sql"] == "DROP INDEX node_idx"


@pytest.mark.parametrize(("body", "understood"), [("pass", True), ("state.remove_model('shop', 'order')", False)])
def test_an_own_operation_is_understood_if_it_says_that_it_changes_no_models(body: str, understood: bool) -> None:
    own = (
        "class Wait(migrations.operations.base.Operation):\n"
        f"    def state_forwards(self, app_label, state):\n        {body}\n"
        "    def database_forwards(self, app_label, editor, before, after):\n        editor.execute('SELECT 1')\n"
    )
    (operation,) = migration_of("operations = [Wait()]", before=own).operations
    assert operation.name == "Wait"
    assert (operation.not_understood is None) == understood


@pytest.mark.parametrize(
    ("backwards", "name"), [("'''Nor back.'''", "SeparateDatabaseAndState"), ("editor.execute('SELECT 1')", "AddIndex")]
)
def test_an_operation_that_leaves_the_database_alone_is_for_the_state(backwards: str, name: str) -> None:
    own = (
        "class Fake(migrations.AddIndex):\n"
        "    def database_forwards(self, *args, **kwargs):\n        pass\n"
        f"    def database_backwards(self, app_label, editor, before, after):\n        {backwards}\n"
    )
    body = "operations = [Fake('order', models.Index(fields=['name'], name='i'))]"
    (operation,) = migration_of(body, before=own).operations
    assert (operation.name, operation.database_operations) == (name, ())
    assert [one.name for one in operation.state_operations] == ["AddIndex"] * (name != "AddIndex")


def test_triggers_of_pgtrigger_are_known() -> None:
    before = "import pgtrigger.compiler\nimport pgtrigger.migrations\n"
    trigger = "pgtrigger.compiler.Trigger(name='t', sql=pgtrigger.compiler.UpsertTriggerSql(func='RETURN NEW;'))"
    body = f"operations = [pgtrigger.migrations.AddTrigger(model_name='order', trigger={trigger})]"
    migration = migration_of(body, before=before)
    assert [(one.name, one.arguments["model_name"]) for one in migration.operations] == [("AddTrigger", "order")]
    assert list(migration.not_understood) == []


def test_where_a_value_stands_makes_it_no_other() -> None:
    one, two = Reference("shop.place", Span(1, 1, 1, 5)), Reference("shop.place", Span(2, 1, 2, 5))
    assert (one == two, one != two) == (True, False)
    assert one != Reference("shop.other")
