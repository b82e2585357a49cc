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

from miglint.git.repository import Repository

ON_DISK = "disk:"
_NOT_AS_IN_THE_INDEX = "?CR"
"""Tags of `git ls-files -t`: untracked, changed, removed."""
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
        mode, _, identity = description.split(" ")
        if _is_file(mode):
            listing[path] = identity
    return listing


def index_listing(repository: Repository) -> dict[str, str]:
    """The files of the index: the one of the running hook, if there is one. Of a conflict, our side."""
    return _indexed(_records(repository.run("ls-files", "-s", "-t", "-z", environment=_index(repository))))


def work_tree_listing(repository: Repository) -> dict[str, str]:
    """The files as they lie on disk, tracked or not, without the ignored ones.

    A file that is not as in the index has the id `disk:PATH`, see `Contents`. Git looks into files whose time stamps
    alone do not tell; the filters that it would run on them are switched off.
    """
    options = ("-s", "-t", "-z", "--modified", "--deleted", "--others", "--exclude-standard")
    records = list(_records(repository.run("ls-files", *options, environment=_without_filters(repository))))
    changed = []
    for record in records:
        tag, _, rest = record.partition(" ")
        if tag in _NOT_AS_IN_THE_INDEX:
            changed.append(rest if tag == "?" else rest.partition("\t")[2])
    on_disk = {path: ON_DISK + path for path in _regular(repository.root, changed)}
    indexed = _indexed(records)
    for path in changed:
        indexed.pop(path, None)
    return indexed | on_disk


def _indexed(records: Iterable[str]) -> dict[str, str]:
    listing: dict[str, str] = {}
    for record in records:
        tag, _, rest = record.partition(" ")
        if tag in "HSM":
            description, _, path = rest.partition("\t")
            mode, identity, stage = description.split(" ")
            if _is_file(mode) and (stage in "02" or (stage == "3" and path not in listing)):
                listing[path] = identity
    return listing


def _index(repository: Repository) -> dict[str, str]:
    return {"GIT_INDEX_FILE": str(repository.index_file)} if repository.index_file else {}


def _without_filters(repository: Repository) -> dict[str, str]:
    """Variables that make git's `clean` filters empty, whatever they are called and wherever they are configured."""
    from git.exc import GitCommandError

    try:
        names = _records(
            repository.run("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$")
        )
    except GitCommandError:  # there is none
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
        delta = Delta(old if _is_file(old_mode) else None, new if _is_file(new_mode) else None)
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


def _is_file(mode: str) -> bool:
    return mode.startswith("100")


def _records(output: bytes) -> Iterator[str]:
    """The parts of an output with `-z`; bytes of a name that are no UTF-8 come through as surrogates."""
    return iter(output.decode("utf-8", "surrogateescape").split("\0")[:-1])
