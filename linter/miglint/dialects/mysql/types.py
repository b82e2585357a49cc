"""Column types: how they are written, and what of them decides whether a change copies the table."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from miglint.catalog import Type
from miglint.dialects.tokens import LONGEST_NUMBER, Cursor, Kind, NotUnderstood, whole

ALIASES = {
    "integer": "int",
    "int1": "tinyint",
    "int2": "smallint",
    "int3": "mediumint",
    "int4": "int",
    "int8": "bigint",
    "middleint": "mediumint",
    "dec": "decimal",
    "numeric": "decimal",
    "fixed": "decimal",
    "number": "decimal",
    "real": "double",
    "float4": "float",
    "float8": "double",
    "character": "char",
    "varcharacter": "varchar",
    "varchar2": "varchar",
    "nvarchar": "varchar",
    "nchar": "char",
    "clob": "longtext",
    "geomcollection": "geometrycollection",
}
KNOWN = frozenset(
    "tinyint smallint mediumint int bigint decimal float double bit date time datetime timestamp year char varchar "
    "binary varbinary tinyblob blob mediumblob longblob tinytext text mediumtext longtext enum set json uuid inet4 "
    "inet6 vector geometry point linestring polygon multipoint multilinestring multipolygon geometrycollection".split()
)
INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
TEXTS = frozenset({"tinytext", "text", "mediumtext", "longtext"})
BLOBS = frozenset({"tinyblob", "blob", "mediumblob", "longblob"})
CHARACTERS = frozenset({"char", "varchar", "enum", "set"}) | TEXTS

BYTES_PER_CHARACTER = {"utf8mb4": 4, "utf8mb3": 3, "utf16": 4, "utf16le": 4, "utf32": 4, "ucs2": 2, "gb18030": 4}
TWO_BYTES = frozenset({"big5", "cp932", "euckr", "gb2312", "gbk", "sjis"})
THREE_BYTES = frozenset({"eucjpms", "ujis"})
ASCII_SUPERSETS = frozenset(
    {"utf8mb3", "utf8mb4", "latin1", "latin2", "latin5", "latin7", "cp1250", "cp1251", "cp1252"}
)
REINTERPRETED = frozenset({("utf8mb3", "utf8mb4"), ("ucs2", "utf16")})


class Charset(Struct, frozen=True):
    """A character set and a collation of it; an empty name is not known."""

    name: str = ""
    collation: str = ""

    @property
    def bytes(self) -> int:
        """The most bytes that a character takes."""
        if self.name in TWO_BYTES:
            return 2
        return 3 if self.name in THREE_BYTES else BYTES_PER_CHARACTER.get(self.name, 1)

    def reads_as(self, other: Charset) -> bool:
        """Whether text in this character set is the same bytes in the other."""
        if self.name == other.name or (self.name, other.name) in REINTERPRETED:
            return True
        return self.name == "ascii" and other.name in ASCII_SUPERSETS


def charset_named(name: str, collation: str = "") -> Charset:
    """The character set of a name, or of a collation's name when that alone is given."""
    name, collation = name.lower(), collation.lower()
    if not name and collation:
        name = collation.partition("_")[0]
    return Charset({"utf8": "utf8mb3"}.get(name, name), collation.replace("utf8_", "utf8mb3_", 1))


def charset_of(type_: Type, inherited: Charset) -> Charset:
    """The character set of a column of this type in a table whose own is `inherited`."""
    given = dict(each.split("=", 1) for each in type_.attributes if "=" in each)
    if not given.get("charset") and not given.get("collate"):
        return inherited
    found = charset_named(given.get("charset", ""), given.get("collate", ""))
    return Charset(inherited.name, found.collation) if not found.name else found


def with_charset(type_: Type, charset: Charset) -> Type:
    """The type in this character set, whatever was said of one."""
    kept = [each for each in type_.attributes if not each.startswith(("charset=", "collate="))]
    given = {"charset": charset.name, "collate": charset.collation}
    return replace(type_, attributes=(*kept, *(f"{name}={value}" for name, value in given.items() if value)))


def byte_length(type_: Type, charset: Charset) -> int:
    """The most bytes that a value of a varchar or varbinary holds; MariaDB's compressed columns take one more."""
    length = type_.modifiers[0] if type_.modifiers and isinstance(type_.modifiers[0], int) else 1
    return length * charset.bytes if type_.name == "varchar" else length


def set_bytes(members: int, name: str) -> int:
    """The bytes that an ENUM or SET with so many members takes."""
    if name == "enum":
        return 1 if members < 256 else 2
    return min(size for size in (1, 2, 3, 4, 8, members) if size * 8 >= members or size == 8)


def read_type(cursor: Cursor) -> Type:
    """A data type with the words that belong to it."""
    name = _type_name(cursor)
    if name == "serial":
        return Type("bigint", attributes=("unsigned", "serial"))
    if name in {"bool", "boolean"}:
        return Type("tinyint", (1,))
    name = ALIASES.get(name, name)
    if name not in KNOWN:
        raise NotUnderstood(f"the type {name} is not known")
    modifiers = _modifiers(cursor) if cursor.sees("(") else ()
    if name == "float" and len(modifiers) == 1 and isinstance(modifiers[0], int):
        name, modifiers = ("double" if modifiers[0] > 24 else "float"), ()
    if name == "decimal":
        modifiers = (*modifiers, *(10, 0)[len(modifiers) :])
    if name in {"char", "binary", "bit"} and not modifiers:
        modifiers = (1,)
    return Type(name, modifiers, attributes=_attributes(cursor))


def _type_name(cursor: Cursor) -> str:
    token = cursor.take()
    if token.kind is not Kind.WORD:
        raise NotUnderstood(f"a type was expected at {token.text[:40]!r}")
    name = token.text.lower()
    if name == "national":
        name = cursor.take().text.lower()
    if name == "long":
        return "mediumblob" if cursor.accept("VARBINARY") else _after(cursor, "mediumtext", "VARCHAR")
    if name in {"char", "character"} and cursor.accept("VARYING"):
        return "varchar"
    return _after(cursor, name, "PRECISION") if name == "double" else name


def _after(cursor: Cursor, name: str, noise: str) -> str:
    cursor.accept(noise)
    return name


def _modifiers(cursor: Cursor) -> tuple[int | str, ...]:
    inside = cursor.inside()
    modifiers: list[int | str] = []
    while not inside.done:
        token = inside.take()
        number = whole(token.text) if token.kind is Kind.NUMBER else None
        if number is None and len(token.text) > LONGEST_NUMBER and token.kind is Kind.NUMBER:
            raise NotUnderstood(f"a number of {len(token.text):,} digits in a type is too long")
        modifiers.append(token.text if number is None else number)
        if not inside.done:
            inside.expect(",")
    return tuple(modifiers)


def _attributes(cursor: Cursor) -> tuple[str, ...]:
    attributes: list[str] = []
    while True:
        if word := cursor.accept_any("UNSIGNED", "ZEROFILL"):
            attributes.append("unsigned")
            attributes += ["zerofill"] if word == "ZEROFILL" else []
        elif cursor.accept("CHARACTER", "SET") or cursor.accept("CHARSET"):
            attributes.append(f"charset={cursor.string().lower()}")
        elif cursor.accept("COLLATE"):
            attributes.append(f"collate={cursor.string().lower()}")
        elif cursor.accept("ASCII"):
            attributes.append("charset=latin1")
        elif not cursor.accept_any("SIGNED", "BINARY"):
            return tuple(dict.fromkeys(attributes))
