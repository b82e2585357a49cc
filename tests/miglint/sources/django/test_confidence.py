"""What the repository does not tell is never said to be exact."""

import pytest

from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config, DjangoConfig
from miglint.graph import Graph
from miglint.history import Confidence, Key, Statement, Target
from miglint.sources.django import read
from miglint.sources.django.backends.literals import Json
from miglint.sources.django.backends.older_driver import psycopg2
from miglint.sources.django.render import DjangoRenderer

HEAD = """
import os
from datetime import date
import django
from django import VERSION
from django.conf import settings
from django.db import connection, connections, migrations, models
from django.utils import timezone
"""
SETTINGS = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop', 'stock']\n"
CUSTOMER = "migrations.CreateModel('customer', [('id', models.BigAutoField(primary_key=True)), {fields}])"


def migration(*operations: str, before: str = "", after: str = "") -> str:
    dependencies = f"[('shop', '{after}')]" if after else "[]"
    body = f"    dependencies = {dependencies}\n    operations = [{', '.join(operations)}]\n"
    return f"{HEAD}{before}\nclass Migration(migrations.Migration):\n{body}"


def rendered(
    files: dict[str, str], key: str, config: Config | None = None, database: str = "postgresql"
) -> list[Statement]:
    """The statements of one migration. Files are `0001` (of shop), or paths."""
    found = {"shop/migrations/__init__.py": "", "stock/migrations/__init__.py": ""}
    for name, text in files.items():
        found[name if "." in name else f"shop/migrations/{name}.py"] = text
    tree = MemoryTree({path: text.encode() for path, text in found.items()})
    target = Target(database, (15,))
    (history,) = read(tree, config or Config(target=target), NullCache())
    writer = DjangoRenderer(history, Graph.of(history), tree, target, as_printed=True)
    return list(writer.render(Key(*key.split("."))).statements)


def certain(statements: list[Statement]) -> bool:
    return all(statement.confidence is Confidence.EXACT for statement in statements)


ADDED = "migrations.AddField('customer', 'note', models.IntegerField(null=True))"
FIRST = migration(CUSTOMER.format(fields="('name', models.TextField())"))


def test_what_an_unknown_condition_brings_is_assumed() -> None:
    text = migration(ADDED, after="0001") + "    if os.environ.get('MORE'):\n        operations += []\n"
    (added,) = rendered({"0001": FIRST, "0002": text}, "shop.0002")
    assert added.confidence is Confidence.ASSUMED
    assert added.reason == "a condition could not be worked out; its body is taken"


def test_a_condition_bears_on_the_operation_that_it_stands_in() -> None:
    other = "migrations.AddField('customer', 'age', models.IntegerField(default=1 if os.environ.get('X') else 2))"
    statements = rendered({"0001": FIRST, "0002": migration(ADDED, other, after="0001")}, "shop.0002")
    assert [statement.confidence.value for statement in statements] == ["exact", "assumed", "assumed"]


def test_a_field_that_a_condition_made_is_assumed_when_it_is_altered_later() -> None:
    field = "models.CharField(max_length=10 if os.environ.get('X') else 20)"
    altered = "migrations.AlterField('customer', 'code', models.CharField(max_length=20))"
    files = {
        "0001": migration(CUSTOMER.format(fields=f"('code', {field})")),
        "0002": migration(altered, ADDED, after="0001"),
    }
    type_of_code, note = rendered(files, "shop.0002")
    assert (type_of_code.confidence, note.confidence) == (Confidence.ASSUMED, Confidence.EXACT)


HELPERS = {
    "a constant": (
        "if os.environ.get('X'):\n    KIND = {'max_length': 9}\nelse:\n    KIND = {'max_length': 8}\n",
        "KIND",
    ),
    "a function's name": (
        "def kind():\n    return {'max_length': 8}\nif os.environ.get('X'):\n    def kind():\n        return {}\n",
        "kind()",
    ),
    "a function's body": (
        "def kind():\n    if os.environ.get('X'):\n        return {'max_length': 9}\n    return {'max_length': 8}\n",
        "kind()",
    ),
    "what a function uses": (
        "LENGTH = 9 if os.environ.get('X') else 8\ndef kind():\n    return {'max_length': LENGTH}\n",
        "kind()",
    ),
    "what is made with it": ("LENGTH = 9 if os.environ.get('X') else 8\nKIND = {'max_length': LENGTH}\n", "KIND"),
    "what is changed": ("KIND = {'max_length': 9}\nif os.environ.get('X'):\n    KIND.update(max_length=8)\n", "KIND"),
    "an item": ("KIND = {'max_length': 9}\nif os.environ.get('X'):\n    KIND['max_length'] = 8\n", "KIND"),
    "a class": (
        "class Own:\n    if os.environ.get('X'):\n        kind = {'max_length': 9}\n    else:\n        kind = {}\n",
        "Own.kind",
    ),
    "an import": ("from shop.other import KIND\n", "KIND"),
    "all of another": ("from shop.other import *\n", "KIND"),
}
OTHER = "from django.conf import settings\nKIND = {'max_length': 9 if settings.LONG else 8}\nCALM = {'max_length': 9}\n"


@pytest.mark.parametrize(("helper", "used"), HELPERS.values(), ids=list(HELPERS))
@pytest.mark.parametrize(
    "imported", ["from shop.helper import {}", "from shop import helper", "from shop.helper import *"]
)
def test_a_condition_in_a_module_that_is_imported_bears_on_what_hangs_on_it(
    helper: str, used: str, imported: str
) -> None:
    head = "import os\nfrom datetime import date\nCALM = {'max_length': 9}\nif os.environ.get('Y'):\n    UNUSED = 1\n"
    before = imported.format(used.partition("(")[0].partition(".")[0]) + "\nfrom shop import helper as calm\n"
    name = f"helper.{used}" if imported.endswith("import helper") else used
    unsure = f"migrations.AddField('customer', 'code', models.CharField(null=True, **{name}))"
    sure = "migrations.AddField('customer', 'kind', models.CharField(null=True, **calm.CALM))"
    files = {
        "0001": FIRST,
        "0002": migration(unsure, before=before, after="0001"),
        "0003": migration(sure, before="from shop import helper as calm\n", after="0002"),
        "shop/__init__.py": "",
        "shop/helper.py": head + helper,
        "shop/other.py": OTHER,
    }
    (code,) = rendered(files, "shop.0002")
    assert code.confidence is Confidence.ASSUMED
    assert "could not be worked out" in code.reason
    assert certain(rendered(files, "shop.0003")) or "*" in helper  # which could have brought any name


@pytest.mark.parametrize(
    ("settings", "configured", "expected"),
    [
        ("", None, Confidence.ASSUMED),
        (SETTINGS, None, Confidence.EXACT),
        (SETTINGS + "from elsewhere.settings import *\n", None, Confidence.ASSUMED),
        (SETTINGS + "import os\nAUTH_USER_MODEL = os.environ['USER_MODEL']\n", None, Confidence.ASSUMED),
        (SETTINGS, "auth.User", Confidence.EXACT),
    ],
)
@pytest.mark.parametrize(
    "kind", ["ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)", "ManyToManyField('auth.User')"]
)
def test_the_default_user_model_is_assumed_where_no_settings_tell(
    settings: str, configured: str | None, expected: Confidence, kind: str
) -> None:
    files = {"0001": migration(CUSTOMER.format(fields=f"('owner', models.{kind})")), "project/settings.py": settings}
    config = Config(target=Target("postgresql", (15,)), django=DjangoConfig(auth_user_model=configured))
    statements = rendered(files, "shop.0001", config)
    assert any('REFERENCES "auth_user" ("id")' in statement.sql for statement in statements)
    assert {statement.confidence for statement in statements} == {expected}


@pytest.mark.parametrize(
    ("field", "literal"),
    [
        ("models.DateTimeField(auto_now_add=True)", "'2000-01-01 00:00:00.000001+00:00'::timestamptz"),
        ("models.DateField(auto_now=True)", "'2000-01-01'::date"),
        ("models.TimeField(auto_now=True)", "'00:00:00.000001'::time"),
        ("models.DateTimeField(default=timezone.now)", "'2000-01-01 00:00:00.000001+00:00'::timestamptz"),
        ("models.DateField(default=date.today)", "'2000-01-01'::date"),
    ],
)
def test_the_time_of_a_run_is_the_same_at_every_run_and_assumed(field: str, literal: str) -> None:
    text = migration(f"migrations.AddField('customer', 'made', {field})", after="0001")
    (added, _) = rendered({"0001": FIRST, "0002": text}, "shop.0002")
    assert f"DEFAULT {literal} NOT NULL" in added.sql
    assert added.confidence is Confidence.ASSUMED
    assert "the time of the run" in added.reason or "at every run" in added.reason


def test_a_default_that_holds_something_of_the_project_is_not_written_as_text() -> None:
    field = "models.JSONField(default={'made by': shop.models.make})"
    text = "import shop.models\n" + migration(f"migrations.AddField('customer', 'data', {field})", after="0001")
    (added, _) = rendered({"0001": FIRST, "0002": text}, "shop.0002")
    assert "object at" not in added.sql
    assert added.confidence is Confidence.ASSUMED
    assert "shop.models.make is not evaluated" in added.reason


@pytest.mark.parametrize("where", ["connection.vendor", "connections['default'].vendor"])
def test_a_migration_sees_the_vendor_of_its_own_database(where: str) -> None:
    config = Config(databases={"shop": Target("mysql", (8,)), "stock": Target("sqlite")})
    vendor = f"migrations.CreateModel({where} + '_thing', [('id', models.BigAutoField(primary_key=True))])"
    files = {"0001": migration(vendor), "stock/migrations/0001.py": migration(vendor)}
    (here,) = rendered(files, "shop.0001", config, "mysql")
    (there,) = rendered(files, "stock.0001", config, "sqlite")
    assert "`shop_mysql_thing`" in here.sql
    assert '"stock_sqlite_thing"' in there.sql
    assert certain([here, there])


@pytest.mark.parametrize(
    "engine", ["os.environ['ENGINE']", "'django.db.backends.sqlite3'", "'django_prometheus.db.backends.postgresql'"]
)
def test_settings_have_the_engine_that_the_sql_is_written_for(engine: str) -> None:
    column = "'number' if settings.DATABASES['default']['ENGINE'].find('sqlite') > -1 else None"
    text = migration(CUSTOMER.format(fields=f"('code', models.IntegerField(db_column={column}))"))
    databases = f"import os\nDATABASES = {{'default': {{'ENGINE': {engine}, 'NAME': 'x'}}}}\n"
    files = {"0001": text, "project/settings.py": SETTINGS + databases}
    (made,) = rendered(files, "shop.0001")
    assert '"code" integer NOT NULL' in made.sql
    (made,) = rendered(files, "shop.0001", Config(target=Target("sqlite")), "sqlite")
    assert '"number" integer NOT NULL' in made.sql
    assert made.confidence is Confidence.EXACT


@pytest.mark.parametrize(
    ("returned", "literal", "reason"),
    [
        ("[kind for kind, _ in KINDS]", '\'["a", "b"]\'::jsonb', "was worked out from its source"),
        ("random.choice('ab')", "'{}'::jsonb", "is not run"),
        ("os.environ.get('X')", "'{}'::jsonb", "is not run"),
    ],
)
def test_a_default_of_the_project_is_read_but_never_run(returned: str, literal: str, reason: str) -> None:
    model = f"import os, random\nKINDS = [('a', 1), ('b', 2)]\n\ndef kinds():\n    return {returned}\n"
    added = "migrations.AddField('customer', 'kinds', models.JSONField(default=shop.models.kinds))"
    text = "import shop.models\n" + migration(added, after="0001")
    files = {"0001": FIRST, "0002": text, "shop/__init__.py": "", "shop/models.py": model}
    (statement, _) = rendered(files, "shop.0002")
    assert f"DEFAULT {literal} NOT NULL" in statement.sql
    assert statement.confidence is Confidence.ASSUMED
    assert f"shop.models.kinds() {reason}" in statement.reason


JOINED = """def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return ','.join(value) if isinstance(value, (list, Many)) else value
"""


@pytest.mark.parametrize(
    ("method", "default", "confidence"),
    [
        ("def get_prep_value(self, value):\n        return value or ''", " DEFAULT ''", Confidence.ASSUMED),
        ("def get_prep_value(self, value):\n        return None if value is None else f(value)", "", Confidence.EXACT),
        (JOINED, "", Confidence.EXACT),
        ("def to_python(self, value):\n        return json.loads(value)", "", Confidence.ASSUMED),
        ("def get_prep_value(self, value):\n        return self.null_as or value", "", Confidence.ASSUMED),
    ],
)
def test_what_a_field_of_the_project_makes_of_no_value_is_read(
    method: str, default: str, confidence: Confidence
) -> None:
    code = "import json\nfrom django.db import models\n\nclass Many:\n    pass\n\n"
    code += f"class Code(models.CharField):\n    {method}\n"
    added = "migrations.AddField('customer', 'code', shop.fields.Code(max_length=9, null=True))"
    text = "import shop.fields\n" + migration(added, after="0001")
    files = {"0001": FIRST, "0002": text, "shop/__init__.py": "", "shop/fields.py": code}
    made = rendered(files, "shop.0002")[0]
    assert made.sql == f'ALTER TABLE "shop_customer" ADD COLUMN "code" varchar(9){default} NULL'
    assert made.confidence is confidence


def test_a_lookup_goes_through_the_members_of_an_enumeration() -> None:
    models = "from django.db import models\nNAMES = ['one', 'two']\nKind = models.TextChoices('Kind', NAMES)\n"
    models += "class Level(models.IntegerChoices):\n    LOW = 1, 'low'\n    HIGH = 5\n"
    checks = [
        f"migrations.AddConstraint('customer', models.CheckConstraint(condition=models.Q({lookup}), name='{name}'))"
        for lookup, name in (("name__in=shop.models.Kind", "kind"), ("id__in=shop.models.Level", "level"))
    ]
    text = "import shop.models\n" + migration(*checks, after="0001")
    files = {"0001": FIRST, "0002": text, "shop/__init__.py": "", "shop/models.py": models}
    kind, level = rendered(files, "shop.0002")
    assert kind.sql.endswith("""CHECK ("name" IN ('one', 'two'))""")
    assert level.sql.endswith('CHECK ("id" IN (1, 5))')
    assert certain([kind, level])


def test_an_index_of_the_project_is_taken_to_be_its_base() -> None:
    indexes = "from django.db import models\nclass Own(models.Index):\n    pass\n"
    added = "migrations.AddIndex('customer', shop.indexes.Own(fields=['name'], name='own'))"
    text = "import shop.indexes\n" + migration(added, after="0001")
    files = {"0001": FIRST, "0002": text, "shop/__init__.py": "", "shop/indexes.py": indexes}
    (made,) = rendered(files, "shop.0002")
    assert made.sql == 'CREATE INDEX "own" ON "shop_customer" ("name")'
    assert (made.confidence, made.reason) == (Confidence.ASSUMED, "shop.indexes.Own is taken for Index")


def test_an_expression_of_the_project_is_written_with_its_own_function() -> None:
    code = "from django.db.models import Func, Transform\nclass Host(Transform):\n    function = 'HOST'\n"
    code += "class Own(Host):\n    template = '(%(function)s %(expressions)s)'\n"
    index = "migrations.AddIndex('customer', models.Index(shop.lookups.Host('name'), shop.lookups.Own('id'), name='i'))"
    files = {"0001": FIRST, "0002": "import shop.lookups\n" + migration(index, after="0001"), "shop/__init__.py": ""}
    (made,) = rendered(files | {"shop/lookups.py": code}, "shop.0002")
    assert made.sql == 'CREATE INDEX "i" ON "shop_customer" ((HOST("name")), ((HOST "id")))'
    assert made.confidence is Confidence.ASSUMED


CHOSEN = """import os
from django.db import models
FLAG = os.environ.get("X") == "1"
if FLAG:
    from django.db.models import CharField as Chosen
else:
    from django.db.models import TextField as Chosen
class Own(Chosen):
    pass
Other = Own
if FLAG:
    Either = models.CharField
else:
    Either = models.TextField
"""


@pytest.mark.parametrize(
    ("field", "column", "reason"),
    [
        ("models.IntegerField(null=shop.helper.FLAG)", "integer NULL", "what shop.helper.FLAG is cannot be told"),
        ("models.IntegerField(unique=shop.helper.FLAG)", "UNIQUE", "what shop.helper.FLAG is cannot be told"),
        ("shop.helper.Chosen(max_length=3)", "varchar(3) NOT NULL", "shop.helper takes Chosen from several places"),
        ("shop.helper.Own(max_length=3)", "varchar(3) NOT NULL", "shop.helper takes Chosen from several places"),
        ("shop.helper.Other(max_length=3)", "varchar(3) NOT NULL", "shop.helper takes Chosen from several places"),
        ("shop.helper.Either(max_length=3)", "varchar(3) NOT NULL", "shop.helper takes Either from several places"),
    ],
)
def test_what_a_module_leaves_open_is_not_exact(field: str, column: str, reason: str) -> None:
    text = "import shop.helper\n" + migration(f"migrations.AddField('customer', 'x', {field})", after="0001")
    made = rendered({"0001": FIRST, "0002": text, "shop/__init__.py": "", "shop/helper.py": CHOSEN}, "shop.0002")[0]
    assert column in made.sql
    assert made.confidence is Confidence.ASSUMED
    assert reason in made.reason


def test_a_helper_of_migrations_for_several_databases_knows_no_vendor() -> None:
    config = Config(databases={"shop": Target("mysql", (8,)), "stock": Target("sqlite")})
    helper = "from django.db import connection\nVENDOR = connection.vendor\n"
    text = "from shop.helper import VENDOR\n" + migration(ADDED.replace("'note'", "VENDOR"), after="0001")
    files = {"0001": FIRST, "0002": text, "shop/__init__.py": "", "shop/helper.py": helper}
    assert not certain(rendered(files, "shop.0002", config, "mysql"))


@pytest.mark.parametrize("version", ["VERSION[:2]", "django.VERSION[:2]"])
def test_the_version_of_django_is_the_one_that_the_project_pins(version: str) -> None:
    made = f"migrations.RunSQL('SELECT %s' % ({version} >= (5, 0)))"
    for pinned, answer in (("4.2", "False"), ("5.2", "True")):
        files = {"0001": migration(made), "requirements.txt": f"Django=={pinned}.1\n"}
        (statement,) = rendered(files, "shop.0001")
        assert statement.sql == f"SELECT {answer}"


def test_what_only_type_checkers_see_is_not_there() -> None:
    before = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import decimal\n"
    assert certain(rendered({"0001": FIRST, "0002": migration(ADDED, before=before, after="0001")}, "shop.0002"))


NEWER, OLDER = "'1 day 0:00:00'::interval", "'1 days 0.000000 seconds'::interval"


@pytest.mark.parametrize(
    ("required", "literal", "confidence"),
    [
        ("psycopg[binary]==3.2.1", NEWER, Confidence.EXACT),
        ("psycopg2-binary==2.9.9  # psycopg is newer", OLDER, Confidence.EXACT),
        ("psycopg2==2.9.9\npsycopg-pool", NEWER, Confidence.EXACT),
        ("mypsycopg2==1", NEWER, Confidence.ASSUMED),
    ],
)
def test_the_driver_that_the_project_requires_writes_values(
    required: str, literal: str, confidence: Confidence
) -> None:
    added = "migrations.AddField('customer', 'data', models.DurationField(default=timedelta(days=1)))"
    text = "from datetime import timedelta\n" + migration(added, after="0001")
    files = {"0001": FIRST, "0002": text, "requirements.txt": f"Django==5.2\n{required}\n"}
    (made, _) = rendered(files, "shop.0002")
    assert f"DEFAULT {literal} NOT NULL" in made.sql
    assert made.confidence is confidence


@pytest.mark.parametrize(("version", "literal"), [((5, 0, 14), "'[]'"), ((5, 1, 0), "'[]'::jsonb")])
def test_django_casts_json_of_psycopg2_since_5_1(
    version: tuple[int, ...], literal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.VERSION", version)
    assert psycopg2(Json([])) == literal


DROP = 'SQL = "DROP TABLE shop_customer"\n'
CODE = {
    "the editor's own methods": ("", "editor.alter_db_table(apps.get_model('shop', 'Customer'), 'a', 'b')"),
    "the editor of a helper": ("def go(editor):\n    editor.create_model(Customer)\n", "go(editor)"),
    "a helper of another module": ("from shop.helper import go\n", "go(apps, schema_editor=editor)"),
    "SQL": ("", "editor.execute('ALTER TABLE shop_customer ADD x int')"),
    "SQL by its name": (DROP, "editor.execute(SQL)"),
    "SQL that is put together": ("", "editor.execute(f'ALTER TABLE {table} ADD x int')"),
    "SQL that is not known": ("", "editor.execute(make())"),
    "a cursor": (DROP, "editor.connection.cursor().execute(SQL)"),
    "a table that is not named": ("", "editor.delete_model(first(apps))"),
    "for this database": ("", "if editor.connection.vendor == 'postgresql':\n        editor.execute(make())"),
    "not for another": ("", "if editor.connection.vendor in ('mysql',):\n        return\n    editor.execute(make())"),
    "another's vendor": ("connection = make()", "if connection.vendor == 'mysql':\n        editor.execute(make())"),
    "what may be asked, too": ("", "if editor.connection.vendor == make():\n        editor.execute(make())"),
    "sequences, or not": (
        "",
        (
            "for item in editor.connection.ops.sequence_reset_sql(style, []):\n        item = make()\n"
            "        editor.execute(item)"
        ),
    ),
}
CALM = {
    "rows": ("", "editor.execute('UPDATE shop_customer SET name = 1')"),
    "rows by a model": ("", "apps.get_model('shop', 'Customer').objects.using(editor.connection.alias).delete()"),
    "text that is no SQL": ("", "print('create customers')"),
    "a setting of SQLite": ("", "editor.execute('PRAGMA legacy_alter_table = OFF')"),
    "for another database": ("", "if editor.connection.vendor == 'sqlite':\n        editor.execute(make())"),
    "for another, by the module's connection": (
        "from django.db import connection",
        "if connection.vendor != 'postgresql':\n        editor.execute(make())",
    ),
    "after this one has left": (
        "",
        "if editor.connection.vendor not in {'mysql', 'sqlite'}:\n        return\n    editor.execute(make())",
    ),
    "sequences": (
        "",
        (
            "found = editor.connection.ops.sequence_reset_sql(style, [])\n    for item in found:\n"
            "        editor.execute(item)"
        ),
    ),
    "another table": ("", "editor.add_field(apps.get_model('shop', 'Order'), field)"),
}


def code_runs(before: str, body: str) -> dict[str, str]:
    first = CUSTOMER.format(fields="('name', models.TextField())")
    order = first.replace("customer", "order")
    code = f"{before}\ndef change(apps, editor):\n    {body}\n"
    return {
        "0001": migration(first, order),
        "0002": migration("migrations.RunPython(change)", ADDED, before=code, after="0001"),
        "0003": migration(ADDED.replace("note", "other"), after="0002"),
        "shop/__init__.py": "",
        "shop/helper.py": "def go(apps, schema_editor):\n    schema_editor.remove_field(one, two)\n",
    }


@pytest.mark.parametrize(("before", "body"), CODE.values(), ids=list(CODE))
def test_what_follows_code_that_changes_the_table_is_assumed(before: str, body: str) -> None:
    files = code_runs(before, body)
    for name in ("0002", "0003"):
        added = rendered(files, f"shop.{name}")[-1]
        assert added.confidence is Confidence.ASSUMED
        assert added.reason == "code that shop.0002 runs may have changed the table by itself"
    code = rendered(files, "shop.0002")[0]
    assert (code.opaque, code.confidence) == ("RunPython", Confidence.UNKNOWN)
    assert certain(rendered(files, "shop.0001"))


@pytest.mark.parametrize(("before", "body"), CALM.values(), ids=list(CALM))
def test_code_that_leaves_the_table_as_it_is_takes_nothing_from_what_follows(before: str, body: str) -> None:
    assert certain(rendered(code_runs(before, body), "shop.0003"))


def test_a_key_that_is_altered_takes_the_tables_in_between_along() -> None:
    fields = "('others', models.ManyToManyField('other'))"
    other = "migrations.CreateModel('other', [('id', models.BigAutoField(primary_key=True))])"
    altered = "migrations.AlterField('customer', 'id', models.AutoField(primary_key=True))"
    files = {"0001": migration(other, CUSTOMER.format(fields=fields)), "0002": migration(altered, after="0001")}
    statements = rendered(files, "shop.0002")
    assert any('"shop_customer_others" ALTER COLUMN "customer_id" TYPE integer' in item.sql for item in statements)


@pytest.mark.parametrize(
    ("method", "confidence"),
    [("apply", "assumed"), ("mutate_state", "assumed"), ("__init__", "assumed"), ("described", "exact")],
)
def test_a_migration_that_decides_itself_what_is_applied_is_assumed(method: str, confidence: str) -> None:
    own = f"    def {method}(self, *args, **kwargs):\n        return args[0]\n"
    (added,) = rendered({"0001": FIRST, "0002": migration(ADDED, after="0001") + own}, "shop.0002")
    assert added.confidence.value == confidence
    helper = f"from django.db import migrations\nclass Ours(migrations.Migration):\n{own}"
    text = migration(ADDED, before="from shop.ours import Ours", after="0001").replace(
        "(migrations.Migration)", "(Ours)"
    )
    (added,) = rendered({"0001": FIRST, "0002": text, "shop/ours.py": helper, "shop/__init__.py": ""}, "shop.0002")
    assert added.confidence.value == confidence
