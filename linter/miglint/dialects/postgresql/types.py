"""Which changes of a column's type the server makes without rewriting the table, and without rebuilding an index.

After ATColumnChangeRequiresRewrite and CheckIndexCompatible in PostgreSQL's tablecmds.c and indexcmds.c: the conversion
is free if what is left of it after planning is the column itself, relabelled. Length coercions vanish in planning where
a support function (varchar_support, numeric_support, …) proves that every old value fits.
"""

from __future__ import annotations

from collections.abc import Mapping

from miglint.catalog import Catalog, Domain, Name, Type
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import data_type, strings, unwrap
from miglint.dialects.postgresql.words import words

_OIDS = words(
    """
    oid int4 regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure
    regrole regtype
    """
)
_BINARY = frozenset(
    {
        ("text", "varchar"),
        ("varchar", "text"),
        ("text", "bpchar"),
        ("varchar", "bpchar"),
        ("xml", "text"),
        ("xml", "varchar"),
        ("xml", "bpchar"),
        ("cidr", "inet"),
        ("bit", "varbit"),
        ("varbit", "bit"),
        ("citext", "text"),
        ("citext", "varchar"),
        ("citext", "bpchar"),
        ("text", "citext"),
        ("varchar", "citext"),
        ("regoper", "regoperator"),
        ("regoperator", "regoper"),
        ("regproc", "regprocedure"),
        ("regprocedure", "regproc"),
    }
)
"""pg_cast with castmethod `b` (citext's from its extension): the bytes stay, only the label changes."""

_TIMES = {("timestamp", "timestamptz"), ("timestamptz", "timestamp")}
_FULL_PRECISION = 6
ZERO_OFFSET_ZONES = words(
    """
    utc gmt z zulu uct universal greenwich etc/utc etc/gmt etc/uct etc/universal etc/zulu etc/greenwich etc/gmt0
    etc/gmt+0 etc/gmt-0 gmt0 gmt+0 gmt-0 0 +00 +00:00 -00 00 00:00
    """
)
"""Zones that were at UTC all their history: with them timestamp and timestamptz hold the same bytes."""

_TIMED = frozenset({"timestamp", "timestamptz", "time", "timetz", "interval"})
_SAME_WITHOUT_LENGTH = frozenset({"varchar", "varbit", "numeric", "bpchar", "bit"})


def is_free(old: Type, new: Type, using: Node | None, column: str, catalog: Catalog, time_zone: str) -> bool:
    """Whether the server changes the type without rewriting the table."""
    source = _type_of_using(using, column, old, catalog, time_zone) if using else old
    return source is not None and _relabels(source, new, catalog, time_zone)


def _type_of_using(tree: Node | None, column: str, old: Type, catalog: Catalog, time_zone: str) -> Type | None:
    """The type of a USING expression, if it is the column under casts that cost nothing; else None."""
    kind, node = unwrap(tree)
    if kind == "ColumnRef":
        return old if strings(node.get("fields"))[-1:] == [column] else None
    if kind == "CollateClause":
        return _type_of_using(node.get("arg"), column, old, catalog, time_zone)
    if kind != "TypeCast":
        return None
    inner = _type_of_using(node.get("arg"), column, old, catalog, time_zone)
    target = canonical(data_type(node["typeName"]), catalog)
    return target if inner is not None and _relabels(inner, target, catalog, time_zone) else None


def _relabels(old: Type, new: Type, catalog: Catalog, time_zone: str) -> bool:
    if old == new:
        return True
    if domain_constrained(new, catalog) is not False:
        return False
    if domain(old, catalog) is not None:  # a column of a domain has no length of its own, only the domain has
        old = Type(base_type(old, catalog).name, array=base_type(old, catalog).array)
    new = base_type(new, catalog)
    if old.array or new.array:
        return old.array and new.array and old.name == new.name and new.modifiers in ((), old.modifiers)
    if (old.name, new.name) in _TIMES:
        return time_zone.lower() in ZERO_OFFSET_ZONES and _fits(Type(new.name, old.modifiers), new)
    if old.name == new.name:
        return old.schema == new.schema and _fits(old, new)
    if not _binary_coercible(old.name, new.name):
        return False
    return _fits(Type(new.name, old.modifiers if _lengths_carry(old.name, new.name) else ()), new)


def _binary_coercible(old: str, new: str) -> bool:
    if (old, new) in _BINARY:
        return True
    both = {old, new}
    return both <= _OIDS and bool(both & {"oid", "int4"})


def _lengths_carry(old: str, new: str) -> bool:
    """Only a conversion between a type and itself knows the old length; a relabelled value has none."""
    return old == new


def _fits(old: Type, new: Type) -> bool:
    """Whether the server knows that every value of `old` is one of `new`, the same type with other modifiers."""
    if new.name == "interval":
        return _interval_fits(old, new)
    if not new.modifiers or old.modifiers == new.modifiers:
        return new.name not in _TIMED or not any(isinstance(each, str) for each in new.modifiers) or old == new
    match new.name:
        case "varchar" | "varbit":
            return bool(old.modifiers) and _number(old, 0) <= _number(new, 0)
        case "numeric":
            return bool(old.modifiers) and _scale(old) == _scale(new) and _number(old, 0) <= _number(new, 0)
        case "timestamp" | "timestamptz" | "time" | "timetz":
            return _number(new, 0) >= (_number(old, 0) if old.modifiers else _FULL_PRECISION)
    return False


_INTERVAL_FIELDS = ((1 << 12, 0), (1 << 11, 1), (1 << 10, 2), (1 << 3, 3), (1 << 1, 4), (1 << 2, 5))
"""The bits of SECOND, MINUTE, HOUR, DAY, MONTH and YEAR in a mask of fields (`INTERVAL_MASK`), and their rank."""


def _interval_fits(old: Type, new: Type) -> bool:
    """Whether the least field is as small and, where that is the second, its precision as high (`interval_support`)."""
    (old_field, old_precision), (new_field, new_precision) = _resolution(old), _resolution(new)
    return new_field <= old_field and (old_field > 0 or new_precision >= old_precision)


def _resolution(interval: Type) -> tuple[int, int]:
    """The rank of an interval's least field, and its precision."""
    masks = [int(each.removeprefix("fields ")) for each in interval.modifiers if isinstance(each, str)]
    precisions = [each for each in interval.modifiers if isinstance(each, int)]
    least = min((rank for bit, rank in _INTERVAL_FIELDS if masks and masks[0] & bit), default=0)
    return least, precisions[0] if precisions else _FULL_PRECISION


def _number(of: Type, at: int) -> int:
    value = of.modifiers[at] if len(of.modifiers) > at else 0
    return value if isinstance(value, int) else 0


def _scale(of: Type) -> int:
    return _number(of, 1)


def canonical(written: Type, catalog: Catalog) -> Type:
    """A type as written with the schema of the user's type that it means."""
    found = catalog.resolve_type(written.schema or None, written.name)
    if found is None:
        return written
    return Type(found.name, written.modifiers, written.array, found.schema, written.attributes)


def domain(of: Type, catalog: Catalog) -> Domain | None:
    """The domain that a type is."""
    found = catalog.types.get(Name(of.schema, of.name)) if of.schema else None
    return found if isinstance(found, Domain) else None


def base_type(of: Type, catalog: Catalog) -> Type:
    """The type under domains upon domains."""
    seen = 0
    while not of.array and (found := domain(of, catalog)) is not None and seen < 10:
        of, seen = found.base, seen + 1
    return of


def domain_constrained(of: Type, catalog: Catalog) -> bool | None:
    """Whether a type is a domain with a constraint, at any level. None: a user's type that is not known."""
    if of.array or not of.schema:
        return False
    seen = 0
    while (found := domain(of, catalog)) is not None and seen < 10:
        if found.not_null or found.constraints:
            return True
        of, seen = found.base, seen + 1
    return None if of.schema and Name(of.schema, of.name) not in catalog.types else False


def domain_default(of: Type, catalog: Catalog) -> Domain | None:
    """The nearest domain of a type that has a default."""
    seen = 0
    while (found := domain(of, catalog)) is not None and seen < 10:
        if found.default is not None:
            return found
        of, seen = found.base, seen + 1
    return None


_ALIAS_CLASSES: Mapping[str, str] = {"varchar": "text", "cidr": "inet"}
"""Types without an operator class of their own, and the one whose class they use."""


def operator_class(of: Type, method: str, catalog: Catalog) -> tuple[str, bool]:
    """The default operator class of a type as a comparable word, and whether it serves many types (polymorphic)."""
    base = base_type(of, catalog)
    if base.array:
        return f"{method} array", True
    if base.schema:
        return f"{method} {base.schema}.{base.name}", True
    name = "oid" if base.name in _OIDS - {"int4"} else _ALIAS_CLASSES.get(base.name, base.name)
    return f"{method} {name}", name.endswith(("range", "multirange"))
