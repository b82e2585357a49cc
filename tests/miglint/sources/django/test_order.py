"""What Django keeps in a set goes into SQL in the same order each time."""

from django_files import chain_of


def test_kinds_of_json_in_an_index_on_sqlite() -> None:
    created = (
        "migrations.CreateModel('order', [('id', models.AutoField(primary_key=True)), ('data', models.JSONField())])"
    )
    index = "migrations.AddIndex('order', models.Index(models.F('data__a'), name='by_a'))"
    (made,) = chain_of({}, created, index, imports="", database="sqlite")
    assert "IN ('false','null','true')" in made.sql
