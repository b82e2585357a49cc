"""Which configuration rules a check: the one that people see, or in CI the base's.

A pull request must neither turn its own findings off unseen nor have code of its own executed. So where CI runs, the
configuration and what it names (plugins, the baseline) are read from the base's tree, and notes say what of them the
change would change. After a push to the default branch there is nothing left to review: its own configuration rules.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from miglint.changeset import ChangeSet
from miglint.config import Config
from miglint.config_file import load_config
from miglint.config_origin import TreeFiles
from miglint.errors import MiglintError
from miglint.git import Repository, reviewed_tree
from miglint.git.events import in_ci, read_event
from miglint.lazy import LazySequence
from miglint.registry import all_rules, plugin_files
from miglint.rule import Rule


class Ruling(Struct, frozen=True):
    """The configuration that rules, the rules that it brings, and what a reader should know of both."""

    config: Config
    rules: Sequence[Rule]
    """Imported when somebody looks at them."""
    notes: tuple[str, ...] = ()
    withheld: bool = False
    """Whether plugins were left out, so that their rules are not known by name."""


def ruling(repository: Repository, changes: ChangeSet, file: Path | None, environment: Mapping[str, str]) -> Ruling:
    """What rules the check of a change. `file` is the configuration that the user named."""
    root = repository.root
    if not in_ci(environment) or read_event(environment).merged:
        config = load_config(Path.cwd(), root, file)
        rules = LazySequence(lambda: all_rules(config.plugins, config.folder))
        return Ruling(config, rules, tuple(_edited(changes, config)))
    reviewed = reviewed_tree(repository, changes, environment)
    if reviewed is None:
        return _without_plugins(load_config(Path.cwd(), root, file))
    return _of_base(TreeFiles(reviewed, root), TreeFiles(changes.tree, root), file)


def _edited(changes: ChangeSet, config: Config) -> Iterator[str]:
    if config.path is not None and config.path in changes.changes:
        yield f"this change edits {config.path}, which configures this very check"


def _without_plugins(config: Config) -> Ruling:
    notes = ["plugins are not loaded: no base is known whose plugins could be trusted"] if config.plugins else []
    return Ruling(config, LazySequence(all_rules), tuple(notes), withheld=bool(config.plugins))


def _of_base(base: TreeFiles, head: TreeFiles, file: Path | None) -> Ruling:
    theirs = _load(head, file)  # what cannot be read is an error now, not once it is merged
    try:
        ours = _load(base, file)
    except MiglintError:
        if not _differs(base, head, theirs.path):
            raise
        note = f"the base's configuration cannot be read: the defaults rule until the change's {theirs.path} is merged"
        return Ruling(Config(), LazySequence(all_rules), (note,))
    notes = [_about_configuration(ours, theirs)] if _changed(base, head, ours, theirs) else []
    return _loaded(ours, base, head, [*notes, *_about_files(ours, theirs, base, head)])


def _load(files: TreeFiles, file: Path | None) -> Config:
    """The configuration in a tree; the defaults where it does not have the file that the user named."""
    if file is not None and files.inside(file) is not None and not files.is_file(file):
        return Config(files=files)
    return load_config(Path.cwd(), files.root, file, files)


def _loaded(config: Config, base: TreeFiles, head: TreeFiles, notes: list[str]) -> Ruling:
    """The base's plugins; one that fails and that the change mends is left out."""
    if not config.plugins:
        return Ruling(config, LazySequence(all_rules), tuple(notes))
    try:
        return Ruling(config, all_rules(config.plugins, config.folder, base), tuple(notes))
    except MiglintError as error:
        files = [file for plugin in config.plugins for file in plugin_files(plugin, config.folder, base)]
        if not any(_differs(base, head, base.inside(file)) for file in files):
            raise
        notes.append(f"plugins are not loaded: {error}; the change edits them, and its version is loaded once merged")
        return Ruling(config, LazySequence(all_rules), tuple(notes), withheld=True)


def _changed(base: TreeFiles, head: TreeFiles, ours: Config, theirs: Config) -> bool:
    return ours.path != theirs.path or _differs(base, head, ours.path)


def _differs(base: TreeFiles, head: TreeFiles, path: str | None) -> bool:
    """Whether the two trees have different bytes at a path."""
    blobs = [tree.blob(path) if path is not None and path in tree else None for tree in (base.tree, head.tree)]
    return blobs[0] != blobs[1]


def _about_configuration(ours: Config, theirs: Config) -> str:
    rules = f"the base's {ours.path} rules" if ours.path else "the base has no configuration, so the defaults rule"
    if theirs.path is None:
        return f"this change takes {ours.path} away: {rules} this check, the defaults rule once it is merged"
    verb = "edits" if ours.path == theirs.path else "adds"
    return f"this change {verb} {theirs.path}: {rules} this check, the change's own rules once it is merged"


def _about_files(ours: Config, theirs: Config, base: TreeFiles, head: TreeFiles) -> Iterator[str]:
    """What the change does to files that the configuration names."""
    named = {(config.folder / config.baseline) for config in (ours, theirs) if config.baseline}
    for path in sorted({base.inside(file) or "" for file in named}):
        if _differs(base, head, path):
            yield f"this change edits the baseline {path}: the base's counts until it is merged"
    loaded, brought = _plugins(ours, base), _plugins(theirs, head)
    for path in sorted(loaded | brought):
        if path not in loaded:
            yield f"the plugin {path} is not loaded: it is this change's own, and is loaded once it is merged"
        elif path not in brought:
            yield f"the plugin {path} is loaded as the base has it: this change takes it away once it is merged"
        elif _differs(base, head, path):
            yield f"the plugin {path} is loaded as the base has it: this change's version counts once it is merged"


def _plugins(config: Config, files: TreeFiles) -> set[str]:
    found = (file for plugin in config.plugins for file in plugin_files(plugin, config.folder, files))
    return {os.fspath(files.inside(file) or file) for file in found}
