"""Plain SQL migrations: Flyway, golang-migrate, dbmate, goose, sqlx, Prisma, Diesel, Sqitch, and configured folders."""

from miglint.sources.sql.literal import literal_position
from miglint.sources.sql.reader import read
from miglint.sources.sql.renderer import SqlRenderer
from miglint.sources.sql.split import Piece, split

__all__ = ["Piece", "SqlRenderer", "literal_position", "read", "split"]
