"""Functions: nothing of them is run, but how volatile they are decides over defaults that call them."""

from __future__ import annotations

import contextlib

from msgspec.structs import replace

from miglint.catalog import Expression, Function, Name, Volatility
from miglint.changes import AlterObject, CreateObject
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.parser import Node, SyntaxProblem, parse
from miglint.dialects.postgresql.queries import WRITTEN, look_at
from miglint.dialects.postgresql.tree import expression, qualified, strings, text_of, unwrap

Options = dict[str, Node | None]

_NOT_INLINED = frozenset({"security", "set", "strict"})
"""Options of a function that stand in the way of inlining it (strict ones are inlined only if their body is too)."""


def create_function(node: Node, execution: Execution) -> None:
    """CreateFunctionStmt."""
    schema, label = qualified(node.get("funcname"))
    name = Name(schema or execution.catalog.creation_schema, label)
    execution.changes.append(CreateObject(kind="function", name=name, replace=node.get("replace", False)))
    given = _options(node.get("options"))
    volatility = Volatility(text_of(given.get("volatility")) or "volatile")
    language = text_of(given.get("language")) or ("sql" if "sql_body" in node else "")
    if language == "sql" and execution.session.settings.get("check_function_bodies", "on") == "on":
        _look_at_body(node, given, execution)
    body = _body(node, given) if language == "sql" and _is_plain(node, given) else None
    known = execution.catalog.functions.get(name)
    if known is not None and not node.get("replace"):
        volatility = max(known.volatility, volatility, key=list(Volatility).index)
        body = None
    _put(Function(name, volatility, language, body), execution)


def _look_at_body(node: Node, given: Options, execution: Execution) -> None:
    """What an SQL function names is looked at when it is made, to see that it is there."""
    if "sql_body" in node:
        look_at(node["sql_body"], execution)
        return
    _, source = unwrap(given.get("as"))
    with contextlib.suppress(SyntaxProblem):
        for each in parse("".join(strings(source.get("items"))[:1])):
            if each.kind in ("SelectStmt", *WRITTEN):
                look_at({each.kind: each.node}, execution)


def alter_function(node: Node, execution: Execution) -> None:
    """AlterFunctionStmt: its volatility may change, and whether it can be inlined."""
    schema, label = qualified(node["func"].get("objname"))
    found = execution.catalog.resolve_function(schema, label)
    execution.changes.append(AlterObject(kind="function", name=Name(schema or "", label), action="alter"))
    if found is None:
        return
    given = _options(node.get("actions"))
    volatility = Volatility(text_of(given.get("volatility")) or found.volatility)
    _put(replace(found, volatility=volatility, body=None if _NOT_INLINED & given.keys() else found.body), execution)


def _options(items: list[Node] | None) -> Options:
    return {each["DefElem"].get("defname", ""): each["DefElem"].get("arg") for each in items or ()}


def _put(function: Function, execution: Execution) -> None:
    functions = execution.catalog.functions.set(function.name, function)
    execution.catalog = replace(execution.catalog, functions=functions)


def _is_plain(node: Node, given: Options) -> bool:
    """Whether calls are replaced by the body (inline_function): a single value, of arguments that are only given."""
    parameters = (each["FunctionParameter"] for each in node.get("parameters", ()))
    only_in = all(each.get("mode") in ("FUNC_PARAM_IN", "FUNC_PARAM_DEFAULT") for each in parameters)
    return only_in and not node.get("returnType", {}).get("setof") and not _NOT_INLINED & given.keys()


def _body(node: Node, given: Options) -> Expression | None:
    """What inlining puts in a call's place: the only expression of a SELECT that is nothing but that."""
    if "sql_body" in node:
        return expression(node["sql_body"].get("ReturnStmt", {}).get("returnval"))
    _, source = unwrap(given.get("as"))
    texts = strings(source.get("items"))
    try:
        statements = parse(texts[0]) if len(texts) == 1 else []
    except SyntaxProblem:
        return None
    if len(statements) != 1 or statements[0].kind != "SelectStmt":
        return None
    select = statements[0].node
    if any(value for clause, value in select.items() if clause not in _OF_ANY_SELECT):
        return None
    targets = select.get("targetList", [])
    return expression(targets[0]["ResTarget"].get("val")) if len(targets) == 1 else None


_OF_ANY_SELECT = frozenset({"targetList", "limitOption", "op"})
"""The fields that the tree of a SELECT has without FROM, WHERE, LIMIT, UNION and the like."""
