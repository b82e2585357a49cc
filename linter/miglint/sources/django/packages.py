"""Folders of migrations: which they are, what is in them, and what of it cannot be read."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct, field

from miglint.crew import ALONE, Crew
from miglint.history import Unreadable
from miglint.sources.django.modules import Modules
from miglint.sources.django.projects import Projects
from miglint.sources.django.scan import USUAL, Scan, is_usual
from miglint.sources.django.source import START
from miglint.sources.django.stored import StoredFile, read_files

_NO_MODULES = "_~"
"""What the names of files begin with that Django's loader passes over."""
_SOUTH = b"south."
"""What South's migrations import from, which stood in the folder before Django had its own."""


class Package(Struct):
    """A folder of migrations and the project it belongs to."""

    folder: str
    files: dict[str, StoredFile] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


def packages(
    modules: Modules, projects: Projects, scan: Scan, crew: Crew = ALONE, studied: Collection[str] | None = None
) -> Iterator[Package]:
    """All folders of migrations, in the order of their paths."""
    members = _by_folder(scan.paths)
    lost = [path for path in scan.unreadable if is_usual(path)]
    candidates = _by_folder([*scan.migrations, *lost])
    paths = [path for path in scan.migrations if _is_module(path)]
    heads = {path: head for path, head in scan.heads.items() if studied is not None and path not in studied}
    outcomes = read_files(paths, modules, projects, crew, heads)
    for folder, paths in sorted(candidates.items()):
        package = Package(folder)
        for path in paths:
            match outcomes.get(path):
                case StoredFile() as file:
                    package.files[path] = file
                case Unreadable() as unreadable:
                    package.unreadable.append(unreadable)
        if _is_package(package, members[folder], scan, modules):
            package.unreadable += _rest(members[folder], package, scan)
            yield package


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Files that Django's loader would import, by their folder; `__init__` is none of them."""
    grouped: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name[0] not in _NO_MODULES:
            grouped.setdefault(folder, []).append(path)
    return grouped


def _is_module(path: str) -> bool:
    return path.rpartition("/")[2][0] not in _NO_MODULES


def _is_package(package: Package, members: list[str], scan: Scan, modules: Modules) -> bool:
    """Django imports every module of the folder and each must hold a migration, so in an oddly named one most do."""
    certain = [file for file in package.files.values() if file.header.certain]
    if posixpath.basename(package.folder) != USUAL:
        return bool(certain) and 2 * len(package.files) > len(members)
    if package.files:
        return True
    lost = {item.path for item in package.unreadable} | {path for path in members if path in scan.unreadable}
    others = [path for path in members if _is_module(path) and path not in lost]
    if any(_SOUTH in (modules.content(path) or b"") for path in others):
        return False
    return bool(lost) and f"{package.folder}/__init__.py" in scan.files


def _rest(members: list[str], package: Package, scan: Scan) -> Iterator[Unreadable]:
    """Modules of the folder that hold no migration: Django refuses to load the app."""
    known = package.files.keys() | {item.path for item in package.unreadable}
    for path in members:
        if path in known:
            continue
        reason = scan.unreadable.get(path, "the module holds no class Migration, so Django cannot load the app")
        yield Unreadable(path, reason, START)
