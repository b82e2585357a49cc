"""Paths and files of the repository, as `os.path`, `pathlib` and `open` would give them; the disk is never asked."""

from __future__ import annotations

import ast
import posixpath
from typing import Any

from miglint.sources.django.evaluator.frames import FilePath, OpenFile, World

_SAME = frozenset(
    "os.path.abspath os.path.realpath os.path.normpath os.path.expanduser os.fspath pathlib.Path "
    "pathlib.PurePath pathlib.PosixPath pathlib.PurePosixPath".split()
)
_OPEN = frozenset(["io.open", "codecs.open"])
_SAME_METHODS = frozenset(["resolve", "absolute", "expanduser", "as_posix", "__str__", "__fspath__"])


def path_of(value: Any) -> FilePath | None:
    """A path in the repository from `__file__`'s relatives or a relative text; None if it leaves the repository."""
    if isinstance(value, FilePath):
        text = value.path
    elif isinstance(value, str) and value and not value.startswith("/"):
        text = value
    else:
        return None
    path = posixpath.normpath(text)
    return None if path.startswith("../") or path == ".." or "\0" in path else FilePath("" if path == "." else path)


def operate(kind: type[ast.operator], left: Any, right: Any) -> FilePath | None:
    """`path / "name"` and `path + "/name"`."""
    if kind is ast.Div and isinstance(left, FilePath):
        return join([left, right])
    if kind is ast.Add and isinstance(left, FilePath) and isinstance(right, str):
        return path_of(FilePath(left.path + right))
    return None


def join(parts: list[Any]) -> FilePath | None:
    """`os.path.join` where the first part is known to be in the repository."""
    if not parts or not all(isinstance(part, FilePath | str) for part in parts):
        return None
    texts = [part.path if isinstance(part, FilePath) else part for part in parts]
    if any(text.startswith("/") for text in texts):
        return None
    return path_of(FilePath(posixpath.join(*texts)))


def attribute(path: FilePath, name: str) -> Any:
    """`path.parent` and its like; None if there is no such attribute here."""
    match name:
        case "parent":
            return FilePath(posixpath.dirname(path.path))
        case "parents":
            parents: list[FilePath] = []
            rest = path.path
            while rest and len(parents) < 100:
                rest = posixpath.dirname(rest)
                parents.append(FilePath(rest))
            return parents
        case "name":
            return posixpath.basename(path.path)
        case "stem":
            return posixpath.splitext(posixpath.basename(path.path))[0]
        case "suffix":
            return posixpath.splitext(path.path)[1]
    return None


def call_method(world: World, receiver: FilePath | OpenFile, name: str, args: list[Any]) -> Any:
    """Methods of paths and open files; None if it is not one of them or there is no such file."""
    if isinstance(receiver, OpenFile):
        text = world.read_text(receiver.path)
        if text is None:
            return None
        return {"read": text, "readlines": text.splitlines(keepends=True)}.get(name)
    if name in _SAME_METHODS:
        return receiver
    match name, args:
        case "joinpath", [*parts]:
            return join([receiver, *parts])
        case "with_name", [str(new)]:
            return join([FilePath(posixpath.dirname(receiver.path)), new])
        case "with_suffix", [str(new)]:
            return FilePath(posixpath.splitext(receiver.path)[0] + new)
        case "read_text", _:
            return world.read_text(receiver.path)
        case "open", _:
            return OpenFile(receiver.path)
        case "replace", [str(old), str(new)]:
            return path_of(FilePath(receiver.path.replace(old, new)))
    return None


def call_function(name: str, args: list[Any]) -> Any:
    """`os.path` and `open`; None if it is not one of them or the arguments are something else."""
    if not args:
        return None
    if name in _SAME:
        return join(args) if len(args) > 1 else path_of(args[0])
    if name == "os.path.join":
        return join(args) if any(isinstance(part, FilePath) for part in args) or len(args) > 1 else None
    path = path_of(args[0])
    if path is None:
        return None
    if name == "os.path.dirname":
        return FilePath(posixpath.dirname(path.path))
    if name == "os.path.basename":
        return posixpath.basename(path.path)
    if name in _OPEN or name == "open":
        return OpenFile(path.path)
    return None
