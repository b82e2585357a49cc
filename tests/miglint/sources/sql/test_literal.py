import ast

import pytest

from miglint.finding import Span
from miglint.sources.sql.literal import literal_position


@pytest.mark.parametrize(
    ("source", "piece", "expected"),
    [
        ('x = """\nSELECT 1;\n  SELECT é, 2\n"""', "SELECT é, 2", (3, 3, 3, 14)),
        ("x = 'SELECT 1; SELECT 2'", "SELECT 2", (1, 16, 1, 24)),
        ("x = 'SELECT \\'a\\'; SELECT 2'", "SELECT 2", (1, 20, 1, 28)),
        ("x = 'SELECT \\'a\\'; SELECT 2'", "SELECT 'a'", (1, 5, 1, 29)),
    ],
)
def test_a_piece_of_a_literal_is_found_in_the_file(source: str, piece: str, expected: tuple[int, ...]) -> None:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.Assign)
    assert isinstance(node.value, ast.Constant)
    value = node.value.value
    assert isinstance(value, str)
    literal = Span(node.value.lineno, node.value.col_offset + 1, *_end(source))
    start = value.index(piece)
    found = literal_position(source, literal, value, start, start + len(piece))
    assert (found.line, found.column, found.end_line, found.end_column) == expected


def _end(source: str) -> tuple[int, int]:
    lines = source.split("\n")
    return len(lines), len(lines[-1]) + 1
