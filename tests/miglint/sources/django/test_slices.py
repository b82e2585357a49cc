"""What is left out of older migrations changes nothing: neither a migration's SQL nor what is said of its tables."""

from collections.abc import Collection

import pytest

from django_files import tree_of
from miglint.cache import NullCache
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import Key, Target
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer

HEAD = "from django.db import migrations, models\n"
ID = "('id', models.AutoField(primary_key=True))"
PARENT = "models.OneToOneField('shop.person', models.CASCADE, parent_link=True, primary_key=True, serialize=False"
TAG = "models.ForeignKey('shop.tag', models.CASCADE, null=True, related_name='+')"
BY_CODE = "models.ForeignKey('shop.person', models.CASCADE, to_field='code', related_name='+')"
TAGS = "('tags', models.ManyToManyField('shop.tag'))"
CODE = "('code', models.CharField(max_length=9, unique=True))"
MIGRATIONS = (
    (
        f"CreateModel('tag', [{ID}, ('word', models.SlugField(unique=True))])",
        f"CreateModel('person', [{ID}, {CODE}, ('age', models.PositiveIntegerField(db_index=True)), {TAGS}])",
        f"CreateModel('boss', [('person_ptr', {PARENT}))], bases=('shop.person',))",
        f"CreateModel('note', [{ID}, ('boss', models.ForeignKey('shop.boss', models.CASCADE)), ('writer', {BY_CODE})])",
    ),
    (
        f"AddField('note', 'tag', {TAG})",
        "AddField('note', 'age', models.IntegerField(default=1))",
        "AlterUniqueTogether('note', {('tag', 'age')})",
        "AlterField('tag', 'id', models.BigAutoField(primary_key=True))",
    ),
    ("RenameField('person', 'age', 'years')",),
    (
        "AlterField('person', 'code', models.CharField(max_length=20, unique=True))",
        f"AddField('note', 'other', {TAG})",
        "RenameModel('tag', 'label')",
        "AlterField('note', 'age', models.PositiveIntegerField())",
    ),
    (
        "AlterField('person', 'id', models.BigAutoField(primary_key=True))",
        f"CreateModel('tag', [{ID}, ('of', models.OneToOneField('shop.boss', models.CASCADE))])",
    ),
    ("AlterUniqueTogether('note', set())", "AlterModelTable('note', 'notes')"),
    ("RunSQL('ALTER TABLE notes ADD COLUMN words text UNIQUE')",),
    (
        "RemoveField('note', 'tag')",
        "AlterField('note', 'age', models.IntegerField(unique=True))",
        "AlterField('label', 'word', models.CharField(max_length=80))",
    ),
    ("AlterField('person', 'code', models.IntegerField(unique=True))",),
    (
        "RemoveField('note', 'writer')",
        "AlterField('person', 'years', models.BigIntegerField())",
        f"AlterField('boss', 'person_ptr', {PARENT}, related_name='+'))",
        "RemoveField('note', 'other')",
        "DeleteModel('label')",
    ),
)
KEYS = [Key("shop", f"m{number}") for number in range(len(MIGRATIONS))]


def renderer(database: str, applied: Collection[Key] = ()) -> DjangoRenderer:
    files: dict[str, str | bytes] = {"shop/migrations/__init__.py": ""}
    for number, operations in enumerate(MIGRATIONS):
        listed = "".join(f"        migrations.{operation},\n" for operation in operations)
        depends = f"    dependencies = [('shop', 'm{number - 1}')]\n" if number else ""
        files[f"shop/migrations/m{number}.py"] = (
            f"{HEAD}class Migration(migrations.Migration):\n{depends}    operations = [\n{listed}    ]\n"
        )
    tree = tree_of(files)
    (history,) = read(tree, Config(), NullCache())
    return DjangoRenderer(history, Graph.of(history), tree, Target(database), applied=applied)


@pytest.mark.parametrize("database", ["postgresql", "mysql", "mariadb", "sqlite"])
def test_a_migration_written_alone_is_what_it_is_after_all_others(database: str) -> None:
    after_all = renderer(database)
    for key in KEYS:
        assert renderer(database).render(key).statements == after_all.render(key).statements, key


@pytest.mark.parametrize("database", ["postgresql", "mysql", "mariadb"])
def test_what_the_prelude_leaves_out_is_of_other_tables(database: str) -> None:
    whole = renderer(database)
    tables = {"shop_tag", "shop_label"}
    wanted = {
        key.name: [one.sql for one in whole.render(key).statements if any(_is_on(one.sql, table) for table in tables)]
        for key in KEYS[:7]
    }
    alone = {
        one.migration.key.name: [each.sql for each in one.statements if any(_is_on(each.sql, name) for name in tables)]
        for one in renderer(database).prelude([KEYS[7]])
    }
    assert {name: found for name, found in alone.items() if found} == {
        name: found for name, found in wanted.items() if found
    }


def test_the_prelude_is_of_the_tables_that_are_touched() -> None:
    written = [one.sql for each in renderer("postgresql").prelude([KEYS[8]]) for one in each.statements]
    assert any('CREATE TABLE "shop_person" ' in sql for sql in written)
    assert not any('CREATE TABLE "shop_tag"' in sql for sql in written)


def _is_on(sql: str, table: str) -> bool:
    """Whether a statement makes, alters or drops a table."""
    return (
        sql.replace("`", '"')
        .split(' ("')[0]
        .startswith(tuple(f'{verb} TABLE "{table}"' for verb in ("CREATE", "ALTER", "DROP")))
    )


def test_what_was_applied_under_a_name_that_is_gone_stops_nothing() -> None:
    writer = renderer("postgresql", applied=[*KEYS[:8], Key("shop", "m0_as_it_was")])
    assert writer.render(KEYS[8]).statements == renderer("postgresql").render(KEYS[8]).statements
    assert [*writer.prelude([KEYS[8]])]
