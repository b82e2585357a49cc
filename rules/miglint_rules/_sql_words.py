"""The words of SQL statements, by tokens: what stands in strings, names and comments is none of them."""

from __future__ import annotations

from collections.abc import Iterator


def check_of(sql: str) -> str:
    """What stands in the brackets of a statement's CHECK; empty if it has none, or several."""
    from sqlparse.lexer import tokenize

    found: list[str] | None = None
    depth, waiting = 0, False
    for _, text in tokenize(sql):  # type: ignore[no-untyped-call]  # sqlparse has no annotations
        if waiting and text == "(":
            if found is not None:
                return ""
            found, depth, waiting = [], 1, False
        elif depth and found is not None:
            depth += {"(": 1, ")": -1}.get(text, 0)
            found.append(text if depth else "")
        elif not text.isspace():
            waiting = text.upper() == "CHECK"
    return "".join(found or ()).strip()


def statements(sql: str) -> Iterator[list[str]]:
    """Each statement's tokens without blanks and comments; words that are not quoted in upper case."""
    from sqlparse import tokens
    from sqlparse.lexer import tokenize

    words: list[str] = []
    for kind, text in tokenize(sql):  # type: ignore[no-untyped-call]  # sqlparse has no annotations
        if kind in tokens.Punctuation and text == ";":
            if words:
                yield words
            words = []
        elif kind not in tokens.Whitespace and kind not in tokens.Comment:
            # sqlparse takes some pairs of words ("CREATE OR REPLACE") for one token.
            words += text.upper().split() if kind in tokens.Keyword or kind in tokens.Name else [text]
    if words:
        yield words
