"""Random tables of MariaDB and random alterations of them, the same for the same seed.

Statements need not succeed: the server's refusals are counted apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TYPES: dict[str, tuple[str, ...]] = {
    "int": ("int", "bigint", "int unsigned", "smallint", "mediumint", "int(4)", "decimal(12,0)", "varchar(20)"),
    "smallint": ("smallint", "int", "tinyint", "smallint unsigned"),
    "bigint": ("bigint", "int", "bigint unsigned", "decimal(20,0)"),
    "tinyint(1)": ("tinyint(1)", "boolean", "int", "tinyint(2)", "bit(1)"),
    "decimal(10,2)": ("decimal(10,2)", "decimal(12,2)", "decimal(10,4)", "decimal(8,2)", "double"),
    "double": ("double", "float", "decimal(10,2)", "double unsigned"),
    "varchar(50)": ("varchar(50)", "varchar(60)", "varchar(63)", "varchar(64)", "varchar(200)", "varchar(300)", "text"),
    "varchar(31)": ("varchar(31)", "varchar(32)", "varchar(100)", "varchar(20)", "char(31)"),
    "varchar(100)": ("varchar(100)", "varchar(255)", "varchar(256)", "varchar(99)"),
    "varchar(255)": ("varchar(255)", "varchar(256)", "varchar(300)", "varchar(191)", "longtext"),
    "char(10)": ("char(10)", "char(20)", "varchar(10)", "char(5)"),
    "text": ("text", "mediumtext", "longtext", "tinytext", "varchar(200)", "json"),
    "longtext": ("longtext", "text", "json"),
    "json": ("json", "longtext", "text"),
    "varbinary(50)": ("varbinary(50)", "varbinary(100)", "varbinary(255)", "varbinary(300)", "binary(50)", "blob"),
    "blob": ("blob", "longblob", "varbinary(200)"),
    "datetime": ("datetime", "datetime(6)", "date", "timestamp NULL", "varchar(40)"),
    "datetime(6)": ("datetime(6)", "datetime(3)", "datetime"),
    "timestamp": ("timestamp", "datetime", "timestamp(6)"),
    "date": ("date", "datetime", "varchar(20)"),
    "time": ("time", "time(3)", "datetime"),
    "enum('a','b')": ("enum('a','b')", "enum('a','b','c')", "enum('b','a')", "enum('a','x','b')", "varchar(10)"),
    "set('a','b')": ("set('a','b')", "set('a','b','c')", "set('b','a')"),
    "year": ("year", "int"),
    "uuid": ("uuid", "char(36)", "binary(16)"),
    "inet6": ("inet6", "varchar(40)"),
    "bit(4)": ("bit(4)", "bit(8)", "bit(9)"),
}
WORDS = frozenset({"varchar(50)", "varchar(31)", "varchar(100)", "varchar(255)", "char(10)", "text", "longtext"})
LARGE = frozenset({"text", "longtext", "json", "blob"})
NEW = (
    "int",
    "int NOT NULL",
    "int NOT NULL DEFAULT 7",
    "bigint unsigned DEFAULT 0",
    "varchar(40)",
    "varchar(300) NOT NULL DEFAULT ''",
    "longtext NULL",
    "longtext NOT NULL DEFAULT 'x'",
    "json NULL",
    "datetime(6) NOT NULL DEFAULT current_timestamp(6)",
    "timestamp NULL ON UPDATE current_timestamp()",
    "date NOT NULL DEFAULT '2024-01-01'",
    "decimal(8,2) DEFAULT 1.5",
    "tinyint(1) NOT NULL DEFAULT 0",
    "enum('x','y') NOT NULL DEFAULT 'x'",
    "uuid DEFAULT uuid()",
    "char(36) DEFAULT (uuid())",
    "double DEFAULT (rand())",
    "int CHECK (n > 0)",
    "int UNIQUE",
    "varchar(20) COLLATE utf8mb4_bin",
    "varchar(20) CHARACTER SET latin1",
    "int INVISIBLE DEFAULT 3",
    "int COMMENT 'q'",
    "blob",
    "point NULL",
)
TABLE_OPTIONS = (
    "ENGINE=InnoDB",
    "FORCE",
    "ROW_FORMAT=DYNAMIC",
    "ROW_FORMAT=COMPACT",
    "ROW_FORMAT=COMPRESSED",
    "ROW_FORMAT=REDUNDANT",
    "AUTO_INCREMENT=5000",
    "COMMENT='x'",
    "DEFAULT CHARACTER SET latin1",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    "CONVERT TO CHARACTER SET utf8mb4",
    "CONVERT TO CHARACTER SET latin1",
    "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    "STATS_PERSISTENT=0",
    "KEY_BLOCK_SIZE=4",
    "ENGINE=Aria",
    "CHECKSUM=1",
    "RENAME TO renamed",
)


@dataclass(slots=True)
class Draft:
    """A table as the generator knows it."""

    columns: dict[str, str] = field(default_factory=dict)
    not_null: set[str] = field(default_factory=set)
    indexes: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    partitions: str = ""
    setup: list[str] = field(default_factory=list)

    def of(self, *types: str) -> list[str]:
        return [name for name, kind in self.columns.items() if kind in types]


def table(seed: int) -> Draft:
    """A random table `t` of some rows, and a table `p` to which its foreign keys point."""
    chance = random.Random(seed)
    draft = Draft()
    draft.setup += [
        "CREATE TABLE p (id bigint NOT NULL PRIMARY KEY, x int NOT NULL, UNIQUE KEY ux (x)) ENGINE=InnoDB",
        "INSERT INTO p SELECT seq, seq FROM seq_1_to_60",
    ]
    draft.partitions = chance.choice(["", "", "", "", "hash", "range"])
    items = ["id bigint NOT NULL" + ("" if draft.partitions else chance.choice([" AUTO_INCREMENT", ""]))]
    for number, kind in enumerate(chance.sample([*TYPES], chance.randint(4, 8))):
        name = f"c{number}"
        draft.columns[name] = kind
        items.append(f"{name} {kind}{_attributes(chance, draft, name, kind)}")
    items += _generated(chance, draft)
    items.append("PRIMARY KEY (id)")
    items += _indexes(chance, draft)
    items += _constraints(chance, draft)
    draft.setup.append(f"CREATE TABLE t ({', '.join(items)}) {_options(chance, draft)}")
    draft.setup.append("INSERT IGNORE INTO t (id) SELECT seq FROM seq_1_to_50")
    return draft


def _attributes(chance: random.Random, draft: Draft, name: str, kind: str) -> str:
    charset = chance.choice(["", "", "", " CHARACTER SET latin1", " COLLATE utf8mb4_bin"]) if kind in WORDS else ""
    if kind in LARGE or kind == "timestamp" or chance.random() < 0.6:
        return charset + (" NULL" if kind == "timestamp" else "")
    draft.not_null.add(name)
    return f"{charset} NOT NULL"


def _generated(chance: random.Random, draft: Draft) -> list[str]:
    numbers = draft.of("int", "bigint", "smallint", "double")
    if not numbers or chance.random() > 0.3:
        return []
    kind = chance.choice(["VIRTUAL", "VIRTUAL", "STORED"])
    items = [f"g bigint AS ({numbers[0]} + 1) {kind}"]
    if chance.random() < 0.4:
        draft.indexes.append("kg")
        items.append("KEY kg (g)")
    return items


def _indexes(chance: random.Random, draft: Draft) -> list[str]:
    items = []
    for number in range(chance.randint(0, 3)):
        column = chance.choice([*draft.columns])
        prefix = "(10)" if draft.columns[column] in LARGE else ""
        if draft.columns[column] == "json":
            continue
        name = f"k{number}"
        items.append(f"KEY {name} ({column}{prefix})")
        draft.indexes.append(name)
    words = draft.of("varchar(50)", "text", "varchar(100)")
    if words and not draft.partitions and chance.random() < 0.15:
        items.append(f"FULLTEXT KEY kf ({words[0]})")
        draft.indexes.append("kf")
    return items


def _constraints(chance: random.Random, draft: Draft) -> list[str]:
    items = []
    numbers = draft.of("int", "bigint", "smallint")
    if numbers and chance.random() < 0.3:
        items.append(f"CONSTRAINT ck CHECK ({chance.choice(numbers)} >= 0)")
        draft.checks.append("ck")
    references = [name for name in draft.of("bigint") if name not in draft.not_null]
    if references and not draft.partitions and chance.random() < 0.6:
        rule = chance.choice(["", " ON DELETE CASCADE", " ON DELETE SET NULL"])
        items.append(f"CONSTRAINT fk FOREIGN KEY ({references[0]}) REFERENCES p (id){rule}")
        draft.keys.append("fk")
    return items


def _options(chance: random.Random, draft: Draft) -> str:
    engine = "ENGINE=InnoDB" if chance.random() < 0.95 or draft.keys else "ENGINE=MyISAM"
    charset = chance.choice(["utf8mb4", "utf8mb4", "utf8mb4", "utf8mb3", "latin1"])
    form = chance.choice(["", "", "", "", " ROW_FORMAT=COMPACT", " ROW_FORMAT=REDUNDANT", " ROW_FORMAT=COMPRESSED"])
    parted = {
        "": "",
        "hash": " PARTITION BY HASH (id) PARTITIONS 3",
        "range": " PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (20), PARTITION p1 VALUES LESS THAN (100))",
    }[draft.partitions]
    return f"{engine} DEFAULT CHARSET={charset}{form if engine == 'ENGINE=InnoDB' else ''}{parted}"


def statement(chance: random.Random, draft: Draft) -> str:
    """An alteration of one to three parts."""
    count = chance.choice([1, 1, 1, 2, 2, 3])
    parts = list(dict.fromkeys(_part(chance, draft, number) for number in range(count)))
    return f"ALTER TABLE t {', '.join(parts)}"


Part = Callable[[random.Random, Draft, int], str]


def _part(chance: random.Random, draft: Draft, number: int) -> str:
    parts: Sequence[tuple[Part, int]] = (
        (_add_column, 5),
        (_drop_column, 3),
        (_modify, 9),
        (_change, 3),
        (_default, 2),
        (_rename_column, 2),
        (_add_index, 5),
        (_drop_index, 3),
        (_key, 3),
        (_check, 2),
        (_table_option, 4),
        (_primary_key, 1),
        (_partitioning, 1 + 4 * bool(draft.partitions)),
    )
    made, weights = [part for part, _ in parts], [weight for _, weight in parts]
    return chance.choices(made, weights)[0](chance, draft, number)


def _add_column(chance: random.Random, draft: Draft, number: int) -> str:
    numbers = draft.of("int", "bigint", "smallint", "double")
    kinds = [*NEW]
    if numbers:
        kinds += [f"bigint AS ({numbers[0]} * 2) VIRTUAL", f"bigint AS ({numbers[0]} * 2) STORED"]
    name = "n" if not number else f"n{number}"
    kind = chance.choice(kinds).replace("(n >", f"({name} >")
    return f"ADD COLUMN {name} {kind}{_place(chance, draft)}"


def _place(chance: random.Random, draft: Draft) -> str:
    return chance.choice(["", "", "", " FIRST", f" AFTER {chance.choice([*draft.columns])}"])


def _drop_column(chance: random.Random, draft: Draft, number: int) -> str:
    return f"DROP COLUMN {chance.choice([*draft.columns])}"


def _definition(chance: random.Random, draft: Draft, column: str) -> str:
    kind = chance.choice(TYPES[draft.columns[column]])
    words = kind.startswith(("varchar", "char")) or "text" in kind
    charset = chance.choice(["", "", " CHARACTER SET utf8mb4", " CHARACTER SET latin1", " COLLATE utf8mb4_bin"])
    not_null = column in draft.not_null
    if chance.random() < 0.25:
        not_null = not not_null
    empty = " NOT NULL" if not_null and "NULL" not in kind else ""
    comment = chance.choice(["", "", "", " COMMENT 'c'"])
    return f"{kind}{charset if words else ''}{empty}{comment}"


def _modify(chance: random.Random, draft: Draft, number: int) -> str:
    column = chance.choice([*draft.columns])
    place = _place(chance, draft) if chance.random() < 0.25 else ""
    place = "" if place.endswith(f" {column}") else place
    return f"MODIFY COLUMN {column} {_definition(chance, draft, column)}{place}"


def _change(chance: random.Random, draft: Draft, number: int) -> str:
    column = chance.choice([*draft.columns])
    return f"CHANGE COLUMN {column} {chance.choice([column, column + '_new'])} {_definition(chance, draft, column)}"


def _default(chance: random.Random, draft: Draft, number: int) -> str:
    column = chance.choice([*draft.columns])
    return f"ALTER COLUMN {column} {chance.choice(['DROP DEFAULT', 'SET DEFAULT 1', 'SET DEFAULT NULL'])}"


def _rename_column(chance: random.Random, draft: Draft, number: int) -> str:
    return f"RENAME COLUMN {chance.choice([*draft.columns])} TO r{number}"


def _add_index(chance: random.Random, draft: Draft, number: int) -> str:
    column = chance.choice([*draft.columns])
    kind = draft.columns[column]
    prefix = "(8)" if kind in LARGE or (kind in WORDS and chance.random() < 0.2) else ""
    forms = [f"ADD INDEX i{number} ({column}{prefix})", f"ADD INDEX i{number} (id, {column}{prefix} DESC)"]
    forms += [f"ADD UNIQUE INDEX i{number} ({column}{prefix}, id)", f"ADD KEY IF NOT EXISTS k0 ({column}{prefix})"]
    if kind in WORDS:
        forms.append(f"ADD FULLTEXT INDEX i{number} ({column})")
    return chance.choice(forms)


def _drop_index(chance: random.Random, draft: Draft, number: int) -> str:
    name = chance.choice(draft.indexes or ["k0"])
    new = f"{name}x"
    return chance.choice([f"DROP INDEX {name}", f"RENAME INDEX {name} TO {new}", f"ALTER INDEX {name} IGNORED"])


def _key(chance: random.Random, draft: Draft, number: int) -> str:
    if draft.keys and chance.random() < 0.5:
        return "DROP FOREIGN KEY fk"
    column = chance.choice(draft.of("bigint") or [*draft.columns])
    return f"ADD CONSTRAINT f{number} FOREIGN KEY ({column}) REFERENCES p (id)"


def _check(chance: random.Random, draft: Draft, number: int) -> str:
    if draft.checks and chance.random() < 0.6:
        return "DROP CONSTRAINT ck"
    return f"ADD CONSTRAINT c{number} CHECK (id > 0)"


def _table_option(chance: random.Random, draft: Draft, number: int) -> str:
    return chance.choice(TABLE_OPTIONS)


def _primary_key(chance: random.Random, draft: Draft, number: int) -> str:
    return chance.choice(["DROP PRIMARY KEY", "DROP PRIMARY KEY, ADD PRIMARY KEY (id)", "MODIFY id bigint NOT NULL"])


def _partitioning(chance: random.Random, draft: Draft, number: int) -> str:
    forms = {
        "": ["PARTITION BY HASH (id) PARTITIONS 2"],
        "hash": ["ADD PARTITION PARTITIONS 2", "COALESCE PARTITION 1", "REMOVE PARTITIONING", "TRUNCATE PARTITION p0"],
        "range": [
            "ADD PARTITION (PARTITION p2 VALUES LESS THAN (900))",
            "DROP PARTITION p0",
            "REORGANIZE PARTITION p1 INTO (PARTITION a VALUES LESS THAN (50), PARTITION b VALUES LESS THAN (100))",
            "REMOVE PARTITIONING",
            "TRUNCATE PARTITION p0",
            "REBUILD PARTITION p0",
            "ANALYZE PARTITION p0",
        ],
    }[draft.partitions]
    return chance.choice(forms)
