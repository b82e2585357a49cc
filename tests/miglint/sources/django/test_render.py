"""Migrations as source, rendered; the expected SQL is what Django 5.2's `sqlmigrate` prints."""

import subprocess
import sys

import pytest

from miglint.history import Confidence, Key, Statement
from rendering import HEAD, renderer, sql, statements

ALTERED = "migrations.AlterField('order', 'number', models.CharField(max_length=20, unique=True))"


def test_a_check_that_the_database_named_is_dropped_by_that_name() -> None:
    assert sql(ALTERED)[:2] == [
        'ALTER TABLE "shop_order" DROP CONSTRAINT "shop_order_number_check"',
        'ALTER TABLE "shop_order" ALTER COLUMN "number" TYPE varchar(20) USING "number"::varchar(20)',
    ]


def test_names_are_followed_over_a_rename_of_the_table() -> None:
    rendered = sql("migrations.RenameModel('order', 'purchase')", "migrations.AlterUniqueTogether('purchase', set())")
    (dropped,) = rendered
    assert dropped.startswith('ALTER TABLE "shop_purchase" DROP CONSTRAINT "shop_order_customer_id_number_')


def test_a_dropped_foreign_key_is_dropped_by_its_name_first() -> None:
    (dropped, column) = sql(
        "migrations.AlterUniqueTogether('order', set())", "migrations.RemoveField('order', 'customer')"
    )
    assert 'DROP CONSTRAINT "shop_order_customer_id_' in dropped
    assert column.startswith('ALTER TABLE "shop_order" DROP COLUMN "customer_id"')


def test_what_sqlmigrate_prints_is_not_always_what_migrate_executes() -> None:
    both = "migrations.RenameModel('order', 'purchase'), migrations.AlterUniqueTogether('purchase', set())"
    assert sql(both) == sql(both, as_printed=True)  # where Django could print nothing, the names of now are taken


def test_a_value_that_differs_at_every_run_is_assumed() -> None:
    field = "migrations.AddField('order', 'token', models.UUIDField(default=uuid.uuid4))"
    (added, dropped) = statements(field, files={"requirements.txt": "psycopg==3.2.1\n"})
    assert (added.confidence, added.reason) == (
        Confidence.ASSUMED,
        "uuid.uuid4() gives another value at every run: one stands for it here",
    )
    assert added.sql.startswith('ALTER TABLE "shop_order" ADD COLUMN "token" uuid DEFAULT ')
    assert dropped.sql == 'ALTER TABLE "shop_order" ALTER COLUMN "token" DROP DEFAULT'


def test_a_default_of_the_project_is_assumed_and_not_called() -> None:
    field = "migrations.AddField('order', 'code', models.CharField(max_length=9, default=shop.fields.make_code))"
    (added, _) = statements(field)
    assert added.confidence is Confidence.ASSUMED
    assert "shop.fields.make_code() is not run" in added.reason


def test_run_python_is_opaque() -> None:
    (statement,) = statements("migrations.RunPython(migrations.RunPython.noop)")
    assert (statement.sql, statement.opaque) == ("", "RunPython")


def test_backwards() -> None:
    writer = renderer("migrations.AddField('order', 'note', models.TextField(null=True))")
    (statement,) = writer.render(Key("shop", "m1"), backwards=True).statements
    assert statement.sql.startswith('ALTER TABLE "shop_order" DROP COLUMN "note"')


def test_a_field_class_of_the_project_is_followed_to_its_base() -> None:
    files = {
        "shop/fields.py": "from django.db import models\n"
        "class Code(models.CharField):\n"
        "    def __init__(self, *args, **kwargs):\n"
        "        kwargs['max_length'] = 12\n"
        "        super().__init__(*args, **kwargs)\n"
        "class Path(models.TextField):\n"
        "    def db_type(self, connection):\n"
        "        return 'ltree'\n"
    }
    code = "migrations.AddField('order', 'code', shop.fields.Code(null=True))"
    path = "migrations.AddField('order', 'path', shop.fields.Path(null=True))"
    (first,) = statements(code, files=files)
    (second,) = statements(path, files=files)
    assert first.sql == 'ALTER TABLE "shop_order" ADD COLUMN "code" varchar(12) NULL'
    assert second.sql == 'ALTER TABLE "shop_order" ADD COLUMN "path" ltree NULL'
    assert {first.confidence, second.confidence} == {Confidence.EXACT}


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ("kwargs['null'] = kwargs['blank'] = True", "varchar(9) NULL"),
        ("self.separator = kwargs.pop('separator', '-')", "varchar(9) NOT NULL"),
        ("if not kwargs.get('blank', True):\n            raise ValueError", "varchar(9) NOT NULL"),
        ("if settings.X:\n            kwargs.setdefault('allow_unicode', True)", "varchar(9) NOT NULL"),
        ("kwargs['null'] = kwargs.get('null', True)", "varchar(9) NULL"),
        ("kwargs['max_length'] = kwargs.pop('max_length', 200)", "varchar(9) NOT NULL"),
        ("if 'null' not in kwargs:\n            kwargs['null'] = True", "varchar(9) NULL"),
        ("if 'max_length' not in kwargs:\n            kwargs['max_length'] = 200", "varchar(9) NOT NULL"),
    ],
)
def test_a_constructor_of_the_project_is_read(body: str, column: str) -> None:
    fields = (
        "from django.conf import settings\nfrom django.db import models\n\nclass Code(models.CharField):\n"
        f"    def __init__(self, *args, **kwargs):\n        {body}\n        super().__init__(*args, **kwargs)\n"
    )
    added = "migrations.AddField('order', 'code', shop.fields.Code(max_length=9, separator='x', default='y'))"
    (statement, *_) = statements(added, files={"shop/fields.py": fields})
    assert statement.sql == f'ALTER TABLE "shop_order" ADD COLUMN "code" {column}'.replace("9)", "9) DEFAULT 'y'")
    assert statement.confidence == Confidence.EXACT


def test_a_constructor_that_may_set_what_bears_on_the_column_is_not_certain() -> None:
    fields = (
        "from django.conf import settings\nfrom django.db import models\n\nclass Code(models.CharField):\n"
        "    def __init__(self, *args, **kwargs):\n        if settings.X:\n            kwargs['null'] = True\n"
        "        super().__init__(*args, **kwargs)\n"
    )
    (statement,) = statements(
        "migrations.AddField('order', 'code', shop.fields.Code(max_length=9))", files={"shop/fields.py": fields}
    )
    assert statement.confidence == Confidence.ASSUMED


def test_a_class_that_is_imported_by_its_name_in_a_string() -> None:
    key = "import_string(settings.DEFAULT_AUTO_FIELD)(primary_key=True)"
    files = {
        "shop/migrations/m1.py": "from django.conf import settings\nfrom django.db import migrations\n"
        "from django.utils.module_loading import import_string\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('shop', 'm0')]\n    operations = [migrations.CreateModel('a', [('id', {key})])]\n",
        "site/settings.py": "INSTALLED_APPS = ['shop']\nDEFAULT_AUTO_FIELD = 'django.db.models.SmallAutoField'\n",
    }
    (statement,) = renderer("", files=files).render(Key("shop", "m1")).statements
    assert 'CREATE TABLE "shop_a" ("id" smallint NOT NULL PRIMARY KEY' in statement.sql
    assert statement.confidence == Confidence.EXACT


def test_a_field_of_a_package_that_was_not_looked_into_is_assumed() -> None:
    known, other = (
        statements(f"migrations.AddField('order', 'x', {name}(null=True))")[0]
        for name in ("phonenumber_field.modelfields.PhoneNumberField", "isbn_field.fields.ISBNField")
    )
    assert (known.confidence, other.confidence) == (Confidence.EXACT, Confidence.ASSUMED)
    assert other.reason == "isbn_field.fields.ISBNField is taken to be a CharField"


def test_a_binary_default() -> None:
    added, _ = sql("migrations.AddField('order', 'data', models.BinaryField(default=b'x'))")
    assert added == """ALTER TABLE "shop_order" ADD COLUMN "data" bytea DEFAULT '\\x78'::bytea NOT NULL"""


def test_an_unknown_field_class_makes_the_statement_unknown() -> None:
    (statement,) = statements("migrations.AddField('order', 'x', shop.fields.Nothing(null=True))")
    assert statement.confidence is Confidence.UNKNOWN
    assert statement.reason == "the field class shop.fields.Nothing is not known"


def test_the_prelude_is_what_built_the_tables() -> None:
    writer = renderer(
        "migrations.CreateModel('other', [('id', models.BigAutoField(primary_key=True))])",
        "migrations.AddField('order', 'note', models.TextField(null=True))",
        "migrations.RemoveField('order', 'note')",
    )
    assert [one.migration.key.name for one in writer.prelude([Key("shop", "m3")])] == ["m0", "m2"]


def test_no_driver_and_nothing_of_the_project_is_imported() -> None:
    program = (
        "import sys; sys.path[:0] = ['linter', 'tests']\n"
        "from miglint.sources.django.backends.connection import connect\n"
        "from miglint.sources.django import runtime\n"
        "from miglint.history import Target\n"
        "runtime.start()\n"
        "for name in ('postgresql', 'mysql', 'sqlite', 'oracle'): connect(Target(name))\n"
        "print({'psycopg', 'psycopg2', 'MySQLdb', 'oracledb', 'shop'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_index_names_an_operator_class_as_where_the_postgres_app_is_installed() -> None:
    index = "django.contrib.postgres.indexes.OpClass('email', name='text_pattern_ops')"
    added = f"migrations.AddIndex('customer', models.Index({index}, name='email_idx'))"
    imported = f"{HEAD}import django.contrib.postgres.indexes\n"
    body = f"class Migration(migrations.Migration):\n    dependencies = [('shop', 'm0')]\n    operations = [{added}]\n"
    assert sql("", files={"shop/migrations/m1.py": imported + body}) == [
        'CREATE INDEX "email_idx" ON "shop_customer" ("email" text_pattern_ops)'
    ]


def test_what_django_warns_of_is_no_matter_of_this_process() -> None:
    naive = "models.DateTimeField(default=datetime.datetime(2016, 6, 6, 14, 38))"
    header = f"import datetime\n{HEAD}class Migration(migrations.Migration):\n    dependencies = [('shop', 'm0')]\n"
    body = f"{header}    operations = [migrations.AddField('order', 'placed', {naive})]\n"
    assert "'2016-06-06 14:38:00+00:00'::timestamptz" in sql("", files={"shop/migrations/m1.py": body})[0]


COLLATION = "from django.contrib.postgres.operations import CreateCollation\n"
COLLATED = "models.CharField(max_length=9, unique=True, null=True, db_collation='case_insensitive')"


def collated(*operations: str) -> list[Statement]:
    """The last migration of a chain of which each may make collations."""
    files = {}
    for number, operation in enumerate(operations, start=1):
        files[f"shop/migrations/m{number}.py"] = (
            f"{HEAD}{COLLATION}\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [('shop', 'm{number - 1}')]\n    operations = [{operation}]\n"
        )
    return statements(*operations, files=files, as_printed=True)


@pytest.mark.parametrize(
    ("made", "is_like", "confidence"),
    [
        (
            "CreateCollation('case_insensitive', 'und-u-ks-level2', provider='icu', deterministic=False)",
            False,
            Confidence.EXACT,
        ),
        ("CreateCollation('case_insensitive', 'de-u-kn-true', provider='icu')", True, Confidence.EXACT),
        ("migrations.RunPython(migrations.RunPython.noop)", True, Confidence.ASSUMED),
    ],
)
def test_a_collation_of_another_migration_decides_on_the_index_for_like(
    made: str, is_like: bool, confidence: Confidence
) -> None:
    added = f"migrations.AddField('order', 'name', {COLLATED})"
    found = collated(made, added)
    assert any(statement.sql.endswith("varchar_pattern_ops)") for statement in found) is is_like
    assert {statement.confidence for statement in found} == {confidence}


def test_sqlmigrate_does_not_see_a_collation_of_the_same_migration() -> None:
    made = "CreateCollation('case_insensitive', 'de-u-kn-true', provider='icu')"
    added = f"migrations.AddField('order', 'name', {COLLATED})"
    assert not [item for item in collated(f"{made}, {added}") if "varchar_pattern_ops" in item.sql]


def test_a_table_that_another_app_gave_away_keeps_the_names_from_there() -> None:
    foreign_key = "models.ForeignKey('shop.customer', models.CASCADE)"
    fields = f"[('id', models.BigAutoField(primary_key=True)), ('customer', {foreign_key})]"
    files = {
        "old/migrations/__init__.py": "",
        "old/migrations/m0.py": f"{HEAD}\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('shop', 'm0')]\n    operations = [migrations.CreateModel('visit', {fields})]\n",
        "old/migrations/m1.py": f"{HEAD}\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('old', 'm0')]\n    operations = [migrations.AlterModelTable('visit', 'shop_visit')]\n",
        "shop/migrations/m1.py": f"{HEAD}\nclass Migration(migrations.Migration):\n"
        "    dependencies = [('shop', 'm0'), ('old', 'm1')]\n    operations = [migrations.SeparateDatabaseAndState("
        f"state_operations=[migrations.CreateModel('visit', {fields})])]\n",
    }
    altered = (
        "migrations.AlterField('visit', 'customer', models.ForeignKey('shop.customer', models.CASCADE, null=True))"
    )
    dropped, *_ = statements("", altered, files=files)  # the key is made anew, and has then a name of this app's
    assert 'DROP CONSTRAINT "old_visit_customer_id_' in dropped.sql
    assert dropped.confidence is Confidence.EXACT
    again, *_ = statements("", altered, "migrations.RemoveField('visit', 'customer')", files=files)
    assert 'DROP CONSTRAINT "shop_visit_customer_id_' in again.sql


def test_names_on_a_table_that_no_migration_makes_are_assumed() -> None:
    fields = "[('id', models.BigAutoField(primary_key=True)), ('name', models.CharField(max_length=9, unique=True))]"
    taken = f"migrations.SeparateDatabaseAndState(state_operations=[migrations.CreateModel('visit', {fields})])"
    altered = "migrations.AlterField('visit', 'name', models.TextField())"
    found = statements(taken, altered)
    assert {item.confidence for item in found} == {Confidence.ASSUMED}
    assert "no migration here makes the table shop_visit" in found[0].reason


@pytest.mark.parametrize(
    ("operator", "written"),
    [
        ("django.contrib.postgres.fields.RangeOperators.NOT_EQUAL", "<>"),
        ("django.contrib.postgres.fields.ranges.RangeOperators.OVERLAPS", "&&"),
    ],
)
def test_a_word_that_a_class_of_django_names(operator: str, written: str) -> None:
    assert sql(exclusion(operator)) == [
        f'ALTER TABLE "shop_order" ADD CONSTRAINT "apart" EXCLUDE USING GIST ("number" WITH {written})'
    ]


def test_a_word_that_the_project_names_is_not_written_as_if_it_were_known() -> None:
    (statement,) = statements(exclusion("shop.fields.Operators.NOT_EQUAL"))
    assert (statement.sql, statement.opaque) == ("", "AddConstraint")


def exclusion(operator: str) -> str:
    constraint = "django.contrib.postgres.constraints.ExclusionConstraint"
    return f'migrations.AddConstraint("order", {constraint}(name="apart", expressions=[("number", {operator})]))'


@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_a_model_is_deleted_after_the_model_that_it_is_based_on(database: str) -> None:
    """Django goes on with the classes that it has made, for which the base is still there."""
    child = "migrations.CreateModel('child', [('size', models.IntegerField())], bases=('shop.order',))"
    gone = (
        "migrations.RemoveField('child', 'order_ptr'), migrations.DeleteModel('order'), migrations.DeleteModel('child')"
    )
    dropped = [text.removesuffix(" CASCADE") for text in sql(child, gone, database=database)]
    assert dropped[-2:] == ['DROP TABLE "shop_order"', 'DROP TABLE "shop_child"']


def test_a_relation_follows_the_model_that_had_the_name_when_it_was_made() -> None:
    """Of two models that had one name after one another, keys point to the one that had it then."""
    head = f"{HEAD}\nclass Migration(migrations.Migration):\n"
    key = "[('id', models.BigAutoField(primary_key=True))]"
    taken = f"migrations.RenameModel('order', 'basket'), migrations.CreateModel('order', {key})"
    visit = "[('id', models.BigAutoField(primary_key=True)), ('of', models.ForeignKey('shop.order', models.CASCADE))]"
    files = {
        "visits/__init__.py": "",
        "visits/migrations/__init__.py": "",
        "visits/migrations/m1.py": f"{head}    dependencies = [('shop', 'm0')]\n    run_before = [('shop', 'm1')]\n"
        f"    operations = [migrations.CreateModel('visit', {visit})]\n",
        "visits/migrations/m2.py": f"{head}    dependencies = [('visits', 'm1'), ('shop', 'm1')]\n"
        "    operations = [migrations.AlterField('visit', 'of', models.ForeignKey('shop.basket', models.CASCADE))]\n",
        "visits/migrations/m3.py": f"{head}    dependencies = [('visits', 'm2')]\n"
        "    operations = [migrations.AlterField('visit', 'of', models.ForeignKey('shop.order', models.CASCADE))]\n",
    }
    writer = renderer(taken, files=files)
    assert writer.render(Key("visits", "m2")).statements == ()
    *_, added = writer.render(Key("visits", "m3")).statements
    assert 'REFERENCES "shop_order"' in added.sql


@pytest.mark.parametrize(
    ("settings", "zone", "confidence"),
    [
        ("TIME_ZONE = 'Europe/Vienna'\n", "Europe/Vienna", Confidence.EXACT),
        ("", "America/Chicago", Confidence.EXACT),
        ("USE_TZ = False\n", None, Confidence.EXACT),
        ("import os\nTIME_ZONE = os.environ['ZONE']\n", "UTC", Confidence.ASSUMED),
        ("TIME_ZONE = 'No/Where'\n", "UTC", Confidence.ASSUMED),
    ],
)
def test_the_time_zone_is_that_of_the_project(settings: str, zone: str | None, confidence: Confidence) -> None:
    files = {
        "shop/migrations/m1.py": f"{HEAD}from django.db.models.functions import Now, TruncDate\n\n"
        "class Migration(migrations.Migration):\n    dependencies = [('shop', 'm0')]\n    operations = [migrations."
        "AddField('order', 'day', models.DateField(null=True, db_default=TruncDate(Now())))]\n",
        "site/settings.py": f"INSTALLED_APPS = ['shop']\n{settings}"
        + ("" if "USE_TZ" in settings else "USE_TZ = True\n"),
    }
    (statement,) = statements("", files=files)
    taken = f"(STATEMENT_TIMESTAMP() AT TIME ZONE '{zone}')::date" if zone else "(STATEMENT_TIMESTAMP())::date"
    assert f"DEFAULT ({taken}) NULL" in statement.sql
    assert statement.confidence is confidence


def test_keys_of_models_that_inherit_follow_the_key_of_their_base() -> None:
    child = "migrations.CreateModel('child', [('size', models.IntegerField())], bases=('shop.order',))"
    proxy = "migrations.CreateModel('bill', [], options={'proxy': True}, bases=('shop.order',))"
    key = "[('id', models.BigAutoField(primary_key=True)), ('bill', models.ForeignKey('shop.bill', models.CASCADE))]"
    altered = "migrations.AlterField('order', 'id', models.AutoField(primary_key=True))"
    written = "\n".join(sql(child, f"{proxy}, migrations.CreateModel('letter', {key})", altered))
    assert 'ALTER TABLE "shop_child" ALTER COLUMN "order_ptr_id" TYPE integer' in written
    assert 'ALTER TABLE "shop_letter" ALTER COLUMN "bill_id" TYPE integer' in written


def test_a_model_that_inherits_at_second_hand_without_a_pointer_is_not_certain() -> None:
    """Django makes its class anew only if a field that migrations name points to the key."""
    child = "migrations.CreateModel('child', [], bases=('shop.order',))"
    grandchild = "migrations.CreateModel('grandchild', [], bases=('shop.child',))"
    altered = "migrations.AlterField('order', 'id', models.AutoField(primary_key=True))"
    assert {item.confidence for item in statements(child, altered)} == {Confidence.EXACT}
    assert {item.confidence for item in statements(child, grandchild, altered)} == {Confidence.ASSUMED}
