"""Statements that PostgreSQL refuses inside a transaction block, and what each tool does with a file that holds one.

PostgreSQL makes one transaction of all statements that reach it in one string
(https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT), so that golang-migrate,
dbmate, Prisma and others, which send a file as it is, cannot run such a statement beside others: "If you want to use
CREATE INDEX CONCURRENTLY without activating multi-statement mode you have to put such statements in a separate
migration files" (golang-migrate, database/postgres/README.md); dbmate's `transaction:false` does not help there
(https://github.com/amacneil/dbmate/issues/182). Flyway refuses to mix statements of both kinds. goose sends them one by
one, Sqitch's psql as well; goose, dbmate and Diesel open a transaction of their own unless they are told not to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from miglint.changeset import Tree
from miglint.finding import Span
from miglint.history import Migration
from miglint.sources.sql.cut import cut
from miglint.sources.sql.layouts import Tool, recognised
from miglint.sources.sql.marks import Section
from miglint.sources.sql.split import Piece
from miglint.text import decode

_WORDS = (b"CONCURRENTLY", b"VACUUM", b"SYSTEM", b"DATABASE", b"TABLESPACE")
"""A word of each of them: most files have none."""


class Refusal(Struct, frozen=True):
    """A statement of a file that cannot run as the file's tool will run it."""

    sql: str
    span: Span
    what: str
    """The statement's first words."""
    why: str
    help: str


_SEPARATE = "put it into a migration of its own, with no other statement"


def refusals(migration: Migration, tree: Tree) -> Iterator[Refusal]:
    """The statements of a migration's file that PostgreSQL, or the tool, will refuse, in order."""
    if migration.path not in tree:
        return
    content = tree.read([migration.path])[migration.path]
    upper = content.upper()
    if not any(word in upper for word in _WORDS):
        return
    file = cut(migration.path, content, "postgresql")
    if not any(file.alone):
        return
    in_block = _in_block(file.pieces)
    refused = _refused_by_tool(migration, file.section, file.alone, tree)
    for piece, span, alone, inside in zip(file.pieces, file.spans, file.alone, in_block, strict=True):
        reason = ("it stands between BEGIN and COMMIT", "move it out of the block") if inside else refused
        if alone and reason is not None:
            yield Refusal(piece.sql, span, _what(piece), *reason)


def _what(piece: Piece) -> str:
    words = list(piece.words)
    return " ".join(words[: words.index("CONCURRENTLY") + 1] if "CONCURRENTLY" in words[:4] else words[:2])


def _in_block(found: Sequence[Piece]) -> list[bool]:
    """Of each statement, whether it stands in a block that the file opens itself."""
    inside, answers = False, []
    for piece in found:
        answers.append(inside)
        if piece.words[:1] == ("BEGIN",) or piece.words[:2] == ("START", "TRANSACTION"):
            inside = True
        elif piece.words[:1] in (("COMMIT",), ("END",), ("ROLLBACK",)) and piece.words[1:2] != ("TO",):
            inside = False
    return answers


def _refused_by_tool(
    migration: Migration, section: Section, alone: Sequence[bool], tree: Tree
) -> tuple[str, str] | None:
    """Why a statement of the file outside of its own blocks cannot run, and what helps; `alone` says of each whether it
    has to."""
    named = recognised(migration.path)
    if section.tool and section.transaction:
        mark = {"dbmate": "-- migrate:up transaction:false", "goose": "-- +goose NO TRANSACTION"}[section.tool]
        leave = " and leave it alone in its file" if section.tool == "dbmate" else ""
        return f"{section.tool} runs the file in a transaction", f"write `{mark}`{leave}"
    if named is not None and migration.path.endswith("/up.sql") and _in_transaction_of_diesel(migration.path, tree):
        write = "write `run_in_transaction = false` into metadata.toml beside it and leave it alone in its file"
        return "Diesel runs the file in a transaction", write
    if len(alone) == 1 or section.tool == "goose" or _is_sqitch(migration, tree):
        return None
    if named is not None and named.tool is Tool.FLYWAY:
        if all(alone):
            return None
        return "Flyway refuses files that mix it with statements that run in a transaction", _SEPARATE
    if not section.transaction and not section.tool:
        return None  # sqlx cuts files with `-- no-transaction` into statements, in its newer versions
    return f"PostgreSQL makes one transaction of the {len(alone)} statements of the file", _SEPARATE


def _in_transaction_of_diesel(path: str, tree: Tree) -> bool:
    import tomllib

    beside = f"{path.removesuffix('up.sql')}metadata.toml"
    if beside not in tree:
        return True
    try:
        told = tomllib.loads(decode(beside, tree.read([beside])[beside]))
    except tomllib.TOMLDecodeError:
        return True
    return told.get("run_in_transaction") is not False


def _is_sqitch(migration: Migration, tree: Tree) -> bool:
    """Sqitch's scripts lie in `deploy`, below the plan."""
    folder = migration.path.rpartition("/")[0]
    root = folder.rpartition("/")[0]
    return folder.rpartition("/")[2] == "deploy" and (f"{root}/sqitch.plan" if root else "sqitch.plan") in tree
