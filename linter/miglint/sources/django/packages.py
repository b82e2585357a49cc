"""Folders of migrations: which they are, what is in them, and what of it cannot be read."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from miglint.history import Unreadable
from miglint.sources.django.migration import MigrationFile
from miglint.sources.django.modules import Modules
from miglint.sources.django.projects import Projects
from miglint.sources.django.scan import USUAL, Scan, is_usual
from miglint.sources.django.source import START, Unparsable


@dataclass(slots=True)
class Package:
    """A folder of migrations and the project it belongs to."""

    folder: str
    files: dict[str, MigrationFile] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


def packages(modules: Modules, projects: Projects, scan: Scan) -> Iterator[Package]:
    """All folders of migrations, in the order of their paths."""
    members = _by_folder(scan.paths)
    candidates = _by_folder([*scan.migrations, *(path for path in scan.unreadable if is_usual(path))])
    for folder, paths in sorted(candidates.items()):
        package = Package(folder)
        for path in paths:
            if path not in scan.unreadable:
                _read(path, modules, projects, package)
        if _is_package(package, members[folder], scan):
            package.unreadable += _rest(members[folder], package, scan)
            yield package


def _by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Files that Django's loader would import: names that start with `_` or `~` are none, `__init__` among them."""
    grouped: dict[str, list[str]] = {}
    for path in paths:
        folder, name = posixpath.split(path)
        if name[0] not in "_~":
            grouped.setdefault(folder, []).append(path)
    return grouped


def _read(path: str, modules: Modules, projects: Projects, package: Package) -> None:
    try:
        source = modules.source(path)
    except Unparsable as error:
        package.unreadable.append(Unreadable(path, error.reason, error.span))
        return
    if not _binds_migration(source.tree):
        return
    try:
        file = MigrationFile(source, projects.of(path))
    except RecursionError:
        package.unreadable.append(Unreadable(path, "the code is nested too deeply", START))
        return
    if file.header is not None:
        package.files[path] = file


def _binds_migration(tree: ast.Module) -> bool:
    """Whether the module's own level could define `Migration`, without evaluating it."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        match node:
            case ast.ClassDef(name="Migration") | ast.Assign():
                if isinstance(node, ast.ClassDef) or any(_names(target) for target in node.targets):
                    return True
            case ast.ImportFrom(names=names):
                if any((alias.asname or alias.name) in ("Migration", "*") for alias in names):
                    return True
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While() | ast.TryStar():
                pending += [child for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
    return False


def _names(target: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "Migration" for node in ast.walk(target))


def _is_package(package: Package, members: list[str], scan: Scan) -> bool:
    """Django imports every module of the folder and each must hold a migration, so in an oddly named one most do."""
    certain = [file for file in package.files.values() if file.header is not None and file.header.certain]
    if posixpath.basename(package.folder) != USUAL:
        return bool(certain) and 2 * len(package.files) > len(members)
    lost = package.unreadable or any(path in scan.unreadable for path in members)
    return bool(package.files) or (bool(lost) and f"{package.folder}/__init__.py" in scan.files)


def _rest(members: list[str], package: Package, scan: Scan) -> Iterator[Unreadable]:
    """Modules of the folder that hold no migration: Django refuses to load the app."""
    known = package.files.keys() | {item.path for item in package.unreadable}
    for path in members:
        if path in known:
            continue
        reason = scan.unreadable.get(path, "the module holds no class Migration, so Django cannot load the app")
        yield Unreadable(path, reason, START)
