import pytest

from miglint.globs import matches


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("legacy/**", "legacy/a/b.py", True),
        ("legacy/**", "legacy_too/b.py", False),
        ("legacy", "legacy/a/b.py", True),
        ("./legacy/", "legacy/a/b.py", True),
        ("db/*", "db/V1.sql", True),
        ("db/*", "db/deep/V1.sql", True),  # db/deep is matched, and what it holds
        ("db/*.sql", "db/deep/V1.sql", False),
        ("**/0001_*.py", "a/b/0001_x.py", True),
        ("**/0001_*.py", "0001_x.py", True),
        ("a/**/c.py", "a/c.py", True),
        ("a.py", "aXpy", False),
        ("b", "a/b", False),
        ("**", "a/b", True),
    ],
)
def test_matches(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, [pattern]) is expected
