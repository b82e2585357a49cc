"""What a field class of the repository has of its own that bears on SQL and is not read: said, never guessed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_OF_THE_TYPE = frozenset(
    {"cast_db_type", "db_parameters", "db_type_parameters", "db_type_suffix", "rel_db_type", "requires_unique_target"}
)
"""What Django asks a field for its column's type, beside `db_type` and `get_internal_type`."""
_OF_THE_COLUMN = frozenset(
    {
        *("__new__", "_get_default", "_get_m2m_attr", "_get_m2m_db_table", "auto_created", "column", "concrete"),
        *("create_intermediate_model", "db_check", "db_default", "db_index", "db_tablespace", "empty_strings_allowed"),
        *("foreign_related_fields", "from_fields", "generated", "get_attname", "get_attname_column", "has_default"),
        *("many_to_many", "many_to_one", "non_db_attrs", "null", "one_to_many", "one_to_one", "primary_key"),
        *("rel_class", "resolve_related_fields", "set_attributes_from_name", "swappable_setting", "unique"),
    }
)
"""What Django asks it for anything else that stands in SQL."""
_MAKING_MORE = frozenset({"add_field", "add_to_class", "local_fields", "through"})
"""What a `contribute_to_class` names that does more than take a place in the model."""


def unread(name: str, definition: ast.ClassDef) -> Iterator[tuple[str, bool]]:
    """Why a class is not certain, and whether that can bear on the column's type."""
    for member in sorted(set(_members(definition))):
        if member in _OF_THE_TYPE:
            yield f"{name}.{member} is not run", True
        elif member in _OF_THE_COLUMN:
            yield f"{name} has its own {member}", False
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == "contribute_to_class" and _makes_more(node):
            yield f"{name}.contribute_to_class() is not run", False


def _members(definition: ast.ClassDef) -> Iterator[str]:
    """The methods of a class, and what its body gives a name."""
    for node in definition.body:
        match node:
            case ast.FunctionDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                yield name


def _makes_more(method: ast.FunctionDef) -> bool:
    for node in ast.walk(method):
        match node:
            case ast.Attribute(attr=name) if name in _MAKING_MORE:
                return True
            case ast.Call(func=ast.Attribute(value=receiver, attr="contribute_to_class")) if not _is_super(receiver):
                return True
    return False


def _is_super(node: ast.expr) -> bool:
    """`super()`, with or without arguments; or a class by its name, as in `models.Field.contribute_to_class(self)`."""
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    return is_call or (
        isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node).rpartition(".")[2][:1].isupper()
    )
