from __future__ import annotations

import pytest

from django_files import IMPORTS, history_of, migration_of
from miglint.finding import Span
from miglint.history import Key
from miglint.sources.django.newer_syntax import with_parentheses

BODY = "class Migration(migrations.Migration):\n    operations = [migrations.RunSQL('select 1')]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("try: x\nexcept A, B:\n    y\n", "try: x\nexcept(A, B):\n    y\n"),
        ("try: x\nexcept a.A, f(1, 2)[3:4]:  # a, b:\n    y\n", "try: x\nexcept(a.A, f(1, 2)[3:4]):  # a, b:\n    y\n"),
        ("try: x\nexcept (A, B):\n    y\n", "try: x\nexcept (A, B):\n    y\n"),
        ("try: x\nexcept A:\n    y = 1, 2\n", "try: x\nexcept A:\n    y = 1, 2\n"),
    ],
)
def test_parentheses_are_put_where_older_pythons_want_them(before: str, after: str) -> None:
    assert with_parentheses(before) == after


def test_a_file_in_newer_syntax_is_read() -> None:
    text = (
        f"{IMPORTS}def f(apps, schema_editor):\n    try: pass\n    except KeyError, ValueError:\n        pass\n{BODY}"
    )
    history = history_of({"shop/migrations/0001_a.py": text})
    assert len(history.migrations[Key("shop", "0001_a")].operations) == 1
    assert not history.unreadable


def test_columns_are_characters() -> None:
    migration = migration_of("x = 'äöü€😀'; operations = [migrations.RunSQL('ü'), migrations.RunSQL('b')]")
    assert [operation.span for operation in migration.operations] == [Span(6, 32, 6, 54), Span(6, 56, 6, 78)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252", "utf-8"])
def test_byte_order_marks_and_cookies_are_honoured(encoding: str) -> None:
    cookie = "" if encoding == "utf-8-sig" else f"# -*- coding: {encoding} -*-\n"
    text = f"{cookie}{IMPORTS}{BODY}".replace("select 1", "sélect 1")
    history = history_of({"shop/migrations/0001_a.py": text.encode(encoding)})
    operation = history.migrations[Key("shop", "0001_a")].operations[0]
    assert operation.arguments == {"sql": "sélect 1"}
    assert operation.literals[0].source == "'sélect 1'"


def test_a_syntax_error_has_its_line() -> None:
    history = history_of({"shop/migrations/__init__.py": "", "shop/migrations/0001_a.py": "x = 1\nclass Migration(:\n"})
    (unreadable,) = history.unreadable
    assert (unreadable.app, unreadable.span.line, unreadable.reason) == ("shop", 2, "syntax error: invalid syntax")
