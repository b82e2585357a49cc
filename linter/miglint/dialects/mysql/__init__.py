"""MySQL 8.0 and 8.4, MariaDB 10.6 to 11: which algorithm each statement takes, and what it locks meanwhile."""

from __future__ import annotations

from miglint.dialects.mysql.analyser import analyse

__all__ = ["analyse"]
