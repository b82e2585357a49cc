"""Text from the repository under check, made harmless for the place it is shown in.

Names of files, apps, models, fields, branches and everything in SQL come from whoever wrote the change. Each function
here takes such text and returns what may stand in one kind of output; nothing untrusted is written anywhere without
passing through one of them.
"""

from __future__ import annotations

import re
from typing import Any

ZERO_WIDTH_SPACE = "\u200b"
_PUNCTUATION = frozenset(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")
_PLAIN = frozenset("\"',./:;%?=@#()!-+")
"""Punctuation that means nothing to Markdown inside a line once the sequences in `_AUTOLINKS` are broken."""
_BLOCK_START = re.compile(r"^(\d+(?=[.)])|(?=[-+=#:]))")
"""What would begin a list, a heading or a table's rule at the start of a line."""
_AUTOLINKS = re.compile(r"@(?=\w)|[#!%&](?=\d)|(?<=:)(?=//)|(?i:www)(?=\.)|\b(?i:GH)(?=-\d)|(?<=[\w.+-])@")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FOREIGN_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Those that stand for no byte."""
_MERMAID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.- ()/")


def visible(text: str, *, keep: str = "") -> str:
    """Every control, format, bidirectional and unassigned character and lone surrogate as its escape (`\\u202e`).

    `keep` names those that may stay, such as the newline in a block of code.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _as_escape(char) for char in text)


def line(text: str, limit: int | None = None) -> str:
    """Visible text on a single line, cut at `limit` characters."""
    return visible(text if limit is None else capped(text, limit))


def block(text: str, limit: int | None = None) -> str:
    """Visible text of several lines, cut at `limit` characters; tabs stay."""
    text = text.replace("\r\n", "\n")
    return visible(text if limit is None else capped(text, limit), keep="\n\t")


def capped(text: str, limit: int) -> str:
    """The text, or as much of it as fits in `limit` characters with an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def encodable(text: str) -> str:
    """Text as it is but for what UTF-8 has no bytes for: lone surrogates as `visible` shows them."""
    return _SURROGATE.sub(lambda match: _as_escape(match.group()), text)


def plain(data: Any) -> Any:
    """Lists and mappings with every text in them made `encodable`: strict readers of JSON refuse other text."""
    match data:
        case str():
            return encodable(data)
        case list():
            return [plain(item) for item in data]
        case dict():
            return {key: plain(value) for key, value in data.items()}
    return data


def address(path: str) -> str:
    """A path as a part of an address, its bytes percent-encoded as git has them."""
    from urllib.parse import quote  # only some reports have links: the others need not wait for its import

    return quote(encodable(path) if _FOREIGN_SURROGATE.search(path) else path, errors="surrogateescape")


def html(text: str) -> str:
    """Text for the inside of an HTML element or a quoted attribute."""
    from html import escape

    return escape(line(text), quote=True)


def markdown(text: str, limit: int | None = None) -> str:
    """Prose for GitHub and GitLab flavoured Markdown, table cells included: no markup, HTML, mention or link."""
    return _BLOCK_START.sub(r"\1\\", _inline(line(text.strip(), limit)), count=1)


def prose(text: str, limit: int | None = None) -> str:
    """Like `markdown`, but what stands between backticks in pairs is shown as code, as a message means it."""
    parts = line(text.strip(), limit).split("`")
    if len(parts) % 2 == 0:
        return markdown(text, limit)
    shown = "".join(code(part) if number % 2 and part else _inline(part) for number, part in enumerate(parts))
    return _BLOCK_START.sub(r"\1\\", shown, count=1)


def code(text: str, limit: int | None = None) -> str:
    """An inline code span, also for table cells; nobody is mentioned from within one."""
    shown = line(text, limit).replace("|", "\\|") or " "
    ticks = "`" * (_longest_run(shown, "`") + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(text: str, language: str = "", limit: int | None = None) -> str:
    """A fenced code block, its fence longer than any run of backticks within."""
    shown = block(text, limit)
    fence = "`" * max(3, _longest_run(shown, "`") + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def mermaid(text: str, limit: int = 80) -> str:
    """A label between double quotes in a mermaid diagram; everything unusual as mermaid's entity codes."""
    return "".join(char if char in _MERMAID else f"#{ord(char)};" for char in line(text, limit))


def _as_escape(char: str) -> str:
    """`\\u202e`; a byte of a name that is no UTF-8, which Python keeps as a surrogate, as itself: `\\xff`."""
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def _inline(text: str) -> str:
    return "".join(_escape_markdown(char) for char in _break_autolinks(text))


def _escape_markdown(char: str) -> str:
    if char in "&<>":
        return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[char]
    return f"\\{char}" if char in _PUNCTUATION and char not in _PLAIN else char


def _break_autolinks(text: str) -> str:
    """A zero-width space where GitHub or GitLab would see a mention, an issue, an address or a link."""
    return _AUTOLINKS.sub(lambda match: match.group() + ZERO_WIDTH_SPACE, text)


def _longest_run(text: str, char: str) -> int:
    return max((len(run) for run in re.findall(re.escape(char) + "+", text)), default=0)
