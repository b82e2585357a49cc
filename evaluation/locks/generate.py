"""Random schemas and random alterations of them, the same for the same seed.

Rows fill every table, so that work shows. Statements need not succeed: the server's refusals are counted apart.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

ROWS = 1200

TYPES: dict[str, tuple[str, ...]] = {
    "int4": (
        "smallint",
        "int",
        "bigint",
        "numeric(10,2)",
        "text",
        "real",
        "oid",
        "double precision",
        "pos",
        "plain_int",
    ),
    "int8": ("int", "bigint", "numeric", "text", "numeric(20,0)"),
    "varchar": ("varchar(20)", "varchar(50)", "varchar(80)", "varchar", "text", "char(60)", "name_text", "varchar(30)"),
    "text": (
        "text",
        "varchar(50)",
        "varchar",
        "char(80)",
        'text COLLATE "C"',
        'varchar(90) COLLATE "C"',
        "citext_like",
    ),
    "numeric": (
        "numeric(10,2)",
        "numeric(12,2)",
        "numeric(12,4)",
        "numeric(8,2)",
        "numeric",
        "int",
        "double precision",
    ),
    "timestamp": ("timestamp", "timestamptz", "timestamp(3)", "timestamp(6)", "date", "timestamptz(6)"),
    "timestamptz": ("timestamptz", "timestamp", "timestamptz(3)", "timestamptz(6)", "date"),
    "jsonb": ("jsonb", "json", "text"),
    "bits": ("varbit(16)", "varbit(8)", "varbit", "bit(8)"),
    "cidr": ("cidr", "inet"),
    "bool": ("boolean", "text"),
    "interval": ("interval", "interval(3)", "interval(6)", "interval hour to second", "interval(0)"),
    "date": ("date", "timestamp", "timestamptz", "text"),
    "array": ("varchar(20)[]", "varchar(40)[]", "text[]", "varchar[]"),
}
FIRST_TYPES = {
    "int4": "int",
    "int8": "bigint",
    "varchar": "varchar(50)",
    "text": "text",
    "numeric": "numeric(10,2)",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "jsonb": "jsonb",
    "bits": "varbit(8)",
    "cidr": "cidr",
    "bool": "boolean",
    "interval": "interval(3)",
    "date": "date",
    "array": "varchar(20)[]",
}
VALUES = {
    "int4": "i % 90",
    "int8": "i",
    "varchar": "'v' || i",
    "text": "'t' || i",
    "numeric": "i % 1000 + 0.25",
    "timestamp": "timestamp '2024-01-01' + i * interval '1 hour'",
    "timestamptz": "timestamptz '2024-01-01 00:00+00' + i * interval '1 hour'",
    "jsonb": "'{\"a\": 1}'::jsonb",
    "bits": "(i % 128)::bit(8)::varbit(8)",
    "cidr": "'10.0.0.1/32'::cidr",
    "bool": "i % 2 = 0",
    "interval": "i * interval '1 minute'",
    "date": "date '2024-01-01' + i",
    "array": "ARRAY['a' || i]",
}
ORDERED = ("int4", "int8", "varchar", "text", "numeric", "timestamp", "timestamptz", "date", "interval", "cidr", "bool")
DOMAINS = (
    "CREATE DOMAIN pos AS int CHECK (VALUE >= 0)",
    "CREATE DOMAIN plain_int AS int",
    "CREATE DOMAIN name_text AS varchar(50) NOT NULL",
    "CREATE DOMAIN citext_like AS text",
)
NEW_TYPES = (
    "int",
    "text",
    "varchar(20)",
    "boolean",
    "timestamptz",
    "uuid",
    "numeric(8,2)",
    "jsonb",
    "int[]",
    "pos",
    "plain_int",
    "bigserial",
    "bigint GENERATED ALWAYS AS IDENTITY",
)
DEFAULTS = {
    "int": ("1", "1 + 1", "(random() * 10)::int", "NULL", "length('abc')", "nextval('shared_seq')"),
    "text": ("'x'", "md5('a')", "current_user", "md5(random()::text)", "NULL", "to_char(now(), 'YYYY')"),
    "timestamptz": (
        "now()",
        "clock_timestamp()",
        "CURRENT_TIMESTAMP",
        "now() + interval '1 day'",
        "statement_timestamp()",
    ),
    "uuid": ("gen_random_uuid()", "'00000000-0000-0000-0000-000000000000'", "NULL"),
    "boolean": ("true", "false", "random() > 0.5"),
    "jsonb": ("'{}'", "'[]'::jsonb", "jsonb_build_object('a', now())"),
    "numeric(8,2)": ("0", "1.5", "random()"),
}


@dataclass(slots=True)
class TableDraft:
    """A table as the generator knows it."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    """Column name to the family of its type."""
    indexes: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    not_valid: list[str] = field(default_factory=list)
    key: str = "id"


@dataclass(slots=True)
class Schema:
    """A schema: the statements that make and fill it, and what there is to alter."""

    setup: list[str]
    tables: list[TableDraft]
    partitioned: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)


def schema(seed: int) -> Schema:
    """A random schema of three or four tables, foreign keys between them, perhaps a partitioned one and a view."""
    chance = random.Random(seed)
    made = Schema(setup=[*DOMAINS, "CREATE SEQUENCE shared_seq"], tables=[])
    for number in range(chance.randint(2, 3)):
        _table(chance, made, f"t{number}")
    for draft in made.tables:
        _constraints(chance, made, draft)
        _indexes(chance, made, draft)
    if chance.random() < 0.5:
        _partitions(chance, made)
    if chance.random() < 0.3:
        draft = chance.choice(made.tables)
        column = chance.choice([*draft.columns])
        made.setup.append(f"CREATE VIEW v0 AS SELECT id, {column} FROM {draft.name}")
        made.views.append("v0")
    return made


def _table(chance: random.Random, made: Schema, name: str) -> None:
    draft = TableDraft(name)
    families = chance.sample([*FIRST_TYPES], chance.randint(4, 7))
    for family in families:
        draft.columns[f"c_{family}"] = family
    columns = ["id bigint PRIMARY KEY"]
    columns += [f"{column} {FIRST_TYPES[family]}{_not_null(chance)}" for column, family in draft.columns.items()]
    generated = [column for column, family in draft.columns.items() if family in {"int4", "int8"}]
    if generated and chance.random() < 0.2:
        columns.append(f"gen bigint GENERATED ALWAYS AS ({generated[0]} * 2) STORED")
    made.setup.append(f"CREATE TABLE {name} ({', '.join(columns)})")
    values = ", ".join(VALUES[family] for family in draft.columns.values())
    made.setup.append(
        f"INSERT INTO {name} (id, {', '.join(draft.columns)}) SELECT i, {values} FROM generate_series(1, {ROWS}) i"
    )
    made.tables.append(draft)


def _not_null(chance: random.Random) -> str:
    return " NOT NULL" if chance.random() < 0.3 else ""


def _constraints(chance: random.Random, made: Schema, draft: TableDraft) -> None:
    for number in range(chance.randint(0, 2)):
        column = chance.choice([*draft.columns])
        valid = chance.random() < 0.6
        name = f"{draft.name}_ck{number}"
        condition = chance.choice([f"{column} IS NOT NULL", f"{column} = {column}"])
        made.setup.append(
            f"ALTER TABLE {draft.name} ADD CONSTRAINT {name} CHECK ({condition}){'' if valid else ' NOT VALID'}"
        )
        (draft.constraints if valid else draft.not_valid).append(name)
    others = [other for other in made.tables if other is not draft]
    if others and "c_int8" in draft.columns and chance.random() < 0.7:
        other = chance.choice(others)
        valid = chance.random() < 0.6
        name = f"{draft.name}_fk"
        made.setup.append(
            f"ALTER TABLE {draft.name} ADD CONSTRAINT {name} FOREIGN KEY (c_int8) REFERENCES {other.name} (id)"
            f"{'' if valid else ' NOT VALID'}"
        )
        (draft.constraints if valid else draft.not_valid).append(name)


def _indexes(chance: random.Random, made: Schema, draft: TableDraft) -> None:
    ordered = [column for column, family in draft.columns.items() if family in ORDERED]
    for number in range(chance.randint(0, 3)):
        if not ordered:
            return
        column = chance.choice(ordered)
        name = f"{draft.name}_ix{number}"
        made.setup.append(chance.choice(_index_forms(draft, column, name)))
        draft.indexes.append(name)


def _index_forms(draft: TableDraft, column: str, name: str) -> list[str]:
    forms = [
        f"CREATE INDEX {name} ON {draft.name} ({column})",
        f"CREATE INDEX {name} ON {draft.name} ({column}) WHERE {column} IS NOT NULL",
        f"CREATE INDEX {name} ON {draft.name} (id, {column})",
    ]
    if draft.columns[column] in {"varchar", "text"}:
        forms.append(f"CREATE INDEX {name} ON {draft.name} (lower({column}))")
        forms.append(f"CREATE INDEX {name} ON {draft.name} ({column} {draft.columns[column]}_pattern_ops)")
    return forms


def _partitions(chance: random.Random, made: Schema) -> None:
    made.setup.append("CREATE TABLE p (id bigint, at int NOT NULL, note varchar(30)) PARTITION BY RANGE (at)")
    made.setup.append("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (600)")
    made.setup.append("CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (600) TO (1300)")
    if chance.random() < 0.5:
        made.setup.append("CREATE TABLE pd PARTITION OF p DEFAULT")
        made.setup.append(f"INSERT INTO p SELECT i, 5000 + i, 'n' FROM generate_series(1, {ROWS}) i")
        made.partitioned.append("pd")
    if chance.random() < 0.5:
        made.setup.append("ALTER TABLE p ADD PRIMARY KEY (id, at)")
    made.setup.append(f"INSERT INTO p SELECT i, i, 'n' FROM generate_series(1, {ROWS}) i")
    made.setup.append("CREATE TABLE apart (id bigint NOT NULL, at int NOT NULL, note varchar(30))")
    made.setup.append(f"INSERT INTO apart SELECT i, 2000 + i % 90, 'n' FROM generate_series(1, {ROWS}) i")
    made.partitioned += ["p", "p1", "p2", "apart"]


# -- statements ------------------------------------------------------------------------------------------------------


def transaction(chance: random.Random, made: Schema) -> list[str]:
    """One to three statements on a schema, most often one."""
    count = chance.choices((1, 2, 3), (7, 2, 1))[0]
    return [statement(chance, made, number) for number in range(count)]


def statement(chance: random.Random, made: Schema, number: int) -> str:
    """A random statement: an ALTER TABLE of one to three commands, or one of the others."""
    draft = chance.choice(made.tables)
    if chance.random() < 0.65:
        commands = [
            _command(chance, made, draft, f"{number}{index}") for index in range(chance.choice((1, 1, 1, 2, 3)))
        ]
        return f"ALTER TABLE {draft.name} {', '.join(commands)}"
    makers: list[Callable[[random.Random, Schema, TableDraft, int], str]] = [_other, _index, _rows, _partition]
    return chance.choice(makers)(chance, made, draft, number)


def _command(chance: random.Random, made: Schema, draft: TableDraft, tag: str) -> str:
    column = chance.choice([*draft.columns])
    family = draft.columns[column]
    choices: Sequence[Callable[[], str]] = (
        lambda: _add_column(chance, made, draft, tag),
        lambda: _add_column(chance, made, draft, tag),
        lambda: _retype(chance, column, family),
        lambda: _retype(chance, column, family),
        lambda: _retype(chance, column, family),
        lambda: f"ALTER COLUMN {column} SET NOT NULL",
        lambda: f"ALTER COLUMN {column} DROP NOT NULL",
        lambda: f"ALTER COLUMN {column} SET DEFAULT NULL",
        lambda: f"ALTER COLUMN {column} DROP DEFAULT",
        lambda: f"ALTER COLUMN {column} SET STATISTICS 200",
        lambda: f"DROP COLUMN {column}{chance.choice(('', ' CASCADE'))}",
        lambda: _add_constraint(chance, made, draft, column, tag),
        lambda: _add_constraint(chance, made, draft, column, tag),
        lambda: _drop_constraint(chance, draft),
        lambda: _validate(chance, draft),
        lambda: chance.choice(("SET (fillfactor = 70)", "SET UNLOGGED", "SET LOGGED", "REPLICA IDENTITY FULL")),
        lambda: chance.choice(("DISABLE TRIGGER ALL", "ENABLE ROW LEVEL SECURITY", "SET WITHOUT CLUSTER")),
    )
    return chance.choice(choices)()


def _add_column(chance: random.Random, made: Schema, draft: TableDraft, tag: str) -> str:
    type_ = chance.choice(NEW_TYPES)
    parts = [f"ADD COLUMN n{tag} {type_}"]
    if type_ in DEFAULTS and chance.random() < 0.6:
        parts.append(f"DEFAULT {chance.choice(DEFAULTS[type_])}")
    if "DEFAULT" in parts[-1] and chance.random() < 0.4:
        parts.append("NOT NULL")
    if chance.random() < 0.15:
        parts.append(f"CHECK (n{tag} IS NOT NULL OR id > 0)")
    if chance.random() < 0.15 and "jsonb" not in type_:
        parts.append("UNIQUE")
    if type_ == "int" and chance.random() < 0.25:
        parts.append(f"REFERENCES {chance.choice(made.tables).name} (id)")
    integers = [column for column, family in draft.columns.items() if family == "int4"]
    if type_ == "int" and integers and len(parts) == 1 and chance.random() < 0.3:
        parts.append(f"GENERATED ALWAYS AS ({integers[0]} + 1) STORED")
    return " ".join(parts)


def _retype(chance: random.Random, column: str, family: str) -> str:
    target = chance.choice(TYPES[family])
    using = chance.choice(("", "", "", f" USING {column}::{target.partition(' COLLATE')[0]}"))
    return f"ALTER COLUMN {column} TYPE {target}{using}"


def _add_constraint(chance: random.Random, made: Schema, draft: TableDraft, column: str, tag: str) -> str:
    validity = chance.choice(("", " NOT VALID"))
    other = chance.choice(made.tables).name
    forms = [
        f"ADD CONSTRAINT k{tag} CHECK ({column} IS NOT NULL){validity}",
        f"ADD CONSTRAINT k{tag} CHECK (id > 0){validity}",
        f"ADD CONSTRAINT k{tag} UNIQUE (id, {column})",
    ]
    if "c_int8" in draft.columns:
        forms += [f"ADD CONSTRAINT k{tag} FOREIGN KEY (c_int8) REFERENCES {other} (id){validity}"] * 2
        forms.append(f"ADD CONSTRAINT k{tag} UNIQUE (c_int8)")
    return chance.choice(forms)


def _drop_constraint(chance: random.Random, draft: TableDraft) -> str:
    names = [*draft.constraints, *draft.not_valid, f"{draft.name}_pkey"]
    return f"DROP CONSTRAINT {chance.choice(names)}{chance.choice(('', ' CASCADE'))}"


def _validate(chance: random.Random, draft: TableDraft) -> str:
    names = [*draft.not_valid, *draft.not_valid, *draft.constraints]
    return f"VALIDATE CONSTRAINT {chance.choice(names)}" if names else "SET (autovacuum_enabled = true)"


def _index(chance: random.Random, made: Schema, draft: TableDraft, number: int) -> str:
    ordered = [column for column, family in draft.columns.items() if family in ORDERED]
    forms = [f"REINDEX TABLE {draft.name}", f"CREATE UNIQUE INDEX q{number} ON {draft.name} (id)"]
    if ordered:
        forms += _index_forms(draft, chance.choice(ordered), f"q{number}")
    if draft.indexes:
        index = chance.choice(draft.indexes)
        forms += [
            f"DROP INDEX {index}",
            f"ALTER INDEX {index} RENAME TO renamed{number}",
            f"ALTER INDEX {index} SET (fillfactor = 80)",
            f"REINDEX INDEX {index}",
            f"CREATE INDEX IF NOT EXISTS {index} ON {draft.name} (id)",
            f"DROP INDEX IF EXISTS {index}, absent",
        ]
    return chance.choice(forms)


def _other(chance: random.Random, made: Schema, draft: TableDraft, number: int) -> str:
    column = chance.choice([*draft.columns])
    other = chance.choice(made.tables)
    return chance.choice(
        (
            f"ALTER TABLE {draft.name} RENAME COLUMN {column} TO renamed{number}",
            f"ALTER TABLE {draft.name} RENAME TO moved{number}",
            f"ALTER TABLE {draft.name} RENAME CONSTRAINT {draft.name}_pkey TO pk{number}",
            f"DROP TABLE {draft.name} CASCADE",
            f"DROP TABLE {draft.name}",
            f"TRUNCATE {draft.name}",
            f"TRUNCATE {draft.name} CASCADE",
            f"CREATE TABLE made{number} (id int PRIMARY KEY, t bigint REFERENCES {draft.name} (id))",
            f"CREATE TABLE made{number} AS SELECT * FROM {draft.name}",
            f"CREATE TABLE made{number} (LIKE {draft.name} INCLUDING ALL)",
            f"CREATE VIEW w{number} AS SELECT id FROM {draft.name}",
            f"CREATE MATERIALIZED VIEW m{number} AS SELECT id FROM {draft.name}",
            f"COMMENT ON TABLE {draft.name} IS 'x'",
            f"COMMENT ON COLUMN {draft.name}.{column} IS 'x'",
            f"LOCK TABLE {draft.name} IN SHARE MODE",
            f"ANALYZE {draft.name}",
            f"CLUSTER {draft.name} USING {draft.name}_pkey",
            f"GRANT SELECT ON {draft.name} TO PUBLIC",
            f"CREATE STATISTICS st{number} ON id, {column} FROM {draft.name}",
            f"ALTER TABLE IF EXISTS {draft.name} DROP COLUMN IF EXISTS absent",
            f"ALTER TABLE {draft.name} ADD COLUMN IF NOT EXISTS {column} int DEFAULT random()",
            f"DROP TABLE IF EXISTS absent, {other.name} CASCADE",
        )
    )


def _rows(chance: random.Random, made: Schema, draft: TableDraft, number: int) -> str:
    column = chance.choice([*draft.columns])
    value = "c_int8 % 50 + 1" if column == "c_int8" else column  # a key that stays the same is not checked
    other = chance.choice(made.tables)
    return chance.choice(
        (
            f"UPDATE {draft.name} SET {column} = {value}",
            f"UPDATE {draft.name} SET {column} = {value} WHERE {column} IS NOT NULL",
            f"DELETE FROM {draft.name}",
            f"INSERT INTO {draft.name} (id) SELECT id + 100000 FROM {other.name}",
            f"SELECT count(*) FROM {draft.name}",
            f"SELECT * FROM {draft.name} FOR UPDATE",
        )
    )


def _partition(chance: random.Random, made: Schema, draft: TableDraft, number: int) -> str:
    if not made.partitioned:
        return f"ALTER TABLE {draft.name} ADD COLUMN z{number} int"
    return chance.choice(
        (
            "ALTER TABLE p ADD COLUMN x int",
            "ALTER TABLE p ADD COLUMN x int DEFAULT (random() * 9)::int",
            "ALTER TABLE p ALTER COLUMN note TYPE text",
            "ALTER TABLE p ALTER COLUMN note TYPE varchar(10)",
            "ALTER TABLE p ALTER COLUMN note SET NOT NULL",
            "ALTER TABLE p ADD CONSTRAINT pc CHECK (id > 0)",
            "ALTER TABLE p ADD CONSTRAINT pf FOREIGN KEY (id) REFERENCES t0 (id)",
            "ALTER TABLE p DROP COLUMN note",
            "ALTER TABLE p DETACH PARTITION p1",
            "ALTER TABLE p ATTACH PARTITION apart FOR VALUES FROM (2000) TO (2100)",
            "ALTER TABLE apart ADD CONSTRAINT ok CHECK (at >= 2000 AND at < 2100) NOT VALID",
            "CREATE INDEX pi ON p (note)",
            "CREATE INDEX pi ON ONLY p (note)",
            "CREATE UNIQUE INDEX pu ON p (id, at)",
            "CREATE INDEX p1i ON p1 (note)",
            "CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (2100) TO (2200)",
            "DROP TABLE p1",
            "DROP TABLE p",
            "TRUNCATE p",
            "TRUNCATE p1",
            "REINDEX TABLE p1",
            "UPDATE p SET note = 'z'",
            "ALTER TABLE p1 ADD CONSTRAINT p1c CHECK (at < 600)",
            "ALTER TABLE p RENAME COLUMN note TO remark",
        )
    )
