"""Python source as text and syntax tree, from bytes that may be anything."""

from __future__ import annotations

import ast
import io
import itertools
import re
import tokenize
import warnings
from dataclasses import dataclass, field
from functools import cached_property

from miglint.finding import Span
from miglint.sources.django.newer_syntax import with_parentheses

MAX_BYTES = 5_000_000
MAX_TOKENS = 250_000
"""A syntax tree takes about 400 bytes a token."""
_TOKENS_OF_A_BRACE = 4
"""In an f-string a brace begins an expression, which the count of tokens does not see."""
_SMALL = 200_000
"""Bytes of source which cannot hold so many tokens that the tree gets too big."""
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_TEXT_AND_COMMENTS = re.compile(
    rb"""
    \"\"\" (?: [^\\"]++ | \\. | "(?!"") )*+ \"\"\"
    | ''' (?: [^\\']++ | \\. | '(?!'') )*+ '''
    | " (?: [^\\\n"]++ | \\. )*+ "
    | ' (?: [^\\\n']++ | \\. )*+ '
    | \# [^\n]*+
    """,
    re.DOTALL | re.VERBOSE,
)
"""Possessive, so that the engine remembers nothing of the way and needs no memory for it."""
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_BARE_EXCEPT = "multiple exception types must be parenthesized"
START = Span(1, 1, 1, 1)


class Unparsable(Exception):
    """Why bytes are not Python source that can be read, and where."""

    def __init__(self, reason: str, span: Span = START) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span


@dataclass(frozen=True)
class Source:
    """One module: where it is, what it says. `module` is its dotted name as the repository would import it."""

    path: str
    module: str
    blob: str
    content: bytes = field(repr=False)
    tree: ast.Module = field(repr=False, compare=False)

    @property
    def package(self) -> str:
        """The dotted name that relative imports start from."""
        return self.module if self.path.endswith("/__init__.py") else self.module.rpartition(".")[0]

    @cached_property
    def text(self) -> str:
        """The source as the parser read it, line breaks as they are in the file."""
        return decode(self.content)

    @cached_property
    def lines(self) -> list[str]:
        """The lines as the parser counts them."""
        return _LINE_BREAK.split(self.text)

    @cached_property
    def _ascii(self) -> bool:
        return self.content.isascii()

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where a node stands, in characters. The tree's own columns are bytes of UTF-8."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or 0
        if self._ascii:
            return Span(node.lineno, node.col_offset + 1, end_line, end_column + 1)
        return Span(
            node.lineno, self._column(node.lineno, node.col_offset), end_line, self._column(end_line, end_column)
        )

    def _column(self, line: int, offset: int) -> int:
        return len(self.lines[line - 1].encode()[:offset].decode(errors="replace")) + 1

    def line(self, number: int) -> str:
        """One line, counted from 1; the others are not looked at where the file is plain."""
        if self._ascii and b"\r" not in self.content:
            return self.content.split(b"\n", number)[number - 1].decode()
        return self.lines[number - 1] if number <= len(self.lines) else ""

    def segment(self, span: Span) -> str:
        """The text of a span."""
        lines = self.lines[span.line - 1 : span.end_line]
        if len(lines) == 1:
            return lines[0][span.column - 1 : span.end_column - 1]
        return "\n".join([lines[0][span.column - 1 :], *lines[1:-1], lines[-1][: span.end_column - 1]])


def decode(content: bytes) -> str:
    """Source text by its byte order mark and PEP 263 cookie. Raises Unparsable."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except (SyntaxError, LookupError, UnicodeError) as error:
        raise Unparsable(f"the encoding cannot be read: {_one_line(error)}") from None


def parse(content: bytes, path: str) -> ast.Module:
    """The syntax tree of a file's bytes. Raises Unparsable, whatever they are.

    Size is bounded before the parser sees it: a tree takes hundreds of times the bytes of its source. The parser
    itself refuses deep nesting (tried on CPython 3.11 to 3.13 with all that nests).
    """
    if len(content) > MAX_BYTES:
        raise Unparsable(f"the file is larger than {MAX_BYTES // 1_000_000} MB")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise Unparsable("the file holds a NUL byte", Span(line, 1, line, 1))
    if not content.isascii():
        decode(content)  # the parser itself lets bytes pass in comments that no import of the file would
    if len(content) > _SMALL:
        _refuse_too_many_tokens(content)
    try:
        return _parse(content, path)
    except SyntaxError as error:
        if not error.lineno:
            raise Unparsable(f"the file cannot be parsed: {_one_line(error.msg)}") from None
        column = max(error.offset or 1, 1)
        span = Span(error.lineno, column, error.lineno, column)
        raise Unparsable(f"syntax error: {_one_line(error.msg)}", span) from None
    except (RecursionError, MemoryError):
        raise Unparsable("the code is nested too deeply") from None
    except (ValueError, UnicodeError, LookupError) as error:
        raise Unparsable(f"the file cannot be parsed: {_one_line(error)}") from None


def _parse(content: bytes, path: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(content, filename=path)
        except SyntaxError as error:
            if error.msg is None or _BARE_EXCEPT not in error.msg:
                raise
            try:
                return ast.parse(with_parentheses(decode(content)), filename=path)
            except (SyntaxError, tokenize.TokenError):
                raise error from None


def _refuse_too_many_tokens(content: bytes) -> None:
    tokens = _TOKEN.finditer(_TEXT_AND_COMMENTS.sub(b" 0 ", content))
    limit = MAX_TOKENS - _TOKENS_OF_A_BRACE * content.count(b"{")
    if limit < 0 or next(itertools.islice(tokens, limit, None), None) is not None:
        raise Unparsable(f"the file holds more than {MAX_TOKENS:,} tokens")


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
