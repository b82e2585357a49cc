"""A unified diff that `git apply` and `patch -p1` accept, in bytes as the files are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

_NO_NEWLINE = b"\\ No newline at end of file\n"
_PLAIN = frozenset(range(0x20, 0x7F)) - {0x22, 0x5C}
_NAMED = {0x07: "a", 0x08: "b", 0x09: "t", 0x0A: "n", 0x0B: "v", 0x0C: "f", 0x0D: "r", 0x22: '"', 0x5C: "\\"}


def patch(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], renames: Mapping[str, str]) -> bytes:
    """What changes, by path; None: no file. `renames` are the pairs to show as one file, neither name another one's."""
    followed = set(renames.values())
    return b"".join(
        part
        for path in sorted(after)
        if path not in followed
        for part in _file(path, renames.get(path, path), before, after)
    )


def _file(
    old: str, new: str, originals: Mapping[str, bytes | None], changes: Mapping[str, bytes | None]
) -> Iterator[bytes]:
    before, after = originals[old], changes[new]
    yield f"diff --git {_quoted('a/' + old)} {_quoted('b/' + new)}\n".encode()
    if before is None:
        yield b"new file mode 100644\n"
    elif after is None:
        yield b"deleted file mode 100644\n"
    elif old != new:
        ratio = difflib.SequenceMatcher(None, _lines(before), _lines(after), autojunk=False).ratio()
        yield f"similarity index {int(ratio * 100)}%\nrename from {_quoted(old)}\nrename to {_quoted(new)}\n".encode()
    if before != after:
        yield from _hunks(_side("a/" + old, before), _side("b/" + new, after), _lines(before), _lines(after))


def _hunks(old: str, new: str, before: list[str], after: list[str]) -> Iterator[bytes]:
    for line in difflib.unified_diff(before, after, old, new):
        yield line.encode("latin-1")
        if not line.endswith("\n"):
            yield b"\n" + _NO_NEWLINE


def _lines(content: bytes | None) -> list[str]:
    """The lines with their ends, a byte as a character; only a newline ends a line, as git and patch see it."""
    text = (content or b"").decode("latin-1")
    found = [f"{line}\n" for line in text.split("\n")]
    found[-1] = found[-1][:-1]
    return [line for line in found if line]


def _side(path: str, content: bytes | None) -> str:
    name = _quoted(path)
    # As git does: without the tab, patch would take the name to end at the space.
    return "/dev/null" if content is None else f"{name}\t" if " " in name else name


def _quoted(path: str) -> str:
    """A path as git writes it in a patch: in quotes with escapes if it holds anything unusual."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(byte in _PLAIN for byte in raw):
        return path
    return '"' + "".join(_escaped(raw)) + '"'


def _escaped(raw: Iterable[int]) -> Iterator[str]:
    for byte in raw:
        yield f"\\{_NAMED[byte]}" if byte in _NAMED else chr(byte) if byte in _PLAIN else f"\\{byte:03o}"
