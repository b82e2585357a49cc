"""Files that say which Django a project installs: how each kind is read."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

_REQUIREMENT = re.compile(
    r"django\s*(?:\[[^\]]*\])?\s*\(?((?:[<>=!~]=?=?\s*[\w.*]+\s*,?\s*)*)\)?\s*(?:[;#].*)?$", re.IGNORECASE
)
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)")
_FILE = re.compile(r"[\w./-]+\.(?:txt|in|pip)")
_LONGEST_LINE = 10_000
_INSTALL = re.compile(r"\b(?:pip3?|uv|poetry|pipenv)\b.*?\b(?:install|add)\b(.*)")


class Include(Struct, frozen=True):
    """Another file with requirements, by its path from the one that names it."""

    path: str


Reader = Callable[[str], Iterable[str | Include]]
"""Gives what a text requires of Django, as pip writes it (`>=5.2,<6`, empty if any will do), and what it includes."""


def found_in(read: Reader, text: str) -> list[str | Include]:
    """What a reader finds; nothing where the file is not what it should be."""
    try:
        return [item.strip() if isinstance(item, str) else item for item in read(text)]
    except (ValueError, SyntaxError, LookupError, TypeError, AttributeError, RecursionError, configparser.Error):
        return []


def requirements(text: str) -> Iterator[str | Include]:
    """A file as pip reads it."""
    for line in text.replace("\\\n", " ").splitlines():
        included = _INCLUDE.match(line.strip())
        if included is not None:
            yield Include(included.group(1))
    yield from _of_lines(text.splitlines())


def _of_lines(lines: Any) -> Iterator[str]:
    """The requirements of Django among requirements."""
    for line in lines if isinstance(lines, Iterable) else ():
        if isinstance(line, str) and len(line) < _LONGEST_LINE:
            match = _REQUIREMENT.match(" ".join(line.partition(" --hash")[0].rstrip("\\ ").split()))
            if match is not None:
                yield match.group(1)


def _lock(text: str) -> Iterator[str]:
    """uv.lock, poetry.lock and pdm.lock hold `[[package]]` tables, pylock.toml `[[packages]]`."""
    data = tomllib.loads(text)
    for package in data.get("package") or data["packages"]:
        if package["name"].lower() == "django":
            yield f"=={package['version']}"


def _pipfile_lock(text: str) -> Iterator[str]:
    data = json.loads(text)
    for section in ("default", "develop"):
        if "django" in data.get(section, {}):
            yield data[section]["django"]["version"]


def _pipfile(text: str) -> Iterator[str]:
    data = tomllib.loads(text)
    for section in ("packages", "dev-packages"):
        yield from _of_table(data.get(section, {}))


def _of_table(dependencies: Mapping[str, Any]) -> Iterator[str]:
    """A table of dependencies of Pipfile or Poetry: by name a version, a table, or several for several platforms."""
    for name, value in dependencies.items():
        if name.lower() == "django":
            yield from (_written(item) for item in (value if isinstance(value, list) else [value]))


def _written(value: Any) -> str:
    """A requirement as pip has it: `^5.2` is `>=5.2,<6`, `~5.2` is `>=5.2,<5.3`; the last of alternatives counts."""
    text = str(value["version"] if isinstance(value, dict) else value).rpartition("||")[2].strip()
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if text.startswith("^"):
        return f">={text[1:]},<{numbers[0] + 1}"
    if text.startswith("~") and not text.startswith("~="):
        above = f"{numbers[0]}.{numbers[1] + 1}" if len(numbers) > 1 else str(numbers[0] + 1)
        return f">={text[1:]},<{above}"
    return f"=={text}" if text[:1].isdigit() else text.removeprefix("*")


def _pyproject(text: str) -> Iterator[str | Include]:
    data = tomllib.loads(text)
    project, tool = data.get("project", {}), data.get("tool", {})
    uv, poetry = tool.get("uv", {}), tool.get("poetry", {})
    for lines in (uv.get("override-dependencies"), uv.get("constraint-dependencies"), project.get("dependencies")):
        yield from _of_lines(lines)
    yield from _of_table(poetry.get("dependencies", {}))
    yield from _of_lines(tool.get("flit", {}).get("metadata", {}).get("requires"))
    dynamic = tool.get("setuptools", {}).get("dynamic", {}).get("dependencies", {}).get("file", ())
    yield from (Include(path) for path in ([dynamic] if isinstance(dynamic, str) else dynamic))
    groups = (project.get("optional-dependencies", {}), data.get("dependency-groups", {}))
    for group in (*groups, tool.get("pdm", {}).get("dev-dependencies", {})):
        for lines in group.values():
            yield from _of_lines(lines)
    yield from _of_lines(uv.get("dev-dependencies"))
    for section in poetry.get("group", {}).values():
        yield from _of_table(section.get("dependencies", {}))
    yield from _of_table(poetry.get("dev-dependencies", {}))
    for environment in tool.get("hatch", {}).get("envs", {}).values():
        yield from _of_lines(environment.get("dependencies"))


def _setup_cfg(text: str) -> Iterator[str | Include]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    required = parser.get("options", "install_requires", fallback="")
    if required.lstrip().startswith("file:"):
        yield from (Include(word) for word in re.split(r"[\s,]+|file:", required) if _FILE.fullmatch(word))
    yield from _of_lines(required.splitlines())
    if parser.has_section("options.extras_require"):
        for _, lines in parser.items("options.extras_require"):
            yield from _of_lines(lines.splitlines())


def _setup_py(text: str) -> Iterator[str | Include]:
    strings = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    yield from (found for found in _of_lines(strings) if found)
    yield from (Include(name) for name in strings if isinstance(name, str) and _FILE.fullmatch(name))


def _environment(text: str) -> Iterator[str]:
    """conda's: `- django=5.2`, and `- pip:` with requirements as pip writes them."""
    import yaml

    try:
        found = yaml.safe_load(text)["dependencies"]
    except yaml.YAMLError as error:
        raise ValueError(error) from error
    for item in found:
        if isinstance(item, dict):
            yield from _of_lines(item.get("pip"))
        elif isinstance(item, str):
            plain = item.rpartition("::")[2].strip()
            yield from _of_lines([re.sub(r"^(\w+)\s*=\s*([\d.]+)(?:=.*)?$", r"\1==\2.*", plain)])


def _dockerfile(text: str) -> Iterator[str | Include]:
    """What `RUN pip install` names."""
    for line in text.replace("\\\n", " ").splitlines():
        for command in line.split("&&") if len(line) < _LONGEST_LINE and not line.lstrip().startswith("#") else ():
            installed = _INSTALL.search(command)
            if installed is not None:
                yield from (item for item in _of_lines(re.split(r"[\s'\"]+", installed.group(1))) if item)


READERS: tuple[tuple[str, Reader], ...] = (
    ("uv.lock", _lock),
    ("poetry.lock", _lock),
    ("pdm.lock", _lock),
    ("pylock*.toml", _lock),
    ("Pipfile.lock", _pipfile_lock),
    ("*requirements*.txt", requirements),
    ("requirements/*.txt", requirements),
    ("*constraints*.txt", requirements),
    ("*requirements*.in", requirements),
    ("requirements/*.in", requirements),
    ("*requirements*.pip", requirements),
    ("requirements/*.pip", requirements),
    ("pyproject.toml", _pyproject),
    ("Pipfile", _pipfile),
    ("setup.cfg", _setup_cfg),
    ("setup.py", _setup_py),
    ("environment*.yml", _environment),
    ("environment*.yaml", _environment),
    ("*Dockerfile*", _dockerfile),
)
"""The firmest first, by the pattern of the path from the folder; `*` may stand for one folder's name, too."""
