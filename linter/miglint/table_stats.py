"""How many rows tables have, as a file says that was exported once from the database: the small ones are no risk.

psql -Atc "SELECT relname || ': ' || reltuples::bigint FROM pg_class WHERE relkind IN ('r', 'p')" > stats.yml
"""

from __future__ import annotations

from pathlib import Path

from miglint.config_origin import Files, read_at_most
from miglint.config_values import Value, read_yaml

SMALL = 10_000
"""A table of fewer rows is read, written anew or indexed in a moment."""
_MAX_BYTES = 10_000_000


def small_tables(path: Path, files: Files) -> frozenset[str]:
    """The tables that a file of row counts by name shows to be small."""
    content = read_at_most(files, path, f"table_stats {path}", _MAX_BYTES)
    rows = {name: _rows(value) for name, value in read_yaml(content, str(path)).mapping().items()}
    return frozenset(name for name, count in rows.items() if 0 <= count < SMALL)


def _rows(value: Value) -> int:
    """A number of rows; PostgreSQL says -1 of a table that it has never counted."""
    try:
        return int(value.text())
    except ValueError:
        raise value.wrong("a number of rows") from None
