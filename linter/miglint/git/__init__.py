"""Everything asked of git. Nothing is checked out, and no configuration of the repository runs anything."""

from __future__ import annotations

from miglint.git.changes import change_set, reviewed_tree, tree_at
from miglint.git.repository import Repository, open_repository

__all__ = ["Repository", "change_set", "open_repository", "reviewed_tree", "tree_at"]
