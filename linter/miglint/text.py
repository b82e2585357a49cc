"""The text of a file from the repository: decoded as its language says, in the lines that spans count."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
import tokenize

_NEWLINE = re.compile(r"\r\n|\r|\n")


def decode(path: str, content: bytes) -> str:
    """The file as text; bytes that are not in its encoding become U+FFFD. Never fails."""
    if not path.endswith(".py"):
        return content.removeprefix(codecs.BOM_UTF8).decode(errors="replace")
    encoding = "utf-8-sig"
    with contextlib.suppress(SyntaxError):
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return content.decode(encoding, errors="replace")


def lines(text: str) -> list[str]:
    """The lines without their ends, as Python and git count them: a form feed or U+2028 ends no line."""
    return _NEWLINE.split(text)


def line_break(text: str) -> str:
    """What ends the lines of a text: what ends its first one, and a newline where there is no other."""
    found = _NEWLINE.search(text)
    return found[0] if found else "\n"
