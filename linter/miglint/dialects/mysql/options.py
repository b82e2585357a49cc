"""Reads table options and partitioning."""

from __future__ import annotations

from miglint.dialects.tokens import Cursor, Token

CHARSET_WORDS = (("DEFAULT", "CHARACTER", "SET"), ("CHARACTER", "SET"), ("DEFAULT", "CHARSET"), ("CHARSET",))
COLLATE_WORDS = (("DEFAULT", "COLLATE"), ("COLLATE",))
OPTIONS = (
    "ENGINE",
    "TYPE",
    "AUTO_INCREMENT",
    "AUTOEXTEND_SIZE",
    "AVG_ROW_LENGTH",
    "CHECKSUM",
    "COMMENT",
    "COMPRESSION",
    "CONNECTION",
    "DELAY_KEY_WRITE",
    "ENCRYPTION",
    "ENCRYPTED",
    "ENCRYPTION_KEY_ID",
    "ENGINE_ATTRIBUTE",
    "INSERT_METHOD",
    "ITEF_QUOTES",
    "KEY_BLOCK_SIZE",
    "MAX_ROWS",
    "MIN_ROWS",
    "PACK_KEYS",
    "PAGE_CHECKSUM",
    "PAGE_COMPRESSED",
    "PAGE_COMPRESSION_LEVEL",
    "PASSWORD",
    "ROW_FORMAT",
    "SECONDARY_ENGINE",
    "SEQUENCE",
    "STATS_AUTO_RECALC",
    "STATS_PERSISTENT",
    "STATS_SAMPLE_PAGES",
    "TABLESPACE",
    "TRANSACTIONAL",
)
PARTITION_STRATEGIES = ("RANGE", "LIST", "HASH", "KEY", "SYSTEM_TIME")


def read_option(cursor: Cursor) -> tuple[str, str] | None:
    """A table option's name and value, or None if none comes next."""
    for words in CHARSET_WORDS:
        if cursor.accept(*words):
            return "charset", _value(cursor).lower()
    for words in COLLATE_WORDS:
        if cursor.accept(*words):
            return "collate", _value(cursor).lower()
    if cursor.accept("WITH", "SYSTEM", "VERSIONING"):
        return "system_versioning", "1"
    if cursor.accept_any("DATA", "INDEX") and cursor.accept("DIRECTORY"):
        return "directory", _value(cursor)
    if cursor.accept("UNION"):
        cursor.accept("=")
        cursor.group()
        return "union", ""
    word = cursor.accept_any(*OPTIONS)
    if not word:
        return None
    return {"TYPE": "engine"}.get(word, word.lower()), _value(cursor)


def _value(cursor: Cursor) -> str:
    cursor.accept("=")
    return cursor.string()


def read_options(cursor: Cursor) -> dict[str, str]:
    """All table options that come next, with or without commas between them."""
    options: dict[str, str] = {}
    while (option := read_option(cursor)) is not None:
        options[option[0]] = option[1]
        cursor.accept(",")
    return options


def partition_strategy(tokens: list[Token]) -> str:
    """`range`, `list`, `hash` or `key`, from what follows PARTITION BY."""
    words = [token.upper for token in tokens if token.upper in PARTITION_STRATEGIES]
    return words[0].lower() if words else ""
