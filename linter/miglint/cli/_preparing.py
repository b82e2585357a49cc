"""What `miglint check` is to look at, and by what: everything that can be known before a rule is imported."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from miglint.baseline import read_baseline
from miglint.changeset import ChangeSet, Tree
from miglint.cli._options import targeted
from miglint.cli._ruling import Ruling, ruling
from miglint.config import Config
from miglint.crew import processors
from miglint.errors import MiglintError
from miglint.git import Repository, change_set, tree_at
from miglint.lazy import LazyNames
from miglint.registry import Selection, selected

if TYPE_CHECKING:
    from miglint.engine import Request


class Options(Struct, frozen=True):
    """The command line, as click names it."""

    paths: tuple[Path, ...]
    base: str | None
    head: str | None
    staged: bool
    everything: bool
    database: str | None
    database_version: tuple[int, ...] | None
    formats: tuple[str, ...]
    outputs: tuple[str, ...]
    fail_on: str
    select: tuple[tuple[str, ...], ...]
    ignore: tuple[tuple[str, ...], ...]
    config: Path | None
    write_baseline: bool
    cache_dir: Path | None = None
    no_cache: bool = False
    gitlab_note: bool = False
    jobs: int | None = None


class Prepared(Struct, frozen=True):
    """A check that is ready to run. No rule has been imported for it yet."""

    changes: ChangeSet
    config: Config
    ruling: Ruling
    selection: Selection
    paths: tuple[str, ...]
    baseline: frozenset[str]
    released: Tree | None
    today: dt.date
    jobs: int = 1
    """How many processes may work on it; the outcome does not depend on that."""

    def request(self, *, statements: bool = True) -> Request:
        """What is asked of the check, by the rules that look."""
        from miglint.engine import Request

        return Request(
            rules=self.ruling.rules,
            active=LazyNames(lambda: selected(self.ruling.rules, self._known())),
            paths=self.paths,
            baseline=self.baseline,
            released=self.released,
            today=self.today,
            notes=self.ruling.notes,
            statements=statements,
            jobs=self.jobs,
        )

    def _known(self) -> Selection:
        """The selection without what the configuration says of rules of plugins that were left out."""
        if not self.ruling.withheld:
            return self.selection
        known = {rule.name for rule in self.ruling.rules}
        severities = {name: severity for name, severity in self.config.rules.items() if name in known}
        return replace(self.selection, severities=severities)


def prepare(repository: Repository, options: Options) -> Prepared:
    """What is to be checked, by which configuration, and what is asked of it."""
    changes = change_set(
        repository,
        base=options.base,
        head=options.head,
        staged=options.staged,
        everything=options.everything,
        environment=os.environ,
    )
    ruled = ruling(repository, changes, options.config, os.environ)
    config = targeted(ruled.config, options.database, options.database_version)
    baseline = config.folder / config.baseline if config.baseline and not options.write_baseline else None
    return Prepared(
        changes,
        config,
        ruled,
        Selection(_words(options.select), _words(options.ignore), config.rules),
        paths=_paths(options.paths, repository.root, changes),
        baseline=read_baseline(baseline, config.files) if baseline else frozenset(),
        released=tree_at(repository, config.released) if config.released else None,
        today=dt.datetime.now(dt.UTC).date(),
        jobs=options.jobs or processors(),
    )


def _words(given: Sequence[Sequence[str]]) -> frozenset[str]:
    return frozenset(word for words in given for word in words)


def _paths(given: Sequence[Path], root: Path, changes: ChangeSet) -> tuple[str, ...]:
    """The paths as the tree names them. One that names nothing is an error: nothing would be reported of it."""
    known = {*changes.tree, *changes.changes}
    paths = []
    for path in given:
        absolute = Path(os.path.normpath(Path.cwd().resolve() / path))
        if absolute != root and root not in absolute.parents:
            raise MiglintError(f"{path} is not in the repository {root}")
        relative = absolute.relative_to(root).as_posix()
        if relative != "." and not any(one == relative or one.startswith(f"{relative}/") for one in known):
            raise MiglintError(f"{path} names no file that git knows of here")
        paths.append(relative)
    return tuple(paths)
