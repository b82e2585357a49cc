"""PostgreSQL 12 to 18: what each statement locks, scans, rewrites and builds, before it runs."""

from __future__ import annotations

from miglint.dialects.postgresql.analyser import analyse

__all__ = ["analyse"]
