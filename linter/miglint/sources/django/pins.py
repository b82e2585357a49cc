"""What a project requires of Django, read from its lock files and requirements."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from miglint.changeset import Tree

_REQUIREMENT = re.compile(
    r"django(?:\[[^\]]*\])?\s*\(?((?:[<>=!~]=?=?\s*[\w.*]+\s*,?\s*)*)\)?\s*(?:[;#].*)?$", re.IGNORECASE
)
_CLAUSE = re.compile(r"(===?|~=|!=|<=|>=|<|>)\s*([\d.]+)(\.\*)?")
_DRIVER = re.compile(r"(?<![\w.-])psycopg2?(?![\w.])")
_LARGEST = 20_000_000


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
    """What files at the project's root, then those at the repository's, say of Django; the firmest first."""
    for folder in dict.fromkeys([root, ""]):
        near = list(_paths(tree, folder))
        for pattern, read in _READERS:
            paths = [path for path in near if fnmatchcase(path[len(folder) :].lstrip("/"), pattern)]
            found = [Pin(item, path) for path in sorted(paths, key=_usual_first) for item in _read(tree, path, read)]
            exact = [pin for pin in found if "==" in pin.requirement]
            yield from sorted(exact, key=lambda pin: _numbers(pin.requirement), reverse=True)
            yield from (pin for pin in found if pin not in exact and pin.requirement)


def driver(tree: Tree, root: str) -> str:
    """`psycopg`, `psycopg2`, or neither: which of them the same files name. Django takes psycopg where both are."""
    found = set()
    for folder in dict.fromkeys([root, ""]):
        for path in _paths(tree, folder):
            relative = path[len(folder) :].lstrip("/")
            if any(fnmatchcase(relative, pattern) for pattern, _ in _READERS) and tree.size(path) <= _LARGEST:
                text = tree.read([path])[path].decode("utf-8", "replace")
                lines = (line.partition("#")[0] for line in text.splitlines() if "psycopg" in line)
                found |= {name for line in lines for name in _DRIVER.findall(line)}
    return next((name for name in ("psycopg", "psycopg2") if name in found), "")


def _paths(tree: Tree, folder: str) -> Iterator[str]:
    start = f"{folder}/" if folder else ""
    return (path for path in tree if path.startswith(start) and path[len(start) :].count("/") <= 1)


def _usual_first(path: str) -> tuple[bool, int, str]:
    return any(word in path for word in ("dev", "test", "doc", "lint")), path.count("/"), path


def _numbers(requirement: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", requirement))


def _read(tree: Tree, path: str, read: Callable[[str], Iterable[str]]) -> list[str]:
    if tree.size(path) > _LARGEST:
        return []
    try:
        return [item.strip() for item in read(tree.read([path])[path].decode("utf-8", "replace"))]
    except (ValueError, SyntaxError, KeyError, TypeError, AttributeError, RecursionError, configparser.Error):
        return []


def _of_lines(lines: Iterable[Any]) -> Iterator[str]:
    """The requirements of Django among requirements."""
    for line in lines:
        match = _REQUIREMENT.match(line.split(" --hash")[0].rstrip("\\ ").strip()) if isinstance(line, str) else None
        if match is not None:
            yield match.group(1)


def _requirements(text: str) -> Iterator[str]:
    return _of_lines(text.splitlines())


def _lock(text: str) -> Iterator[str]:
    """uv.lock, poetry.lock and pdm.lock hold `[[package]]` tables."""
    for package in tomllib.loads(text)["package"]:
        if package["name"].lower() == "django":
            yield f"=={package['version']}"


def _pipfile_lock(text: str) -> Iterator[str]:
    yield json.loads(text)["default"]["django"]["version"]


def _pipfile(text: str) -> Iterator[str]:
    packages = {name.lower(): value for name, value in tomllib.loads(text)["packages"].items()}
    yield _written(packages["django"])


def _written(value: Any) -> str:
    """A requirement of Pipfile or Poetry: a string or a table; Poetry's caret is a range."""
    text = str(value["version"] if isinstance(value, dict) else value)
    if text.startswith("^"):
        major = int(text[1:].split(".")[0])
        return f">={text[1:]},<{major + 1}"
    return f"=={text}" if text[:1].isdigit() else text


def _pyproject(text: str) -> Iterator[str]:
    data = tomllib.loads(text)
    project = data.get("project", {})
    yield from _of_lines(project.get("dependencies", ()))
    poetry = data.get("tool", {}).get("poetry", {})
    for name, value in poetry.get("dependencies", {}).items():
        if name.lower() == "django":
            yield _written(value)
    for group in (project.get("optional-dependencies", {}), data.get("dependency-groups", {})):
        for lines in group.values():
            yield from _of_lines(lines)


def _setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return _of_lines(parser.get("options", "install_requires", fallback="").splitlines())


def _setup_py(text: str) -> Iterator[str]:
    strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return (found for found in _of_lines(strings) if found)


_READERS: tuple[tuple[str, Callable[[str], Iterable[str]]], ...] = (
    ("uv.lock", _lock),
    ("poetry.lock", _lock),
    ("pdm.lock", _lock),
    ("Pipfile.lock", _pipfile_lock),
    ("requirements*.txt", _requirements),
    ("requirements/*.txt", _requirements),
    ("constraints*.txt", _requirements),
    ("requirements*.in", _requirements),
    ("requirements/*.in", _requirements),
    ("pyproject.toml", _pyproject),
    ("Pipfile", _pipfile),
    ("setup.cfg", _setup_cfg),
    ("setup.py", _setup_py),
)
