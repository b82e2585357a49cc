"""Which files a commit, the index or the work tree holds, as plain mappings from path to blob id.

Only regular files count: a symbolic link could lead anywhere, and a submodule is another repository.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from miglint.git.command import GitError
from miglint.git.repository import Repository

ON_DISK = "disk:"
_FILE = "100"
"""How the mode of a regular file begins."""
_NEUTRAL = {"required": "false"}

Listing = Mapping[str, str]
"""Blob id by path."""


class Delta(NamedTuple):
    """The blob of one path before and after; None where there is no file."""

    old: str | None
    new: str | None


Diff = Mapping[str, Delta]


def tree_listing(repository: Repository, commit: str) -> dict[str, str]:
    """The files of a commit."""
    listing = {}
    for record in _records(repository.run("ls-tree", "-r", "-z", "--full-tree", commit)):
        description, _, path = record.partition("\t")
        if description.startswith(_FILE):
            listing[path] = description[12:]  # after `100644 blob `
    return listing


def index_listing(repository: Repository) -> dict[str, str]:
    """The files of the index: the one of the running hook, if there is one. Of a conflict, our side."""
    return _indexed(_records(repository.run("ls-files", "-s", "-z", environment=_index(repository))))


def is_index_of(repository: Repository, commit: str) -> bool:
    """Whether the index holds what the commit holds."""
    try:
        repository.run("diff-index", "--cached", "--quiet", "--no-ext-diff", "--ignore-submodules", commit)
    except GitError as error:
        if error.status == 1:
            return False
        raise
    return True


class WorkTree(NamedTuple):
    """The files as they lie on disk; `changed` are those that are not as in the index, deleted ones included."""

    listing: Listing
    changed: frozenset[str]


def work_tree(repository: Repository) -> WorkTree:
    """The work tree's files, tracked or not, without the ignored ones.

    A file that is not as in the index has the id `disk:PATH`, see `Contents`. Git looks into files whose time stamps
    alone do not tell; the filters that it would run on them are switched off.
    """
    options = ("-s", "-t", "-z", "--modified", "--others", "--exclude-standard")
    indexed = []
    changed = set()
    for record in _records(repository.run("ls-files", *options, environment=_without_filters(repository))):
        tag = record[0]
        if tag == "?":
            changed.add(record[2:])
        elif tag == "C":
            changed.add(record.partition("\t")[2])
        else:
            indexed.append(record[2:])
    listing = _indexed(indexed)
    for path in changed:
        listing.pop(path, None)
    listing |= {path: ON_DISK + path for path in _regular(repository.root, changed)}
    return WorkTree(listing, frozenset(changed))


def _indexed(records: Iterable[str]) -> dict[str, str]:
    """Read `100644 ID STAGE` and path; of a conflict our side (stage 2), else theirs."""
    listing: dict[str, str] = {}
    for record in records:
        description, _, path = record.partition("\t")
        if description.startswith(_FILE):
            stage = description[-1]
            if stage in "02" or (stage == "3" and path not in listing):
                listing[path] = description[7:-2]
    return listing


def _index(repository: Repository) -> dict[str, str]:
    return {"GIT_INDEX_FILE": str(repository.index_file)} if repository.index_file else {}


def _without_filters(repository: Repository) -> dict[str, str]:
    """Variables that make git's `clean` filters empty, whatever they are called and wherever they are configured."""
    try:
        names = _records(
            repository.run("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$")
        )
    except GitError:  # there is none
        return {}
    keys = sorted(set(names))
    start = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(start + len(keys))}
    for number, key in enumerate(keys, start):
        variables |= {
            f"GIT_CONFIG_KEY_{number}": key,
            f"GIT_CONFIG_VALUE_{number}": _NEUTRAL.get(key.rpartition(".")[2], ""),
        }
    return variables


def _regular(root: Path, paths: Iterable[str]) -> list[str]:
    """Those of the paths that are regular files, and in a folder that is not reached through a link."""
    found = []
    folders: dict[Path, bool] = {}
    for path in paths:
        file = root / path
        if file.parent not in folders:
            folders[file.parent] = os.path.realpath(file.parent) == str(file.parent)
        with suppress(OSError):
            if folders[file.parent] and stat.S_ISREG(file.lstat().st_mode):
                found.append(path)
    return found


def diff_commits(repository: Repository, old: str, new: str) -> dict[str, Delta]:
    """What differs between two commits."""
    if old == new:
        return {}
    return _raw_diff(repository.run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", old, new))


def _raw_diff(output: bytes) -> dict[str, Delta]:
    """Read `:100644 100644 OLD NEW M` and path by turns."""
    diff = {}
    records = _records(output)
    for header, path in zip(records, records, strict=True):
        old_mode, new_mode, old, new, _ = header[1:].split(" ")
        delta = Delta(old if old_mode.startswith(_FILE) else None, new if new_mode.startswith(_FILE) else None)
        if delta.old != delta.new:
            diff[path] = delta
    return diff


def compare(old: Listing, new: Listing) -> dict[str, Delta]:
    """What differs between two listings."""
    return {
        path: Delta(old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    }


def _records(output: bytes) -> Iterator[str]:
    """The parts of an output with `-z`; bytes of a name that are no UTF-8 come through as surrogates."""
    return iter(output.decode("utf-8", "surrogateescape").split("\0")[:-1])
