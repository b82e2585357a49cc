"""What Django keeps in a set goes into SQL in the same order each time; what is put off comes at the end."""

import django
import pytest

from django_files import chain_of
from miglint.sources.django.backends.recording import RecordingMixin


def test_kinds_of_json_in_an_index_on_sqlite() -> None:
    created = (
        "migrations.CreateModel('order', [('id', models.AutoField(primary_key=True)), ('data', models.JSONField())])"
    )
    index = "migrations.AddIndex('order', models.Index(models.F('data__a'), name='by_a'))"
    (made,) = chain_of({}, created, index, imports="", database="sqlite")
    assert "IN ('false','null','true')" in made.sql


class Collecting:
    """As Django's editor where it collects: with parameters, even none of them, a statement is formatted."""

    def __init__(self, connection: object, *, collect_sql: bool, atomic: bool) -> None:
        self.collected_sql: list[str] = []

    def execute(self, sql: str, params: tuple[object, ...] | None) -> None:
        self.collected_sql.append(sql if params is None else sql % params)


class Editor(RecordingMixin, Collecting):
    pass


@pytest.mark.parametrize(("version", "written"), [((4, 2, 1), ["'50%'", "'%'"]), ((5, 0, 1), ["'50%%'", "'%'"])])
def test_what_is_put_off_to_the_end_has_parameters_before_django_5(
    version: tuple[int, int, int], written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(django, "VERSION", version)
    editor = Editor(None)
    editor.deferred_sql.extend(["'50%%'", "'%'"])
    editor.run_deferred()
    assert [recorded.sql for recorded in editor.recorded] == written
