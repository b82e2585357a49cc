"""Column and constraint definitions, as CREATE TABLE and ALTER TABLE share them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from miglint.catalog import Column, Constraint, ConstraintKind, Expression, Index, IndexKey, Name, Type
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.names import truncated
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.tree import SERIALS, data_type, expression, is_null, strings, text_of
from miglint.dialects.postgresql.types import canonical

KINDS = {
    "CONSTR_CHECK": ConstraintKind.CHECK,
    "CONSTR_FOREIGN": ConstraintKind.FOREIGN_KEY,
    "CONSTR_UNIQUE": ConstraintKind.UNIQUE,
    "CONSTR_PRIMARY": ConstraintKind.PRIMARY_KEY,
    "CONSTR_EXCLUSION": ConstraintKind.EXCLUSION,
    "CONSTR_NOTNULL": ConstraintKind.NOT_NULL,
}
ACTIONS = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
_IDENTITY = {"a": "always", "d": "by default"}
_GENERATED = {"s": "stored", "v": "virtual"}


class ConstraintDefinition(Struct, frozen=True):
    """A constraint as written, and what index it is to have."""

    constraint: Constraint
    index: Index | None = None
    using_index: str = ""


class ColumnDefinition(Struct, frozen=True):
    """A column as written, with its constraints but NOT NULL."""

    column: Column
    constraints: tuple[ConstraintDefinition, ...] = ()
    serial: bool = False


def read_column(node: Node, execution: Execution) -> ColumnDefinition:
    """A ColumnDef."""
    written = data_type(node["typeName"])
    serial = not written.schema and written.name in SERIALS
    kind = Type(SERIALS[written.name]) if serial else canonical(written, execution.catalog)
    column = Column(truncated(node.get("colname", "")), kind, not_null=serial, collation=collation(node))
    constraints: list[ConstraintDefinition] = []
    for item in node.get("constraints", ()):
        each = item["Constraint"]
        contype = each["contype"]
        if contype in KINDS and contype != "CONSTR_NOTNULL":
            constraints.append(read_constraint(each, execution, column.name))
        elif contype.startswith("CONSTR_ATTR_"):
            if constraints:
                constraints[-1] = _with_attribute(constraints[-1], contype)
        else:
            column = _with_property(column, each)
    if constraints and any(each.constraint.kind is ConstraintKind.PRIMARY_KEY for each in constraints):
        column = replace(column, not_null=True)
    return ColumnDefinition(column, tuple(constraints), serial)


def collation(node: Node) -> str:
    """The collation of a ColumnDef; the database's default is the same as none."""
    clause = node.get("collClause")
    name = (strings(clause.get("collname")) or [""])[-1] if clause else ""
    return "" if name == "default" else name


def _with_property(column: Column, node: Node) -> Column:
    match node["contype"]:
        case "CONSTR_NOTNULL":
            return replace(column, not_null=True)
        case "CONSTR_NULL":
            return replace(column, not_null=False)
        case "CONSTR_DEFAULT":
            return replace(column, default=expression(node.get("raw_expr")))
        case "CONSTR_IDENTITY":
            return replace(column, not_null=True, identity=_IDENTITY.get(node.get("generated_when", "a"), "always"))
        case "CONSTR_GENERATED":
            kind = _GENERATED.get(node.get("generated_kind", "s"), "stored")
            return replace(column, generated=kind, generation=expression(node.get("raw_expr")))
    return column


def _with_attribute(definition: ConstraintDefinition, contype: str) -> ConstraintDefinition:
    """DEFERRABLE, INITIALLY DEFERRED, ENFORCED and their opposites belong to the constraint before them."""
    constraint = definition.constraint
    match contype:
        case "CONSTR_ATTR_DEFERRABLE":
            constraint = replace(constraint, deferrable=True)
        case "CONSTR_ATTR_DEFERRED":
            constraint = replace(constraint, deferrable=True, deferred=True)
        case "CONSTR_ATTR_NOT_ENFORCED":
            constraint = replace(constraint, enforced=False, valid=False)
    return replace(definition, constraint=constraint)


def read_constraint(node: Node, execution: Execution, column: str = "") -> ConstraintDefinition:
    """A Constraint; `column` is the one that it is written along with."""
    kind = KINDS[node["contype"]]
    constraint = Constraint(
        name=truncated(node.get("conname", "")),
        kind=kind,
        columns=tuple(strings(node.get("fk_attrs") or node.get("keys"))) or ((column,) if column else ()),
        expression=expression(node.get("raw_expr")),
        valid=not node.get("skip_validation", False),
        deferrable=node.get("deferrable", False),
        deferred=node.get("initdeferred", False),
        no_inherit=node.get("is_no_inherit", False),
    )
    if kind in (ConstraintKind.CHECK, ConstraintKind.FOREIGN_KEY) and not node.get("is_enforced", False):
        constraint = replace(constraint, enforced=False, valid=False)
    if kind is ConstraintKind.FOREIGN_KEY:
        return ConstraintDefinition(_foreign_key(constraint, node, execution))
    if kind is ConstraintKind.CHECK and not column and constraint.expression is not None:
        mentioned = sorted(constraint.expression.columns)
        return ConstraintDefinition(replace(constraint, columns=tuple(mentioned)))
    if kind in (ConstraintKind.UNIQUE, ConstraintKind.PRIMARY_KEY, ConstraintKind.EXCLUSION):
        return ConstraintDefinition(constraint, _index(constraint, node, execution), node.get("indexname", ""))
    return ConstraintDefinition(constraint)


def _foreign_key(constraint: Constraint, node: Node, execution: Execution) -> Constraint:
    target = execution.resolve(node["pktable"])
    referenced = tuple(strings(node.get("pk_attrs")))
    if not referenced:
        table = execution.catalog.table(target)
        keys = (each for each in table.constraints.values() if table) if table is not None else ()
        referenced = next((key.columns for key in keys if key.kind is ConstraintKind.PRIMARY_KEY), ())
    return replace(
        constraint,
        references=target,
        referenced_columns=referenced,
        on_delete=ACTIONS.get(node.get("fk_del_action", "a"), "no action"),
        on_update=ACTIONS.get(node.get("fk_upd_action", "a"), "no action"),
    )


def _index(constraint: Constraint, node: Node, execution: Execution) -> Index:
    keys: tuple[IndexKey, ...] = tuple(IndexKey(column) for column in constraint.columns)
    method = "btree"
    if constraint.kind is ConstraintKind.EXCLUSION:
        method = node.get("access_method", "btree")
        keys = tuple(read_key(each["List"]["items"][0]["IndexElem"]) for each in node.get("exclusions", ()))
    return Index(
        execution.oid(),
        constraint.name,
        keys,
        method=method,
        unique=constraint.kind is not ConstraintKind.EXCLUSION,
        include=tuple(strings(node.get("including"))),
        predicate=expression(node.get("where_clause")),
    )


def read_key(node: Node) -> IndexKey:
    """An IndexElem."""
    return IndexKey(
        column=node.get("name", ""),
        expression=expression(node.get("expr")),
        operator_class=(strings(node.get("opclass")) or [""])[-1],
        collation=(strings(node.get("collation")) or [""])[-1],
        descending=node.get("ordering") == "SORTBY_DESC",
    )


def options(node: Node | None) -> dict[str, str]:
    """A list of DefElem as names and values."""
    items = (node or {}).get("List", {}).get("items", ())
    return {each["DefElem"].get("defname", ""): text_of(each["DefElem"].get("arg")) for each in items}


def proves_default(default: Expression | None) -> bool:
    """Whether a default is there and is not the constant NULL."""
    return default is not None and not is_null(default.tree)


def foreign_key_target(constraint: Constraint) -> Name | None:
    """The table that a foreign key references."""
    return constraint.references if constraint.kind is ConstraintKind.FOREIGN_KEY else None
