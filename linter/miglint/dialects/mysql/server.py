"""Which server is meant, and what the session has set."""

from __future__ import annotations

from msgspec import Struct

from miglint.catalog import Table
from miglint.dialects.mysql.types import Charset, charset_named
from miglint.history import Target

DEFAULT_COLLATIONS = {
    "latin1": "latin1_swedish_ci",
    "utf8mb3": "utf8mb3_general_ci",
    "ascii": "ascii_general_ci",
    "binary": "binary",
}


class Server(Struct, frozen=True):
    """`version` empty: the newest. `foreign_key_checks` is the session's."""

    family: str
    version: tuple[int, ...] = ()
    foreign_key_checks: bool = True

    @classmethod
    def of(cls, target: Target) -> Server:
        """The server that a target names. MySQL 8.0 without a patch level means the last of 8.0."""
        return cls(target.database, target.version)

    @property
    def is_mariadb(self) -> bool:
        """MariaDB, or else MySQL."""
        return self.family == "mariadb"

    def at_least(self, *version: int) -> bool:
        """Whether it is of this version or a later one; where only a series is known, the last of the series."""
        known = self.version[: len(version)]
        return not self.version or known + (99,) * (len(version) - len(known)) >= version

    @property
    def has_checks(self) -> bool:
        """Whether CHECK constraints are more than parsed and ignored."""
        return self.is_mariadb or self.at_least(8, 0, 16)

    @property
    def copies_online(self) -> bool:
        """Whether others can write during ALGORITHM=COPY, as from MariaDB 11.2; an unknown version does not count."""
        return self.is_mariadb and bool(self.version) and self.at_least(11, 2)

    def charset(self, options: dict[str, str]) -> Charset:
        """The character set that a table with these options gives to its columns."""
        found = charset_named(options.get("charset", ""), options.get("collate", ""))
        return self.resolved(found if found.name else Charset("utf8mb4"))

    def resolved(self, charset: Charset) -> Charset:
        """The character set with its default collation, where none is given."""
        if charset.collation or not charset.name:
            return charset
        if charset.name != "utf8mb4":
            return Charset(charset.name, DEFAULT_COLLATIONS.get(charset.name, f"{charset.name}_general_ci"))
        if not self.is_mariadb:
            return Charset("utf8mb4", "utf8mb4_0900_ai_ci")
        return Charset("utf8mb4", "utf8mb4_uca1400_ai_ci" if self.at_least(11, 5) else "utf8mb4_general_ci")

    def table_charset(self, table: Table) -> Charset:
        """The character set of a table's new columns."""
        return self.charset(dict(table.options))
