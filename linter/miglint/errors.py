"""Errors that are the user's to mend. The command prints one line on stderr and exits with 2."""

from __future__ import annotations


class MiglintError(Exception):
    """What was wrong, where, and what to do, in one line."""
