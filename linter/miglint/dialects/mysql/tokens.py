"""MySQL's tokens.

Of the libraries, sqlparse groups what MySQL spells its own way wrongly (`#` comments, `/*! */` code, backslashes in
strings), and sqlglot takes 150 ms to import, refuses MariaDB's `ALTER INDEX … IGNORED` and hands back EXCHANGE
PARTITION and others as opaque text, so that unknown and understood would look alike. DDL is a small language; a reader
of our own says of each statement whether it understood all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from miglint.dialects.tokens import Kind, NotUnderstood, Token

LEXER = re.compile(
    r"""
      (?P<blank>\s+|--(?=[\s]|$)[^\n]*|\#[^\n]*|/\*M?!\d*|/\*.*?\*/|\*/)
    | (?P<string>(?:\b[xXbBnN])?'(?:[^'\\]++|\\.|'')*+'|"(?:[^"\\]++|\\.|"")*+")
    | `(?P<name>(?:[^`]++|``)++)`
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$]))
    | (?P<word>@{0,2}[\w$]+)
    | (?P<broken>['"`]|/\*)
    | (?P<symbol>.)
    """,
    re.DOTALL | re.VERBOSE,
)


def tokenize(sql: str) -> Iterator[Token]:
    """The tokens of a text; what stands in `/*! … */` is code to the server, and so it is here."""
    for match in LEXER.finditer(sql):
        kind, text = match.lastgroup, match[0]
        if kind == "blank":
            continue
        if kind == "broken":
            what = "comment" if text == "/*" else "string or quoted name"
            raise NotUnderstood(f"the {what} that begins at character {match.start() + 1} never ends")
        if kind == "word":
            yield Token(Kind.WORD, text, text.upper(), match.start(), match.end())
        elif kind == "name":
            yield Token(Kind.NAME, match["name"].replace("``", "`"), "", match.start(), match.end())
        elif kind == "string":
            yield Token(Kind.STRING, _unquoted(text), "", match.start(), match.end())
        else:
            number = kind == "number"
            yield Token(
                Kind.NUMBER if number else Kind.SYMBOL, text, "" if number else text, match.start(), match.end()
            )


def _unquoted(text: str) -> str:
    quote = text[-1]
    body = text[text.index(quote) + 1 : -1].replace(quote * 2, quote)
    return re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL)
