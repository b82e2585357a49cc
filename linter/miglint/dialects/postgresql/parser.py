"""SQL text to PostgreSQL's own parse tree, by the libpg_query that the package postgast carries.

The tree is taken as JSON and read as dictionaries, without postgast's protobuf classes: the shared library alone loads
in a third of the time, a dictionary is cheaper to look into than a message, and `match` works on it.

What libpg_query would not survive never reaches it. NUL bytes end its strings. It writes its tree recursively, a chain
of operators one level deep each: measured, 130 bytes of stack a level, so long texts are parsed in a thread whose stack
is large enough for the worst that their length allows.
"""

from __future__ import annotations

import ctypes
import re
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from miglint.dialects.tokens import too_deep
from miglint.errors import MiglintError

MAX_LENGTH = 6 * 1024 * 1024
SHORT = 64 * 1024
"""Characters up to which any text is safe on an ordinary stack of 8 MiB."""
STACK_PER_BYTE = 160
"""Bytes of stack for a byte of text: two bytes of it are a level at least."""
CONSTANTS = 2_000
"""How many constants of a list are kept at least; a row has 1,664 values at most."""
SMALLEST_STACK = 64 * 1024 * 1024

Node = dict[str, Any]


class Parsed(Struct, frozen=True):
    """One statement's tree: its kind (`AlterTableStmt`), its fields, and where its text starts and ends."""

    kind: str
    node: Node
    start: int
    end: int


class SyntaxProblem(Exception):
    """The text is not SQL that PostgreSQL reads; `position` is the offset in characters where it noticed."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class _Error(ctypes.Structure):
    _fields_ = (
        ("message", ctypes.c_char_p),
        ("funcname", ctypes.c_char_p),
        ("filename", ctypes.c_char_p),
        ("lineno", ctypes.c_int),
        ("cursorpos", ctypes.c_int),
        ("context", ctypes.c_char_p),
    )


class _ParseResult(ctypes.Structure):
    _fields_ = (
        ("parse_tree", ctypes.c_char_p),
        ("stderr_buffer", ctypes.c_char_p),
        ("error", ctypes.c_void_p),
    )


def parse(sql: str) -> list[Parsed]:
    """The statements of a text. SyntaxProblem if it cannot be read."""
    _refuse(sql)
    encoded = sql.encode("utf-8", "replace")
    tree = _parse(encoded) if len(encoded) <= SHORT else _parse_on_large_stack(encoded)
    offsets = _offsets(sql, encoded)
    return [_parsed(raw, offsets, len(encoded)) for raw in tree.get("stmts", ())]


def _parsed(raw: Node, offsets: Any, length: int) -> Parsed:
    kind, node = next(iter(raw["stmt"].items()))
    start = raw.get("stmt_location", 0)
    end = start + raw["stmt_len"] if raw.get("stmt_len") else length
    return Parsed(kind, node, offsets(start), offsets(end))


def _parse(encoded: bytes) -> Node:
    library = _library()
    result = library.pg_query_parse(encoded)
    try:
        if result.error:
            error = ctypes.cast(result.error, ctypes.POINTER(_Error)).contents
            message = (error.message or b"unreadable").decode("utf-8", "replace")
            raise SyntaxProblem(message, max(error.cursorpos - 1, 0))
        text = result.parse_tree
    finally:
        library.pg_query_free_parse_result(result)  # a long statement's is large: it goes before the tree is built
    try:
        tree: Node = msgspec.json.decode(text if len(encoded) <= SHORT else _without_long_lists(text))
    except (RecursionError, ValueError) as error:
        raise SyntaxProblem("too deeply nested to be read", 0) from error
    return tree


_CONSTANT = rb'\{"A_Const":\{(?:"\w+":(?:true|\{(?:"\w+":(?:"(?:[^"\\]|\\.)*+"|[\w-]++))?\}),)?(?:"location":\d+)?\}\}'
_LONG_LIST = rb"(\[(?:%b,){%d}+)(?:%b,)++" % (_CONSTANT, CONSTANTS, _CONSTANT)
_STATEMENT = re.compile(rb'"stmt":\{"(\w+)"')
_OF_ROWS = frozenset({b"SelectStmt", b"InsertStmt", b"UpdateStmt", b"DeleteStmt", b"MergeStmt"})


def _without_long_lists(text: bytes) -> bytes:
    """The tree's text with what `x IN (1, 2, …)` lists cut short where there is no end of constants.

    Each would be three dictionaries that nothing looks at: what a statement about rows reads does not depend on them.
    Where they are part of the schema, as in a partition's bound, all are kept.
    """
    if not _OF_ROWS.issuperset(_STATEMENT.findall(text)):
        return text
    return re.sub(_LONG_LIST, rb"\1", text)


_stack_size = threading.Lock()


def _parse_on_large_stack(encoded: bytes) -> Node:
    """The size of stacks is a setting of the whole process: nobody else may start a thread meanwhile."""
    outcome: list[Node | SyntaxProblem] = []

    def work() -> None:
        try:
            outcome.append(_parse(encoded))
        except SyntaxProblem as problem:
            outcome.append(problem)

    thread = threading.Thread(target=work)
    with _stack_size:
        before = threading.stack_size(max(SMALLEST_STACK, len(encoded) * STACK_PER_BYTE // 4096 * 4096))
        try:
            thread.start()
        except RuntimeError as error:
            raise SyntaxProblem("too long to be parsed with the memory that there is", 0) from error
        finally:
            threading.stack_size(before)
    thread.join()
    if isinstance(outcome[0], SyntaxProblem):
        raise outcome[0]
    return outcome[0]


def _offsets(sql: str, encoded: bytes) -> Any:
    """The parser counts bytes; the answer turns that into characters."""
    if len(sql) == len(encoded):
        return int
    return lambda offset: len(encoded[:offset].decode("utf-8", "ignore"))


def _refuse(sql: str) -> None:
    if (at := sql.find("\0")) >= 0:
        raise SyntaxProblem("a NUL character ends the text for PostgreSQL", at)
    if len(sql) > MAX_LENGTH:
        raise SyntaxProblem(f"the statement is longer than {MAX_LENGTH} characters", MAX_LENGTH)
    if (deep := too_deep(sql)) is not None:
        raise SyntaxProblem("too deeply nested to be read", deep)


@cache
def _library() -> Any:
    names = {"darwin": "libpg_query.dylib", "win32": "pg_query.dll"}
    spec = find_spec("postgast")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec is not None else []
    for path in (folder / names.get(sys.platform, "libpg_query.so") for folder in folders):
        if path.is_file():
            library = ctypes.CDLL(str(path))
            library.pg_query_parse.argtypes = [ctypes.c_char_p]
            library.pg_query_parse.restype = _ParseResult
            library.pg_query_free_parse_result.argtypes = [_ParseResult]
            library.pg_query_free_parse_result.restype = None
            return library
    raise MiglintError("PostgreSQL's parser was not found: install postgast from a wheel for this platform")
