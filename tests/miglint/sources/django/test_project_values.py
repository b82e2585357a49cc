"""Values of a project's own that a migration names: settings that may be set, and members of classes."""

import pytest

from django_files import chain_of
from miglint.history import Confidence

SETTINGS = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\n"
MODELS = """
from django.db import models
class Order(models.Model):
    class State(models.TextChoices):
        OPEN = "o", "open"
        SHUT = "s", "shut"
def state():
    return "o"
"""


def created(name: str) -> str:
    return f"migrations.CreateModel('order', [('id', models.AutoField(primary_key=True)), ('{name}', {{}})])"


@pytest.mark.parametrize(
    ("settings", "length", "confidence"),
    [
        ({}, 9, Confidence.ASSUMED),
        ({"settings.py": SETTINGS}, 9, Confidence.EXACT),
        ({"settings.py": SETTINGS + "ORDER_CODE = 7\n"}, 7, Confidence.EXACT),
        ({"settings.py": SETTINGS + "import os\nORDER_CODE = int(os.environ['X'])\n"}, 9, Confidence.ASSUMED),
        ({"settings.py": SETTINGS + "from elsewhere import *\n"}, 9, Confidence.ASSUMED),
    ],
)
def test_the_default_of_a_setting_is_certain_where_settings_leave_it_out(
    settings: dict[str, str], length: int, confidence: Confidence
) -> None:
    field = "models.CharField(max_length=getattr(settings, 'ORDER_CODE', 9))"
    (made,) = chain_of(settings, created("code").format(field))
    assert f'"code" varchar({length}) NOT NULL' in made.sql
    assert made.confidence is confidence


def test_a_setting_that_django_itself_has_does_not_leave_its_default() -> None:
    field = "models.CharField(max_length=3 if getattr(settings, 'USE_I18N', False) else 4)"
    (made,) = chain_of({"settings.py": SETTINGS}, created("code").format(field))
    assert made.confidence is Confidence.ASSUMED


@pytest.mark.parametrize(
    ("settings", "confidence"), [({}, Confidence.ASSUMED), ({"settings.py": SETTINGS}, Confidence.EXACT)]
)
def test_whether_a_setting_is_there_is_known_where_settings_were_read(
    settings: dict[str, str], confidence: Confidence
) -> None:
    field = "models.CharField(max_length=3 if hasattr(settings, 'ORDER_CODE') else 4)"
    (made,) = chain_of(settings, created("code").format(field))
    assert made.confidence is confidence


def test_a_member_of_an_enumeration_within_a_model_is_its_value() -> None:
    field = "models.CharField(max_length=9, default={})"
    first = created("state").format("models.CharField(max_length=9)")
    added = f"migrations.AddField('order', 'kind', {field.format('shop.models.Order.State.SHUT')})"
    made = chain_of({"shop/models.py": MODELS}, first, added)
    assert made[0].sql == """ALTER TABLE "shop_order" ADD COLUMN "kind" varchar(9) DEFAULT 's' NOT NULL"""
    assert made[0].confidence is Confidence.EXACT
    same = f"migrations.AlterField('order', 'state', {field.format('shop.models.Order.State.SHUT')})"
    plain = created("state").format(field.format("'s'"))
    assert chain_of({"shop/models.py": MODELS}, plain, same, database="sqlite") == ()


@pytest.mark.parametrize(
    ("default", "confidence"), [("shop.models.state", Confidence.EXACT), ("elsewhere.state", Confidence.ASSUMED)]
)
def test_a_name_from_elsewhere_may_be_what_was_written_before(default: str, confidence: Confidence) -> None:
    field = "models.CharField(max_length=9, null=True, default={})"
    altered = f"migrations.AlterField('order', 'state', {field.format(default)})"
    before = created("state").format(field.format("'o'"))
    made = chain_of({"shop/models.py": MODELS}, before, altered, database="sqlite")
    assert made
    assert all(statement.confidence is confidence for statement in made)


IF = "import os\nif os.environ.get('X'):\n    ORDER_CODE = 5\nelse:\n    ORDER_CODE = 7\n"
FROM_BASE = "from base import *\nINSTALLED_APPS = ['shop']\n"


@pytest.mark.parametrize(
    ("files", "confidence"),
    [
        ({"settings.py": SETTINGS + IF}, Confidence.ASSUMED),
        ({"settings.py": SETTINGS + IF.replace("ORDER_CODE", "CODE") + "ORDER_CODE = CODE\n"}, Confidence.ASSUMED),
        ({"settings.py": SETTINGS + IF.replace("ORDER_CODE", "OTHER") + "ORDER_CODE = 5\n"}, Confidence.EXACT),
        ({"settings.py": FROM_BASE, "base.py": IF}, Confidence.ASSUMED),
        ({"settings.py": FROM_BASE, "base.py": IF + "ORDER_CODES = ORDER_CODE\nORDER_CODE = 5\n"}, Confidence.ASSUMED),
        ({"settings.py": FROM_BASE, "base.py": IF.replace("ORDER", "AN") + "ORDER_CODE = 5\n"}, Confidence.EXACT),
        ({"settings.py": SETTINGS + "ORDER_CODE = 5\nif X:\n    from local_settings import *\n"}, Confidence.EXACT),
        (
            {"settings.py": SETTINGS + "if X:\n    from more import *\n", "more.py": "ORDER_CODE = 5\n"},
            Confidence.ASSUMED,
        ),
        (
            {"settings.py": SETTINGS + "ORDER_CODE = 5\n", "a/manage.py": "", "a/settings.py": SETTINGS},
            Confidence.ASSUMED,
        ),
    ],
    ids=["if", "made of it", "another", "base", "set twice", "base's other", "not here", "maybe more", "two settings"],
)
@pytest.mark.parametrize("asked", ["settings.ORDER_CODE", "getattr(settings, 'ORDER_CODE', 9)"])
def test_a_setting_that_hangs_on_an_unknown_condition_is_assumed(
    files: dict[str, str], confidence: Confidence, asked: str
) -> None:
    (made,) = chain_of(files, created("code").format(f"models.CharField(max_length={asked})"))
    assert '"code" varchar(5) NOT NULL' in made.sql
    assert made.confidence is confidence


@pytest.mark.parametrize(
    ("settings", "confidence"),
    [
        (SETTINGS + "AUTH_USER_MODEL = 'shop.Person'\n", Confidence.EXACT),
        (SETTINGS + IF.replace("ORDER_CODE = 5", "AUTH_USER_MODEL = 'shop.Person'"), Confidence.ASSUMED),
        (SETTINGS + IF.replace("ORDER_CODE = 7", "AUTH_USER_MODEL = 'shop.Other'"), Confidence.ASSUMED),
        (SETTINGS, Confidence.EXACT),
    ],
)
def test_a_user_model_that_hangs_on_an_unknown_condition_is_assumed(settings: str, confidence: Confidence) -> None:
    person = "migrations.CreateModel('person', [('id', models.AutoField(primary_key=True))])"
    first = f"{person}, {created('code').format('models.TextField()')}"
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)"
    made = chain_of({"settings.py": settings}, first, f"migrations.AddField('order', 'by', {key})")
    assert made
    assert all(statement.confidence is confidence for statement in made)


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        ("import importlib\nearlier = importlib.import_module('shop.sql')\n", "earlier.VIEW.replace('ONE', 'two')"),
        ("from importlib import import_module\nVIEW = import_module('shop.sql').VIEW\n", "VIEW.replace('ONE', 'two')"),
        ("from shop.sql import VIEW\n", "VIEW.replace('ONE', 'two')"),
        ("from shop import sql\n", "sql.TEXTS.get('view')"),
    ],
)
def test_sql_is_made_of_constants_of_other_modules(before: str, asked: str) -> None:
    sql = "VIEW = 'CREATE VIEW ONE AS SELECT 1'\nTEXTS = {'view': 'CREATE VIEW two AS SELECT 1'}\n"
    (made,) = chain_of({"shop/sql.py": sql}, f"migrations.RunSQL({asked})", imports=before)
    assert (made.sql, made.confidence) == ("CREATE VIEW two AS SELECT 1", Confidence.EXACT)


@pytest.mark.parametrize(
    ("changed", "confidence"),
    [
        ("migrations.AlterField('{}', 'id', models.BigAutoField(primary_key=True))", Confidence.ASSUMED),
        ("migrations.AlterField('{}', 'name', models.CharField(max_length=9, unique=True))", Confidence.EXACT),
        ("migrations.RenameModel('{}', 'human')", Confidence.ASSUMED),
    ],
)
@pytest.mark.parametrize("model", ["person", "order"])
def test_tables_of_packages_may_point_to_the_user_model(changed: str, confidence: Confidence, model: str) -> None:
    """Django alters the columns of django.contrib.admin and its like, too."""
    person = "('id', models.AutoField(primary_key=True)), ('name', models.CharField(max_length=5, unique=True))"
    first = ", ".join(f"migrations.CreateModel('{name}', [{person}])" for name in ("person", "order"))
    files = {"settings.py": SETTINGS + "AUTH_USER_MODEL = 'shop.Person'\n"}
    made = chain_of(files, first, changed.format(model))
    assert made
    wanted = confidence if model == "person" else Confidence.EXACT
    assert all(statement.confidence is wanted for statement in made)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        (
            "def start():\n    return {'a': [1], 'b': False}\n",
            """jsonb DEFAULT '{"a": [1], "b": false}'::jsonb NOT NULL""",
        ),
        ("start = lambda: {key: 1 for key in 'ab'}\n", """jsonb DEFAULT '{"a": 1, "b": 1}'::jsonb NOT NULL"""),
        ("import os\ndef start():\n    return os.environ\n", "jsonb DEFAULT '{}'::jsonb NOT NULL"),
        ("def start():\n    return start()\n", "jsonb DEFAULT '{}'::jsonb NOT NULL"),
        ("def start(needed):\n    return {'a': needed}\n", "jsonb DEFAULT '{}'::jsonb NOT NULL"),
    ],
)
def test_a_default_that_the_migration_itself_defines_is_worked_out_but_assumed(code: str, written: str) -> None:
    added = "migrations.AddField('order', 'kept', models.JSONField(default=start))"
    made = chain_of(
        {"requirements.txt": "psycopg\n"}, created("code").format("models.TextField()"), added, imports=code
    )
    assert made[0].sql == f'ALTER TABLE "shop_order" ADD COLUMN "kept" {written}'
    assert made[0].confidence is Confidence.ASSUMED


@pytest.mark.parametrize(
    ("settings", "confidence"),
    [({}, Confidence.ASSUMED), ({"settings.py": SETTINGS + "AUTH_USER_MODEL = 'shop.Person'\n"}, Confidence.EXACT)],
)
def test_the_one_model_that_may_be_the_users_is_taken_where_no_settings_tell(
    settings: dict[str, str], confidence: Confidence
) -> None:
    person = "[('id', models.AutoField(primary_key=True))], options={'swappable': 'AUTH_USER_MODEL'}"
    first = f"migrations.CreateModel('Person', {person}), {created('code').format('models.TextField()')}"
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)"
    made = chain_of(settings, first, f"migrations.AddField('order', 'by', {key})")
    assert 'REFERENCES "shop_person"("id")' in made[0].sql
    assert made[0].confidence is confidence


MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n"


@pytest.mark.parametrize(
    ("settings", "table", "confidence"),
    [
        (SETTINGS, "auth_user", Confidence.EXACT),
        (SETTINGS + "from elsewhere import *\n", "shop_person", Confidence.ASSUMED),
    ],
)
def test_settings_of_tests_have_no_say_where_those_of_manage_py_were_read_whole(
    settings: str, table: str, confidence: Confidence
) -> None:
    files = {
        "manage.py": MANAGE,
        "site_settings.py": settings,
        "shop/testing/settings.py": SETTINGS + "AUTH_USER_MODEL = 'shop.Person'\n",
    }
    person = "migrations.CreateModel('person', [('id', models.AutoField(primary_key=True))])"
    key = "models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)"
    first = f"{person}, {created('code').format('models.TextField()')}"
    made = chain_of(files, first, f"migrations.AddField('order', 'by', {key})")
    assert f'REFERENCES "{table}"' in made[0].sql
    assert {statement.confidence for statement in made} == {confidence}


def test_a_name_is_made_of_the_user_model_as_text() -> None:
    name = "f\"{settings.AUTH_USER_MODEL.rsplit('.', 1)[1].lower()}_ptr\""
    field = f"migrations.AddField('order', {name}, models.IntegerField(null=True))"
    (made,) = chain_of({"settings.py": SETTINGS}, created("code").format("models.TextField()"), field)
    assert (made.sql, made.confidence) == (
        'ALTER TABLE "shop_order" ADD COLUMN "user_ptr" integer NULL',
        Confidence.EXACT,
    )


def test_a_default_of_a_package_that_is_not_at_the_root_is_found() -> None:
    files = {"backend/src/tool/__init__.py": "", "backend/src/tool/start.py": "def start():\n    return 'x'\n"}
    added = "migrations.AddField('order', 'kind', models.CharField(max_length=9, default=tool.start.start))"
    made = chain_of(files, created("code").format("models.TextField()"), added, imports="import tool.start\n")
    assert made[0].sql == """ALTER TABLE "shop_order" ADD COLUMN "kind" varchar(9) DEFAULT 'x' NOT NULL"""
    assert made[0].confidence is Confidence.ASSUMED


HELPER = "import os\nclass Bag(dict):\n    if os.environ.get('X'):\n        def get(self):\n            return 1\n"


def test_a_class_that_has_no_settings_takes_nothing_from_what_settings_leave_out() -> None:
    field = "models.CharField(max_length=getattr(settings, 'ORDER_CODE', 9))"
    (made,) = chain_of({"settings.py": SETTINGS + HELPER}, created("code").format(field))
    assert made.confidence is Confidence.EXACT


@pytest.mark.parametrize(("manager", "confidence"), [("backend/manage.py", "exact"), ("backend/run.py", "assumed")])
def test_settings_of_a_project_hold_for_the_plugins_that_are_built_upon_it(manager: str, confidence: str) -> None:
    """The history is one: its root is the folder that holds both."""
    files = {
        "backend/settings.py": SETTINGS.replace("shop", "base") + "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
    }
    files |= {manager: "", "other/settings.py": SETTINGS, "other/manage.py": ""}
    files |= {"backend/base/__init__.py": "", "backend/base/migrations/__init__.py": ""}
    head = "from django.db import migrations\nclass Migration(migrations.Migration):\n"
    files["backend/base/migrations/0001.py"] = f"{head}    dependencies = []\n    operations = []\n"
    fields = "('id', models.AutoField(primary_key=True)), ('others', models.ManyToManyField('shop.order'))"
    first = f"migrations.CreateModel('order', [{fields}])]\n    dependencies = [('base', '0001')]\n    more = ["
    made = chain_of(files, first, imports="")
    table = next(statement for statement in made if "order_others" in statement.sql)
    assert table.confidence.value == confidence
