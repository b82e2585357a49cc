"""Source in a Python newer than the one that runs here, written so that this one can parse it.

PEP 758 (Python 3.14) lets `except A, B:` go without parentheses, and formatters remove them. The parentheses are put
where the blank after `except` and the colon are, so that nothing before the colon moves.
"""

from __future__ import annotations

import io
import tokenize

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def with_parentheses(text: str) -> str:
    """The text with `except A, B:` as `except(A, B):`. Raises TokenError or SyntaxError for what is no Python."""
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.type == tokenize.NAME and token.string == "except":
            colon = _colon_of_bare_types(tokens, index + 1)
            if colon is not None and colon.start[0] == token.start[0]:
                row, column = token.end
                line = lines[row - 1]
                inner = line[column + 1 : colon.start[1]]
                lines[row - 1] = f"{line[:column]}({inner}){line[colon.start[1] :]}"
    return "".join(lines)


def _colon_of_bare_types(tokens: list[tokenize.TokenInfo], start: int) -> tokenize.TokenInfo | None:
    """The colon that ends `except A, B:`; None if there is no comma outside brackets before it."""
    depth = 0
    comma = False
    for token in tokens[start:]:
        if token.string in _OPEN:
            depth += 1
        elif token.string in _CLOSE:
            depth -= 1
        elif depth == 0 and token.string == ",":
            comma = True
        elif depth == 0 and token.string == ":":
            return token if comma else None
        elif token.type == tokenize.NEWLINE:
            return None
    return None
