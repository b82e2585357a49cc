"""The SQL of migrations for a reader: as text with what it locks, as JSON.

Everything in it comes from the repository under check and is made harmless for a terminal.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from miglint.effects import Access, Effect, Work
from miglint.escape import block, line, plain
from miglint.history import Confidence
from miglint.reporters._paint import BLUE, DIM, GREEN, RED, YELLOW, Paint
from miglint.reporters.json import SCHEMA_VERSION, coverage_document, migration_document
from miglint.result import CheckedMigration, CheckedStatement, Coverage
from miglint.sql_format import tokens_of, wrapped

_PLURALS = {"index": "indexes"}


def json_text(migrations: Sequence[CheckedMigration], coverage: Coverage) -> str:
    """The promised shape: what `check --format json` says of migrations and coverage."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "migrations": [migration_document(one) for one in migrations],
        "coverage": coverage_document(coverage),
    }
    return json.dumps(plain(document), indent=2) + "\n"


def text(migrations: Sequence[CheckedMigration], *, locks: bool, paint: Paint) -> str:
    """SQL that can be read, and run: everything else stands in comments."""
    return "\n".join("\n".join(_migration(one, locks, paint)) + "\n" for one in migrations)


def _migration(checked: CheckedMigration, locks: bool, paint: Paint) -> Iterator[str]:
    migration = checked.migration
    how = "in one transaction" if checked.atomic else "without a transaction"
    yield paint(f"-- {line(str(migration.key))} ({line(migration.path)}) on {checked.database}, {how}", BLUE)
    if not checked.statements:
        yield paint("-- (no statements)", DIM)
        return
    if checked.atomic:
        yield paint("BEGIN;", GREEN)
    for number, statement in enumerate(checked.statements):
        new = number == 0 or checked.statements[number - 1].statement.operation != statement.statement.operation
        yield from _statement(statement, locks, new, paint)
    if checked.atomic:
        yield paint("COMMIT;", GREEN)


def _statement(checked: CheckedStatement, locks: bool, first_of_operation: bool, paint: Paint) -> Iterator[str]:
    statement = checked.statement
    if first_of_operation:
        yield paint(f"-- line {statement.span.line}", DIM)
    if statement.opaque:
        yield paint(f"-- {line(statement.opaque)} runs here: what it does is not followed", YELLOW)
        return
    if statement.confidence is not Confidence.EXACT or not checked.understood:
        said = {Confidence.EXACT: "not understood"}.get(statement.confidence, statement.confidence.value)
        reason = statement.reason or checked.reason
        yield paint(f"-- {said}{': ' if reason else ''}{line(reason, 300)}", YELLOW)
    if statement.sql.strip():
        yield _coloured(wrapped(block(statement.sql.strip())), paint)
    if locks:
        yield from _locks(checked.effects, paint)


def _coloured(sql: str, paint: Paint) -> str:
    if not paint.colour:
        return sql
    from sqlparse import tokens

    colours = ((tokens.Comment, DIM), (tokens.Keyword, BLUE), (tokens.Literal.String.Single, GREEN))
    painted = []
    for kind, value in tokens_of(sql):
        code = next((code for token, code in colours if kind in token), "")
        painted.append("\n".join(paint(part, code) for part in value.split("\n")))
    return "".join(painted)


def _locks(effects: Sequence[Effect], paint: Paint) -> Iterator[str]:
    """A line for each table: its lock, who waits, the work meanwhile. Its indexes and sequences are only counted."""
    rows = [(effect, _row(effect, effects)) for effect in effects if _table_of(effect, effects) is None]
    widths = [max(len(row[column]) for _, row in rows) for column in range(3)] if rows else []
    for effect, row in rows:
        cells = "  ".join(f"{cell:<{width}}" for cell, width in zip(row[:3], widths, strict=True))
        yield paint(f"--   {cells}  {row[3]}".rstrip(), RED if effect.dangerous else DIM)
    if not effects:
        yield paint("--   locks nothing that was there before", DIM)


def _row(effect: Effect, effects: Sequence[Effect]) -> tuple[str, str, str, str]:
    counts = Counter(other.kind for other in effects if _table_of(other, effects) is effect)
    more = ", ".join(
        f"{count} {_PLURALS.get(kind, f'{kind}s') if count > 1 else kind}" for kind, count in counts.items()
    )
    work = ", ".join(work.value for work in Work if work in effect.work)
    relation = line(effect.relation) + (f" (and {more})" if more else "")
    return relation, _lock(effect), _waiting(effect.blocks), f"{'DANGEROUS: ' * effect.dangerous}{work}"


def _table_of(effect: Effect, effects: Sequence[Effect]) -> Effect | None:
    """The line that speaks for this one too: that of the table it belongs to, if that says all that it would."""
    if not effect.table or effect.work or effect.dangerous:
        return None
    owners = (one for one in effects if one.relation == effect.table and one is not effect)
    return next((one for one in owners if one.lock == effect.lock and effect.blocks <= one.blocks), None)


def _waiting(blocks: Collection[Access]) -> str:
    if not blocks:
        return "nobody waits"
    if len(blocks) == len(Access):
        return "all reads and writes wait"
    if set(blocks) == set(Access) - {Access.SELECT}:
        return "writes wait"
    return f"{', '.join(access.value.upper() for access in Access if access in blocks)} waits"


def _lock(effect: Effect) -> str:
    return line(f"{effect.lock} ({effect.algorithm})" if effect.algorithm else effect.lock)
