"""The SQL of an operation on one field is the same whether the model's other fields are there or not."""

import pytest

from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.graph import Graph
from miglint.history import Confidence, Key, Statement, Target
from miglint.sources.django import pruned, read, state
from miglint.sources.django.render import DjangoRenderer

HEAD = "from django.db import migrations, models\nfrom django.db.models.functions import Lower\n"
HEAD += "GENERATED = {'expression': Lower('name'), 'output_field': models.TextField(), 'db_persist': True}\n"
INITIAL = """
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("tag", [("id", models.AutoField(primary_key=True))]),
        migrations.CreateModel("person", [
            ("id", models.BigAutoField(primary_key=True)),
            ("code", models.CharField(max_length=20, unique=True)),
            ("name", models.CharField(max_length=100)),
            ("age", models.PositiveIntegerField(db_index=True)),
            ("boss", models.ForeignKey("self", models.CASCADE, to_field="code")),
            ("team", models.ForeignKey("shop.tag", models.CASCADE, related_name="+")),
            ("tags", models.ManyToManyField("shop.tag")),
            ("place", models.IntegerField()),
        ], options={
            "unique_together": {("name", "age")},
            "indexes": [models.Index(fields=["place"], name="by_place")],
            "constraints": [
                models.CheckConstraint(condition=models.Q(place__gt=0), name="place_positive"),
                models.UniqueConstraint(fields=["place"], name="place_unique"),
            ],
        }),
        migrations.AlterField("person", "place", models.IntegerField(db_index=True, unique=True)),
        migrations.AlterOrderWithRespectTo("person", "team"),
    ]
"""
OPERATIONS = (
    "AddField('person', 'height', models.PositiveIntegerField(default=1, db_index=True), preserve_default=False)",
    "AddField('person', 'friend', models.ForeignKey('shop.person', models.CASCADE, to_field='code', related_name='+'))",
    "AddField('person', 'lower', models.GeneratedField(**GENERATED))",
    "AddField('person', 'others', models.ManyToManyField('self'))",
    "AlterField('person', 'code', models.CharField(max_length=40, unique=True))",
    "AlterField('person', 'code', models.CharField(max_length=20, primary_key=True))",
    "AlterField('person', 'place', models.BigIntegerField())",
    "AlterField('person', 'age', models.PositiveIntegerField(unique=True))",
    "AlterField('person', 'age', models.IntegerField(null=True))",
    "AlterField('person', 'boss', models.ForeignKey('shop.tag', models.CASCADE))",
    "AlterField('person', 'tags', models.ManyToManyField('shop.tag', db_table='labels'))",
    "RemoveField('person', 'boss')",
    "RemoveField('person', 'tags')",
    "RemoveField('person', 'age')",
)


FOLLOWING = (
    "CreateModel('note', [('id', models.AutoField(primary_key=True)), ('text', models.TextField())])",
    "AddField('note', 'person', models.ForeignKey('shop.person', models.CASCADE))",
    "AlterField('person', 'age', models.IntegerField(null=True))",
    "AddIndex('note', models.Index(fields=['text'], name='by_text'))",
    "RemoveIndex('person', 'by_place')",
    "AddConstraint('note', models.UniqueConstraint(fields=['text'], name='one_text'))",
    "RemoveConstraint('person', 'place_positive')",
    "RenameField('person', 'age', 'years')",
    "AlterField('person', 'years', models.BigIntegerField())",
    "RemoveField('note', 'person')",
    "AlterField('person', 'code', models.CharField(max_length=40, unique=True))",
)


def statements(operation: str, database: str) -> list[Statement]:
    """What an operation executes, forwards and backwards."""
    dependency = "    dependencies = [('shop', 'm0')]\n"
    second = f"class Migration(migrations.Migration):\n{dependency}    operations = [migrations.{operation}]\n"
    settings = "INSTALLED_APPS = ['shop']\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n"
    files = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/m0.py": HEAD + INITIAL}
    files["settings.py"] = settings
    tree = MemoryTree({path: text.encode() for path, text in {**files, "shop/migrations/m1.py": HEAD + second}.items()})
    (history,) = read(tree, Config(), NullCache())
    renderer = DjangoRenderer(history, Graph.of(history), tree, Target(database))
    key = Key("shop", "m1")
    return [*renderer.render(key).statements, *renderer.render(key, backwards=True).statements]


@pytest.mark.parametrize("database", ["postgresql", "mysql"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_statements_are_those_that_the_whole_model_gives(
    operation: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = statements(operation, database)
    monkeypatch.setattr(state, "prune", lambda found, operation: None)
    assert written == statements(operation, database)
    assert written
    assert {statement.confidence for statement in written} == {Confidence.EXACT}


@pytest.mark.parametrize("database", ["postgresql", "mysql", "sqlite"])
def test_each_operation_starts_from_the_state_before_it(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    following = ", migrations.".join(FOLLOWING)
    written = statements(following, database)
    monkeypatch.setattr(pruned, "fork", lambda project, operation, app: project.clone())
    assert written == statements(following, database)
    assert {statement.operation for statement in written} == set(range(len(FOLLOWING)))


def test_fields_that_nothing_asks_for_are_not_made_into_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.models import CharField

    names: list[str] = []
    made = CharField.contribute_to_class

    def contribute(field: CharField, cls: type, name: str, private_only: bool = False) -> None:
        names.append(name)
        made(field, cls, name, private_only)

    monkeypatch.setattr(CharField, "contribute_to_class", contribute)
    statements("AddField('person', 'nick', models.CharField(max_length=20))", "postgresql")
    assert names.count("nick") > 0
    assert names.count("name") == 0
