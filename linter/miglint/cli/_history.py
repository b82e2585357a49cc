"""What `miglint init` finds in a repository: apps, the databases that settings name, findings of today."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct
from msgspec.structs import replace

from miglint.cache import NullCache
from miglint.changeset import ChangeSet
from miglint.config import Config
from miglint.config_file import load_config
from miglint.engine import Request, check
from miglint.finding import Finding
from miglint.git import Repository, change_set
from miglint.history import Target
from miglint.registry import Selection, all_rules, selected
from miglint.sources import read_histories
from miglint.sources.django.engines import databases


class Found(Struct, frozen=True):
    """A repository as it is before miglint is taken up."""

    changes: ChangeSet
    config: Config
    apps: tuple[str, ...]
    migrations: int
    databases: frozenset[str]

    def files_with(self, folder: str, text: str) -> list[str]:
        """The files below a folder that hold a text."""
        tree = self.changes.tree
        contents = tree.read(path for path in tree if path.startswith(folder))
        return sorted(path for path, content in contents.items() if text.encode() in content)


def found_in(repository: Repository) -> Found:
    """Read the work tree."""
    config = load_config(repository.root, repository.root)
    changes = change_set(repository, base=None, head=None, staged=False, everything=True, environment={})
    histories = read_histories(changes.tree, config, NullCache())
    keys = {key for history in histories for key in history.migrations}
    apps = tuple(sorted({key.app for key in keys}))
    return Found(changes, config, apps, len(keys), databases(changes.tree))


def findings_today(found: Found, database: str) -> tuple[Finding, ...]:
    """What `miglint check --all` finds with the rules that are on by themselves."""
    rules = tuple(all_rules())
    config = replace(found.config, target=Target(database=database))
    request = Request(rules, selected(rules, Selection()), today=dt.datetime.now(dt.UTC).date(), statements=False)
    return check(found.changes, config, NullCache(), request).active
