"""SQLite: what statements write, and which of them copy a table.

SQLite has one writer for the whole database: whoever writes makes every other writer wait until the transaction ends,
and, without WAL, readers too while it commits. That is so for any statement, so none is called dangerous for it; the
work (`copy` for the remake of a table) says what takes long.
"""

from __future__ import annotations

from miglint.dialects.sqlite.analyser import analyse

__all__ = ["analyse"]
