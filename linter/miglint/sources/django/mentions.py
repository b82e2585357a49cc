"""Which migrations may name a model, told from their text, so that no others need to be evaluated for it.

A name stands in the text of a migration that uses it, unless it comes from a setting, out of another file of the
repository, or is put together; a text that does one of these may name anything.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property, lru_cache

from miglint.changeset import Tree
from miglint.history import History, Key
from miglint.sources.django.touches import ModelKey

_USER = "settings.auth_user_model"
_SETTINGS = ("from django.conf import settings", _USER)
_ELSEWHERE = sys.stdlib_module_names | {"django"}
"""Packages that are not the repository's."""


_COMPOSING = (
    *(".format(", ".join(", ".replace(", "open(", "read_text(", "read_bytes("),
    *(" % ", " + ", '"%', "'%", '"+', "'+", "+="),
)
"""Where text may be put together, or comes out of other files: then names need not stand there whole."""
_NO_NAME = ("related_name='+'", 'related_name="+"')
"""Django's way to say that there is none."""
_IMPORT = re.compile(r"(?:^|[:;])[^\S\n]*((?:from|import)\b.*)", re.MULTILINE)
"""Where statements may begin."""
_FORMATTED = re.compile(r"""fr?["']""")


class _Text:
    """A file, and the same in lower case; empty if the file is in another encoding, which it declares."""

    def __init__(self, content: bytes) -> None:
        try:
            self._text = content.decode()
        except UnicodeDecodeError:
            self._text = ""
        self.lower = self._text.lower()

    @cached_property
    def closed(self) -> bool:
        """Whether every name that the file uses stands in it, the user model's aside."""
        lower = self.lower
        settings = lower.count("settings") - sum(lower.count(harmless) for harmless in _SETTINGS)
        whole = bool(lower) and "\r" not in lower and settings == 0 and not _is_composed(lower)
        return whole and all(_package(line) in _ELSEWHERE for line in _imports(self._text))


class Mentions:
    """The texts of a history's migrations, each read once, in batches."""

    def __init__(self, history: History, tree: Tree) -> None:
        self._migrations = history.migrations
        self._user = history.settings.get("AUTH_USER_MODEL")
        self._tree = tree
        self._texts: dict[str, _Text] = {}

    def naming(self, models: Collection[ModelKey], keys: Iterable[Key]) -> Iterator[Key]:
        """Those of the keys whose text may name one of the models."""
        words = {model.name for model in models}
        if self._user is None or ModelKey.parse(self._user, "") in models:
            words.add(_USER)
        yield from self.holding(words, keys)

    def holding(self, words: Collection[str], keys: Iterable[Key]) -> Iterator[Key]:
        """Those of the keys whose text may use one of some names, given in lower case."""
        wanted = [(key, self._migrations[key].path) for key in keys]
        self._read(path for _, path in wanted)
        for key, path in wanted:
            text = self._texts[path]
            if any(word in text.lower for word in words) or not text.closed:
                yield key

    def containing(self, word: str, keys: Iterable[Key]) -> list[Key]:
        """Those of the keys whose text may hold a word, given in lower case."""
        wanted = [(key, self._migrations[key].path) for key in keys]
        self._read(path for _, path in wanted)
        return [key for key, path in wanted if word in self._texts[path].lower or not self._texts[path].lower]

    def _read(self, paths: Iterable[str]) -> None:
        missing = [path for path in paths if path not in self._texts]
        if missing:
            self._texts |= {path: _text(content) for path, content in self._tree.read(missing).items()}


@lru_cache(maxsize=4_096)
def _text(content: bytes) -> _Text:
    """A file's text; the trees of the base and of the head hold nearly the same files."""
    return _Text(content)


def _is_composed(lower: str) -> bool:
    """Whether text may be put together somewhere."""
    for harmless in _NO_NAME:
        lower = lower.replace(harmless, "")
    return any(mark in lower for mark in _COMPOSING) or _has_formatted_strings(lower)


def _has_formatted_strings(lower: str) -> bool:
    """Whether an `f` before a quote may be a prefix; a look behind in the pattern would make searching slow."""
    before = (lower[match.start() - 1 : match.start()] for match in _FORMATTED.finditer(lower))
    return any(character == "r" or not (character.isalnum() or character == "_") for character in before)


def _imports(text: str) -> Iterator[list[str]]:
    """The words of each line that may be an import, wherever it stands."""
    return (match[1].split() for match in _IMPORT.finditer(text))


def _package(words: list[str]) -> str:
    """The package that an import names first; empty for one that is relative or names several."""
    return words[1].partition(".")[0] if len(words) > 1 and "," not in words[1] else ""
