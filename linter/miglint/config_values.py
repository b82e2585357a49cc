"""Values as they stand in a configuration file, each knowing its key and line for the error that it may deserve."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from miglint.errors import MiglintError
from miglint.suggest import did_you_mean

Trail = tuple[str | int, ...]


class Value(Struct, frozen=True):
    """A value of the configuration: plain data (scalars from YAML are text as written) and where it came from."""

    data: Any
    file: str
    trail: Trail = ()
    lines: Mapping[Trail, int] | None = None
    """The line of each value, where the format tells."""

    @property
    def line(self) -> int | None:
        """The line that it stands on, where the format tells."""
        return (self.lines or {}).get(self.trail)

    def error(self, what: str) -> MiglintError:
        """An error about this value: `.miglint.yml:3: rules.x: what`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.trail).lstrip(".")
        return MiglintError(f"{place}: {key}: {what}" if key else f"{place}: {what}")

    def wrong(self, allowed: str) -> MiglintError:
        """The error for a value of the wrong kind."""
        shown = repr(self.data)
        return self.error(f"{shown if len(shown) <= 60 else shown[:59] + '…'} is not {allowed}")

    def keys(self, known: Iterable[str]) -> dict[str, Value]:
        """The entries of a mapping whose keys are all known."""
        entries = self.mapping()
        known = sorted(known)
        for key, value in entries.items():
            if key not in known:
                raise value.error(f"unknown key{did_you_mean(key, known)}; known are {', '.join(known)}")
        return entries

    def mapping(self) -> dict[str, Value]:
        """The entries of a mapping with keys of any name."""
        if not isinstance(self.data, dict):
            raise self.wrong("a mapping of keys to values")
        return {str(key): self._inner(str(key), value) for key, value in self.data.items()}

    def sequence(self) -> list[Value]:
        """The items of a list."""
        if not isinstance(self.data, list):
            raise self.wrong("a list")
        return [self._inner(index, item) for index, item in enumerate(self.data)]

    def text(self) -> str:
        """A text that is not empty; a number or a date counts as it is written."""
        written = isinstance(self.data, (str, int, float, dt.date)) and not isinstance(self.data, bool)
        if not written or not str(self.data).strip():
            raise self.wrong("a text")
        return str(self.data).strip()

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.sequence())

    def flag(self) -> bool:
        """`true` or `false`."""
        for flag, word in ((True, "true"), (False, "false")):
            if self.data is flag or (isinstance(self.data, str) and self.data.lower() == word):
                return flag
        raise self.wrong("true or false")

    def one_of(self, allowed: Iterable[str]) -> str:
        """One of some words."""
        words = list(allowed)
        if self.data not in words:
            guess = did_you_mean(self.data, words) if isinstance(self.data, str) else ""
            raise self.wrong(f"one of {', '.join(words)}{guess}")
        return str(self.data)

    def date(self) -> dt.date:
        """A day such as 2027-01-31."""
        try:
            return dt.date.fromisoformat(self.text())
        except ValueError:
            raise self.wrong("a date such as 2027-01-31") from None

    def version(self) -> tuple[int, ...]:
        """A version such as 16 or 10.11, as numbers."""
        try:
            return tuple(int(part) for part in self.text().split("."))
        except ValueError:
            raise self.wrong('a version such as "16" or "10.11"') from None

    def _inner(self, part: str | int, data: Any) -> Value:
        return Value(data, self.file, (*self.trail, part), self.lines)


def read_toml(content: bytes, shown: str) -> Value | None:
    """`[tool.miglint]` of a pyproject.toml, or None if it has no such table."""
    if b"miglint" not in content:
        return None
    import tomllib

    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MiglintError(f"{shown} is not valid TOML: {_one_line(error)}") from error
    tools = document.get("tool", {})
    table = tools.get("miglint") if isinstance(tools, dict) else None
    return None if table is None else Value(table, f"{shown} [tool.miglint]")


def read_yaml(content: bytes, shown: str) -> Value:
    """A YAML file; empty counts as an empty mapping."""
    import yaml

    from miglint.config_yaml import plain

    try:
        data, lines = plain(content)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise MiglintError(f"{shown}{line}: {error.problem or error.context or 'not valid YAML'}") from error
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise MiglintError(f"{shown} is not valid YAML: {_one_line(error)}") from error
    return Value({} if data in (None, "") else data, shown, (), lines)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
