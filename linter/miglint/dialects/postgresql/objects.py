"""Types, functions, triggers, sequences, comments, grants: what is not a table but may touch one."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import (
    Composite,
    Domain,
    Enum,
    Name,
    Sequence,
    Table,
    TableKind,
    Trigger,
)
from miglint.changes import AlterObject, CreateObject, RunCode
from miglint.dialects.postgresql import rewrite_rules
from miglint.dialects.postgresql.definitions import collation
from miglint.dialects.postgresql.execution import Execution, NotFollowed
from miglint.dialects.postgresql.locks import Mode
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.queries import relations_read
from miglint.dialects.postgresql.tables import new_name
from miglint.dialects.postgresql.tree import data_type, expression, qualified, strings, walk
from miglint.dialects.postgresql.types import canonical

_EVENTS = {4: "insert", 8: "delete", 16: "update", 32: "truncate"}
_TIMINGS = {2: "before", 64: "instead of"}


def _new(parts: list[Node], execution: Execution) -> Name:
    schema, name = qualified(parts)
    return Name(schema or execution.catalog.creation_schema, name)


def create_enum(node: Node, execution: Execution) -> None:
    """CreateEnumStmt."""
    name = _new(node["typeName"], execution)
    execution.changes.append(CreateObject(kind="type", name=name))
    types = execution.catalog.types.set(name, Enum(name, tuple(strings(node.get("vals")))))
    execution.catalog = replace(execution.catalog, types=types)


def alter_enum(node: Node, execution: Execution) -> None:
    """AlterEnumStmt: only the catalog changes."""
    schema, label = qualified(node["typeName"])
    name = execution.catalog.resolve_type(schema, label) or Name(schema or "", label)
    action = "rename value" if node.get("oldVal") else "add value"
    execution.changes.append(AlterObject(kind="type", name=name, action=action, detail=node.get("newVal", "")))
    found = execution.catalog.types.get(name)
    if isinstance(found, Enum):
        labels = [each for each in found.labels if each != node.get("oldVal")]
        changed = replace(found, labels=(*labels, node.get("newVal", "")))
        execution.catalog = replace(execution.catalog, types=execution.catalog.types.set(name, changed))


def create_composite(node: Node, execution: Execution) -> None:
    """CompositeTypeStmt, CreateRangeStmt, DefineStmt for types."""
    relation = node.get("typevar")
    name = new_name(relation, execution) if relation else _new(node.get("typeName", []), execution)
    execution.changes.append(CreateObject(kind="type", name=name))
    types = execution.catalog.types.set(name, Composite(name))
    execution.catalog = replace(execution.catalog, types=types)


def create_domain(node: Node, execution: Execution) -> None:
    """CreateDomainStmt."""
    name = _new(node["domainname"], execution)
    execution.changes.append(CreateObject(kind="domain", name=name))
    domain = Domain(name, canonical(data_type(node["typeName"]), execution.catalog), collation=collation(node))
    for item in node.get("constraints", ()):
        domain = _constrained(domain, item["Constraint"])
    _put_domain(domain, execution)


def _constrained(domain: Domain, node: Node) -> Domain:
    from miglint.catalog import Constraint, ConstraintKind

    match node["contype"]:
        case "CONSTR_NOTNULL":
            return replace(domain, not_null=True)
        case "CONSTR_DEFAULT":
            return replace(domain, default=expression(node.get("raw_expr")))
        case "CONSTR_CHECK":
            label = node.get("conname") or f"{domain.name.name}_check{len(domain.constraints) or ''}"
            valid = not node.get("skip_validation", False)
            check = Constraint(label, ConstraintKind.CHECK, expression=expression(node.get("raw_expr")), valid=valid)
            return replace(domain, constraints=domain.constraints.set(label, check))
    return domain


def _put_domain(domain: Domain, execution: Execution) -> None:
    execution.catalog = replace(execution.catalog, types=execution.catalog.types.set(domain.name, domain))


_DOMAIN_ACTIONS = {
    "T": "set default",
    "N": "drop not null",
    "O": "set not null",
    "C": "add constraint",
    "X": "drop constraint",
    "V": "validate constraint",
}


def alter_domain(node: Node, execution: Execution) -> None:
    """AlterDomainStmt: a constraint that is to hold at once is checked in every table that uses the domain."""
    schema, label = qualified(node["typeName"])
    name = execution.catalog.resolve_type(schema, label)
    action = _DOMAIN_ACTIONS.get(node.get("subtype", ""), "alter")
    execution.changes.append(
        AlterObject(kind="domain", name=name or Name(schema or "", label), action=action, detail=node.get("name", ""))
    )
    found = execution.catalog.types.get(name) if name is not None else None
    if not isinstance(found, Domain):
        if action in ("set not null", "add constraint", "validate constraint"):
            raise NotFollowed(f"nothing in the migrations makes the domain {label}: which tables use it is not known")
        return
    after, checks = _altered(found, action, node)
    _put_domain(after, execution)
    if checks:
        _check_users(found, execution)


def _altered(domain: Domain, action: str, node: Node) -> tuple[Domain, bool]:
    """The domain afterwards, and whether the tables that use it are checked."""
    match action:
        case "set not null":
            return replace(domain, not_null=True), not domain.not_null
        case "drop not null":
            return replace(domain, not_null=False), False
        case "set default":
            return replace(domain, default=expression(node.get("def"))), False
        case "add constraint":
            constraint = node["def"]["Constraint"]
            return _constrained(domain, constraint), not constraint.get("skip_validation", False)
        case "drop constraint":
            kept = domain.constraints.remove(node.get("name", ""))
            return replace(domain, constraints=kept), False
        case "validate constraint":
            known = domain.constraints.get(node.get("name", ""))
            if known is None:
                return domain, True
            constraints = domain.constraints.set(known.name, replace(known, valid=True))
            return replace(domain, constraints=constraints), True
    return domain, False


def _check_users(domain: Domain, execution: Execution) -> None:
    names = {domain.name}
    grown = True
    while grown:
        over = {
            each.name
            for each in execution.catalog.types.values()
            if isinstance(each, Domain) and (each.base.schema, each.base.name) in names
        }
        grown = not over <= names
        names |= over
    for table in execution.catalog.tables():
        if _uses(table, names, execution) and table.kind is not TableKind.PARTITIONED:
            execution.lock(table, Mode.SHARE)
            execution.scan(table)


def _uses(table: Table, domains: set[Name], execution: Execution) -> bool:
    """Whether a column is of one of the domains; a materialised view's columns are of the types of those it reads."""
    read = [found for each in table.sources if (found := execution.catalog.table(each)) is not None]
    return any(
        column.type is not None
        and (column.type.schema, column.type.name) in domains
        and (each is table or not table.source_columns.isdisjoint({column.name, "*"}))
        for each in (table, *read)
        for column in each.columns.values()
    )


def create_trigger(node: Node, execution: Execution) -> None:
    """CreateTrigStmt."""
    name = execution.resolve(node["relation"])
    label = node.get("trigname", "")
    execution.changes.append(CreateObject(kind="trigger", name=Name(name.schema, label), table=name))
    found = execution.catalog.relations.get(name)
    if found is not None and not isinstance(found, Table):
        execution.lock(found, Mode.SHARE_ROW_EXCLUSIVE)
        return
    table = execution.table(name)
    events = frozenset(word for bit, word in _EVENTS.items() if node.get("events", 0) & bit)
    function = qualified(node.get("funcname"))[1]
    timing = _TIMINGS.get(node.get("timing", 0), "after")
    trigger = Trigger(label, function, timing, events, for_each_row=node.get("row", False))
    recurses = table.kind is TableKind.PARTITIONED and trigger.for_each_row
    for each in execution.family(table, only=not recurses):
        execution.lock(each, Mode.SHARE_ROW_EXCLUSIVE)
        latest = execution.latest(each)
        execution.put(replace(latest, triggers=latest.triggers.set(label, trigger)))
    if "constrrel" in node:
        execution.lock(execution.table(execution.resolve(node["constrrel"])), Mode.ACCESS_SHARE)


def on_table(node: Node, execution: Execution) -> None:
    """RuleStmt, CreatePolicyStmt, AlterPolicyStmt: the table is locked wholly."""
    relation = node.get("relation") or node["table"]
    name = execution.resolve(relation)
    label = node.get("rulename") or node.get("policy_name", "")
    kind = "rule" if "rulename" in node else "policy"
    execution.changes.append(CreateObject(kind=kind, name=Name(name.schema, label), table=name))
    found = execution.catalog.relations.get(name)
    locked = found if found is not None else execution.table(name)
    execution.lock(locked, Mode.ACCESS_EXCLUSIVE)
    _look_at_named(node, execution)
    if kind == "rule" and isinstance(locked, Table):
        rewrite_rules.remember(node, locked, execution)


def _look_at_named(node: Node, execution: Execution) -> None:
    """What a rule does, or a policy asks, is looked at: tables that are written to are locked as if they were."""
    conditions = [node.get(clause) for clause in ("whereClause", "qual", "with_check", "actions")]
    written = {
        execution.resolve(inner["relation"])
        for kind, inner in walk(conditions)
        if kind in ("InsertStmt", "UpdateStmt", "DeleteStmt")
    }
    for name in sorted(written):
        execution.lock_name(name, Mode.ROW_EXCLUSIVE)
    for condition in conditions:
        for source in relations_read(condition, execution):
            execution.lock_name(source, Mode.ACCESS_SHARE)


def create_sequence(node: Node, execution: Execution) -> None:
    """CreateSeqStmt."""
    name = new_name(node["sequence"], execution)
    execution.changes.append(CreateObject(kind="sequence", name=name))
    if node.get("if_not_exists") and name in execution.catalog.relations:
        return
    owner = _owner(node, execution)
    if owner is not None:
        execution.lock(execution.table(owner[0]), Mode.ACCESS_SHARE)
    execution.create(Sequence(execution.oid(), name, owner))


def _owner(node: Node, execution: Execution) -> tuple[Name, str] | None:
    for item in node.get("options", ()):
        option = item["DefElem"]
        if option.get("defname") == "owned_by":
            parts = strings(option["arg"]["List"].get("items"))
            if len(parts) < 2:
                return None
            table = execution.catalog.resolve(parts[-3] if len(parts) > 2 else None, parts[-2])
            return table, parts[-1]
    return None


def alter_sequence(node: Node, execution: Execution) -> None:
    """AlterSeqStmt."""
    name = execution.resolve(node["sequence"])
    execution.changes.append(AlterObject(kind="sequence", name=name, action="alter"))
    found = execution.catalog.relations.get(name)
    if not isinstance(found, Sequence):
        found = Sequence(execution.oid(), name, assumed=True)
        execution.put(found)
    execution.lock(found, Mode.SHARE_ROW_EXCLUSIVE)
    options = {each["DefElem"].get("defname") for each in node.get("options", ())}
    if "owned_by" in options:
        owner = _owner(node, execution)
        if owner is not None:
            execution.lock(execution.table(owner[0]), Mode.ACCESS_SHARE)
        execution.put(replace(found, owner=owner))


_COMMENTED = {
    "TABLE": 0,
    "VIEW": 0,
    "MATVIEW": 0,
    "FOREIGN_TABLE": 0,
    "SEQUENCE": 0,
    "INDEX": 0,
    "COLUMN": 1,
    "TABCONSTRAINT": 1,
    "TRIGGER": 1,
    "RULE": 1,
    "POLICY": 1,
}
"""Kinds of objects whose comment locks a relation, and how many parts of the name follow the relation's."""


def comment(node: Node, execution: Execution) -> None:
    """CommentStmt and SecLabelStmt."""
    kind = node.get("objtype", "").removeprefix("OBJECT_")
    parts = strings(node.get("object", {}).get("List", {}).get("items"))
    label = parts[-1] if parts else ""
    execution.changes.append(AlterObject(kind=kind.lower(), name=Name("", label), action="comment"))
    if kind not in _COMMENTED or not parts:
        return
    relation = parts[: len(parts) - _COMMENTED[kind]]
    name = execution.catalog.resolve(relation[-2] if len(relation) > 1 else None, relation[-1])
    index = execution.catalog.index(name)
    if kind == "INDEX":
        if index is not None:
            execution.lock_index(*index, Mode.SHARE_UPDATE_EXCLUSIVE)
        return
    found = execution.catalog.relations.get(name)
    light = kind in ("TABCONSTRAINT", "TRIGGER", "RULE", "POLICY")
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if not light else Mode.ACCESS_SHARE
    execution.lock(found if found is not None else execution.table(name), mode)


def grant(node: Node, execution: Execution) -> None:
    """GrantStmt: from version 18 on the tables are locked while their privileges change."""
    is_table = (
        node.get("objtype") in ("OBJECT_TABLE", "OBJECT_SEQUENCE") and node.get("targtype") == "ACL_TARGET_OBJECT"
    )
    for item in node.get("objects", ()) if is_table else ():
        if "RangeVar" in item:
            name = execution.resolve(item["RangeVar"])
            execution.changes.append(AlterObject(kind="table", name=name, action="grant", table=name))
            found = execution.catalog.relations.get(name)
            if execution.major >= 18 and found is not None:
                execution.lock(found, Mode.ACCESS_SHARE)
    if not execution.changes:
        execution.changes.append(AlterObject(kind="privileges", name=Name("", ""), action="grant"))


def create_statistics(node: Node, execution: Execution) -> None:
    """CreateStatsStmt."""
    label = (strings(node.get("defnames")) or [""])[-1]
    for item in node.get("relations", ()):
        name = execution.resolve(item["RangeVar"])
        execution.changes.append(CreateObject(kind="statistics", name=Name(name.schema, label), table=name))
        table = execution.table(name)
        execution.lock(table, Mode.SHARE_UPDATE_EXCLUSIVE)
        execution.put(replace(table, options={**table.options, f"statistics {label}": ""}))


def create_extension(node: Node, execution: Execution) -> None:
    """CreateExtensionStmt."""
    label = node.get("extname", "")
    execution.changes.append(CreateObject(kind="extension", name=Name("", label)))
    extensions = execution.catalog.extensions | {label}
    execution.catalog = replace(execution.catalog, extensions=extensions)


def create_schema(node: Node, execution: Execution) -> None:
    """CreateSchemaStmt; the objects listed in it are statements of their own."""
    execution.changes.append(CreateObject(kind="schema", name=Name("", node.get("schemaname", ""))))
    if node.get("schemaElts"):
        raise NotFollowed("CREATE SCHEMA with objects in it is not followed")


def publish(node: Node, execution: Execution) -> None:
    """CreatePublicationStmt and AlterPublicationStmt: the tables named are locked lightly."""
    label = node.get("pubname", "")
    execution.changes.append(CreateObject(kind="publication", name=Name("", label)))
    for item in node.get("pubobjects", ()):
        relation = item["PublicationObjSpec"].get("pubtable", {}).get("relation")
        if relation is not None:
            table = execution.table(execution.resolve(relation))
            only = not relation.get("inh", False) or table.kind is TableKind.PARTITIONED
            for each in execution.family(table, only=only):
                execution.lock(each, Mode.SHARE_UPDATE_EXCLUSIVE)


def run_code(node: Node, execution: Execution) -> None:
    """DoStmt, CallStmt and the like: code that is not followed."""
    what = "a DO block" if "args" in node else "a procedure"
    call = node.get("funccall")
    if call:
        what = f"{qualified(call.get('funcname'))[1]}()"
    execution.changes.append(RunCode(what=what))
    raise NotFollowed(f"{what} runs code that is not followed")


def touches_nothing(node: Node, execution: Execution) -> None:
    """Statements that lock no table: roles, settings of others, notifications, publications' catalogs."""
    execution.changes.append(AlterObject(kind="other", name=Name("", ""), action=""))
