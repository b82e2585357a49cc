"""What a project requires of Django, read from its lock files, requirements and whatever else installs it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from msgspec import Struct

from miglint.changeset import Tree
from miglint.sources.django.pin_files import READERS, Include, Reader, found_in, requirements

_CLAUSE = re.compile(r"(===?|~=|!=|<=|>=|<|>)\s*([\d.]+)(\.\*)?")
_DRIVER = re.compile(r"(?<![\w.-])psycopg2?(?![\w.])")
_LARGEST = 20_000_000
_MOST_INCLUDED = 50
_MOST_FOLDERS = 20
_DEEPEST = 4
_ENDS = ("txt", "in", "pip", "lock", "toml", "Pipfile", "setup.cfg", "setup.py", "yml", "yaml", "ockerfile")
"""Of the names that READERS match, to pass over most of a tree at once."""


class Pin(Struct, frozen=True):
    """A requirement as pip writes it (`>=5.2,<6`), and the file that states it."""

    requirement: str
    path: str

    def allows(self, series: tuple[int, int]) -> bool:
        """Whether some release of a series meets it."""
        return all(_meets(series, *clause) for clause in _CLAUSE.findall(self.requirement))

    def series(self) -> list[tuple[int, int]]:
        """The series of the versions that it names."""
        named = [
            tuple(int(part) for part in text.split(".") if part) for _, text, _ in _CLAUSE.findall(self.requirement)
        ]
        return [(numbers[0], (*numbers, 0)[1]) for numbers in named if numbers]


def _meets(series: tuple[int, int], operator: str, text: str, wildcard: str) -> bool:
    numbers = tuple(int(part) for part in text.split(".") if part)
    bound = (*numbers, 0)[:2]
    exact = len(numbers) > 2
    if operator in {"==", "==="}:
        return series[: min(len(numbers), 2)] == numbers[:2]
    if operator == "~=":
        return series == bound if exact else series >= bound and series[0] == bound[0]
    if operator == ">=":
        return series >= bound
    if operator == "<=":
        return series <= bound
    if operator == ">":
        return series > bound or (exact and series == bound)
    if operator == "<":
        return series < bound or (exact and series == bound and numbers[2] > 0)
    return True


def pins(tree: Tree, root: str) -> Iterator[Pin]:
    """What files at the project's root, then those of the folders above it, say of Django; the firmest first.

    Where they say nothing, files of the folders within it.
    """
    stated = _stated(tree, _folders(root))
    first = next(stated, None)
    if first is None:
        yield from _stated(tree, _within(tree, root))
    else:
        yield first
        yield from stated


def _stated(tree: Tree, folders: Iterable[str]) -> Iterator[Pin]:
    for folder in folders:
        for paths, read in _candidates(tree, folder):
            found = [Pin(item, path) for path, item in _required(tree, paths, read)]
            exact = [pin for pin in found if "==" in pin.requirement]
            yield from sorted(exact, key=lambda pin: _numbers(pin.requirement), reverse=True)
            yield from (pin for pin in found if pin not in exact and pin.requirement)


def driver(tree: Tree, root: str) -> str:
    """`psycopg`, `psycopg2`, or neither: which of them the same files name. Django takes psycopg where both are."""
    found = _drivers(tree, _folders(root)) or _drivers(tree, _within(tree, root))
    return next((name for name in ("psycopg", "psycopg2") if name in found), "")


def _drivers(tree: Tree, folders: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        for paths, read in _candidates(tree, folder):
            for _, text in _texts(tree, paths, read):
                lines = (line.partition("#")[0] for line in text.splitlines() if "psycopg" in line)
                found |= {name for line in lines for name in _DRIVER.findall(line)}
    return found


def _within(tree: Tree, root: str) -> list[str]:
    """The folders within the project's root where files may state requirements; those near the top first."""
    start = f"{root}/" if root else ""
    holding = {posixpath.dirname(path) for path in tree if path.endswith(_ENDS) and path.startswith(start)}
    within = {folder for folder in holding | set(map(posixpath.dirname, holding)) if folder.startswith(start)} - {
        "",
        root,
    }
    near = [folder for folder in within if folder.removeprefix(start).count("/") < _DEEPEST]
    return sorted(near, key=lambda folder: (folder.count("/"), *_usual_first(folder)))[:_MOST_FOLDERS]


def _folders(root: str) -> list[str]:
    """The project's root and the folders above it."""
    parts = root.split("/") if root else []
    return ["/".join(parts[:count]) for count in range(len(parts), -1, -1)]


def _candidates(tree: Tree, folder: str) -> Iterator[tuple[list[str], Reader]]:
    """The files of a folder, and of the folders in it, for each way to read them."""
    start = f"{folder}/" if folder else ""
    near = [
        path for path in tree if path.endswith(_ENDS) and path.startswith(start) and path[len(start) :].count("/") <= 1
    ]
    for pattern, read in READERS:
        paths = [path for path in near if fnmatchcase(path[len(start) :], pattern)]
        yield sorted(paths, key=_usual_first), read


def _required(tree: Tree, paths: Iterable[str], read: Reader) -> Iterator[tuple[str, str]]:
    """The requirements of Django in these files and in those that they include."""
    for path, text in _texts(tree, paths, read):
        way = read if path in paths else requirements
        yield from ((path, item) for item in found_in(way, text) if isinstance(item, str))


def _texts(tree: Tree, paths: Iterable[str], read: Reader) -> Iterator[tuple[str, str]]:
    """These files, and those that they include: each once."""
    pending = [(path, read) for path in paths]
    seen = {path for path, _ in pending}
    while pending:
        path, way = pending.pop(0)
        if tree.size(path) > _LARGEST:
            continue
        text = tree.read([path])[path].decode("utf-8", "replace")
        yield path, text
        for item in found_in(way, text):
            if not isinstance(item, Include):
                continue
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), item.path))
            if other in tree and other not in seen and len(seen) < _MOST_INCLUDED:
                seen.add(other)
                pending.append((other, requirements))


def _usual_first(path: str) -> tuple[bool, int, str]:
    return any(word in path for word in ("dev", "test", "doc", "lint")), path.count("/"), path


def _numbers(requirement: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", requirement))
